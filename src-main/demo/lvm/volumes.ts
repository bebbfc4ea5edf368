/** What a volume group is made of. Sizes of volumes are whole extents, except thin volumes' virtual ones. */
export interface PhysicalVolume {
  readonly name: string;
  readonly uuid: string;
  readonly major: number;
  readonly minor: number;
  readonly extentCount: number;
}

export interface ExtentRange {
  readonly disk: string;
  readonly start: number;
  readonly count: number;
}

/** `mounted` and `held` both count as open; lvm2 words its refusals differently. */
export type Use = 'none' | 'mounted' | 'held';

interface VolumeBase {
  name: string;
  uuid: string;
  readonly createdAtMs: number;
  readonly sizeBytes: number;
  readonly ranges: readonly ExtentRange[];
  /** Number behind 253: in the kernel; null: not active. */
  minor: number | null;
}

export interface LinearVolume extends VolumeBase {
  readonly kind: 'linear';
  use: Use;
}

export interface RaidVolume extends VolumeBase {
  readonly kind: 'raid1';
  readonly images: readonly string[];
  use: Use;
}

/** A hidden part of another volume: image, thin data, thin metadata, spare. */
export interface PartVolume extends VolumeBase {
  readonly kind: 'part';
  readonly part: 'image' | 'raid-metadata' | 'thin-data' | 'thin-metadata' | 'spare';
  /** null: the spare belongs to the group. */
  readonly parent: string | null;
}

export type Merge =
  | null
  /** Waits for the origin's next activation. */
  | { state: 'deferred' }
  | { state: 'running'; startedAtMs: number; endsAtMs: number; bytes: number };

/** Thick snapshot: a copy-on-write store of its own. */
export interface CowVolume extends VolumeBase {
  readonly kind: 'cow';
  readonly origin: string;
  usedBytes: number;
  invalid: boolean;
  merge: Merge;
  use: Use;
}

export interface ThinPoolVolume extends VolumeBase {
  readonly kind: 'thin-pool';
  readonly dataPart: string;
  readonly metadataPart: string;
  readonly metadataBytes: number;
  /** Metadata that is there before anything is mapped. */
  readonly metadataBaseBytes: number;
  readonly whenFull: 'queue' | 'error';
}

export interface ThinVolume extends VolumeBase {
  readonly kind: 'thin';
  readonly pool: string;
  origin: string;
  use: Use;
  /** Thin snapshots are not activated by themselves (attribute 10, `k`). */
  skipActivation: boolean;
  mergeDeferred: boolean;
}

/** What pvmove copies by: hidden, with the new places as its ranges. */
export interface MoveVolume extends VolumeBase {
  readonly kind: 'move';
  readonly from: string;
  readonly startedAtMs: number;
  readonly endsAtMs: number;
  percent: number;
  /** Which ranges of which volume go where. */
  readonly places: readonly { volume: string; old: ExtentRange; fresh: readonly ExtentRange[] }[];
}

export type LogicalVolume =
  LinearVolume | RaidVolume | PartVolume | CowVolume | ThinPoolVolume | ThinVolume | MoveVolume;

/** Blocks that some thin volumes of a pool share, named by their uuids. */
export interface SharedBlocks {
  bytes: number;
  owners: Set<string>;
}

export interface VolumeGroup {
  readonly name: string;
  readonly uuid: string;
  readonly extentBytes: number;
  readonly disks: readonly PhysicalVolume[];
  readonly volumes: Map<string, LogicalVolume>;
  /** By pool name. */
  readonly blocks: Map<string, SharedBlocks[]>;
  revision: number;
}

export function isHidden(volume: LogicalVolume): boolean {
  if (volume.kind === 'part' || volume.kind === 'move') return true;
  if (volume.kind === 'cow') return volume.merge !== null;
  return volume.kind === 'thin' && volume.mergeDeferred;
}

/** Those that lvs shows without -a. */
export function visibleVolumes(group: VolumeGroup): LogicalVolume[] {
  return [...group.volumes.values()].filter((volume) => !isHidden(volume));
}

export function cowsOf(group: VolumeGroup, origin: string): CowVolume[] {
  return [...group.volumes.values()].filter(
    (volume): volume is CowVolume => volume.kind === 'cow' && volume.origin === origin,
  );
}

export function thinsFrom(group: VolumeGroup, origin: string): ThinVolume[] {
  return [...group.volumes.values()].filter(
    (volume): volume is ThinVolume => volume.kind === 'thin' && volume.origin === origin,
  );
}

export function thinsIn(group: VolumeGroup, pool: string): ThinVolume[] {
  return [...group.volumes.values()].filter(
    (volume): volume is ThinVolume => volume.kind === 'thin' && volume.pool === pool,
  );
}

export function mappedBytes(group: VolumeGroup, volume: ThinVolume): number {
  return (group.blocks.get(volume.pool) ?? []).reduce(
    (sum, blocks) => (blocks.owners.has(volume.uuid) ? sum + blocks.bytes : sum),
    0,
  );
}

/** Fill of a thin pool's two parts, in percent. */
export function poolFill(group: VolumeGroup, pool: ThinPoolVolume): { data: number; metadata: number } {
  const blocks = group.blocks.get(pool.name) ?? [];
  const usedBytes = blocks.reduce((sum, { bytes }) => sum + bytes, 0);
  // One mapping is 16 bytes for each 64 KiB chunk, in nodes that are about two thirds full; each
  // further owner shares the nodes until it writes.
  const mappingBytes = (usedBytes / 65536) * 24 + thinsIn(group, pool.name).length * 8192;
  return {
    data: (usedBytes / pool.sizeBytes) * 100,
    metadata: Math.min(100, ((pool.metadataBaseBytes + mappingBytes) / pool.metadataBytes) * 100),
  };
}

export function moveIn(group: VolumeGroup): MoveVolume | null {
  return [...group.volumes.values()].find((volume): volume is MoveVolume => volume.kind === 'move') ?? null;
}

export function allocatedRanges(group: VolumeGroup): ExtentRange[] {
  return [...group.volumes.values()].flatMap((volume) => volume.ranges);
}

export function freeExtents(group: VolumeGroup, disk?: string): number {
  const on = (name: string) => disk === undefined || disk === name;
  const total = group.disks.reduce((sum, { name, extentCount }) => (on(name) ? sum + extentCount : sum), 0);
  return allocatedRanges(group).reduce((left, range) => (on(range.disk) ? left - range.count : left), total);
}

/** Unused ranges, disk by disk. */
export function gapsOf(group: VolumeGroup): ExtentRange[] {
  const taken = allocatedRanges(group);
  return group.disks.flatMap((disk) => {
    const gaps: ExtentRange[] = [];
    let next = 0;
    const mine = taken.filter((range) => range.disk === disk.name).sort((a, b) => a.start - b.start);
    for (const range of [...mine, { disk: disk.name, start: disk.extentCount, count: 0 }]) {
      if (range.start > next) gaps.push({ disk: disk.name, start: next, count: range.start - next });
      next = range.start + range.count;
    }
    return gaps;
  });
}
