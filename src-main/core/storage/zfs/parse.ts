import type { Pool, Volume } from '../../../../src-preload/contract/inventory';
import { unexpectedOutput } from '../unexpected';
import { datasetTable, poolOf, poolTable } from './commands';
import { judgePool } from './health';
import { parsePoolProperties, poolFacts, poolLevel } from './facts';
import { readStatus } from './read-status';
import { jobsOf } from './status';

/** What an inventory of ZFS reads besides snapshots, as text. Pure. */
export interface ZfsOutput {
  pools: string;
  /** In either form. */
  status: string;
  datasets: string;
  /** `zpool get`; left out: not read. */
  properties?: string;
}

/** `zfs-2.1.11-1+deb12u1` gives `2.1.11`. null: `zfs version` does not exist before 0.8. */
export function parseVersion(stdout: string): string | null {
  return /^zfs-(\d+\.\d+\.\d+)/m.exec(stdout)?.[1] ?? null;
}

type DatasetRow = ReturnType<typeof datasetTable.parse>[number];

function healthOfVolume(pool: Pool | undefined): Volume['health'] {
  switch (pool?.state) {
    case 'ONLINE':
      return 'ok';
    case 'DEGRADED':
      return 'warning';
    case 'FAULTED':
    case 'UNAVAIL':
    case 'SUSPENDED':
    case 'REMOVED':
      return 'critical';
    default:
      return 'unknown';
  }
}

function kindOf(row: DatasetRow): 'filesystem' | 'zvol' {
  if (row.type === 'filesystem') return 'filesystem';
  if (row.type === 'volume') return 'zvol';
  throw unexpectedOutput('zfs list', `${row.name} is of the unknown type "${row.type}"`, row.type);
}

function stateOf(row: DatasetRow): string {
  if (row.type === 'volume') return 'volume';
  return row.mounted === true ? 'mounted' : 'not mounted';
}

function toVolume(row: DatasetRow, pools: ReadonlyMap<string, Pool>): Volume {
  const pool = poolOf(row.name);
  const kind = kindOf(row);
  return {
    id: `zfs:${row.name}`,
    backend: 'zfs',
    poolId: `zfs:${pool}`,
    kind,
    name: row.name,
    // A filesystem has no size of its own: what it may grow to, quotas counted in.
    sizeBytes:
      kind === 'zvol'
        ? row.volumeBytes
        : row.availableBytes === null
          ? null
          : row.usedBytes + row.availableBytes,
    usedBytes: row.usedBytes,
    referencedBytes: row.referencedBytes,
    usedBySnapshotsBytes: row.usedBySnapshotsBytes,
    mountpoint: row.mountpoint === 'none' ? null : row.mountpoint,
    mounted: row.mounted,
    open: null,
    active: null,
    origin: row.origin,
    state: stateOf(row),
    health: healthOfVolume(pools.get(pool)),
    createdAtMs: row.creationSeconds * 1000,
  };
}

/**
 * Sizes are the usable ones of the pool's root dataset: `zpool list` counts raidz parity as space.
 * A pool that cannot be opened has no root dataset and `-` as its size: zeros, and its health says why.
 */
function toPools(output: ZfsOutput, datasets: readonly DatasetRow[]): Pool[] {
  const { pools: told, takenAtMs } = readStatus(output.status);
  const statuses = new Map(told.map((status) => [status.name, status]));
  const properties = parsePoolProperties(output.properties ?? '');
  const roots = new Map(datasets.filter(({ name }) => !name.includes('/')).map((row) => [row.name, row]));
  return poolTable.parse('zpool list', output.pools).map((row): Pool => {
    const status = statuses.get(row.name);
    const root = roots.get(row.name);
    // SUSPENDED shows in both; where they differ the later, more detailed reading counts.
    const state = status?.state ?? row.health;
    const jobs = jobsOf(status?.scans ?? []);
    const { health, problems, activity } = judgePool(
      { name: row.name, state, capacityPercent: row.capacityPercent },
      status,
      { takenAtMs, createdAtMs: root === undefined ? null : root.creationSeconds * 1000 },
      jobs,
    );
    const scans = jobs.results;
    const free = root?.availableBytes ?? row.freeBytes ?? 0;
    const used = root?.usedBytes ?? row.allocatedBytes ?? 0;
    return {
      id: `zfs:${row.name}`,
      backend: 'zfs',
      kind: 'zpool',
      name: row.name,
      parentPoolId: null,
      health,
      state,
      sizeBytes: used + free,
      usedBytes: used,
      freeBytes: free,
      fragmentationPercent: row.fragmentationPercent,
      dataPercent: null,
      metadataPercent: null,
      topology: status?.topology ?? [],
      activity,
      problems,
      level: poolLevel(status?.topology ?? []),
      facts: poolFacts({
        properties: properties.get(row.name),
        status,
        scans,
        takenAtMs,
        dedupRatio: row.dedupRatio,
      }),
    };
  });
}

export function parseZfs(output: ZfsOutput): { pools: Pool[]; volumes: Volume[] } {
  const datasets = datasetTable.parse('zfs list', output.datasets);
  const pools = toPools(output, datasets);
  const byName = new Map(pools.map((pool) => [pool.name, pool]));
  return {
    pools,
    volumes: datasets.map((row) => toVolume(row, byName)),
  };
}

/** `zfs destroy -nvp`: bytes that would be freed. Throws `unexpected-output` when it would destroy anything else. */
export function parseDestroyPreview(stdout: string, snapshot: string): number {
  const lines = stdout.split('\n').filter((line) => line !== '');
  const destroyed = lines.filter((line) => line.startsWith('destroy\t')).map((line) => line.slice(8));
  const reclaim = lines.flatMap((line) => /^reclaim\t(\d+)$/.exec(line)?.[1] ?? []);
  const only = destroyed.length === 1 && destroyed[0] === snapshot;
  if (!only || reclaim.length !== 1 || lines.length !== 2) {
    throw unexpectedOutput('zfs destroy -nvp', 'it is not the preview of this one snapshot', stdout);
  }
  return Number(reclaim[0]);
}

/** Tags of `zfs holds -H`. */
export function parseHolds(stdout: string, snapshot: string): string[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name, tag] = line.split('\t');
      if (name !== snapshot || tag === undefined || tag === '') {
        throw unexpectedOutput('zfs holds', 'a line is not a hold of this snapshot', line);
      }
      return tag;
    });
}

/** `zfs get -Hp -o value written@…`. null: the snapshot is gone (`-`). */
export function parseWritten(stdout: string): number | null {
  const value = stdout.trim();
  if (value === '-') return null;
  if (!/^\d{1,20}$/.test(value)) throw unexpectedOutput('zfs get written', 'it is not a number', stdout);
  return Number(value);
}

/**
 * Transaction group of the last rollback of a dataset that the pool's events remember; null: they know of none.
 *
 * `zfs rollback` swaps the dataset with a temporary clone and logs `clone swap` for `<dataset>/%rollback`
 * (2.1.11). Nothing else tells a finished rollback from one that never ran: guid, objsetid and createtxg of the
 * dataset stay, and `written` is not 0 even a moment after (mounting writes).
 */
export function parseLastRollback(stdout: string, dataset: string): number | null {
  let last: number | null = null;
  for (const event of stdout.split(/\n\n+/)) {
    if (!/^\s+history_internal_name = "clone swap"$/m.test(event)) continue;
    const name = /^\s+history_dsname = "(.*)"$/m.exec(event)?.[1];
    const group = /^\s+history_txg = 0x([0-9a-f]{1,16})$/m.exec(event)?.[1];
    if (name !== `${dataset}/%rollback` || group === undefined) continue;
    const number = Number.parseInt(group, 16);
    if (last === null || number > last) last = number;
  }
  return last;
}
