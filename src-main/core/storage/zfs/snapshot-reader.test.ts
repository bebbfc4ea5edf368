import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captured } from '../testing/captured';
import { snapshotNameTable, snapshotTable } from './commands';
import { parseSnapshotNames, parseSnapshots, SnapshotNameReader, SnapshotReader } from './snapshot-reader';

const { stdout } = captured('zfs', 'two-pools-zfs-list-snapshots');
const unexpected = expect.objectContaining({ code: 'unexpected-output' });

describe('the reader of snapshots', () => {
  it('reads the same as the table it is a faster form of', () => {
    const rows = snapshotTable.parse('zfs list', stdout);
    expect(rows.length).toBeGreaterThan(5);
    expect(
      parseSnapshots(stdout).map((snapshot) => ({
        name: snapshot.fullName,
        creationSeconds: (snapshot.createdAtMs ?? 0) / 1000,
        usedBytes: snapshot.usedBytes,
        referencedBytes: snapshot.sizeBytes,
        holdCount: snapshot.holdCount,
        cloneNames: snapshot.cloneNames,
      })),
    ).toEqual(
      rows.map(({ name, creationSeconds, usedBytes, referencedBytes, holdCount, cloneNames }) => ({
        name,
        creationSeconds,
        usedBytes,
        referencedBytes,
        holdCount,
        cloneNames,
      })),
    );
  });

  it('takes the columns in the order in which they are asked for', () => {
    expect(snapshotTable.properties).toBe('name,guid,createtxg,creation,used,referenced,userrefs,clones');
  });

  it('names pool and volume', () => {
    expect(parseSnapshots(stdout)[3]).toMatchObject({
      id: 'zfs:tank/data@s1',
      poolId: 'zfs:tank',
      volumeName: 'tank/data',
      name: 's1',
      kind: 'zfs-snapshot',
      holdCount: 2,
      cloneNames: [],
      state: 'ok',
    });
    expect(parseSnapshots(stdout)[4]?.cloneNames).toEqual(['tank/clone', 'tank/clone two']);
  });

  it('reads nothing from nothing', () => {
    expect(parseSnapshots('')).toEqual([]);
  });

  it('reads the same however the output is cut into chunks', () => {
    const whole = parseSnapshots(stdout);
    fc.assert(
      fc.property(fc.array(fc.nat(stdout.length), { maxLength: 12 }), (cuts) => {
        const reader = new SnapshotReader();
        const places = [0, ...cuts.sort((a, b) => a - b), stdout.length];
        places.slice(1).forEach((place, index) => reader.push(stdout.slice(places[index], place)));
        expect(reader.end()).toEqual(whole);
      }),
    );
  });

  it('throws when the output ends in the middle of a line', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: stdout.length - 1 }), (length) => {
        const cut = stdout.slice(0, length);
        if (cut.endsWith('\n')) expect(parseSnapshots(cut)).toHaveLength(cut.split('\n').length - 1);
        else expect(() => parseSnapshots(cut)).toThrow(unexpected);
      }),
    );
  });

  it('throws on any line that is no snapshot', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((line) => !/^[^@\n]+@[^\n]*(?:\t\d{1,20}){6}\t/.test(line)),
        (line) => {
          expect(() => parseSnapshots(`${line}\n`)).toThrow(unexpected);
        },
      ),
    );
  });

  it.each([
    'tank/data\t1\t1\t1\t1\t1\t0\t-',
    'tank/data@\t1\t1\t1\t1\t1\t0\t-',
    '@s1\t1\t1\t1\t1\t1\t0\t-',
    'tank/data@s1\t1\t1\t1\t-\t1\t0\t-',
    'tank/data@s1\t1\t1\t1\t1.5K\t1\t0\t-',
    'tank/data@s1\t1\t1\t1\t1\t1',
    'tank/data@s1\t1\t1\t1\t1\t1\t0',
    'tank/data@s1\t\t1\t1\t1\t1\t0\t-',
    'tank/data@s1\t123456789012345678901\t1\t1\t1\t1\t0\t-',
  ])('refuses the line %j', (line) => {
    expect(() => parseSnapshots(`${line}\n`)).toThrow(unexpected);
  });

  it('refuses a line without end before it fills the memory', () => {
    const reader = new SnapshotReader();
    expect(() => reader.push('x'.repeat(100_000))).toThrow(unexpected);
  });
});

describe('the reader of names', () => {
  it('tells of each snapshot what the whole listing tells of it, and nothing else', () => {
    const whole = parseSnapshots(stdout);
    const columns = stdout.split('\n').map((line) => line.split('\t').slice(0, 3).join('\t'));
    const unread = { usedBytes: null, sizeBytes: null, createdAtMs: null, cloneNames: null, holdCount: null };
    expect(parseSnapshotNames(columns.join('\n'))).toEqual(
      whole.map((snapshot) => ({ ...snapshot, ...unread })),
    );
  });

  it('reads the same as the table it is a faster form of', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9/ _.:-]{0,20}@[a-z0-9 _.:-]{1,20}$/);
    const number = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, number, fc.nat())), (rows) => {
        const text = rows.map((row) => `${row.join('\t')}\n`).join('');
        expect(parseSnapshotNames(text).map(({ fullName, order }) => [fullName, order])).toEqual(
          snapshotNameTable.parse('zfs list', text).map((row) => [row.name, row.createTxg]),
        );
      }),
    );
  });

  it('throws on any line that is no name', () => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'binary' })
          .filter((line) => !/^[^@\t\n]+@[^@\t\n]+\t\d{1,20}\t\d{1,20}$/.test(line)),
        (line) => {
          expect(() => parseSnapshotNames(`t@a\t1\t1\n${line}\nt@b\t1\t2\n`)).toThrow(unexpected);
        },
      ),
    );
  });

  it.each([
    't@a\t1\t1',
    't@a\t1\n',
    't@a\t1\t1\t1\n',
    't\t1\t1\nt@a\t1\t1\n',
    't@\t1\t1\n',
    '@a\t1\t1\n',
    't@a@b\t1\t1\n',
    't@a\t\t1\n',
    't@a\t1\t-\n',
    't@a\t1\t123456789012345678901\n',
    '\n',
  ])('refuses %j', (text) => {
    expect(() => parseSnapshotNames(text)).toThrow(unexpected);
  });

  it('reads the same however the output is cut into chunks', () => {
    const text = stdout
      .split('\n')
      .map((line) => line.split('\t').slice(0, 3).join('\t'))
      .join('\n');
    const whole = parseSnapshotNames(text);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
        const reader = new SnapshotNameReader();
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        places.slice(1).forEach((place, index) => reader.push(text.slice(places[index], place)));
        expect(reader.end()).toEqual(whole);
        expect(reader.count).toBe(whole.length);
      }),
    );
  });

  it('keeps the first line that does not fit, and a line without end, for when it is asked', () => {
    for (const chunks of [
      ['t@a\t1\t1\nno', 'pe\n', 't@b\t1\t2\n'],
      ['x'.repeat(100_000), 'x'.repeat(100)],
    ]) {
      const reader = new SnapshotNameReader();
      for (const chunk of chunks) reader.push(chunk);
      expect(() => reader.end()).toThrow(unexpected);
    }
  });
});
