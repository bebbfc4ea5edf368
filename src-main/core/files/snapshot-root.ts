import type { HostInventory, Snapshot } from '../../../src-preload/contract/inventory';
import { AppError } from '../errors/app-error';

/**
 * Where the files of a snapshot are on its host.
 * @throws AppError `refused` with the reason where a snapshot has no files to look at
 */
export function snapshotRoot(snapshot: Snapshot, inventory: HostInventory): string {
  const refuse = (why: string, remedy: string): AppError =>
    new AppError('refused', `The files of ${snapshot.fullName} can't be shown: ${why}`, { remedy });
  switch (snapshot.kind) {
    case 'zfs-snapshot': {
      const dataset = inventory.volumes.find(
        ({ backend, name }) => backend === 'zfs' && name === snapshot.volumeName,
      );
      if (dataset?.kind === 'zvol') {
        throw refuse('it is the snapshot of a zvol, a block device.', 'Clone it and mount the clone.');
      }
      const { mountpoint } = dataset ?? {};
      if (dataset?.mounted !== true || mountpoint === null || !mountpoint?.startsWith('/')) {
        throw refuse(
          `${snapshot.volumeName ?? 'its dataset'} is not mounted.`,
          `Mount it first: zfs mount ${snapshot.volumeName ?? ''}`,
        );
      }
      // zfsprops(7), snapdir: the folder is there to be asked for also while it is hidden.
      return `${mountpoint === '/' ? '' : mountpoint}/.zfs/snapshot/${snapshot.name}`;
    }
    case 'btrfs-snapshot':
      if (snapshot.fullName.startsWith('/')) return snapshot.fullName;
      throw refuse('where it is mounted is not known.', 'Refresh the host.');
    case 'lvm-thick':
    case 'lvm-thin':
      throw refuse(
        'an LVM snapshot is a block device.',
        'Activate it and mount it read-only on the host, then look there.',
      );
  }
}

/** Path of the subvolume a snapshot was taken of; null: it is not mounted where it could be seen. */
export function mountedSource(snapshot: Snapshot, inventory: HostInventory): string | null {
  const source = inventory.volumes.find(
    ({ backend, name }) => backend === snapshot.backend && name === snapshot.volumeName,
  );
  return source?.name.startsWith('/') === true ? source.name : null;
}

/**
 * Where the volume of a snapshot is mounted, without a slash at the end.
 * @throws AppError `refused` with the reason where its files are nowhere to be seen
 */
export function originalRoot(snapshot: Snapshot, inventory: HostInventory): string {
  const root = snapshotRoot(snapshot, inventory);
  if (snapshot.kind === 'zfs-snapshot') return root.slice(0, root.indexOf('/.zfs/snapshot/'));
  const source = mountedSource(snapshot, inventory);
  if (source !== null) return source === '/' ? '' : source;
  throw new AppError('refused', `Where the original of ${snapshot.fullName} is mounted is not known.`, {
    remedy: 'Download the file instead, or refresh the host.',
  });
}
