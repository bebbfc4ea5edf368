import type { HostInventory, Volume } from '../../../src-preload/contract/inventory';
import type { Policy, PolicyRow } from '../../../src-preload/contract/policies';
import { earlyByMs, type Schedule } from './schedule';

/** What a policy is about, and whether it is met. Pure. */

export type Judgement = Pick<
  PolicyRow,
  'lastDueAtMs' | 'state' | 'reason' | 'poolId' | 'volumeCount' | 'dueVolumeIds'
>;

type Scope = Pick<Policy, 'backend' | 'poolName' | 'recursive'>;

/** The volumes of a pool, or a volume by its name; what takes no snapshots is left out. */
export function volumesOf(
  { backend, poolName, recursive }: Scope,
  { pools, volumes }: Pick<HostInventory, 'pools' | 'volumes'>,
): { poolId: string | null; volumes: Volume[] } {
  const own = volumes.filter((volume) => volume.backend === backend && volume.kind !== 'other');
  const pool = pools.find((each) => each.backend === backend && each.name === poolName);
  if (pool !== undefined) {
    const inner = new Set(
      pools.filter(({ id, parentPoolId }) => id === pool.id || parentPoolId === pool.id).map(({ id }) => id),
    );
    return { poolId: pool.id, volumes: own.filter(({ poolId }) => inner.has(poolId)) };
  }
  const named = own.filter(({ name }) => name === poolName || (recursive && name.startsWith(`${poolName}/`)));
  return { poolId: named[0]?.poolId ?? null, volumes: named };
}

/** When a volume last got a snapshot; null: it has none; undefined: the age of some is not known. */
export type NewestOf = (volume: Volume) => number | null | undefined;

export function judgePolicy(
  policy: Policy,
  schedule: Schedule,
  inventory: HostInventory | null,
  newestOf: NewestOf,
  nowMs: number,
): Judgement {
  const due = schedule.previous(nowMs);
  const lastDueAtMs = due !== null && due >= policy.updatedAtMs ? due : null;
  const scope = inventory === null ? null : volumesOf(policy, inventory);
  const volumes = scope?.volumes ?? [];
  const judgement: Judgement = {
    ...{ lastDueAtMs, state: 'waiting', reason: null },
    ...{ poolId: scope?.poolId ?? null, volumeCount: volumes.length, dueVolumeIds: [] },
  };
  if (!policy.enabled) return { ...judgement, state: 'off' };
  const unknown = (reason: string): Judgement => ({ ...judgement, state: 'unknown', reason });
  if (inventory === null) return unknown('The host was never read.');
  const error = inventory.backends.find(({ kind }) => kind === policy.backend)?.error ?? null;
  if (error !== null) return unknown(error.message);
  if (volumes.length === 0) return unknown(`${policy.poolName} was not found when the host was last read.`);
  if (lastDueAtMs === null) return judgement;
  if (inventory.takenAtMs < lastDueAtMs) {
    return unknown('The host was not read since the last moment came.');
  }
  const newest = volumes.map((volume) => ({ id: volume.id, atMs: newestOf(volume) }));
  if (newest.some(({ atMs }) => atMs === undefined)) {
    return unknown('The age of some snapshots was not read yet.');
  }
  const late = newest.filter(({ atMs }) => (atMs ?? 0) < lastDueAtMs - earlyByMs);
  return late.length === 0
    ? { ...judgement, state: 'met' }
    : { ...judgement, state: 'due', dueVolumeIds: late.map(({ id }) => id) };
}
