import type { Random } from '../random';
import { disksOf, finishReplacing } from './vdevs';
import type {
  Dataset,
  DatasetOptions,
  DatasetTotals,
  Outcome,
  Pool,
  PoolOptions,
  Snapshot,
  ZfsFailure,
} from './types';
import {
  collectGarbage,
  measure,
  rollBackSegments,
  writeSegments,
  writtenSince,
  type DatasetSpace,
  type Segment,
} from './space';

/** What zpool sees of a disk that it is to take. */
export interface BlockDevice {
  sizeBytes: number;
  /** A file system or signature on it, or on a part of it, other than ZFS's own. */
  content: string | null;
  mounted: boolean;
}

const mebibyte = 1024 ** 2;
/** zfs_zevent_len_max of OpenZFS 2.1. */
const eventsKept = 512;
const done: Outcome = { ok: true };
const exists = (...names: string[]): Outcome => fail({ reason: 'exists', names }, names[0] ?? '');
const fail = (failure: ZfsFailure, name: string): Outcome => ({ ok: false, failure, name });

/** Bytes `zfs create -V` reserves: data and worst-case metadata (volsize_to_reservation, OpenZFS 2.1). */
export function volumeReservation(volumeBytes: number, blockBytes: number): number {
  let blocks = Math.ceil(volumeBytes / blockBytes);
  let metadataBlocks = 7;
  while (blocks > 1) {
    blocks = Math.ceil(blocks / 1024);
    metadataBlocks += blocks;
  }
  return volumeBytes + metadataBlocks * 2 * 128 * 1024;
}

function compareBytes(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

export function poolNameOf(name: string): string {
  return name.split(/[/@#]/, 1)[0] ?? name;
}

export function splitAt(name: string): { dataset: string; part: string } | null {
  const at = name.indexOf('@');
  return at === -1 ? null : { dataset: name.slice(0, at), part: name.slice(at + 1) };
}

/** A release of OpenZFS that a demo host has: Debian 12's or Debian 13's. */
export type ZfsVersion = '2.1.11' | '2.3.9';

/**
 * State of OpenZFS on one host. Changes are whole or not at all, except where the real tool itself
 * stops half-way. Names are checked by the commands, not here.
 */
export class ZfsModel {
  readonly pools = new Map<string, Pool>();
  private readonly datasets = new Map<string, Dataset>();
  private readonly spaceOf = new WeakMap<Dataset, DatasetSpace>();
  private totals: Map<string, DatasetTotals> | null = null;
  private sorted: Dataset[] | null = null;
  private readonly children = new Map<string, string[]>();
  private readonly cloneNames = new Map<string, string[]>();

  /** Disks of the host by any of their paths; null: none of that name. */
  blockDevice: (path: string) => BlockDevice | null = () => null;
  /** Process numbers that use a mounted file system. */
  usersOf: (mountpoint: string | null) => readonly number[] = () => [];

  /** @param version From 2.3 on `zpool status` has a JSON form. */
  constructor(
    private readonly random: Random,
    readonly version: ZfsVersion = '2.1.11',
  ) {}

  addPool(options: PoolOptions): Pool {
    const pool: Pool = {
      name: options.name,
      guid: this.random.guid(),
      sizeBytes: options.sizeBytes,
      deflate: options.deflate ?? 512,
      ashift: options.ashift ?? 12,
      createdAtMs: options.createdAtMs,
      fragmentationPercent: options.fragmentationPercent ?? 0,
      layout: options.layout,
      scan: options.scan ?? null,
      checkpointAtMs: null,
      lastTxg: 4,
      events: [],
      eventCount: 0,
    };
    this.pools.set(pool.name, pool);
    return pool;
  }

  addDataset(name: string, options: DatasetOptions): Dataset {
    const type = options.type ?? 'filesystem';
    const blockBytes = type === 'volume' ? 8192 : 131072;
    const volumeBytes = type === 'volume' ? (options.volumeBytes ?? 0) : null;
    return this.insert({
      name,
      type,
      guid: this.random.guid(),
      createTxg: this.nextTxg(name, options.createdAtMs),
      createdAtMs: options.createdAtMs,
      volumeBytes,
      blockBytes,
      reservedBytes:
        options.reserved === true && volumeBytes !== null ? volumeReservation(volumeBytes, blockBytes) : 0,
      quotaBytes: options.quotaBytes ?? 0,
      origin: null,
      mountpoint:
        type === 'volume' ? null : options.mountpoint === undefined ? `/${name}` : options.mountpoint,
      own: new Map(
        this.inherited(name, 'compression') === (options.compression ?? 'lz4')
          ? []
          : [['compression', options.compression ?? 'lz4']],
      ),
      compressRatio: options.compressRatio ?? 1,
      segments: [],
      snapshots: [],
      bookmarks: [],
    });
  }

  dataset(name: string): Dataset | undefined {
    return this.datasets.get(name);
  }

  /** What a dataset of that name gets from above; undefined: nothing is set there. */
  inherited(name: string, property: string): string | undefined {
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
      const value = this.datasets.get(name.slice(0, end))?.own.get(property);
      if (value !== undefined) return value;
    }
    return property === 'compression' ? 'off' : undefined;
  }

  /** All datasets by name, byte order, as `zfs list` shows them. */
  allDatasets(): readonly Dataset[] {
    this.sorted ??= [...this.datasets.values()].sort((left, right) => compareBytes(left.name, right.name));
    return this.sorted;
  }

  childrenOf(name: string): readonly Dataset[] {
    return (this.children.get(name) ?? []).flatMap((child) => this.datasets.get(child) ?? []);
  }

  snapshot(fullName: string): { dataset: Dataset; snapshot: Snapshot; index: number } | undefined {
    const parts = splitAt(fullName);
    const dataset = parts === null ? undefined : this.datasets.get(parts.dataset);
    if (parts === null || dataset === undefined) return undefined;
    const index = dataset.snapshots.findIndex((candidate) => candidate.part === parts.part);
    const snapshot = dataset.snapshots[index];
    return snapshot === undefined ? undefined : { dataset, snapshot, index };
  }

  clonesOf(fullName: string): readonly string[] {
    return this.cloneNames.get(fullName) ?? [];
  }

  space(dataset: Dataset): DatasetSpace {
    const known = this.spaceOf.get(dataset);
    if (known !== undefined) return known;
    const space = measure(
      dataset.segments,
      dataset.snapshots.map((snapshot) => snapshot.createTxg),
    );
    this.spaceOf.set(dataset, space);
    return space;
  }

  totalsOf(dataset: Dataset): DatasetTotals {
    this.totals ??= this.computeTotals();
    const totals = this.totals.get(dataset.name);
    if (totals === undefined) throw new Error(`No totals for ${dataset.name}.`);
    return totals;
  }

  /** Bytes that datasets may fill: without parity and without the slop that ZFS keeps (spa_get_slop_space). */
  usableBytes(pool: Pool): number {
    const dataBytes = (pool.sizeBytes / 512) * pool.deflate;
    const slop = Math.max(
      Math.min(Math.floor(dataBytes / 32), 128 * 1024 * mebibyte),
      Math.min(dataBytes / 2, 128 * mebibyte),
    );
    return Math.floor(dataBytes - slop);
  }

  /** Raw bytes in use, parity included, reservations not. */
  allocatedBytes(pool: Pool): number {
    const root = this.datasets.get(pool.name);
    const reserved = this.allDatasets()
      .filter((dataset) => poolNameOf(dataset.name) === pool.name)
      .reduce((sum, dataset) => sum + this.totalsOf(dataset).usedByReservationBytes, 0);
    const held = root === undefined ? 0 : this.totalsOf(root).usedBytes - reserved;
    return Math.ceil((held / pool.deflate) * 512);
  }

  write(
    name: string,
    bytes: number,
    options: {
      atMs: number;
      overwrittenBytes?: number;
      overwrite?: 'oldest' | 'newest';
      /** The caller has seen to it that there is room. */
      trusted?: boolean;
    },
  ): void {
    const dataset = this.datasets.get(name);
    if (dataset === undefined) throw new Error(`No dataset ${name}.`);
    const room = options.trusted === true ? bytes : Math.max(0, this.totalsOf(dataset).availableBytes);
    // A full pool takes no more: ENOSPC for the writer, nothing for us.
    const written = Math.min(bytes, room);
    const overwritten = options.overwrittenBytes ?? 0;
    dataset.segments = writeSegments(dataset.segments, dataset.snapshots.at(-1)?.createTxg ?? 0, {
      txg: this.nextTxg(name, options.atMs),
      bytes: written,
      overwrittenBytes: bytes > 0 ? Math.floor(overwritten * (written / bytes)) : overwritten,
      overwrite: options.overwrite ?? 'oldest',
    });
    this.touch(dataset);
  }

  /** Takes the same snapshot of all datasets in one transaction group, or of none. */
  createSnapshots(datasetNames: readonly string[], part: string, nowMs: number): Outcome {
    const targets: Dataset[] = [];
    const taken: string[] = [];
    const growth = new Map<string, number>();
    for (const name of datasetNames) {
      const dataset = this.datasets.get(name);
      if (dataset === undefined) return fail('not-found', name);
      if (this.snapshot(`${name}@${part}`) !== undefined) taken.push(`${name}@${part}`);
      targets.push(dataset);
      // What the newest snapshot pins can no longer count towards the reservation of a thick zvol.
      const pool = poolNameOf(name);
      const pinned =
        dataset.reservedBytes === 0 ? 0 : Math.min(this.space(dataset).writtenBytes, dataset.reservedBytes);
      growth.set(pool, (growth.get(pool) ?? 0) + pinned);
      const root = pinned === 0 ? undefined : this.datasets.get(pool);
      if (root !== undefined && (growth.get(pool) ?? 0) > this.totalsOf(root).availableBytes) {
        return fail('out-of-space', `${name}@${part}`);
      }
    }
    if (taken.length > 0) return exists(...taken);
    const first = targets[0];
    if (first === undefined) return done;
    const createTxg = this.nextTxg(first.name, nowMs);
    for (const dataset of targets) {
      dataset.snapshots.push({
        part,
        guid: this.random.guid(),
        createTxg,
        createdAtMs: nowMs,
        holds: new Map(),
      });
      this.record('snapshot', `${dataset.name}@${part}`, ' ', createTxg, nowMs);
      this.touch(dataset);
    }
    return done;
  }

  /** Whether `destroySnapshot` would be let through: clones and holds stand in its way. */
  checkDestroy(fullName: string): Outcome {
    const found = this.snapshot(fullName);
    if (found === undefined) return fail('not-found', fullName);
    const clones = this.clonesOf(fullName);
    if (clones.length > 0) return fail({ reason: 'clones', names: [...clones] }, fullName);
    if (found.snapshot.holds.size > 0) return fail({ reason: 'held' }, fullName);
    return done;
  }

  destroySnapshot(fullName: string, nowMs: number): Outcome {
    const checked = this.checkDestroy(fullName);
    const found = this.snapshot(fullName);
    if (!checked.ok || found === undefined) return checked;
    found.dataset.snapshots.splice(found.index, 1);
    found.dataset.segments = this.withoutGarbage(found.dataset);
    this.record('destroy', fullName, ' ', this.nextTxg(fullName, nowMs), nowMs);
    this.touch(found.dataset);
    return done;
  }

  /**
   * @param destroyNewer without it newer snapshots and bookmarks are in the way. A held newer snapshot
   * stops the roll back, but the others are gone by then: zfs_rollback destroys them one by one.
   */
  rollBack(fullName: string, destroyNewer: boolean, nowMs: number): Outcome {
    const found = this.snapshot(fullName);
    if (found === undefined) return fail('not-found', fullName);
    const { dataset, snapshot } = found;
    const newer = dataset.snapshots.slice(found.index + 1);
    const newerMarks = dataset.bookmarks.filter((mark) => mark.createTxg > snapshot.createTxg);
    if (!destroyNewer && newer.length + newerMarks.length > 0) {
      const names = [
        ...newer.map((candidate) => `${dataset.name}@${candidate.part}`),
        ...newerMarks.map((mark) => `${dataset.name}#${mark.part}`),
      ];
      return fail({ reason: 'newer', names }, fullName);
    }
    const clones = newer.flatMap((candidate) => this.clonesOf(`${dataset.name}@${candidate.part}`));
    if (clones.length > 0) return fail({ reason: 'clones', names: clones }, fullName);
    const held: string[] = [];
    for (const candidate of newer) {
      const name = `${dataset.name}@${candidate.part}`;
      if (!this.destroySnapshot(name, nowMs).ok) held.push(name);
    }
    dataset.bookmarks = dataset.bookmarks.filter((mark) => mark.createTxg <= snapshot.createTxg);
    const firstHeld = held[0];
    if (firstHeld !== undefined) return fail({ reason: 'held' }, firstHeld);
    const rolledBack = rollBackSegments(dataset.segments, snapshot.createTxg);
    const after = measure(
      rolledBack,
      dataset.snapshots.map((candidate) => candidate.createTxg),
    );
    const reservationAfter = dataset.reservedBytes;
    const before = this.totalsOf(dataset);
    const usedAfter =
      after.usedByDatasetBytes + after.usedBySnapshotsBytes + reservationAfter + before.usedByChildrenBytes;
    if (usedAfter - before.usedBytes > before.availableBytes) return fail('out-of-space', fullName);
    dataset.segments = rolledBack;
    const txg = this.nextTxg(dataset.name, nowMs);
    // ZFS swaps the dataset with a clone of the snapshot and destroys what it was.
    const aside = `${dataset.name}/%rollback`;
    const parent = dataset.name.slice(dataset.name.lastIndexOf('/') + 1);
    this.record('clone swap', aside, `parent=${parent}`, txg, nowMs);
    this.record('destroy', aside, `(bptree, mintxg=${snapshot.createTxg})`, txg, nowMs);
    this.touch(dataset);
    return done;
  }

  clone(origin: string, name: string, nowMs: number): Outcome {
    const found = this.snapshot(origin);
    if (found === undefined) return fail('not-found', origin);
    if (this.datasets.has(name)) return exists(name);
    const createTxg = this.nextTxg(name, nowMs);
    const shown = this.space(found.dataset).snapshots[found.index]?.referencedBytes ?? 0;
    this.insert({
      ...found.dataset,
      name,
      guid: this.random.guid(),
      createTxg,
      createdAtMs: nowMs,
      reservedBytes: 0,
      quotaBytes: 0,
      own: new Map(),
      origin,
      mountpoint: found.dataset.type === 'volume' ? null : `/${name}`,
      segments: [{ birthTxg: createTxg, deathTxg: null, bytes: shown, shared: true }],
      snapshots: [],
      bookmarks: [],
    });
    this.cloneNames.set(origin, [...this.clonesOf(origin), name]);
    this.record('clone', name, `origin=${origin} (${found.snapshot.createTxg})`, createTxg, nowMs);
    return done;
  }

  hold(fullName: string, tag: string, nowMs: number): Outcome {
    const found = this.snapshot(fullName);
    if (found === undefined) return fail('not-found', fullName);
    if (found.snapshot.holds.has(tag)) return exists(fullName);
    found.snapshot.holds.set(tag, nowMs);
    this.record(
      'hold',
      fullName,
      `tag=${tag} temp=0 refs=${found.snapshot.holds.size}`,
      this.nextTxg(fullName, nowMs),
      nowMs,
    );
    return done;
  }

  release(fullName: string, tag: string, nowMs: number): Outcome {
    const found = this.snapshot(fullName);
    if (found === undefined) return fail('not-found', fullName);
    if (!found.snapshot.holds.delete(tag)) return fail({ reason: 'held' }, fullName);
    this.record('release', fullName, `tag=${tag}`, this.nextTxg(fullName, nowMs), nowMs);
    return done;
  }

  bookmark(fullName: string, part: string): Outcome {
    const found = this.snapshot(fullName);
    if (found === undefined) return fail('not-found', fullName);
    if (found.dataset.bookmarks.some((mark) => mark.part === part)) {
      return exists(`${found.dataset.name}#${part}`);
    }
    const { guid, createTxg, createdAtMs } = found.snapshot;
    found.dataset.bookmarks.push({ part, guid, createTxg, createdAtMs });
    return done;
  }

  /** `written@part`: live bytes since that snapshot, or undefined where it does not exist. */
  writtenSince(dataset: Dataset, part: string): number | undefined {
    const snapshot = dataset.snapshots.find((candidate) => candidate.part === part);
    return snapshot === undefined ? undefined : writtenSince(dataset.segments, snapshot.createTxg);
  }

  destroyBookmark(dataset: string, part: string): Outcome {
    const found = this.datasets.get(dataset);
    const index = found?.bookmarks.findIndex((mark) => mark.part === part) ?? -1;
    if (found === undefined || index === -1) return fail('not-found', `${dataset}#${part}`);
    found.bookmarks.splice(index, 1);
    return done;
  }

  /** Names that go with the dataset, in the order in which `zfs destroy -r` takes them: children and snapshots first. */
  treeOf(name: string): string[] {
    const dataset = this.datasets.get(name);
    if (dataset === undefined) return [];
    return [
      ...this.childrenOf(name).flatMap((child) => this.treeOf(child.name)),
      ...dataset.snapshots.map((taken) => `${name}@${taken.part}`).reverse(),
      name,
    ];
  }

  /** Clones outside of the tree that rest on a snapshot in it. */
  clonesOutside(name: string): string[] {
    const inside = (other: string) => other === name || other.startsWith(`${name}/`);
    return this.treeOf(name)
      .flatMap((each) => this.clonesOf(each))
      .filter((clone) => !inside(clone));
  }

  destroyDataset(name: string, recursive: boolean, nowMs: number): Outcome {
    const dataset = this.datasets.get(name);
    if (dataset === undefined) return fail('not-found', name);
    const tree = this.treeOf(name);
    if (!recursive && tree.length > 1) return fail({ reason: 'exists', names: tree.slice(0, -1) }, name);
    const clones = this.clonesOutside(name);
    if (clones.length > 0) return fail({ reason: 'clones', names: clones }, name);
    const held = tree.find((each) => (this.snapshot(each)?.snapshot.holds.size ?? 0) > 0);
    if (held !== undefined) return fail({ reason: 'held' }, held);
    for (const each of tree.filter((other) => !other.includes('@'))) this.remove(each);
    this.record('destroy', name, ' ', this.nextTxg(name, nowMs), nowMs);
    return done;
  }

  private remove(name: string): void {
    const dataset = this.datasets.get(name);
    if (dataset === undefined) return;
    this.datasets.delete(name);
    const parent = name.slice(0, name.lastIndexOf('/'));
    this.children.set(
      parent,
      (this.children.get(parent) ?? []).filter((child) => child !== name),
    );
    this.children.delete(name);
    for (const { part } of dataset.snapshots) this.cloneNames.delete(`${name}@${part}`);
    if (dataset.origin !== null) this.forgetClone(dataset.origin, name);
    this.sorted = null;
    this.totals = null;
  }

  private forgetClone(origin: string, clone: string): void {
    const left = this.clonesOf(origin).filter((each) => each !== clone);
    if (left.length === 0) this.cloneNames.delete(origin);
    else this.cloneNames.set(origin, left);
  }

  /** Gives a dataset with all below it another name; the caller has seen that the place is free. */
  rename(from: string, to: string, nowMs: number): void {
    const tree = [...this.datasets.values()].filter(
      ({ name }) => name === from || name.startsWith(`${from}/`),
    );
    const moved = (name: string) =>
      name === from || name.startsWith(`${from}/`) || name.startsWith(`${from}@`)
        ? `${to}${name.slice(from.length)}`
        : name;
    for (const { name } of [...tree].reverse()) {
      this.datasets.delete(name);
      this.children.delete(name);
    }
    const parent = from.slice(0, from.lastIndexOf('/'));
    this.children.set(
      parent,
      (this.children.get(parent) ?? []).filter((child) => child !== from),
    );
    for (const dataset of tree.sort((left, right) => compareBytes(left.name, right.name))) {
      const name = moved(dataset.name);
      const usual = dataset.mountpoint === `/${dataset.name}`;
      this.insert({ ...dataset, name, mountpoint: usual ? `/${name}` : dataset.mountpoint });
    }
    const clones = [...this.cloneNames];
    this.cloneNames.clear();
    for (const [origin, names] of clones) this.cloneNames.set(moved(origin), names.map(moved));
    for (const dataset of this.datasets.values()) {
      if (dataset.origin !== null) dataset.origin = moved(dataset.origin);
    }
    this.record('rename', to, `-> ${to}`, this.nextTxg(to, nowMs), nowMs);
  }

  /**
   * Turns a clone and the dataset it came from around: snapshots up to the origin move over, with the blocks they
   * show; what the old dataset still shows of them is charged to the clone from then on.
   */
  promote(name: string, nowMs: number): Outcome {
    const clone = this.datasets.get(name);
    const origin = clone?.origin ?? null;
    const parts = origin === null ? null : splitAt(origin);
    const parent = parts === null ? undefined : this.datasets.get(parts.dataset);
    if (clone === undefined || origin === null || parent === undefined) return fail('not-found', name);
    const last = parent.snapshots.findIndex(({ part }) => part === parts?.part);
    const moving = parent.snapshots.slice(0, last + 1);
    const conflict = moving.find(({ part }) => clone.snapshots.some((own) => own.part === part));
    if (conflict !== undefined) {
      return fail({ reason: 'conflict', names: [conflict.part, `${parent.name}@${conflict.part}`] }, name);
    }
    const at = moving.at(-1)?.createTxg ?? 0;
    const txg = this.nextTxg(name, nowMs);
    const lives = ({ deathTxg }: Segment) => deathTxg === null || deathTxg > at;
    const old = parent.segments.filter((segment) => segment.birthTxg <= at);
    let live = clone.segments.reduce(
      (sum, segment) => (segment.shared && segment.deathTxg === null ? sum + segment.bytes : sum),
      0,
    );
    const taken = old.flatMap((segment): Segment[] => {
      if (!lives(segment)) return [segment];
      const kept = Math.min(live, segment.bytes);
      live -= kept;
      return [
        { ...segment, deathTxg: null, bytes: kept },
        { ...segment, deathTxg: txg, bytes: segment.bytes - kept },
      ].filter(({ bytes }) => bytes > 0);
    });
    clone.segments = [...taken, ...clone.segments.filter(({ shared }) => !shared)];
    parent.segments = [
      ...old.filter(lives).map((segment) => ({ ...segment, shared: true })),
      ...parent.segments.filter((segment) => segment.birthTxg > at),
    ];
    for (const { part } of moving) {
      const clones = this.clonesOf(`${parent.name}@${part}`).filter((each) => each !== name);
      this.cloneNames.delete(`${parent.name}@${part}`);
      if (clones.length > 0) this.cloneNames.set(`${name}@${part}`, clones);
      for (const each of clones) {
        const other = this.datasets.get(each);
        if (other !== undefined) other.origin = `${name}@${part}`;
      }
    }
    clone.snapshots = [...moving, ...clone.snapshots];
    parent.snapshots = parent.snapshots.slice(last + 1);
    const turned = `${name}@${parts?.part ?? ''}`;
    const earlier = parent.origin;
    clone.origin = earlier;
    if (earlier !== null) {
      this.forgetClone(earlier, parent.name);
      this.cloneNames.set(earlier, [...this.clonesOf(earlier), name]);
    }
    parent.origin = turned;
    this.cloneNames.set(turned, [...this.clonesOf(turned), parent.name]);
    this.record('promote', name, ' ', txg, nowMs);
    this.changed(clone);
    this.changed(parent);
    return done;
  }

  private readonly exported = new Map<string, { pool: Pool; datasets: Dataset[] }>();

  /** Pools that stand on the disks of this host and are not imported. */
  importable(): readonly Pool[] {
    return [...this.exported.values()].map(({ pool }) => pool);
  }

  exportPool(name: string): void {
    const pool = this.pools.get(name);
    if (pool === undefined) return;
    const datasets = this.allDatasets().filter((dataset) => poolNameOf(dataset.name) === name);
    this.pools.delete(name);
    for (const dataset of datasets) {
      this.datasets.delete(dataset.name);
      this.children.delete(dataset.name);
    }
    this.exported.set(pool.guid, { pool, datasets: [...datasets] });
    this.sorted = null;
    this.totals = null;
  }

  importPool(guid: string): void {
    const found = this.exported.get(guid);
    if (found === undefined) return;
    this.exported.delete(guid);
    this.pools.set(found.pool.name, found.pool);
    for (const dataset of found.datasets) this.insert(dataset);
  }

  /** After sizes or reservations of a dataset were set. */
  changed(dataset: Dataset): void {
    this.touch(dataset);
  }

  /** Lets time pass: scans that reached their end are finished, replaced disks drop out. */
  settle(nowMs: number): void {
    for (const pool of this.pools.values()) {
      const { scan } = pool;
      if (scan?.state !== 'running') continue;
      const durationSeconds = Math.ceil(scan.totalBytes / scan.issueRate);
      const endedAtMs = scan.startedAtMs + durationSeconds * 1000;
      if (nowMs < endedAtMs) continue;
      pool.scan = {
        state: 'finished',
        kind: scan.kind,
        endedAtMs,
        durationSeconds,
        bytes: Math.round(scan.totalBytes * scan.writtenShare),
        errors: 0,
      };
      if (scan.kind === 'resilver') {
        const { layout } = pool;
        layout.data = finishReplacing(layout.data);
        layout.logs = finishReplacing(layout.logs);
        for (const device of disksOf([...layout.data, ...layout.logs])) delete device.copying;
      }
    }
  }

  private insert(dataset: Dataset): Dataset {
    this.datasets.set(dataset.name, dataset);
    const slash = dataset.name.lastIndexOf('/');
    if (slash !== -1) {
      const parent = dataset.name.slice(0, slash);
      if (!this.datasets.has(parent)) throw new Error(`No parent for ${dataset.name}.`);
      this.children.set(parent, [...(this.children.get(parent) ?? []), dataset.name].sort(compareBytes));
    }
    this.sorted = null;
    this.touch(dataset);
    return dataset;
  }

  private touch(dataset: Dataset): void {
    this.spaceOf.delete(dataset);
    this.totals = null;
  }

  private withoutGarbage(dataset: Dataset): Segment[] {
    return collectGarbage(
      dataset.segments,
      dataset.snapshots.map((snapshot) => snapshot.createTxg),
    );
  }

  /** One transaction group every five seconds, and a new one for every change. */
  private nextTxg(name: string, atMs: number): number {
    const pool = this.pools.get(poolNameOf(name));
    if (pool === undefined) throw new Error(`No pool for ${name}.`);
    pool.lastTxg = Math.max(pool.lastTxg + 1, Math.floor((atMs - pool.createdAtMs) / 5000));
    return pool.lastTxg;
  }

  private record(name: string, datasetName: string, text: string, txg: number, atMs: number): void {
    const pool = this.pools.get(poolNameOf(datasetName));
    if (pool === undefined) return;
    pool.eventCount += 1;
    pool.events.push({ id: pool.eventCount, atMs, txg, name, datasetName, datasetId: 0x90 + txg, text });
    if (pool.events.length > eventsKept) pool.events.shift();
  }

  private computeTotals(): Map<string, DatasetTotals> {
    const totals = new Map<string, DatasetTotals>();
    const collect = (dataset: Dataset): number => {
      const space = this.space(dataset);
      const usedByChildrenBytes = this.childrenOf(dataset.name).reduce(
        (sum, child) => sum + collect(child),
        0,
      );
      const usedByReservationBytes = Math.max(0, dataset.reservedBytes - space.writtenBytes);
      const usedBytes =
        space.usedByDatasetBytes + space.usedBySnapshotsBytes + usedByReservationBytes + usedByChildrenBytes;
      totals.set(dataset.name, {
        usedBytes,
        availableBytes: 0,
        usedByChildrenBytes,
        usedByReservationBytes,
        space,
      });
      return usedBytes;
    };
    const spread = (dataset: Dataset, roomBytes: number) => {
      const own = totals.get(dataset.name);
      if (own === undefined) return;
      const room =
        dataset.quotaBytes > 0
          ? Math.max(0, Math.min(roomBytes, dataset.quotaBytes - own.usedBytes))
          : roomBytes;
      own.availableBytes = room + own.usedByReservationBytes;
      for (const child of this.childrenOf(dataset.name)) spread(child, room);
    };
    for (const pool of this.pools.values()) {
      const root = this.datasets.get(pool.name);
      if (root === undefined) continue;
      spread(root, Math.max(0, this.usableBytes(pool) - collect(root)));
    }
    return totals;
  }
}
