import type { Pool } from '../../src-preload/contract/inventory';
import type { LvmModel } from './lvm/model';
import { poolFill, thinsIn, type ThinPoolVolume, type VolumeGroup } from './lvm/volumes';
import type { ZfsModel } from './zfs/model';
import { day } from './hosts/blueprint';

/**
 * How full the pools of a demo host were before it was started, so that there is a trend to forecast from. It is
 * synthesised: nothing was read then. But it comes out of the host's own model, and Holdfast stores and forecasts it
 * like any other reading (core/demo-mode.ts).
 */
export interface PastCapacity {
  atMs: number;
  pools: Pick<Pool, 'id' | 'name' | 'kind' | 'sizeBytes' | 'usedBytes' | 'dataPercent' | 'metadataPercent'>[];
}

/** Once a day for six weeks, oldest first; the demo's own readings follow. */
export function pastMoments(nowMs: number): number[] {
  return Array.from({ length: 42 }, (_, index) => nowMs - (42 - index) * day);
}

/** What the pools of a ZFS model hold while it lives through its past. */
export function zfsPast(model: ZfsModel): {
  take: (atMs: number) => void;
  /** As if what was put there by hand at the end, all at once, had always been there. */
  taken: () => PastCapacity[];
} {
  const samples: { atMs: number; used: Map<string, number> }[] = [];
  const usedNow = (): Map<string, number> =>
    new Map(
      [...model.pools.keys()].flatMap((name) => {
        const root = model.dataset(name);
        return root === undefined ? [] : [[name, model.totalsOf(root).usedBytes] as const];
      }),
    );
  return {
    take: (atMs) => void samples.push({ atMs, used: usedNow() }),
    taken: () => {
      const last = samples.at(-1)?.used;
      const now = usedNow();
      return samples.map(({ atMs, used }) => ({
        atMs,
        pools: [...model.pools.values()].map((pool) => {
          const added = (now.get(pool.name) ?? 0) - (last?.get(pool.name) ?? 0);
          return {
            id: `zfs:${pool.name}`,
            name: pool.name,
            kind: 'zpool' as const,
            sizeBytes: model.usableBytes(pool),
            usedBytes: (used.get(pool.name) ?? 0) + added,
            dataPercent: null,
            metadataPercent: null,
          };
        }),
      }));
    },
  };
}

/** Every volume was filled evenly from the day on which it was made; groups hold what was made by then. */
export function lvmPast(model: LvmModel, nowMs: number): PastCapacity[] {
  return pastMoments(nowMs).map((atMs) => ({
    atMs,
    pools: [...model.groups.values()].flatMap((group) => [
      groupAt(group, atMs),
      ...[...group.volumes.values()].flatMap((volume) =>
        volume.kind === 'thin-pool' ? [thinPoolAt(group, volume, atMs, nowMs)] : [],
      ),
    ]),
  }));
}

function groupAt(group: VolumeGroup, atMs: number): PastCapacity['pools'][number] {
  const extents = (list: readonly { count: number }[]) => list.reduce((sum, { count }) => sum + count, 0);
  const made = [...group.volumes.values()].filter(({ createdAtMs }) => createdAtMs <= atMs);
  return {
    id: `lvm:${group.name}`,
    name: group.name,
    kind: 'volume-group',
    sizeBytes: group.extentBytes * group.disks.reduce((sum, { extentCount }) => sum + extentCount, 0),
    usedBytes: group.extentBytes * made.reduce((sum, { ranges }) => sum + extents(ranges), 0),
    dataPercent: null,
    metadataPercent: null,
  };
}

function thinPoolAt(
  group: VolumeGroup,
  pool: ThinPoolVolume,
  atMs: number,
  nowMs: number,
): PastCapacity['pools'][number] {
  const ageOf = new Map(thinsIn(group, pool.name).map(({ uuid, createdAtMs }) => [uuid, createdAtMs]));
  const blocks = (group.blocks.get(pool.name) ?? []).map(({ bytes, owners }) => {
    const made = Math.min(nowMs - day, ...[...owners].map((uuid) => ageOf.get(uuid) ?? nowMs));
    const lived = Math.max(0, Math.min(1, (atMs - made) / (nowMs - made)));
    return { bytes: bytes * lived, owners };
  });
  const then = poolFill({ ...group, blocks: new Map([[pool.name, blocks]]) }, pool);
  return {
    id: `lvm:${group.name}/${pool.name}`,
    name: `${group.name}/${pool.name}`,
    kind: 'thin-pool',
    sizeBytes: pool.sizeBytes,
    usedBytes: (pool.sizeBytes * then.data) / 100,
    dataPercent: then.data,
    metadataPercent: then.metadata,
  };
}
