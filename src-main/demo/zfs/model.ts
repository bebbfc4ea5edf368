import type { Random } from '../random';
import { finishReplacing } from './vdevs';
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

  constructor(private readonly random: Random) {}

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
      compression: options.compression ?? 'lz4',
      compressRatio: options.compressRatio ?? 1,
      segments: [],
      snapshots: [],
      bookmarks: [],
    });
  }

  dataset(name: string): Dataset | undefined {
    return this.datasets.get(name);
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

  bookmark(fullName: string, part: string): Outcome {
    const found = this.snapshot(fullName);
    if (found === undefined) return fail('not-found', fullName);
    const { guid, createTxg, createdAtMs } = found.snapshot;
    found.dataset.bookmarks.push({ part, guid, createTxg, createdAtMs });
    return done;
  }

  /** `written@part`: live bytes since that snapshot, or undefined where it does not exist. */
  writtenSince(dataset: Dataset, part: string): number | undefined {
    const snapshot = dataset.snapshots.find((candidate) => candidate.part === part);
    return snapshot === undefined ? undefined : writtenSince(dataset.segments, snapshot.createTxg);
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
      if (scan.kind === 'resilver') pool.layout.data = finishReplacing(pool.layout.data);
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
