/** The make-up of a pool, as `zpool status` draws it. */
export type LeafState = 'ONLINE' | 'OFFLINE' | 'FAULTED' | 'REMOVED' | 'UNAVAIL' | 'AVAIL';

export interface DiskVdev {
  readonly kind: 'disk';
  /** Path as `zpool status -P` prints it, partition included. */
  readonly path: string;
  /** Short name without -P. */
  readonly name: string;
  state: LeafState;
  readErrors: number;
  writeErrors: number;
  checksumErrors: number;
  /** `too many errors`, behind the counters. */
  note?: string;
  /** Data is copied to it until the resilver ends. */
  copying?: boolean;
  trim?: Trim;
}

/** Trimming of one device: `percent` when it was suspended or cancelled, else it moves with the clock. */
export interface Trim {
  readonly startedAtMs: number;
  readonly endsAtMs: number;
  suspendedAtMs?: number;
}

export interface GroupVdev {
  readonly kind: 'group';
  /** mirror-0, raidz2-0, replacing-1. */
  readonly name: string;
  children: Vdev[];
}

export type Vdev = DiskVdev | GroupVdev;

export interface PoolLayout {
  data: Vdev[];
  logs: Vdev[];
  cache: DiskVdev[];
  spares: DiskVdev[];
}

export function disk(path: string, name: string, changes: Partial<DiskVdev> = {}): DiskVdev {
  return {
    kind: 'disk',
    path,
    name,
    state: 'ONLINE',
    readErrors: 0,
    writeErrors: 0,
    checksumErrors: 0,
    ...changes,
  };
}

export function group(name: string, ...children: Vdev[]): GroupVdev {
  return { kind: 'group', name, children };
}

export function vdevState(vdev: Vdev): string {
  if (vdev.kind === 'disk') return vdev.state;
  return vdev.children.every((child) => vdevState(child) === 'ONLINE') ? 'ONLINE' : 'DEGRADED';
}

export function poolState(layout: PoolLayout): string {
  return layout.data.every((vdev) => vdevState(vdev) === 'ONLINE') ? 'ONLINE' : 'DEGRADED';
}

export function disksOf(vdevs: readonly Vdev[]): DiskVdev[] {
  return vdevs.flatMap((vdev) => (vdev.kind === 'disk' ? [vdev] : disksOf(vdev.children)));
}

/** Whether a name of a command means this device: its path, the whole disk's path, or the short name. */
export function isCalled(vdev: DiskVdev, name: string): boolean {
  return name === vdev.path || name === wholeDisk(vdev.path) || name === vdev.name;
}

/** `/dev/disk/by-id/x` of `/dev/disk/by-id/x-part1`, `/dev/vdb` of `/dev/vdb1`. */
export function wholeDisk(path: string): string {
  return path.startsWith('/dev/disk/') ? path.replace(/-part\d+$/, '') : path.replace(/(?<=[a-z])\d+$/, '');
}

/** The device that a pool makes of a disk it takes whole. */
export function diskOfPath(path: string, changes: Partial<DiskVdev> = {}): DiskVdev {
  const partition = path.startsWith('/dev/disk/') ? `${path}-part1` : `${path}1`;
  return disk(partition, path.slice(path.lastIndexOf('/') + 1), changes);
}

/** Puts something else in the place of a device, wherever it stands. null: takes it away. */
export function exchange(vdevs: readonly Vdev[], old: DiskVdev, fresh: Vdev | null): Vdev[] {
  return vdevs.flatMap((vdev): Vdev[] => {
    if (vdev === old) return fresh === null ? [] : [fresh];
    if (vdev.kind === 'group') vdev.children = exchange(vdev.children, old, fresh);
    return [vdev];
  });
}

/** The group a device stands in, and null where it stands alone. */
export function groupOf(vdevs: readonly Vdev[], device: DiskVdev): GroupVdev | null {
  for (const vdev of vdevs) {
    if (vdev.kind === 'disk') continue;
    if (vdev.children.includes(device)) return vdev;
    const below = groupOf(vdev.children, device);
    if (below !== null) return below;
  }
  return null;
}

/** Mirrors of one are plain devices again. */
export function collapse(vdevs: readonly Vdev[]): Vdev[] {
  return vdevs.map((vdev) => {
    if (vdev.kind === 'disk') return vdev;
    vdev.children = collapse(vdev.children);
    const [only] = vdev.children;
    return vdev.children.length === 1 && only !== undefined && /^(?:mirror|replacing|spare)-/.test(vdev.name)
      ? only
      : vdev;
  });
}

/** Every `replacing-N` leaves its last member, the new disk, in its place. */
export function finishReplacing(vdevs: readonly Vdev[]): Vdev[] {
  return vdevs.map((vdev) => {
    if (vdev.kind === 'disk') return vdev;
    const fresh = vdev.children.at(-1);
    if (vdev.name.startsWith('replacing-') && fresh !== undefined) return fresh;
    vdev.children = finishReplacing(vdev.children);
    return vdev;
  });
}
