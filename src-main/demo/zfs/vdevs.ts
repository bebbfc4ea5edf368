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
