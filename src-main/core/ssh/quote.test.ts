import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteArgv, quoteWord } from './quote';

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', '-', '!', '*', '~', '#', '&', ';', '%', '='),
    maxLength: 20,
  }),
  fc.constantFrom(
    '',
    '-rf',
    '--',
    '$(id)',
    '`id`',
    "it's",
    'a\nb',
    '~root',
    'A=1',
    '\\',
    '\t',
    'é漢🙂',
    '*',
    '[a-z]',
    '{a,b}',
  ),
);
// Lone surrogates have no UTF-8 form, so no argument can be one.
const word = nasty.filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text);

function throughShell(shell: string, words: readonly string[]): string[] {
  const line = quoteArgv(['/usr/bin/printf', '%s\\0', ...words]);
  const { stdout, status, stderr } = spawnSync(shell, ['-c', `LC_ALL=C ${line}`], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout.split('\0').slice(0, -1);
}

describe('quoting', () => {
  for (const shell of ['/bin/sh', '/bin/bash', '/bin/dash']) {
    it(`gives ${shell} back every word unchanged`, { timeout: 120_000 }, () => {
      fc.assert(
        fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
          expect(throughShell(shell, words)).toEqual(words);
        }),
        { numRuns: 150 },
      );
    });
  }

  it('leaves plain words readable', () => {
    expect(quoteArgv(['zfs', 'list', '-Hp', '--', 'tank/data@daily-1'])).toBe(
      'zfs list -Hp -- tank/data@daily-1',
    );
  });

  it('refuses what no argument can be', () => {
    expect(() => quoteWord('a\0b')).toThrow(RangeError);
    expect(() => quoteWord('a\uD83D')).toThrow(RangeError);
    expect(quoteWord('\u{1F642}')).toBe("'\u{1F642}'");
    expect(() => quoteArgv([])).toThrow(RangeError);
    expect(() => quoteArgv([''])).toThrow(RangeError);
    expect(() => quoteArgv(['PATH=/tmp', 'zfs'])).toThrow(RangeError);
  });
});
