import { describe, expect, it } from 'vitest';
import { readCapture } from '../testing/capture';
import { readStatus } from '../../core/storage/zfs/read-status';
import { jobsOf, type StatusReading } from '../../core/storage/zfs/status';
import { createMachine } from '../machine';
import { createRandom } from '../random';
import { ZfsModel, type ZfsVersion } from './model';
import type { RunningScan, Scan } from './types';
import { disk, group, type DiskVdev, type PoolLayout } from './vdevs';

const nowMs = Date.parse('2026-11-29T05:30:00Z');
const minutesAgo = (minutes: number): number => nowMs - minutes * 60_000;
const vd = (letter: string, changes: Partial<DiskVdev> = {}) =>
  disk(`/dev/vd${letter}1`, `vd${letter}`, changes);

const running: RunningScan = {
  state: 'running',
  kind: 'scrub',
  startedAtMs: minutesAgo(10),
  totalBytes: 400 * 1024 ** 3,
  scanRate: 200 * 1024 ** 2,
  issueRate: 150 * 1024 ** 2,
  writtenShare: 0,
};

const states: Record<string, { data: PoolLayout['data']; more?: Partial<PoolLayout>; scan?: Scan }> = {
  healthy: {
    data: [group('raidz2-0', vd('b'), vd('c'), vd('d'), vd('e'))],
    more: { logs: [vd('f')], cache: [vd('g')], spares: [vd('h', { state: 'AVAIL' })] },
    scan: {
      state: 'finished',
      kind: 'scrub',
      endedAtMs: minutesAgo(600),
      durationSeconds: 900,
      bytes: 0,
      errors: 0,
    },
  },
  scrubbing: { data: [group('mirror-0', vd('b'), vd('c'))], scan: running },
  paused: {
    data: [group('mirror-0', vd('b'), vd('c'))],
    scan: { state: 'paused', kind: 'scrub', pausedAtMs: minutesAgo(4), running },
  },
  canceled: {
    data: [group('mirror-0', vd('b'), vd('c'))],
    scan: { state: 'canceled', kind: 'scrub', endedAtMs: minutesAgo(3) },
  },
  resilvering: {
    data: [
      group(
        'mirror-0',
        group(
          'replacing-0',
          vd('b', { state: 'FAULTED', readErrors: 42, writeErrors: 7, note: 'too many errors' }),
          vd('c'),
        ),
        vd('d', { checksumErrors: 17 }),
      ),
    ],
    scan: { ...running, kind: 'resilver', writtenShare: 1 },
  },
  errors: { data: [group('mirror-0', vd('b', { checksumErrors: 3 }), vd('c'))] },
  offline: { data: [group('mirror-0', vd('b', { state: 'OFFLINE' }), vd('c'))] },
  trims: {
    data: [
      group(
        'mirror-0',
        vd('b', { trim: { startedAtMs: minutesAgo(20), endsAtMs: minutesAgo(10) } }),
        vd('c', { trim: { startedAtMs: minutesAgo(5), endsAtMs: minutesAgo(-5) } }),
        vd('d', {
          trim: { startedAtMs: minutesAgo(9), endsAtMs: minutesAgo(-1), suspendedAtMs: minutesAgo(5) },
        }),
      ),
      disk('/dev/disk/by-id/ata-HDD_1-part1', 'ata-HDD_1'),
    ],
  },
};

function hostIn(name: string, version: ZfsVersion) {
  const state = states[name];
  if (state === undefined) throw new Error(name);
  const model = new ZfsModel(createRandom(7), version);
  model.addPool({
    name: 'tank',
    sizeBytes: 1024 ** 4,
    createdAtMs: 0,
    layout: { data: state.data, logs: [], cache: [], spares: [], ...state.more },
    scan: state.scan ?? null,
  });
  return createMachine({ user: 'admin', zfs: model, nowMs: () => nowMs });
}

const status = (options: string) => `LC_ALL=C sudo -n -- /usr/sbin/zpool status ${options}`;

/** What both forms have to agree on; sentences with times are worded for people in one of them. */
function facts({ pools, takenAtMs }: StatusReading) {
  return {
    takenAtMs,
    pools: pools.map((pool) => ({
      ...pool,
      scans: jobsOf(pool.scans).results.map(({ activity, errorCount, atMs }) => ({
        ...activity,
        text: null,
        percent: activity.percent?.toFixed(1),
        // The text leaves it out where it is slow.
        etaSeconds: null,
        errorCount,
        atMs,
      })),
      unknown: jobsOf(pool.scans).unknown,
    })),
  };
}

/** Every path of names in it, members of records counted once. */
function shape(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([key, below]) =>
    shape(
      below,
      `${at}.${/^(?:tank|\/dev\/.*|(?:mirror|raidz\d?|replacing|spare)-\d+)$/.test(key) ? '*' : key}`,
    ),
  );
}

describe('zpool status as JSON of the demo', () => {
  it.each(Object.keys(states))('says of a pool that is "%s" what its text says', (name) => {
    const host = hostIn(name, '2.3.9');
    const json = host.run(status('-j -P -p -t -T u'));
    const text = host.run(status('-P -p -t -T d'));
    expect([json.exitCode, text.exitCode]).toEqual([0, 0]);
    expect(facts(readStatus(json.stdout))).toEqual(facts(readStatus(text.stdout)));
  });

  it('holds nothing that OpenZFS 2.3.9 was not seen to write', () => {
    const real = new Set(
      [
        'healthy',
        'scrub-moving',
        'scrub-paused',
        'replacing',
        'faulted',
        'trim-running',
        'trimmed',
        'cleared',
      ]
        .concat('checkpoint', 'compatibility', 'missing', 'data-errors')
        .flatMap((name) =>
          shape(JSON.parse(readCapture('zfs', `status-pairs/${name}.json`).stdout)).map((path) =>
            path.replace(/(?:\.vdevs\.\*)+/, '.vdevs.*'),
          ),
        ),
    );
    for (const name of Object.keys(states)) {
      const { stdout } = hostIn(name, '2.3.9').run(status('-j -P -p -t -T u'));
      const paths = shape(JSON.parse(stdout)).map((path) => path.replace(/(?:\.vdevs\.\*)+/, '.vdevs.*'));
      expect(
        paths.filter((path) => !real.has(path)),
        name,
      ).toEqual([]);
    }
  });

  it('is unknown to 2.1.11, as to the real one', () => {
    expect(hostIn('healthy', '2.1.11').run(status('-j -P -p -t -T u'))).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining("invalid option 'j'") as unknown,
    });
  });
});
