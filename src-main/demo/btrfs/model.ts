import type { Random } from '../random';
import {
  progressOf,
  type DemoDevice,
  type DemoDisk,
  type DemoFilesystem,
  type DemoMount,
  type DemoSubvolume,
} from './types';

export const noErrors = { write: 0, read: 0, flush: 0, corruption: 0, generation: 0 };

export interface Place {
  filesystem: DemoFilesystem;
  mount: DemoMount;
  /** From the top level, without a slash in front; empty: the top level itself. */
  inner: string;
}

const within = (path: string, folder: string): string | null => {
  if (path === folder) return '';
  const prefix = folder === '/' ? '/' : `${folder}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : null;
};
const joined = (folder: string, name: string): string =>
  [folder.replace(/^\//, ''), name].filter((part) => part !== '').join('/');

/** The file systems of one simulated host, and the disks they are on. */
export class BtrfsModel {
  readonly filesystems: DemoFilesystem[] = [];
  readonly disks: DemoDisk[] = [];
  /** Folders and files outside of btrfs that can be named. */
  readonly rootFolders = new Set(['/', '/etc', '/home', '/mnt', '/srv', '/tmp', '/var']);

  constructor(private readonly random: Random) {}

  uuid(): string {
    const hex = (length: number): string => this.random.text(length, '0123456789abcdef');
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }

  /** What the host has done since it was last asked. */
  live(nowMs: number): void {
    for (const filesystem of this.filesystems) {
      const { scrub, balance, replace, removing } = filesystem;
      for (const work of [scrub, balance, replace, removing]) {
        if (work?.state === 'running' && progressOf(work, nowMs) >= 1) {
          work.state = 'finished';
          work.endedAtMs = work.sinceMs + Math.round((1 - work.doneBefore) * work.durationMs);
        }
      }
      if (balance?.state === 'finished') filesystem.balance = null;
      if (replace?.state === 'finished') this.#finishReplace(filesystem, replace);
      if (removing?.state === 'finished') {
        filesystem.devices = filesystem.devices.filter(({ id }) => id !== removing.deviceId);
        this.#spread(filesystem);
        filesystem.removing = null;
      }
    }
  }

  #finishReplace(
    filesystem: DemoFilesystem,
    { sourceId, target }: { sourceId: number; target: DemoDevice },
  ): void {
    const source = filesystem.devices.find(({ id }) => id === sourceId);
    if (source === undefined || source.path === target.path) return;
    filesystem.devices = filesystem.devices
      .map((device) =>
        device.id === sourceId ? { ...target, id: sourceId, allocated: { ...source.allocated } } : device,
      )
      .filter(({ id }) => id !== 0);
  }

  /** Chunks evenly over all devices that are there. */
  #spread(filesystem: DemoFilesystem): void {
    const there = filesystem.devices.filter(({ missing, id }) => !missing && id !== 0);
    for (const { kind, profile, sizeBytes } of filesystem.chunks) {
      const raw = sizeBytes * (profile === 'single' ? 1 : 2);
      for (const device of there) device.allocated[kind] = Math.round(raw / Math.max(1, there.length));
    }
  }

  filesystemAt(target: string): DemoFilesystem | null {
    return this.placeOf(target)?.filesystem ?? null;
  }

  /** Where a path of the host lies; null: not on btrfs. It need not exist. */
  placeOf(path: string): Place | null {
    const found = this.filesystems.flatMap((filesystem) =>
      filesystem.mounts.flatMap((mount) => {
        const rest = within(path, mount.target);
        return rest === null ? [] : [{ filesystem, mount, inner: joined(mount.root, rest) }];
      }),
    );
    return found.sort((a, b) => b.mount.target.length - a.mount.target.length)[0] ?? null;
  }

  subvolumeAt(place: Place): DemoSubvolume | null {
    return place.filesystem.subvolumes.find(({ path }) => path === place.inner) ?? null;
  }

  /** Subvolumes, and the folders that hold them. */
  isFolder(path: string): boolean {
    const place = this.placeOf(path);
    if (place === null) return this.rootFolders.has(path);
    return (
      place.inner === '' ||
      place.filesystem.subvolumes.some(
        (subvolume) => subvolume.path === place.inner || subvolume.path.startsWith(`${place.inner}/`),
      )
    );
  }

  /** The innermost subvolume around something new. */
  holder({ filesystem, inner }: Place): DemoSubvolume | null {
    return (
      filesystem.subvolumes
        .filter(({ path }) => inner.startsWith(`${path}/`))
        .sort((a, b) => b.path.length - a.path.length)[0] ?? null
    );
  }

  addSubvolume(
    filesystem: DemoFilesystem,
    path: string,
    more: Partial<Omit<DemoSubvolume, 'id' | 'path'>> & { createdAtMs: number },
  ): DemoSubvolume {
    filesystem.generation += 1;
    const holder = this.holder({ filesystem, inner: path, mount: { target: '/', root: '/', options: '' } });
    const made: DemoSubvolume = {
      id: Math.max(255, ...filesystem.subvolumes.map(({ id }) => id)) + 1,
      parentId: holder?.id ?? 5,
      generation: filesystem.generation,
      createdGeneration: filesystem.generation,
      uuid: this.uuid(),
      parentUuid: null,
      receivedUuid: null,
      readOnly: false,
      referencedBytes: 16384,
      exclusiveBytes: 16384,
      path,
      ...more,
    };
    filesystem.subvolumes.push(made);
    return made;
  }

  addSnapshot(
    filesystem: DemoFilesystem,
    source: DemoSubvolume | null,
    path: string,
    more: { createdAtMs: number; readOnly: boolean; exclusiveBytes?: number },
  ): DemoSubvolume {
    return this.addSubvolume(filesystem, path, {
      parentUuid: source?.uuid ?? filesystem.topUuid,
      referencedBytes: source?.referencedBytes ?? 16384,
      ...more,
    });
  }

  removeSubvolume(filesystem: DemoFilesystem, { id }: DemoSubvolume): void {
    filesystem.generation += 1;
    filesystem.subvolumes = filesystem.subvolumes.filter((other) => other.id !== id);
  }

  diskOf(path: string): DemoDisk | null {
    return this.disks.find((disk) => disk.path === path || disk.aliases.includes(path)) ?? null;
  }

  /** The file system that a disk is a device of. */
  ownerOf({ path }: DemoDisk): DemoFilesystem | null {
    return (
      this.filesystems.find(({ devices }) =>
        devices.some((device) => device.path === path && !device.missing),
      ) ?? null
    );
  }

  addDevice(filesystem: DemoFilesystem, disk: DemoDisk): void {
    filesystem.devices.push({
      id: Math.max(...filesystem.devices.map(({ id }) => id)) + 1,
      path: disk.path,
      sizeBytes: disk.sizeBytes,
      missing: false,
      allocated: {},
      errors: { ...noErrors },
    });
  }
}

/** What the kernel is doing to the whole file system. */
export function exclusiveOf({ balance, replace, removing }: DemoFilesystem): string {
  if (balance?.state === 'running') return 'balance';
  if (balance?.state === 'paused') return 'balance paused';
  if (replace?.state === 'running') return 'device replace';
  return removing?.state === 'running' ? 'device remove' : 'none';
}
