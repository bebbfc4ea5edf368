import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from './errors/app-error';
import { openFileLog } from './log';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-log-'));
});
afterEach(() => {
  chmodSync(directory, 0o700);
  rmSync(directory, { recursive: true });
});
const path = (): string => join(directory, 'logs', 'core.log');
const lines = (): Record<string, unknown>[] =>
  readFileSync(path(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the core log', () => {
  it('writes one JSON object a line, for the owner only', () => {
    const log = openFileLog(directory, () => 0);
    log.write('info', 'Started', { hosts: 3 });
    log.write('error', 'Broke\nbadly', { error: new AppError('unreachable', 'No answer.') });
    expect(lines()).toEqual([
      { at: '1970-01-01T00:00:00.000Z', level: 'info', message: 'Started', hosts: 3 },
      {
        at: '1970-01-01T00:00:00.000Z',
        level: 'error',
        message: 'Broke\nbadly',
        error: { code: 'unreachable', message: 'No answer.' },
      },
    ]);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it('holds no secret, wherever it stands', () => {
    const log = openFileLog(directory);
    const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----';
    log.write('warn', `key ${key}`, {
      password: 'hunter2-one',
      nested: [{ passphrase: 'hunter2-two', text: `x ${key}` }],
      error: new AppError('internal', 'x', { cause: { clientSecret: 'hunter2-three' } }),
      bytes: Buffer.from('hunter2-four'),
      PVEAuthCookie: 'hunter2-five',
      ticket: 'hunter2-six',
      stderr: 'sshpass: password=hunter2-seven; PVEAPIToken=root@pam!x=hunter2-eight',
      url: 'https://admin:hunter2-nine@pve.example/',
    });
    const text = readFileSync(path(), 'utf8');
    expect(text).not.toMatch(/hunter2|b3BlbnNz/);
    expect(text).toContain('[private key removed]');
  });

  it('leaves out what is less serious than was asked for', () => {
    const { write } = openFileLog(directory, Date.now, 'warn');
    write('debug', 'a');
    write('info', 'b');
    write('warn', 'c');
    write('error', 'd');
    expect(lines().map(({ level }) => level)).toEqual(['warn', 'error']);
  });

  it('rotates at 1 MiB and keeps five files', () => {
    const log = openFileLog(directory);
    const filler = 'x'.repeat(4000);
    for (let index = 0; index < 2000; index += 1) log.write('info', `${index} ${filler}`);
    const files = readdirSync(join(directory, 'logs')).sort();
    expect(files).toEqual(['core.log', 'core.log.1', 'core.log.2', 'core.log.3', 'core.log.4']);
    for (const file of files) {
      expect(statSync(join(directory, 'logs', file)).size).toBeLessThanOrEqual(1024 * 1024);
    }
    expect(lines().at(-1)?.['message']).toBe(`1999 ${filler}`);
  });

  it('lets the work go on when it cannot write', () => {
    writeFileSync(join(directory, 'logs'), 'a file where the folder should be');
    const log = openFileLog(directory);
    expect(() => {
      log.write('info', 'one');
      log.write('info', 'two');
    }).not.toThrow();
  });
});
