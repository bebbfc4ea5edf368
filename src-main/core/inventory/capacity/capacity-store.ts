import type { Database } from 'better-sqlite3';
import { withoutWaiting } from '../../data/without-waiting';
import type { Pool } from '../../../../src-preload/contract/inventory';

/** One recorded point of a pool. */
export interface StoredPoint {
  atMs: number;
  sizeBytes: number;
  usedBytes: number;
  /** Thin pools only. */
  metadataPercent: number | null;
}

export interface PoolHistory {
  poolId: string;
  poolName: string;
  poolKind: string;
  /** Oldest first, at most one for each quarter of a day. */
  points: StoredPoint[];
}

export type CapacityOf = Pick<
  Pool,
  'id' | 'name' | 'kind' | 'sizeBytes' | 'usedBytes' | 'dataPercent' | 'metadataPercent'
>;

export interface CapacityStore {
  /** After a reading: `pools` are all there are now. Whoever is not among them is no longer forecast. */
  record(hostId: string, atMs: number, pools: readonly CapacityOf[]): void;
  /** The last half year of the pools that were there at the last reading. */
  histories(hostId: string): PoolHistory[];
  remove(hostId: string): void;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
const pointEveryMs = 15 * minuteMs;
const fineForMs = 30 * dayMs;
const keptForMs = 730 * dayMs;
const readBackMs = 180 * dayMs;
const readEveryMs = dayMs / 4;

/**
 * How full the pools of each host were, in app.sqlite: at most a point a quarter of an hour for 30 days, then the
 * last of each day (UTC) for two years.
 */
export function createCapacityStore(db: Database): CapacityStore {
  const name = db.prepare(
    `INSERT INTO capacity_pools (host_id, pool_id, name, kind) VALUES (?, ?, ?, ?)
     ON CONFLICT (host_id, pool_id) DO UPDATE SET name = excluded.name, kind = excluded.kind`,
  );
  const unname = db.prepare('DELETE FROM capacity_pools WHERE host_id = ?');
  const near = db
    .prepare<[string, string, number, number], number>(
      'SELECT 1 FROM capacity WHERE host_id = ? AND pool_id = ? AND at_ms > ? AND at_ms < ? LIMIT 1',
    )
    .pluck();
  const add = db.prepare(
    `INSERT INTO capacity (host_id, pool_id, at_ms, size_bytes, used_bytes, metadata_percent)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const expire = db.prepare('DELETE FROM capacity WHERE host_id = ? AND at_ms < ?');
  const thin = db.prepare(
    `DELETE FROM capacity WHERE host_id = @host AND at_ms < @before AND EXISTS (
       SELECT 1 FROM capacity AS later
       WHERE later.host_id = capacity.host_id AND later.pool_id = capacity.pool_id
         AND later.at_ms > capacity.at_ms AND later.at_ms / ${dayMs} = capacity.at_ms / ${dayMs})`,
  );
  const named = db.prepare<[string], Omit<PoolHistory, 'points'>>(
    'SELECT pool_id AS poolId, name AS poolName, kind AS poolKind FROM capacity_pools WHERE host_id = ? ORDER BY pool_id',
  );
  const newest = db
    .prepare<[string], number | null>('SELECT MAX(at_ms) FROM capacity WHERE host_id = ?')
    .pluck();
  // The other columns are those of the row that has the maximum (sqlite.org/lang_select.html, bare columns).
  const points = db.prepare<[string, string, number], StoredPoint>(
    `SELECT MAX(at_ms) AS atMs, size_bytes AS sizeBytes, used_bytes AS usedBytes, metadata_percent AS metadataPercent
     FROM capacity WHERE host_id = ? AND pool_id = ? AND at_ms >= ?
     GROUP BY at_ms / ${readEveryMs} ORDER BY atMs`,
  );
  const forget = db.prepare('DELETE FROM capacity WHERE host_id = ?');
  /** Day of the last thinning of each host: once a day is enough. */
  const thinnedOn = new Map<string, number>();

  const record = db.transaction((hostId: string, atMs: number, pools: readonly CapacityOf[]) => {
    unname.run(hostId);
    for (const pool of pools) {
      if (!fills(pool)) continue;
      name.run(hostId, pool.id, pool.name, pool.kind);
      if (near.get(hostId, pool.id, atMs - pointEveryMs, atMs + pointEveryMs) !== undefined) continue;
      const { sizeBytes, usedBytes, metadataPercent } = pool;
      add.run(hostId, pool.id, atMs, Math.round(sizeBytes), Math.round(usedBytes), metadataPercent);
    }
    const today = Math.floor(atMs / dayMs);
    if (thinnedOn.get(hostId) === today) return;
    thinnedOn.set(hostId, today);
    expire.run(hostId, atMs - keptForMs);
    thin.run({ host: hostId, before: Math.floor((atMs - fineForMs) / dayMs) * dayMs });
  });

  return {
    record: (hostId, atMs, pools) => withoutWaiting(db, () => record.immediate(hostId, atMs, pools)),
    histories: (hostId) => {
      const until = newest.get(hostId) ?? 0;
      return named
        .all(hostId)
        .map((pool) => ({ ...pool, points: points.all(hostId, pool.poolId, until - readBackMs) }));
    },
    remove: (hostId) => {
      forget.run(hostId);
      unname.run(hostId);
      thinnedOn.delete(hostId);
    },
  };
}

/** An array is in use or it is not; what fills up is what stands on it. An inactive thin pool does not say. */
function fills({ kind, sizeBytes, dataPercent }: CapacityOf): boolean {
  return sizeBytes > 0 && kind !== 'raid-array' && !(kind === 'thin-pool' && dataPercent === null);
}
