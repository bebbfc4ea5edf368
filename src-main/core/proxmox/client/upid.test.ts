import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { taskEnd } from './task';
import { parseUpid, taskAnswerSchema } from './upid';

describe('UPIDs', () => {
  it.each([
    ['UPID:pve1:00000254:0006F000:6B039FD7:qmstart:100:bob@pve!vm:', 'pve1', 'qmstart', '100', 'bob@pve!vm'],
    [
      'UPID:pve2:0000A1B2:1234567890:6B039FD7:imgcopy::root@pam!app:'.replace('1234567890', '123456789'),
      'pve2',
      'imgcopy',
      '',
      'root@pam!app',
    ],
    [
      'UPID:pve1:00000254:0006F000:6B039FD7:imgdel:100@local:root@pam:',
      'pve1',
      'imgdel',
      '100@local',
      'root@pam',
    ],
  ])('reads %s', (text, node, type, id, user) => {
    expect(parseUpid(text)).toMatchObject({ upid: text, node, type, id, user });
  });

  it.each([
    '',
    'UPID:',
    'UPID:pve1:1:2:3:qmstart:100:root@pam:',
    'UPID:-x:00000254:0006F000:6B039FD7:a::b:',
    'UPID:pve1:00000254:0006F000:6B039FD7:qmstart:100:root@pam',
  ])('does not take %j for one', (text) => {
    expect(parseUpid(text)).toBeNull();
  });

  it('gives back the text it came from, whatever it is made of', () => {
    const hex = (length: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789ABCDEF'), minLength: length, maxLength: length });
    const word = fc.stringMatching(/^[a-z0-9]{1,12}$/);
    fc.assert(
      fc.property(word, hex(8), hex(8), hex(8), word, word, (node, pid, pstart, start, type, user) => {
        const text = `UPID:${node}:${pid}:${pstart}:${start}:${type}::${user}@pam:`;
        const read = parseUpid(text);
        expect(read?.upid).toBe(text);
        expect(read?.pid).toBe(Number.parseInt(pid, 16));
      }),
    );
  });

  it('takes no answer for "done at once"', () => {
    expect(taskAnswerSchema.parse(null)).toBeNull();
    expect(taskAnswerSchema.parse('')).toBeNull();
  });
});

describe('how a task ended', () => {
  it.each([
    ['OK', { kind: 'ok' }],
    ['WARNINGS: 3', { kind: 'warnings', count: 3 }],
    ['unexpected status', { kind: 'broken-off' }],
    [undefined, { kind: 'broken-off' }],
    ['VM is locked (backup)', { kind: 'failed', message: 'VM is locked (backup)' }],
  ])('%s', (exitstatus, end) => {
    expect(taskEnd(exitstatus)).toEqual(end);
  });
});
