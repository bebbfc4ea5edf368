import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findNewArgv, latestGeneration, parseFindNew } from './find-new';

/** btrfs-progs 6.2 on the lab machine, 2026-11-23. */
const captured = [
  'inode 257 file offset 0 len 8 disk start 0 offset 0 gen 10 flags INLINE a',
  'inode 262 file offset 0 len 4 disk start 0 offset 0 gen 10 flags INLINE neu',
  'inode 263 file offset 0 len 3145728 disk start 13893632 offset 0 gen 10 flags NONE large',
  'transid marker was 11',
  '',
].join('\n');

describe('btrfs subvolume find-new', () => {
  it('is asked with a path and a generation, and nothing else', () => {
    expect(findNewArgv('/mnt/bt/s1', latestGeneration)).toEqual([
      'btrfs',
      'subvolume',
      'find-new',
      '--',
      '/mnt/bt/s1',
      '9223372036854775807',
    ]);
    expect(() => findNewArgv('-x', '9')).toThrow(RangeError);
    expect(() => findNewArgv('/mnt', '-9')).toThrow(RangeError);
  });

  it('tells the files that were written, and how far the subvolume is', () => {
    expect(parseFindNew(captured)).toEqual({
      generation: '11',
      files: [
        { path: 'a', writtenBytes: 8 },
        { path: 'neu', writtenBytes: 4 },
        { path: 'large', writtenBytes: 3_145_728 },
      ],
    });
    expect(parseFindNew('transid marker was 9\n')).toEqual({ generation: '9', files: [] });
  });

  it('throws on what it does not understand', () => {
    for (const text of [
      '',
      'transid marker was 9',
      'nonsense\ntransid marker was 9\n',
      'inode 257 file offset 0 len 8 disk start 0 offset 0 gen 10 flags INLINE a\n',
    ]) {
      expect(() => parseFindNew(text)).toThrow(/btrfs subvolume find-new/);
    }
  });

  const name = fc.stringMatching(/^[^\n\0/]{1,20}(?:\n[^\n\0/]{1,10})?$/);
  it('adds the extents of a file up, whatever its name holds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.nat(1_000_000)), { maxLength: 20 }), (extents) => {
        fc.pre(
          extents.every(
            ([path]) => !/\n(?:inode|transid) /.test(`\n${path.split('\n').slice(1).join('\n')}`),
          ),
        );
        const text = extents.map(
          ([path, length]) =>
            `inode 1 file offset 0 len ${length} disk start 0 offset 0 gen 2 flags NONE ${path}\n`,
        );
        const { files } = parseFindNew(`${text.join('')}transid marker was 2\n`);
        const sum = (path: string) =>
          extents.reduce((total, [each, length]) => (each === path ? total + length : total), 0);
        expect(files).toEqual(
          [...new Set(extents.map(([path]) => path))].map((path) => ({ path, writtenBytes: sum(path) })),
        );
      }),
    );
  });
});
