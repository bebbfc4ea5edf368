import type { DatasetSpace, Segment } from './space';
import type { PoolLayout } from './vdevs';

/** What OpenZFS keeps: pools, datasets, snapshots. */

/** A scrub or resilver on its way. Rates are bytes per second; it began at `startedAtMs`. */
export interface RunningScan {
  readonly state: 'running';
  readonly kind: 'scrub' | 'resilver';
  readonly startedAtMs: number;
  readonly totalBytes: number;
  readonly scanRate: number;
  readonly issueRate: number;
  /** Part of what is read that gets written: copied by a resilver, repaired by a scrub. */
  readonly writtenShare: number;
}

export interface FinishedScan {
  readonly state: 'finished';
  readonly kind: 'scrub' | 'resilver';
  readonly endedAtMs: number;
  readonly durationSeconds: number;
  /** Repaired by a scrub, copied by a resilver. */
  readonly bytes: number;
  readonly errors: number;
}

export interface PausedScan {
  readonly state: 'paused';
  readonly kind: 'scrub';
  readonly pausedAtMs: number;
  /** As it ran until then. */
  readonly running: RunningScan;
}

export interface CanceledScan {
  readonly state: 'canceled';
  readonly kind: 'scrub';
  readonly endedAtMs: number;
}

export type Scan = RunningScan | FinishedScan | PausedScan | CanceledScan;

export interface Pool {
  readonly name: string;
  readonly guid: string;
  readonly sizeBytes: number;
  /** Usable 512ths of a raw block: 512 for mirrors, less where parity takes its share. */
  readonly deflate: number;
  readonly ashift: number;
  readonly createdAtMs: number;
  readonly fragmentationPercent: number;
  readonly layout: PoolLayout;
  scan: Scan | null;
  checkpointAtMs: number | null;
  lastTxg: number;
  /** The newest 512, oldest first, as the kernel keeps them for `zpool events`. */
  readonly events: HistoryEvent[];
  eventCount: number;
}

/** One `history_event`. */
export interface HistoryEvent {
  readonly id: number;
  readonly atMs: number;
  readonly txg: number;
  readonly name: string;
  readonly datasetName: string;
  readonly datasetId: number;
  readonly text: string;
}

export interface Snapshot {
  readonly part: string;
  readonly guid: string;
  readonly createTxg: number;
  readonly createdAtMs: number;
  /** Tag and time of each hold. */
  readonly holds: Map<string, number>;
}

export interface Bookmark {
  readonly part: string;
  readonly guid: string;
  readonly createTxg: number;
  readonly createdAtMs: number;
}

export interface Dataset {
  readonly name: string;
  readonly type: 'filesystem' | 'volume';
  readonly guid: string;
  readonly createTxg: number;
  readonly createdAtMs: number;
  volumeBytes: number | null;
  readonly blockBytes: number;
  /** refreservation; 0: none. */
  reservedBytes: number;
  /** 0: none. */
  quotaBytes: number;
  /** `tank/data@s1` of a clone. */
  origin: string | null;
  mountpoint: string | null;
  /** Values that were set on the dataset itself and that children inherit: compression, atime … */
  readonly own: Map<string, string>;
  readonly compressRatio: number;
  segments: Segment[];
  snapshots: Snapshot[];
  bookmarks: Bookmark[];
}

export interface PoolOptions {
  name: string;
  sizeBytes: number;
  deflate?: number;
  ashift?: number;
  createdAtMs: number;
  fragmentationPercent?: number;
  layout: PoolLayout;
  scan?: Scan | null;
}

export interface DatasetOptions {
  type?: 'filesystem' | 'volume';
  createdAtMs: number;
  volumeBytes?: number;
  /** Thick zvol: reserves its whole size, as `zfs create -V` without -s does. */
  reserved?: boolean;
  quotaBytes?: number;
  mountpoint?: string | null;
  compression?: string;
  compressRatio?: number;
}

/** Space of a dataset with all below it. */
export interface DatasetTotals {
  usedBytes: number;
  availableBytes: number;
  usedByChildrenBytes: number;
  usedByReservationBytes: number;
  space: DatasetSpace;
}

export type ZfsFailure =
  | 'not-found'
  | { reason: 'exists'; names: string[] }
  | 'out-of-space'
  | { reason: 'held' }
  | { reason: 'clones'; names: string[] }
  | { reason: 'newer'; names: string[] }
  | { reason: 'conflict'; names: string[] };
export type Outcome = { ok: true } | { ok: false; failure: ZfsFailure; name: string };
