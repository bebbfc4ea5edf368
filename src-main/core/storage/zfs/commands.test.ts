import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createSnapshotArgv,
  destroySnapshotArgv,
  isDatasetName,
  isSnapshotName,
  newSnapshotPartPattern,
  poolOf,
  previewDestroySnapshotArgv,
  readEventsArgv,
  readHoldsArgv,
  readSnapshotsOfArgv,
  readWrittenSinceArgv,
  rollbackArgv,
  splitSnapshotName,
  snapshotsProbe,
  zfsProbes,
} from './commands';

describe('commands that change something', () => {
  it('creates', () => {
    expect(createSnapshotArgv('tank/data', 's1', false)).toEqual(['zfs', 'snapshot', '--', 'tank/data@s1']);
    expect(createSnapshotArgv('tank/with space', 's1', true)).toEqual([
      'zfs',
      'snapshot',
      '-r',
      '--',
      'tank/with space@s1',
    ]);
  });

  it('destroys', () => {
    expect(destroySnapshotArgv('tank/data@s1')).toEqual(['zfs', 'destroy', '--', 'tank/data@s1']);
  });

  it('rolls back', () => {
    expect(rollbackArgv('tank/data@s1', false)).toEqual(['zfs', 'rollback', '--', 'tank/data@s1']);
    expect(rollbackArgv('tank/data@s1', true)).toEqual(['zfs', 'rollback', '-r', '--', 'tank/data@s1']);
  });

  const builders = [
    destroySnapshotArgv,
    previewDestroySnapshotArgv,
    (name: string) => rollbackArgv(name, true),
  ];
  const strange = [
    'tank',
    'tank/data',
    'tank/data@',
    '@s1',
    'tank/data@a@b',
    'tank/data@a%b',
    'tank/data@a,b',
    'tank/data@%',
    'tank/data#b1',
    'tank/data@a/b',
    '-r tank@a',
    '-r',
    'tank//data@a',
    '/tank/data@a',
    'tank/../x@a',
    'tank/.@a',
    'tank/data@a\n',
    'tank/data@a\ttank/data',
    'tank/data@a*',
    'tänk/data@a',
    '1tank@a',
    `tank/${'x'.repeat(250)}@a`,
    '',
  ];
  it.each(strange)('never builds a command on %j', (name) => {
    for (const build of builders) expect(() => build(name)).toThrow(RangeError);
  });

  it('can destroy nothing but one snapshot, whatever it is given', () => {
    const unit = fc.oneof(
      fc.constantFrom(...'ab@/%,#-. _:\n\t*'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    const near = fc.string({ unit, maxLength: 40 });
    let built = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          near,
          near.map((text) => `tank/${text}`),
          near.map((text) => `tank@${text}`),
        ),
        (name) => {
          let argv: string[];
          try {
            argv = destroySnapshotArgv(name);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
            return;
          }
          built += 1;
          expect(argv.slice(0, 3)).toEqual(['zfs', 'destroy', '--']);
          expect(argv).toHaveLength(4);
          const operand = argv[3] ?? '';
          expect(operand).toBe(name);
          expect(operand.split('@')).toHaveLength(2);
          expect(operand).toMatch(/^[A-Za-z][^@]*@[A-Za-z0-9_.: -]+$/);
          expect(operand).not.toMatch(/[%,#*\n\t]/);
        },
      ),
      { numRuns: 1500 },
    );
    expect(built).toBeGreaterThan(0);
  });
});

describe('names', () => {
  it.each(['tank', 'tank/data', 'tank/with space', 'rpool/ROOT/debian-1', 'a/b.c:d_e-f'])(
    'knows %j',
    (name) => {
      expect(isDatasetName(name)).toBe(true);
      expect(isSnapshotName(`${name}@daily-2026-11-23_00:00:00`)).toBe(true);
    },
  );

  it.each(['-s1', 'a b', 'a%b', 'a@b', 'a/b', 'a,b', '', 'ä'])('takes no new snapshot called %j', (name) => {
    expect(newSnapshotPartPattern.test(name)).toBe(false);
  });

  it('ends at 255 characters with the dataset', () => {
    expect(isSnapshotName(`t@${'x'.repeat(253)}`)).toBe(true);
    expect(isSnapshotName(`t@${'x'.repeat(254)}`)).toBe(false);
  });

  it('splits and joins', () => {
    expect(splitSnapshotName('tank/data@s1')).toEqual({ dataset: 'tank/data', part: 's1' });
    expect(['tank', 'tank/a/b', 'tank@s', 'my pool/a@s'].map(poolOf)).toEqual([
      'tank',
      'tank',
      'tank',
      'my pool',
    ]);
  });
});

describe('reads', () => {
  it('asks for exactly this', () => {
    expect(Object.values(zfsProbes).map(({ argv }) => argv.join(' '))).toEqual([
      'zfs version',
      'zpool list -Hp -o name,guid,size,allocated,free,checkpoint,expandsize,fragmentation,capacity,dedupratio,health,altroot,readonly',
      'zpool status -P -p -t -T d',
      'zpool get -Hp -o name,property,value ashift,autotrim,autoexpand,failmode,comment',
      'zfs list -Hp -t filesystem,volume -o name,type,guid,creation,used,available,referenced,usedbysnapshots,volsize,origin,mounted,mountpoint',
      'zfs list -Hp -t snapshot -o name,guid,createtxg -s createtxg',
    ]);
    expect(snapshotsProbe.argv.join(' ')).toBe(
      'zfs list -Hp -t snapshot -o name,guid,createtxg,creation,used,referenced,userrefs,clones',
    );
    expect(readSnapshotsOfArgv('tank/data')).toEqual([
      'zfs',
      'list',
      '-Hp',
      '-t',
      'snapshot',
      '-d',
      '1',
      '-o',
      'name,guid,createtxg,creation,used,referenced,userrefs,clones',
      '--',
      'tank/data',
    ]);
    expect(readHoldsArgv('tank/data@s1')).toEqual(['zfs', 'holds', '-H', '--', 'tank/data@s1']);
    expect(readWrittenSinceArgv('tank/data@s1')).toEqual([
      'zfs',
      'get',
      '-Hp',
      '-o',
      'value',
      'written@s1',
      '--',
      'tank/data',
    ]);
    expect(readEventsArgv('tank/data')).toEqual(['zpool', 'events', '-v', '--', 'tank']);
    expect(previewDestroySnapshotArgv('tank/data@s1')).toEqual([
      'zfs',
      'destroy',
      '-nvp',
      '--',
      'tank/data@s1',
    ]);
  });
});
