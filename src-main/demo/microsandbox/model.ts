/** The state of microsandbox under one login, as msb 0.7.2 keeps it. */

export interface MsbMountState {
  volume: string;
  guestPath: string;
  readOnly: boolean;
}

export interface MsbVolumeState {
  name: string;
  kind: 'dir' | 'disk';
  quotaMib: number | null;
  capacityBytes: number | null;
  labels: readonly (readonly [key: string, value: string])[];
  createdAtMs: number;
}

export interface MsbSandboxState {
  name: string;
  image: string;
  status: 'Created' | 'Starting' | 'Running' | 'Draining' | 'Paused' | 'Stopped' | 'Crashed';
  createdAtMs: number;
  mounts: readonly MsbMountState[];
  /** From an image, and so one that can be snapshotted. */
  oci: boolean;
  /** Left out: 1, 512 MiB, 4 GiB, as msb gives them unasked. */
  cpus?: number;
  memoryMib?: number;
  rootDiskMib?: number;
}

export interface MsbSnapshotState {
  group: string;
  name: string;
  id: string;
  digest: string;
  image: string;
  sizeBytes: number;
  createdAtMs: number;
  /** Sandbox that it was taken of. */
  source: string;
  /** Id of the one before it in its group. */
  parentId: string | null;
  /** BLAKE3 of what it held when it was taken; null: not recorded. */
  integrity: string | null;
  /** Its content was changed since, or a file of it is gone. */
  damaged?: 'changed' | 'gone';
  /** It lies there, and msb has no record of it. */
  unrecorded?: true;
}

/** A file in the folder of archives. */
export interface MsbArchiveState {
  sizeBytes: number;
  changedAtMs: number;
  /** What it holds; of a file that is no archive nothing. */
  snapshots: readonly MsbSnapshotState[];
  images: readonly MsbImageState[];
}

export interface MsbImageState {
  reference: string;
  digest: string;
  sizeBytes: number;
  layers: number;
  createdAtMs: number;
}

/** A directory among the volumes. */
export interface MsbFolderState {
  /** What it takes. */
  actualBytes: number;
  /** What its files add up to. */
  apparentBytes: number;
  /** The newest change of anything in it. */
  changedAtMs: number;
}

export class MsbModel {
  readonly volumes: MsbVolumeState[] = [];
  readonly sandboxes: MsbSandboxState[] = [];
  /** Directories that a create left which failed before its record. */
  readonly leftSandboxes = new Set<string>();
  readonly snapshots: MsbSnapshotState[] = [];
  readonly images: MsbImageState[] = [];
  /** Group to the id of its head. */
  readonly heads = new Map<string, string>();
  readonly archives = new Map<string, MsbArchiveState>();
  hasArchives = false;
  /** What lies in the folder of volumes, recorded or not. */
  readonly folders = new Map<string, MsbFolderState>();
  readonly locks = new Set<string>();
  /** Names whose lock another msb holds, and disks that a sandbox holds. */
  readonly heldLocks = new Set<string>();
  readonly heldDisks = new Set<string>();
  readonly aside = new Map<string, MsbFolderState>();
  hasAside = false;
  /** What msb works with; of any other kind than `local` its volumes are not on the host. */
  backend = 'local';
  freeBytes = 180 * 1024 ** 3;

  constructor(
    readonly home: string,
    /** Whether microVMs boot here. */
    readonly virtualised: boolean,
  ) {}

  get volumesFolder(): string {
    return `${this.home}/volumes`;
  }

  get archivesFolder(): string {
    return `${this.home}/archives`;
  }

  pathOf({ group, id }: MsbSnapshotState): string {
    return `${this.home}/snapshots/${group}/${id}`;
  }

  addSnapshot(snapshot: MsbSnapshotState): void {
    this.snapshots.push(snapshot);
    this.heads.set(snapshot.group, snapshot.id);
  }

  addVolume(volume: MsbVolumeState, folder: MsbFolderState | null): void {
    this.volumes.push(volume);
    this.locks.add(volume.name);
    if (folder !== null) this.folders.set(volume.name, folder);
  }

  /** Newest first, as msb lists everything. */
  newest<T extends { createdAtMs: number }>(rows: readonly T[]): T[] {
    return rows.toSorted((a, b) => b.createdAtMs - a.createdAtMs);
  }
}
