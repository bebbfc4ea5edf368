import type { Random } from '../random';
import {
  cowsOf,
  freeExtents,
  gapsOf,
  mappedBytes,
  moveIn,
  poolFill,
  thinsFrom,
  thinsIn,
  type CowVolume,
  type ExtentRange,
  type LinearVolume,
  type LogicalVolume,
  type MoveVolume,
  type PhysicalVolume,
  type RaidVolume,
  type ThinPoolVolume,
  type ThinVolume,
  type Use,
  type VolumeGroup,
} from './volumes';

export interface GroupOptions {
  extentBytes?: number;
  disks: readonly { name: string; extentCount: number; major?: number; minor?: number }[];
}

export type LvmFailure =
  | { reason: 'exists' }
  | { reason: 'no-space'; freeExtents: number; neededExtents: number }
  | { reason: 'in-use'; name: string; use: Exclude<Use, 'none'> }
  | { reason: 'pool-full'; pool: string }
  | { reason: 'origin-merging' }
  | { reason: 'merge-running'; origin: string; merging: string }
  | { reason: 'merging-already'; thin: boolean }
  | { reason: 'merging-cannot-go' }
  | { reason: 'thin-merging-cannot-go'; origin: string }
  | { reason: 'invalid-snapshot' }
  | { reason: 'not-mergeable' }
  | { reason: 'pool-has-volumes' }
  | { reason: 'move-running'; from: string }
  | { reason: 'nothing-to-move' };
export type LvmOutcome<T> = { ok: true; value: T } | { ok: false; failure: LvmFailure };

export type MergeAnswer =
  | { kind: 'deferred-thick'; origin: string; because: 'origin' | 'snapshot' }
  | { kind: 'started'; origin: string; durationMs: number }
  | { kind: 'deferred-thin'; origin: string; because: 'origin' | 'snapshot'; blocking: string; use: Use }
  | { kind: 'replaced'; origin: string };

const chunkBytes = 4096;

/** Bytes beyond which a copy-on-write store can never grow: every chunk of the origin, plus its index. */
export function largestCowBytes(originBytes: number): number {
  const chunks = Math.ceil(originBytes / chunkBytes);
  return (chunks + Math.ceil(chunks / (chunkBytes / 16)) + 1) * chunkBytes;
}

const fail = <T>(failure: LvmFailure): LvmOutcome<T> => ({ ok: false, failure });
const done = <T>(value: T): LvmOutcome<T> => ({ ok: true, value });

function useOf(volume: LogicalVolume): Use {
  return volume.kind === 'part' || volume.kind === 'thin-pool' || volume.kind === 'move'
    ? 'none'
    : volume.use;
}

/** State of LVM on one host. Every change is whole or not at all. */
export class LvmModel {
  readonly groups = new Map<string, VolumeGroup>();
  /** Finds a disk of the host by any of its paths; null: there is none. */
  findDisk: (path: string) => { path: string; sizeBytes: number; free: boolean } | null = () => null;
  /** Physical volumes of no group. */
  orphans: PhysicalVolume[] = [];
  private nextMinor = 0;

  constructor(private readonly random: Random) {}

  addGroup(name: string, options: GroupOptions): VolumeGroup {
    const disks: PhysicalVolume[] = options.disks.map((disk, index) => ({
      name: disk.name,
      uuid: this.random.lvmUuid(),
      major: disk.major ?? 254,
      minor: disk.minor ?? (index + 1) * 16,
      extentCount: disk.extentCount,
    }));
    const group: VolumeGroup = {
      name,
      uuid: this.random.lvmUuid(),
      extentBytes: options.extentBytes ?? 4 * 1024 * 1024,
      disks,
      volumes: new Map(),
      blocks: new Map(),
      revision: 1,
    };
    this.groups.set(name, group);
    return group;
  }

  volume(groupName: string, name: string): { group: VolumeGroup; volume: LogicalVolume } | undefined {
    const group = this.groups.get(groupName);
    const volume = group?.volumes.get(name);
    return group === undefined || volume === undefined ? undefined : { group, volume };
  }

  addLinear(
    groupName: string,
    name: string,
    extents: number,
    options: { createdAtMs: number; use?: Use },
  ): LinearVolume {
    const group = this.groupOf(groupName);
    const volume: LinearVolume = {
      ...this.base(name, options.createdAtMs, extents * group.extentBytes),
      kind: 'linear',
      ranges: this.allocate(group, extents),
      use: options.use ?? 'none',
    };
    return this.put(group, volume);
  }

  addRaid1(
    groupName: string,
    name: string,
    extents: number,
    options: { createdAtMs: number; use?: Use },
  ): RaidVolume {
    const group = this.groupOf(groupName);
    const images = [0, 1].map((leg) => {
      const disk = group.disks[leg % group.disks.length];
      if (disk === undefined) throw new Error(`${groupName} has no disk for a mirror leg.`);
      this.addPart(group, `${name}_rmeta_${leg}`, 'raid-metadata', name, 1, options.createdAtMs, disk.name);
      return this.addPart(
        group,
        `${name}_rimage_${leg}`,
        'image',
        name,
        extents,
        options.createdAtMs,
        disk.name,
      );
    });
    const volume: RaidVolume = {
      ...this.base(name, options.createdAtMs, extents * group.extentBytes),
      kind: 'raid1',
      ranges: [],
      images: images.map((image) => image.name),
      use: options.use ?? 'none',
    };
    return this.put(group, volume);
  }

  addThinPool(
    groupName: string,
    name: string,
    extents: number,
    options: {
      createdAtMs: number;
      metadataExtents?: number;
      metadataBaseBytes?: number;
      whenFull?: 'queue' | 'error';
    },
  ): ThinPoolVolume {
    const group = this.groupOf(groupName);
    const metadataExtents = options.metadataExtents ?? 1;
    const spares = [...group.volumes.values()].some(
      (volume) => volume.kind === 'part' && volume.part === 'spare',
    );
    // One spare serves all pools of a group.
    if (!spares) this.addPart(group, 'lvol0_pmspare', 'spare', null, metadataExtents, options.createdAtMs);
    const data = this.addPart(group, `${name}_tdata`, 'thin-data', name, extents, options.createdAtMs);
    const metadata = this.addPart(
      group,
      `${name}_tmeta`,
      'thin-metadata',
      name,
      metadataExtents,
      options.createdAtMs,
    );
    group.blocks.set(name, []);
    const volume: ThinPoolVolume = {
      ...this.base(name, options.createdAtMs, extents * group.extentBytes),
      kind: 'thin-pool',
      ranges: [],
      dataPart: data.name,
      metadataPart: metadata.name,
      metadataBytes: metadata.sizeBytes,
      metadataBaseBytes: options.metadataBaseBytes ?? 0,
      whenFull: options.whenFull ?? 'queue',
    };
    return this.put(group, volume);
  }

  addThin(
    groupName: string,
    pool: string,
    name: string,
    options: { createdAtMs: number; virtualBytes: number; mappedBytes: number; use?: Use; active?: boolean },
  ): ThinVolume {
    const group = this.groupOf(groupName);
    const volume: ThinVolume = {
      ...this.base(name, options.createdAtMs, options.virtualBytes, options.active ?? true),
      kind: 'thin',
      ranges: [],
      pool,
      origin: '',
      use: options.use ?? 'none',
      skipActivation: false,
      mergeDeferred: false,
    };
    this.blocksOf(group, pool).push({ bytes: options.mappedBytes, owners: new Set([volume.uuid]) });
    return this.put(group, volume);
  }

  /** @returns the bytes it got: at most what the origin can ever need */
  createThickSnapshot(
    group: VolumeGroup,
    origin: LinearVolume | RaidVolume,
    name: string,
    sizeBytes: number,
    nowMs: number,
  ): LvmOutcome<CowVolume> {
    if (group.volumes.has(name)) return fail({ reason: 'exists' });
    if (cowsOf(group, origin.name).some((cow) => cow.merge !== null))
      return fail({ reason: 'origin-merging' });
    const largest = Math.ceil(largestCowBytes(origin.sizeBytes) / group.extentBytes);
    const neededExtents = Math.min(Math.ceil(sizeBytes / group.extentBytes), largest);
    const free = freeExtents(group);
    if (neededExtents > free) return fail({ reason: 'no-space', freeExtents: free, neededExtents });
    const volume: CowVolume = {
      ...this.base(name, nowMs, neededExtents * group.extentBytes),
      kind: 'cow',
      ranges: this.allocate(group, neededExtents),
      origin: origin.name,
      usedBytes: 0,
      invalid: false,
      merge: null,
      use: 'none',
    };
    return done(this.put(group, volume));
  }

  createThinSnapshot(
    group: VolumeGroup,
    origin: ThinVolume,
    name: string,
    nowMs: number,
  ): LvmOutcome<ThinVolume> {
    if (group.volumes.has(name)) return fail({ reason: 'exists' });
    const pool = group.volumes.get(origin.pool);
    if (pool?.kind !== 'thin-pool') throw new Error(`${origin.name} is in no pool.`);
    const fill = poolFill(group, pool);
    if (fill.data >= 100 || fill.metadata >= 100) return fail({ reason: 'pool-full', pool: pool.name });
    const volume: ThinVolume = {
      ...this.base(name, nowMs, origin.sizeBytes, false),
      kind: 'thin',
      ranges: [],
      pool: origin.pool,
      origin: origin.name,
      use: 'none',
      skipActivation: true,
      mergeDeferred: false,
    };
    for (const blocks of this.blocksOf(group, origin.pool)) {
      if (blocks.owners.has(origin.uuid)) blocks.owners.add(volume.uuid);
    }
    return done(this.put(group, volume));
  }

  createLinear(
    group: VolumeGroup,
    name: string,
    sizeBytes: number,
    nowMs: number,
  ): LvmOutcome<LogicalVolume> {
    if (group.volumes.has(name)) return fail({ reason: 'exists' });
    const neededExtents = Math.ceil(sizeBytes / group.extentBytes);
    const free = freeExtents(group);
    if (neededExtents > free) return fail({ reason: 'no-space', freeExtents: free, neededExtents });
    return done(this.addLinear(group.name, name, neededExtents, { createdAtMs: nowMs }));
  }

  createThin(
    group: VolumeGroup,
    pool: ThinPoolVolume,
    name: string,
    sizeBytes: number,
    nowMs: number,
  ): LvmOutcome<LogicalVolume> {
    if (group.volumes.has(name)) return fail({ reason: 'exists' });
    const fill = poolFill(group, pool);
    if (fill.data >= 100 || fill.metadata >= 100) return fail({ reason: 'pool-full', pool: pool.name });
    const virtualBytes = Math.ceil(sizeBytes / group.extentBytes) * group.extentBytes;
    return done(
      this.addThin(group.name, pool.name, name, { createdAtMs: nowMs, virtualBytes, mappedBytes: 0 }),
    );
  }

  /** @returns the size it has then */
  extend(group: VolumeGroup, volume: LogicalVolume, bytes: number): LvmOutcome<number> {
    const extents = Math.ceil(bytes / group.extentBytes);
    const sizeBytes = volume.sizeBytes + extents * group.extentBytes;
    group.revision += 1;
    if (volume.kind === 'thin') {
      group.volumes.set(volume.name, { ...volume, sizeBytes });
      return done(sizeBytes);
    }
    const free = freeExtents(group);
    if (extents > free) return fail({ reason: 'no-space', freeExtents: free, neededExtents: extents });
    const ranges = this.allocate(group, extents);
    if (volume.kind === 'thin-pool') {
      const data = group.volumes.get(volume.dataPart);
      if (data === undefined) throw new Error(`${volume.name} has no data part.`);
      group.volumes.set(data.name, { ...data, sizeBytes, ranges: [...data.ranges, ...ranges] });
      group.volumes.set(volume.name, { ...volume, sizeBytes });
      return done(sizeBytes);
    }
    group.volumes.set(volume.name, { ...volume, sizeBytes, ranges: [...volume.ranges, ...ranges] });
    return done(sizeBytes);
  }

  rename(group: VolumeGroup, volume: LogicalVolume, name: string): LvmOutcome<string> {
    if (group.volumes.has(name)) return fail({ reason: 'exists' });
    const from = volume.name;
    const entries = [...group.volumes.values()].map((each): LogicalVolume => {
      if (each === volume) {
        if (each.kind !== 'thin-pool') return { ...each, name };
        const anew = (part: string): string => part.replace(from, name);
        return { ...each, name, dataPart: anew(each.dataPart), metadataPart: anew(each.metadataPart) };
      }
      // A thin pool takes its hidden parts with it, and stays the pool of its volumes.
      if (volume.kind === 'thin-pool' && each.kind === 'part' && each.parent === from)
        return { ...each, name: each.name.replace(from, name), parent: name };
      if (volume.kind === 'thin-pool' && each.kind === 'thin' && each.pool === from)
        return { ...each, pool: name };
      if ((each.kind === 'cow' || each.kind === 'thin') && each.origin === from)
        return { ...each, origin: name };
      if (each.kind === 'part' && each.parent === from) return { ...each, parent: name };
      return each;
    });
    group.volumes.clear();
    for (const each of entries) group.volumes.set(each.name, each);
    const blocks = group.blocks.get(from);
    if (blocks !== undefined) {
      group.blocks.delete(from);
      group.blocks.set(name, blocks);
    }
    group.revision += 1;
    return done(name);
  }

  /** Adds disks to a group, which is made when it is not there. */
  addDisks(name: string, disks: readonly { path: string; sizeBytes: number }[]): void {
    const extentBytes = 4 * 1024 * 1024;
    const made = disks.map(({ path, sizeBytes }) => ({
      name: path,
      extentCount: Math.floor((sizeBytes - 1024 * 1024) / extentBytes),
    }));
    const group = this.groups.get(name);
    if (group === undefined) {
      this.addGroup(name, { disks: made });
      return;
    }
    const more = made.map((disk): PhysicalVolume => ({
      ...disk,
      uuid: this.random.lvmUuid(),
      major: 254,
      minor: (group.disks.length + 1) * 16,
    }));
    this.groups.set(name, { ...group, disks: [...group.disks, ...more], revision: group.revision + 1 });
  }

  /** @param to null: wherever the group has room */
  startMove(group: VolumeGroup, from: string, to: string | null, nowMs: number): LvmOutcome<MoveVolume> {
    const running = moveIn(group);
    if (running !== null) return fail({ reason: 'move-running', from: running.from });
    const gaps = gapsOf(group).filter(({ disk }) => (to === null ? disk !== from : disk === to));
    const old = [...group.volumes.values()].flatMap((volume) =>
      volume.ranges.filter(({ disk }) => disk === from).map((range) => ({ volume: volume.name, range })),
    );
    const extents = old.reduce((sum, { range }) => sum + range.count, 0);
    if (extents === 0) return fail({ reason: 'nothing-to-move' });
    const room = gaps.reduce((sum, { count }) => sum + count, 0);
    if (room < extents) return fail({ reason: 'no-space', freeExtents: room, neededExtents: extents });
    const places = old.map(({ volume, range }) => {
      const fresh: ExtentRange[] = [];
      let left = range.count;
      while (left > 0) {
        const gap = gaps[0];
        if (gap === undefined) throw new Error(`${group.name} lacks ${left} extents.`);
        const count = Math.min(left, gap.count);
        fresh.push({ disk: gap.disk, start: gap.start, count });
        if (count === gap.count) gaps.shift();
        else gaps[0] = { ...gap, start: gap.start + count, count: gap.count - count };
        left -= count;
      }
      return { volume, old: range, fresh };
    });
    // About 400 MB/s, and a demo has no patience for more than half a minute.
    const durationMs = Math.round(Math.min(30_000, 4_000 + (extents * group.extentBytes) / 400_000));
    const volume: MoveVolume = {
      ...this.base('pvmove0', nowMs, extents * group.extentBytes),
      kind: 'move',
      ranges: places.flatMap(({ fresh }) => fresh),
      from,
      startedAtMs: nowMs,
      endsAtMs: nowMs + durationMs,
      percent: 0,
      places,
    };
    return done(this.put(group, volume));
  }

  /** The source of the move that was stopped; null: none ran. */
  abortMove(group: VolumeGroup): string | null {
    const move = moveIn(group);
    if (move === null) return null;
    group.volumes.delete(move.name);
    group.revision += 1;
    return move.from;
  }

  private finishMove(group: VolumeGroup, move: MoveVolume): void {
    group.volumes.delete(move.name);
    for (const volume of [...group.volumes.values()]) {
      const ranges = volume.ranges.flatMap(
        (range) => move.places.find(({ old }) => old === range)?.fresh ?? [range],
      );
      group.volumes.set(volume.name, { ...volume, ranges });
    }
    group.revision += 1;
  }

  /** Takes a disk that holds nothing out of a group; its label stays. */
  reduce(group: VolumeGroup, disk: PhysicalVolume): void {
    this.groups.set(group.name, {
      ...group,
      disks: group.disks.filter((each) => each !== disk),
      revision: group.revision + 1,
    });
    this.orphans.push(disk);
  }

  removeGroup(group: VolumeGroup): void {
    this.groups.delete(group.name);
    this.orphans.push(...group.disks);
  }

  renameGroup(group: VolumeGroup, name: string): void {
    this.groups.delete(group.name);
    this.groups.set(name, { ...group, name, revision: group.revision + 1 });
  }

  createThinPool(
    group: VolumeGroup,
    name: string,
    sizeBytes: number,
    metadataBytes: number | null,
    nowMs: number,
  ): LvmOutcome<ThinPoolVolume> {
    if (group.volumes.has(name)) return fail({ reason: 'exists' });
    const extents = Math.ceil(sizeBytes / group.extentBytes);
    // 64 bytes for each chunk of 64 KiB (lvmthin(7)), at least one extent.
    const metadataExtents = Math.max(1, Math.ceil((metadataBytes ?? sizeBytes / 1024) / group.extentBytes));
    const neededExtents = extents + 2 * metadataExtents;
    const free = freeExtents(group);
    if (neededExtents > free) return fail({ reason: 'no-space', freeExtents: free, neededExtents });
    return done(this.addThinPool(group.name, name, extents, { createdAtMs: nowMs, metadataExtents }));
  }

  /** @returns the size its metadata has then */
  extendMetadata(group: VolumeGroup, pool: ThinPoolVolume, bytes: number): LvmOutcome<number> {
    const extents = Math.ceil(bytes / group.extentBytes);
    const free = freeExtents(group);
    if (extents > free) return fail({ reason: 'no-space', freeExtents: free, neededExtents: extents });
    const part = group.volumes.get(pool.metadataPart);
    if (part === undefined) throw new Error(`${pool.name} has no metadata part.`);
    const sizeBytes = part.sizeBytes + extents * group.extentBytes;
    group.volumes.set(part.name, {
      ...part,
      sizeBytes,
      ranges: [...part.ranges, ...this.allocate(group, extents)],
    });
    group.volumes.set(pool.name, { ...pool, metadataBytes: sizeBytes });
    group.revision += 1;
    return done(sizeBytes);
  }

  /** Origins take their thick snapshots with them; a merge that waited for this begins. */
  activate(group: VolumeGroup, volume: LogicalVolume, nowMs: number): void {
    const cows = cowsOf(group, volume.name);
    for (const each of [volume, ...cows]) {
      if (each.minor === null) each.minor = this.nextMinor++;
    }
    group.revision += 1;
    const waiting = cows.find(({ merge }) => merge?.state === 'deferred');
    if (waiting !== undefined) {
      waiting.merge = null;
      this.mergeThick(group, waiting, nowMs);
    }
    const thin = thinsFrom(group, volume.name).find(({ mergeDeferred }) => mergeDeferred);
    if (thin !== undefined) {
      thin.mergeDeferred = false;
      this.mergeThin(group, thin);
    }
  }

  deactivate(group: VolumeGroup, volume: LogicalVolume): LvmOutcome<null> {
    const inside =
      volume.kind === 'thin-pool' ? thinsIn(group, volume.name).filter(({ minor }) => minor !== null) : [];
    const concerned = [volume, ...cowsOf(group, volume.name), ...inside];
    const busy = concerned.map((each) => ({ name: each.name, use: useOf(each) }));
    for (const { name, use } of busy) {
      if (use !== 'none') return fail({ reason: 'in-use', name, use });
    }
    for (const each of concerned) each.minor = null;
    group.revision += 1;
    return done(null);
  }

  /** Names in the order in which they went: snapshots of a thick origin go with it. */
  remove(group: VolumeGroup, volume: LogicalVolume): LvmOutcome<string[]> {
    const use = useOf(volume);
    if (use !== 'none') return fail({ reason: 'in-use', name: volume.name, use });
    const move = moveIn(group);
    if (move !== null) return fail({ reason: 'move-running', from: move.from });
    if (volume.kind === 'part' || volume.kind === 'move') return fail({ reason: 'pool-has-volumes' });
    if (volume.kind === 'thin-pool') {
      const inside = thinsIn(group, volume.name);
      const busyThin = inside.find(({ use: each }) => each !== 'none');
      if (busyThin !== undefined) {
        return fail({
          reason: 'in-use',
          name: busyThin.name,
          use: busyThin.use === 'held' ? 'held' : 'mounted',
        });
      }
      const parts = [volume.dataPart, volume.metadataPart];
      const names = [...inside.map(({ name }) => name), volume.name];
      for (const name of [...names, ...parts]) group.volumes.delete(name);
      group.blocks.delete(volume.name);
      if (![...group.volumes.values()].some(({ kind }) => kind === 'thin-pool')) {
        group.volumes.delete('lvol0_pmspare');
      }
      group.revision += 1;
      return done(names);
    }
    if (volume.kind === 'cow' && volume.merge !== null && !volume.invalid) {
      return fail({ reason: 'merging-cannot-go' });
    }
    if (volume.kind === 'thin' && volume.mergeDeferred) {
      return fail({ reason: 'thin-merging-cannot-go', origin: volume.origin });
    }
    const dependents = volume.kind === 'linear' || volume.kind === 'raid1' ? cowsOf(group, volume.name) : [];
    const busy = dependents.find((cow) => cow.use !== 'none' || cow.merge !== null);
    if (busy !== undefined) {
      return busy.use === 'none'
        ? fail({ reason: 'merging-cannot-go' })
        : fail({ reason: 'in-use', name: busy.name, use: busy.use });
    }
    const parts = [...group.volumes.values()].filter(
      (part) => part.kind === 'part' && part.parent === volume.name,
    );
    const names = [...dependents, volume].map(({ name }) => name);
    for (const name of [...names, ...parts.map((part) => part.name)]) group.volumes.delete(name);
    if (volume.kind === 'thin') {
      this.forgetBlocks(group, volume);
      for (const child of thinsFrom(group, volume.name)) child.origin = '';
    }
    group.revision += 1;
    return done(names);
  }

  /** Rolls an origin back to its snapshot, now or when the origin is next activated. */
  merge(group: VolumeGroup, volume: LogicalVolume, nowMs: number): LvmOutcome<MergeAnswer> {
    if (volume.kind === 'cow') return this.mergeThick(group, volume, nowMs);
    if (volume.kind === 'thin' && volume.origin !== '') return this.mergeThin(group, volume);
    return fail({ reason: 'not-mergeable' });
  }

  /** Writes to a volume: thick snapshots keep what was overwritten, thin volumes map blocks of their own. */
  write(groupName: string, name: string, bytes: number): void {
    const found = this.volume(groupName, name);
    if (found === undefined) throw new Error(`No volume ${groupName}/${name}.`);
    const { group, volume } = found;
    if (volume.kind === 'thin') {
      const pool = group.volumes.get(volume.pool);
      const blocks = this.blocksOf(group, volume.pool);
      const used = blocks.reduce((sum, shared) => sum + shared.bytes, 0);
      const room = Math.max(0, (pool?.sizeBytes ?? 0) - used);
      const shared = blocks.filter(({ owners }) => owners.has(volume.uuid) && owners.size > 1);
      const sharedBytes = shared.reduce((sum, part) => sum + part.bytes, 0);
      // What it overwrites of its own takes no room; what it shares does, and so does what was unmapped.
      const unmapped = volume.sizeBytes - mappedBytes(group, volume);
      const own = Math.min(bytes, room, sharedBytes + unmapped);
      let left = own;
      for (const part of shared) {
        const taken = Math.min(left, part.bytes);
        left -= taken;
        part.bytes -= taken;
        blocks.push({
          bytes: taken,
          owners: new Set([...part.owners].filter((owner) => owner !== volume.uuid)),
        });
      }
      blocks.push({ bytes: own, owners: new Set([volume.uuid]) });
      group.blocks.set(
        volume.pool,
        blocks.filter((part) => part.bytes > 0),
      );
      return;
    }
    for (const cow of cowsOf(group, name)) {
      if (cow.invalid || cow.merge?.state === 'running') continue;
      cow.usedBytes = Math.min(cow.sizeBytes, cow.usedBytes + bytes);
      // The kernel drops a snapshot that has no room left.
      cow.invalid = cow.usedBytes >= cow.sizeBytes;
    }
  }

  /** Lets time pass: merges that are through free their snapshot, moves that are through the old disk. */
  settle(nowMs: number): void {
    for (const group of this.groups.values()) {
      const move = moveIn(group);
      if (move !== null) {
        const share = (nowMs - move.startedAtMs) / Math.max(1, move.endsAtMs - move.startedAtMs);
        move.percent = Math.min(100, share * 100);
        if (nowMs >= move.endsAtMs) this.finishMove(group, move);
      }
      for (const volume of [...group.volumes.values()]) {
        if (volume.kind !== 'cow' || volume.merge?.state !== 'running') continue;
        const { startedAtMs, endsAtMs, bytes } = volume.merge;
        if (nowMs >= endsAtMs) {
          group.volumes.delete(volume.name);
          group.revision += 1;
        } else {
          const left = (endsAtMs - nowMs) / Math.max(1, endsAtMs - startedAtMs);
          volume.usedBytes = Math.round(bytes * Math.min(1, left));
        }
      }
    }
  }

  private mergeThick(group: VolumeGroup, cow: CowVolume, nowMs: number): LvmOutcome<MergeAnswer> {
    if (cow.merge !== null) return fail({ reason: 'merging-already', thin: false });
    if (cow.invalid) return fail({ reason: 'invalid-snapshot' });
    if (cowsOf(group, cow.origin).some((other) => other.merge !== null)) {
      // lvm2 names the snapshot that was asked for twice here (seen with 2.03.16).
      return fail({ reason: 'merge-running', origin: cow.origin, merging: cow.name });
    }
    const origin = group.volumes.get(cow.origin);
    if (origin === undefined) throw new Error(`${cow.name} has no origin.`);
    group.revision += 1;
    const open = useOf(origin) !== 'none' ? 'origin' : cow.use !== 'none' ? 'snapshot' : null;
    if (open !== null) {
      cow.merge = { state: 'deferred' };
      return done({ kind: 'deferred-thick', origin: cow.origin, because: open });
    }
    // Copying back runs at about 400 MB/s, and a demo has no patience for more than six seconds.
    const durationMs = Math.round(Math.min(6000, 400 + cow.usedBytes / 400_000));
    cow.merge = {
      state: 'running',
      startedAtMs: nowMs,
      endsAtMs: nowMs + durationMs,
      bytes: cow.usedBytes,
    };
    return done({ kind: 'started', origin: cow.origin, durationMs });
  }

  private mergeThin(group: VolumeGroup, snapshot: ThinVolume): LvmOutcome<MergeAnswer> {
    const origin = group.volumes.get(snapshot.origin);
    if (origin?.kind !== 'thin') return fail({ reason: 'not-mergeable' });
    if (snapshot.mergeDeferred) return fail({ reason: 'merging-already', thin: true });
    const merging = thinsFrom(group, origin.name).find((other) => other.mergeDeferred);
    if (merging !== undefined) {
      return fail({ reason: 'merge-running', origin: origin.name, merging: merging.name });
    }
    group.revision += 1;
    const blocking = snapshot.use !== 'none' ? snapshot : origin.use !== 'none' ? origin : null;
    if (blocking !== null) {
      snapshot.mergeDeferred = true;
      return done({
        kind: 'deferred-thin',
        origin: origin.name,
        because: blocking === snapshot ? 'snapshot' : 'origin',
        blocking: blocking.name,
        use: blocking.use,
      });
    }
    this.forgetBlocks(group, origin);
    group.volumes.delete(snapshot.name);
    group.volumes.delete(origin.name);
    // The snapshot takes name and uuid of the origin, and whoever had that origin has none now
    // (public issue lvm2 #193).
    for (const sibling of [...thinsFrom(group, origin.name), ...thinsFrom(group, snapshot.name)]) {
      sibling.origin = '';
    }
    for (const shared of this.blocksOf(group, origin.pool)) {
      if (shared.owners.delete(snapshot.uuid)) shared.owners.add(origin.uuid);
    }
    const merged: ThinVolume = {
      ...snapshot,
      name: origin.name,
      uuid: origin.uuid,
      origin: '',
      skipActivation: false,
      minor: origin.minor,
    };
    group.volumes.set(merged.name, merged);
    return done({ kind: 'replaced', origin: origin.name });
  }

  private forgetBlocks(group: VolumeGroup, volume: ThinVolume): void {
    const blocks = this.blocksOf(group, volume.pool);
    for (const shared of blocks) shared.owners.delete(volume.uuid);
    group.blocks.set(
      volume.pool,
      blocks.filter((shared) => shared.owners.size > 0),
    );
  }

  private blocksOf(group: VolumeGroup, pool: string) {
    const blocks = group.blocks.get(pool);
    if (blocks === undefined) throw new Error(`${group.name} has no thin pool ${pool}.`);
    return blocks;
  }

  private groupOf(name: string): VolumeGroup {
    const group = this.groups.get(name);
    if (group === undefined) throw new Error(`No volume group ${name}.`);
    return group;
  }

  private base(name: string, createdAtMs: number, sizeBytes: number, active = true) {
    return {
      name,
      uuid: this.random.lvmUuid(),
      createdAtMs,
      sizeBytes,
      minor: active ? this.nextMinor++ : null,
    };
  }

  private addPart(
    group: VolumeGroup,
    name: string,
    part: 'image' | 'raid-metadata' | 'thin-data' | 'thin-metadata' | 'spare',
    parent: string | null,
    extents: number,
    createdAtMs: number,
    disk?: string,
  ) {
    return this.put(group, {
      ...this.base(name, createdAtMs, extents * group.extentBytes, part !== 'spare'),
      kind: 'part',
      part,
      parent,
      ranges: this.allocate(group, extents, disk),
    });
  }

  private put<V extends LogicalVolume>(group: VolumeGroup, volume: V): V {
    if (group.volumes.has(volume.name)) throw new Error(`${group.name}/${volume.name} is there already.`);
    group.volumes.set(volume.name, volume);
    group.revision += 1;
    return volume;
  }

  /** One gap that takes it all, else the gaps in order. */
  private allocate(group: VolumeGroup, extents: number, disk?: string): ExtentRange[] {
    const gaps = gapsOf(group).filter((gap) => disk === undefined || gap.disk === disk);
    const whole = gaps.find((gap) => gap.count >= extents);
    if (whole !== undefined) return [{ ...whole, count: extents }];
    const ranges: ExtentRange[] = [];
    let left = extents;
    for (const gap of gaps) {
      if (left === 0) break;
      const count = Math.min(left, gap.count);
      ranges.push({ ...gap, count });
      left -= count;
    }
    if (left > 0) throw new Error(`${group.name} lacks ${left} extents.`);
    return ranges;
  }
}
