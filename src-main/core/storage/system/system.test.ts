import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captured } from '../testing/captured';
import { clockArgv, failedUnitsArgv } from './commands';
import { systemProblems } from './health';
import { clockOffsetSeconds, parseClockSeconds, parseFailedUnits } from './parse';

describe('failed units', () => {
  it.each([
    ['failed-none', []],
    ['failed-one', [{ name: 'nightly-backup.service', description: 'Backs up what nobody else does' }]],
    [
      'failed-two',
      [
        { name: 'mirror@srv-data\\x2dset.service', description: 'Name with an @ and -' },
        { name: 'nightly-backup.service', description: 'Backs up what nobody else does' },
      ],
    ],
  ])('%s: as systemctl told them', (name, expected) => {
    const { command, stdout } = captured('system', name);
    expect(command).toBe(failedUnitsArgv.join(' '));
    expect(parseFailedUnits(stdout)).toEqual(expected);
  });

  it.each([
    'System has not been booted with systemd as init system (PID 1).',
    'a.service loaded active running A',
  ])('does not take "%s" for one', (line) => {
    expect(() => parseFailedUnits(`${line}\n`)).toThrow(
      expect.objectContaining({ code: 'unexpected-output' }),
    );
  });
});

describe('the clock', () => {
  it('is read as seconds, and nothing else is taken for them', () => {
    const { command, stdout } = captured('system', 'clock');
    expect(command).toBe(clockArgv.join(' '));
    expect(parseClockSeconds(stdout)).toBe(1795422260);
    for (const text of ['', '%s\n', '12 34\n', '1795422260\n1\n']) {
      expect(() => parseClockSeconds(text)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
    }
  });

  it('never blames a host for a slow line or for whole seconds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }),
        fc.integer({ min: 0, max: 20_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (askedAtMs, tookMs, share) => {
          const readAtMs = askedAtMs + tookMs * share;
          const offset = clockOffsetSeconds(Math.floor(readAtMs / 1000), askedAtMs, askedAtMs + tookMs);
          expect(offset).toBe(0);
        },
      ),
    );
  });

  it('finds a host that is ahead or behind', () => {
    expect(clockOffsetSeconds(1_000_030, 1_000_000_000, 1_000_000_100)).toBe(30);
    expect(clockOffsetSeconds(999_970, 1_000_000_000, 1_000_000_100)).toBe(-29);
  });
});

describe('problems of the host itself', () => {
  it('are named with what to do, and none are invented', () => {
    expect(systemProblems(null)).toEqual([]);
    expect(systemProblems({ clockOffsetSeconds: null, failedUnits: null })).toEqual([]);
    expect(systemProblems({ clockOffsetSeconds: 4, failedUnits: [] })).toEqual([]);
    const [clock, units] = systemProblems({
      clockOffsetSeconds: -7300,
      failedUnits: ['a', 'b', 'c', 'd'].map((name) => ({ name: `${name}.service`, description: '' })),
    });
    expect(clock?.text).toBe("The clock is 2 h behind this laptop's.");
    expect(units?.text).toBe('4 systemd units have failed: a.service, b.service, c.service and 1 more.');
    expect(units?.advice).toContain('systemctl status a.service');
  });
});
