import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseInfo,
  parseLoops,
  parseMetas,
  parseResized,
  parseSnapshotStatus,
  parseSpace,
  parseStatus,
  parseSuperblock,
  parseTables,
  parseTargets,
  parseVersion,
} from './parse';
import { parseFiles } from '../stat-listing';
import { capture } from './testing';
import { usedPercent } from './world';

const out = (name: string): string => capture(name).stdout;
/** Of one device the tools leave its name out, of several it stands in front. */
const named = (name: string, device: string): string => `${device}: ${out(name)}`;

describe('what dmsetup prints', () => {
  it('is read: versions and targets', () => {
    expect(parseVersion(out('000-dm-version'))).toEqual({ library: '1.02.185', driver: '4.47.0' });
    expect(parseVersion('Library version:   1.02.185 (2022-05-18)\n')).toMatchObject({ driver: null });
    expect(parseTargets(out('001-dm-targets')).get('snapshot')).toBe('1.16.0');
  });

  it('is read: devices, also none', () => {
    expect(parseInfo(out('048-dm-info-c'))).toEqual([
      { name: 'wrenn-sb-1', uuid: '', number: '254:0', open: 0 },
    ]);
    expect(parseInfo(out('002-dm-ls-empty'))).toEqual([]);
    expect(parseTables(out('002-dm-ls-empty'))).toEqual([]);
    expect(parseStatus(out('002-dm-ls-empty')).size).toBe(0);
  });

  it('is read: the table of a snapshot', () => {
    expect(parseTables(named('046-dm-table', 'wrenn-sb-1'))).toEqual([
      {
        name: 'wrenn-sb-1',
        target: 'snapshot',
        sectors: 532480,
        below: ['7:0', '7:1'],
        snapshot: { base: '7:0', cow: '7:1', persistent: true, chunkSectors: 8 },
      },
    ]);
    expect(parseTables('vg0-root: 0 83886080 linear 259:3 2048\ncold: \n')).toEqual([
      { name: 'vg0-root', target: 'linear', sectors: 83886080, below: ['259:3'], snapshot: null },
    ]);
  });

  it('shows a used share, and what is lost for good', () => {
    const used = parseStatus(named('053-status-used', 'a')).get('a');
    expect(used).toEqual({ kind: 'used', usedSectors: 41280, totalSectors: 614400, metadataSectors: 176 });
    expect(used === undefined ? null : usedPercent(used)).toBeCloseTo(6.72, 2);
    const kinds = ['103-small-status-invalid', '107-status-restore-invalid', '110-PO-status'].map(
      (name) => parseStatus(named(name, 'a')).get('a')?.kind,
    );
    expect(kinds).toEqual(['invalid', 'invalid', 'overflow']);
    expect(parseSnapshotStatus('Merge failed')).toEqual({ kind: 'merge-failed' });
  });

  it('shows that a store that grew has more room', () => {
    const total = (name: string): unknown => parseStatus(named(name, 'a')).get('a');
    expect(total('112-g-status')).toMatchObject({ totalSectors: 8192 });
    expect(total('114-g-status-after-grow')).toMatchObject({ totalSectors: 32768 });
  });
});

describe('what losetup prints', () => {
  const number = (json: string): string =>
    json.replaceAll('"autoclear"', '"maj:min": "  7:0  ", "autoclear"');

  it('is read: a read-only base, and one that goes when its device does', () => {
    expect(parseLoops(number(out('033-losetup-json')))).toEqual([
      {
        name: '/dev/loop0',
        number: '7:0',
        autoclear: false,
        readOnly: true,
        file: '/var/lib/sandboxes/base.ext4',
        deleted: false,
      },
    ]);
    expect(parseLoops(number(out('059-losetup-json2'))).map(({ autoclear }) => autoclear)).toEqual([
      true,
      true,
    ]);
    expect(parseLoops('')).toEqual([]);
  });

  it('is read: a file that was deleted', () => {
    const [loop] = parseLoops(number(out('033-losetup-json')).replace('base.ext4"', 'base.ext4 (deleted)"'));
    expect(loop).toMatchObject({ file: '/var/lib/sandboxes/base.ext4', deleted: true });
  });
});

describe('what the other tools print', () => {
  it('is read: the size of a file system and of one that was made small', () => {
    expect(parseSuperblock(out('021-dumpe2fs'))).toEqual({ filesystemBytes: 266240 * 1024, state: 'clean' });
    expect(parseResized(out('082-min'))).toEqual({ blocks: 60005, blockBytes: 1024 });
    expect(parseResized('Nothing.')).toBeNull();
  });

  it('is read: sizes, what files really take, and a folder that is not there', () => {
    const line = (path: string): string =>
      `${path} 314572800 67088 81a4 0 0 fe01 27 1 0 0 1795913401 1795913402 1795913402 1795913402 4096\n`;
    const answer = {
      exitCode: 0,
      stdout: `${line('/r/volumes/a b.cow')}${line('/r/x').trimEnd()} system_u:object_r\n`,
      stderr: '',
    };
    expect(parseFiles('/r', answer)?.get('volumes/a b.cow')).toEqual({
      kind: 'file',
      sizeBytes: 314572800,
      allocatedBytes: 67088 * 512,
      changedAtSeconds: 1795913402,
    });
    expect(parseFiles('/r', answer)?.has('x')).toBe(true);
    const gone = { exitCode: 1, stdout: '', stderr: "find: '/r': No such file or directory\n" };
    expect(parseFiles('/r', gone)).toBeNull();
    // One folder that may not be looked into is no empty folder.
    const shut = { exitCode: 1, stdout: '', stderr: "find: '/r': Permission denied\n" };
    expect(() => parseFiles('/r', shut)).toThrow(/could not be read whole/);
  });

  it('is read: descriptions and free space', () => {
    expect(parseMetas('/r', '/r/volumes/a.json\0{"a":1}\n').get('volumes/a.json')).toBe('{"a":1}');
    expect(parseSpace(' 1B-blocks     Avail\n1054257152 664178688\n')).toEqual({
      sizeBytes: 1054257152,
      freeBytes: 664178688,
    });
  });
});

describe('output that is none of theirs', () => {
  const parsers = {
    parseVersion,
    parseTargets,
    parseInfo,
    parseTables,
    parseStatus,
    parseLoops,
    parseSpace,
    parseSuperblock,
    parseMetas: (text: string) => parseMetas('/r', text),
    parseFiles: (text: string) => parseFiles('/r', { exitCode: 0, stdout: text, stderr: '' }),
  };
  it.each(Object.entries(parsers))('is never guessed at: %s', (_name, parse) => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        fc.pre(text.trim() !== '');
        try {
          parse(text);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'unexpected-output' });
          return;
        }
        // What was taken has at least the form of an answer.
        expect(text).toMatch(/[:{]| v\d|\n/);
      }),
    );
    expect(() => parse('garbage\n')).toThrow(/was not understood/);
  });

  it('is never guessed at: half a line of the real one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: out('045-dm-status').length - 3 }), (cut) => {
        const part = `sbx-a: ${out('045-dm-status').slice(0, cut)}`;
        expect(() => parseStatus(part)).toThrow(/was not understood/);
      }),
    );
  });
});
