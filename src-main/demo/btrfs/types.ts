/** What a simulated btrfs host keeps. Sizes in bytes, times in milliseconds since the epoch. */

export type ChunkKind = 'Data' | 'Metadata' | 'System';
export const chunkKinds: readonly ChunkKind[] = ['Data', 'Metadata', 'System'];

export interface DemoDevice {
  /** 0 for the target of a replacement under way. */
  id: number;
  /** Stays known of a missing device, though no tool prints it. */
  path: string;
  sizeBytes: number;
  missing: boolean;
  allocated: Partial<Record<ChunkKind, number>>;
  errors: { write: number; read: number; flush: number; corruption: number; generation: number };
}

export interface DemoChunks {
  kind: ChunkKind;
  profile: 'RAID1' | 'single' | 'DUP';
  sizeBytes: number;
  usedBytes: number;
}

export interface DemoSubvolume {
  id: number;
  parentId: number;
  generation: number;
  createdGeneration: number;
  uuid: string;
  parentUuid: string | null;
  receivedUuid: string | null;
  readOnly: boolean;
  createdAtMs: number;
  /** From the top level, without a slash in front: `@home`. */
  path: string;
  referencedBytes: number;
  exclusiveBytes: number;
}

export interface DemoMount {
  target: string;
  /** `/`, `/@home` */
  root: string;
  options: string;
}

export interface Work {
  state: 'running' | 'paused' | 'finished' | 'canceled';
  startedAtMs: number;
  /** When it began or was resumed, and how much was done then (0 to 1). */
  sinceMs: number;
  doneBefore: number;
  /** How long all of it takes. */
  durationMs: number;
  endedAtMs: number | null;
}

export interface DemoFilesystem {
  uuid: string;
  topUuid: string;
  label: string;
  createdAtMs: number;
  mounts: DemoMount[];
  devices: DemoDevice[];
  chunks: DemoChunks[];
  globalReserveBytes: number;
  /** What `df` would say; null: the estimate. */
  statfsFreeBytes: number | null;
  subvolumes: DemoSubvolume[];
  defaultId: number;
  quotas: boolean;
  generation: number;
  scrub: Work | null;
  balance: (Work & { chunkCount: number }) | null;
  replace: (Work & { sourceId: number; target: DemoDevice }) | null;
  removing: (Work & { deviceId: number }) | null;
}

/** A disk of the host, whether btrfs uses it or not. */
export interface DemoDisk {
  path: string;
  aliases: readonly string[];
  sizeBytes: number;
  /** What is on it besides btrfs: `ext4`. */
  content: { type: string; label: string } | null;
}

/** How much of the work is done, 0 to 1. */
export function progressOf(work: Work, nowMs: number): number {
  if (work.state === 'finished') return 1;
  if (work.state !== 'running') return work.doneBefore;
  return Math.min(1, work.doneBefore + Math.max(0, nowMs - work.sinceMs) / work.durationMs);
}
