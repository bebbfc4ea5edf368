import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostSummarySchema } from '../../../../src-preload/contract/hosts';
import { poolSchema, snapshotSchema, volumeSchema } from '../../../../src-preload/contract/inventory';
import { AppError } from '../../errors/app-error';
import { captured, capturedNames, expected } from '../testing/captured';
import { summarise } from '../summary';
import { datasetTable, poolTable } from './commands';
import { judgePool } from './health';
import {
  parseDestroyPreview,
  parseHolds,
  parseLastRollback,
  parseVersion,
  parseWritten,
  parseZfs,
} from './parse';
import { parseSnapshots } from './snapshot-reader';
import { parseErrorCount, parsePoolStatus, parseScan, statusTakenAtMs } from './status';

const statusNames = capturedNames('zfs', /^status-|^zfs-.*-status-(?!x-|unknown)|^host-023/);
const unexpected = expect.objectContaining({ code: 'unexpected-output' });

function judged(stdout: string) {
  return parsePoolStatus(stdout).map((status) => ({
    status,
    judged: judgePool({ name: status.name, state: status.state, capacityPercent: null }, status, {
      takenAtMs: statusTakenAtMs(stdout),
      createdAtMs: null,
    }),
  }));
}

function moment(prefix: string) {
  const parts = parseZfs({
    pools: captured('zfs', `${prefix}-zpool-list`).stdout,
    status: captured('zfs', `${prefix}-zpool-status`).stdout,
    datasets: captured('zfs', `${prefix}-zfs-list-datasets`).stdout,
  });
  return { ...parts, snapshots: parseSnapshots(captured('zfs', `${prefix}-zfs-list-snapshots`).stdout) };
}

describe('an inventory of ZFS', () => {
  it('reads two pools, their datasets, volumes, clones and snapshots', () => {
    const inventory = moment('two-pools');
    expect(inventory).toEqual(expected('zfs', 'two-pools'));
    for (const pool of inventory.pools) poolSchema.parse(pool);
    for (const volume of inventory.volumes) volumeSchema.parse(volume);
    for (const snapshot of inventory.snapshots) snapshotSchema.parse(snapshot);
  });

  it('reads a host without pools as one without pools', () => {
    expect(moment('none')).toEqual({ pools: [], volumes: [], snapshots: [] });
  });

  it('sizes a raidz2 by what can be used, not by its raw space', () => {
    const z2 = moment('two-pools').pools.find(({ name }) => name === 'z2');
    expect(z2?.sizeBytes).toBe(868_339_252 + 143_820);
    expect(poolTable.parse('zpool list', captured('zfs', 'two-pools-zpool-list').stdout)[1]?.sizeBytes).toBe(
      2_013_265_920,
    );
  });

  it('never calls a suspended pool good, though zfs list exits 0 without a line', () => {
    const { pools } = parseZfs({
      pools: captured('zfs', 'list-suspended').stdout,
      status: captured('zfs', 'status-suspended').stdout,
      datasets: captured('zfs', 'datasets-suspended').stdout,
    });
    expect(pools.map(({ name, state, health }) => ({ name, state, health }))).toEqual([
      { name: 'solo', state: 'SUSPENDED', health: 'critical' },
    ]);
    expect(pools[0]?.problems.map(({ text }) => text).join('\n')).toContain('datasets cannot be listed');
  });

  it('keeps pools whose name holds a space', () => {
    const { pools } = parseZfs({
      pools: captured('zfs', 'list-was-errors-removing').stdout,
      status: captured('zfs', 'status-was-errors-removing').stdout,
      datasets: captured('zfs', 'datasets-was-errors-removing').stdout,
    });
    expect(pools.map(({ name, health, activity }) => [name, health, activity?.kind ?? null])).toEqual([
      ['my pool', 'critical', null],
      ['solo', 'warning', 'scrub'],
      ['two', 'ok', 'move'],
    ]);
  });

  it('says so when zpool status does not name a pool that zpool list names', () => {
    const { pools } = parseZfs({
      pools: captured('zfs', 'two-pools-zpool-list').stdout,
      status: captured('zfs', 'host-023-zpool-status-none').stdout,
      datasets: captured('zfs', 'two-pools-zfs-list-datasets').stdout,
    });
    expect(pools.map(({ health }) => health)).toEqual(['warning', 'warning']);
    expect(pools[0]?.problems[0]?.text).toContain('"zpool status" does not');
  });

  it('reads the listing of older captures column by column', () => {
    expect(poolTable.parse('zpool list', captured('zfs', 'zfs-004-list-Hp-cols').stdout)).toMatchObject([
      {
        name: 'tank',
        guid: '5684168868074284290',
        sizeBytes: 503_316_480,
        health: 'ONLINE',
        readonly: false,
      },
      { name: 'z2', capacityPercent: 0, fragmentationPercent: 0 },
    ]);
  });

  it('takes a mount point with a tab in it', () => {
    const line = captured('zfs', 'two-pools-zfs-list-datasets').stdout.split('\n')[0] ?? '';
    const [row] = datasetTable.parse('zfs list', `${line}\twith tab\n`);
    expect(row?.mountpoint).toBe('/tank\twith tab');
  });

  it('makes a summary that the contract accepts', () => {
    const { pools, volumes, snapshots } = moment('two-pools');
    const summary = summarise({
      hostId: 'nas',
      takenAtMs: 1,
      durationMs: 1,
      backends: [
        {
          kind: 'zfs',
          title: 'ZFS',
          available: true,
          version: '2.1.11',
          packageName: 'zfsutils-linux',
          error: null,
          capabilities: { snapshots: true, rollback: 'newest-only', snapshotNeedsSize: false },
        },
      ],
      pools,
      volumes,
      snapshotCount: snapshots.length,
      disks: null,
      disksError: null,
    });
    expect(hostSummarySchema.parse(summary)).toMatchObject({
      health: 'ok',
      poolCount: 2,
      volumeCount: 11,
      snapshotCount: 10,
      problems: [],
    });
  });
});

describe('zpool status', () => {
  it.each(statusNames)('reads %s', (name) => {
    expect(judged(captured('zfs', name).stdout)).toEqual(expected('zfs', name));
  });

  it('covers the captures that matter', () => {
    expect(statusNames.length).toBeGreaterThan(25);
  });

  it.each([
    ['zfs-084-status-degraded-offline', 'critical', 'a mirror of two with one side'],
    ['zfs-106-status-pulled', 'warning', 'a raidz2 with one disk gone'],
    ['status-spare-in-use', 'warning', 'a raidz2 whose spare is still being filled'],
    ['status-spare-in-use-resilvered', 'warning', 'a raidz2 whose spare has taken over'],
    ['status-replacing-degraded', 'critical', 'a mirror whose new side is still being filled'],
    ['status-replacing-resilvering', 'ok', 'a replacement while the old disk still works'],
    ['zfs-090-status-checksum-errors', 'warning', 'an ONLINE pool with checksum errors'],
    ['status-was-errors-removing', 'critical', 'a mirror with a device that has no label'],
    ['status-draid-spare', 'warning', 'a draid1 whose distributed spare has taken over'],
    ['status-write-errors', 'critical', 'an ONLINE pool with damaged files'],
    ['status-suspended', 'critical', 'a suspended pool'],
    ['zfs-007-status-P', 'ok', 'two healthy pools'],
  ])('judges %s as %s: %s', (name, health) => {
    const order = ['ok', 'unknown', 'warning', 'critical'];
    const all = judged(captured('zfs', name).stdout).map((pool) => pool.judged.health);
    expect(all.sort((a, b) => order.indexOf(b) - order.indexOf(a))[0]).toBe(health);
  });

  it('tells what to do about every problem', () => {
    for (const name of statusNames) {
      for (const pool of judged(captured('zfs', name).stdout)) {
        for (const problem of pool.judged.problems) {
          expect(problem.text).not.toBe('');
          expect(problem.advice).not.toBe('');
          expect(problem.poolId).toBe(`zfs:${pool.status.name}`);
        }
      }
    }
  });

  it('descends into replacing-N and spare-N', () => {
    const roles = (name: string): string[] =>
      JSON.stringify(judged(captured('zfs', name).stdout)).match(/"role":"(?:replacing|spare)"/g) ?? [];
    expect(roles('zfs-094-status-replacing')).toContain('"role":"replacing"');
    expect(roles('status-spare-in-use')).toContain('"role":"spare"');
  });

  it.each([
    ['0', 0],
    ['820', 820],
    ['1.2K', 1229],
    ['3M', 3_145_728],
    ['-', null],
    ['many', null],
  ])('reads the error count %s', (text, value) => {
    expect(parseErrorCount(text)).toBe(value);
  });

  /** Words of print_scan_status() in OpenZFS 2.1 to 2.4 that this lab cannot bring about. */
  it.each([
    [
      [
        'scrub in progress since X',
        '1T / 2T scanned at 1G/s, 1T / 2T issued at 1G/s',
        '0B repaired, 45.50% done, 1 days 02:03:04 to go',
      ],
      'scrub',
      'running',
      45.5,
      93_784,
    ],
    [
      ['scrub in progress since X', '0B repaired, 101.20% done, no estimated completion time'],
      'scrub',
      'running',
      100,
      null,
    ],
    [
      ['scrub in progress since X', '0B repaired, nan% done, no estimated completion time'],
      'scrub',
      'running',
      null,
      null,
    ],
    [
      ['resilver (mirror-0) in progress since X', '1G resilvered, 12.00% done, 00:00:10 to go'],
      'resilver',
      'running',
      12,
      10,
    ],
    [['resilver canceled on X'], 'resilver', 'canceled', null, null],
    [
      [
        'expansion of raidz1-0 in progress since X',
        '1G / 4G copied at 1M/s, 25.00% done, paused for resilver or clear',
      ],
      'reshape',
      'paused',
      25,
      null,
    ],
    [['expanded raidz1-0 copied 4G in 00:01:00, on X'], 'reshape', 'finished', 100, null],
    [['error scrub paused since X'], 'scrub', 'paused', null, null],
  ] as const)('reads the scan %j', (lines, kind, state, percent, etaSeconds) => {
    expect(parseScan(lines)).toMatchObject({ activity: { kind, state, percent, etaSeconds } });
  });

  it('says that it does not know a scan message instead of leaving it out', () => {
    const stdout = captured('zfs', 'status-scrub-finished').stdout.replace(
      'scrub repaired',
      'scrub pondered',
    );
    const [tank] = judged(stdout);
    expect(tank?.judged).toMatchObject({ health: 'warning', activity: null });
    expect(tank?.judged.problems[0]?.text).toContain('scrub pondered');
  });

  it('counts the errors of a finished scrub', () => {
    expect(parseScan(['scrub repaired 0B in 00:00:01 with 7 errors on X'])).toMatchObject({ errorCount: 7 });
  });

  it('throws on text that is no status, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => text.trim() !== '' && !/pool:/.test(text)),
        (text) => {
          expect(() => parsePoolStatus(text)).toThrow(AppError);
        },
      ),
    );
  });

  it('never loses a device without a word when a line is damaged', () => {
    const original = captured('zfs', 'status-spare-in-use').stdout;
    const devices = (text: string): number => text.match(/\/dev\/\w+/g)?.length ?? 0;
    const found = (text: string): number =>
      devices(JSON.stringify(parsePoolStatus(text).map((pool) => pool.topology)));
    expect(found(original)).toBe(devices(original));
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.constantFrom('#', '\n', '\t', 'x', '  '), (at, noise) => {
        const damaged = original.slice(0, at) + noise + original.slice(at + 1);
        let result: number | null = null;
        try {
          result = found(damaged);
        } catch (error) {
          expect(error).toEqual(unexpected);
          return;
        }
        expect(result).toBeGreaterThanOrEqual(devices(damaged));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('tables', () => {
  it.each(['two-pools-zpool-list', 'two-pools-zfs-list-datasets'])(
    'throws when a line of %s is cut',
    (name) => {
      const { stdout } = captured('zfs', name);
      const table = name.includes('zpool') ? poolTable : datasetTable;
      fc.assert(
        fc.property(fc.integer({ min: 1, max: stdout.length - 2 }), (length) => {
          const cut = stdout.slice(0, length);
          const lines = cut.split('\n').length;
          let rows: unknown[] = [];
          try {
            rows = table.parse('x', cut);
          } catch (error) {
            expect(error).toEqual(unexpected);
            return;
          }
          // What does not throw has all the rows that were begun.
          expect(rows).toHaveLength(cut.endsWith('\n') ? lines - 1 : lines);
        }),
      );
    },
  );

  it('round-trips arbitrary dataset names', () => {
    const character = fc.constantFrom(...'abcZ019_.:- ');
    const component = fc.string({ unit: character, minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(component, { minLength: 1, maxLength: 5 }), (components) => {
        const name = components.join('/');
        const line = `${name}\tfilesystem\t18446744073709551615\t1795410187\t1\t2\t3\t0\t-\t-\tyes\t/x\n`;
        expect(datasetTable.parse('zfs list', line)).toMatchObject([
          { name, guid: '18446744073709551615', mounted: true },
        ]);
      }),
    );
  });
});

describe('small answers', () => {
  it('reads the version', () => {
    expect(parseVersion(captured('zfs', 'version').stdout)).toBe('2.1.11');
    expect(parseVersion('unrecognized command')).toBeNull();
  });

  it('reads the preview of one snapshot and refuses any other', () => {
    const { stdout } = captured('zfs', 'preview-destroy-s2');
    expect(parseDestroyPreview(stdout, 'tank/data@s2')).toBe(14_336);
    expect(() => parseDestroyPreview(stdout, 'tank/data@s1')).toThrow(unexpected);
    expect(() => parseDestroyPreview(captured('zfs', 'zfs-044-destroy-nv-r').stdout, 'tank/data@s1')).toThrow(
      unexpected,
    );
    expect(() => parseDestroyPreview('', 'tank/data@s2')).toThrow(unexpected);
  });

  it('reads holds, also a tag with a space', () => {
    expect(parseHolds(captured('zfs', 'read-holds').stdout, 'tank/data@s1')).toEqual(['backup job', 'keep']);
    expect(parseHolds(captured('zfs', 'read-holds-none').stdout, 'tank/data@s2')).toEqual([]);
    expect(() => parseHolds('junk\n', 'tank/data@s1')).toThrow(unexpected);
  });

  it('reads what was written since a snapshot; none for one that is gone', () => {
    expect(parseWritten(captured('zfs', 'read-written-since-s1').stdout)).toBe(6_313_984);
    expect(parseWritten(captured('zfs', 'read-written-since-missing').stdout)).toBeNull();
    expect(() => parseWritten('')).toThrow(unexpected);
  });

  it('finds the last rollback of a dataset in the events, and of no other', () => {
    const { stdout } = captured('zfs', 'events');
    expect(parseLastRollback(stdout, 'tank/data')).toBe(0x30);
    expect(parseLastRollback(stdout, 'tank')).toBeNull();
    expect(parseLastRollback(stdout, 'tank/data/child')).toBeNull();
  });
});
