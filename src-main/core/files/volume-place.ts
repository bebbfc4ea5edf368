import type { Host } from '../../../src-preload/contract/hosts';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import { AppError } from '../errors/app-error';
import type { VolumePlace } from '../operations/action';
import { isVolumeRoot } from '../ssh/remote-changes';

const diskImage = '/disk.raw';

/**
 * Where a sandbox volume keeps its files, as its host's inventory says.
 * @throws AppError `not-found`; `refused` where it has no files to look at
 */
export async function placeFromInventory(
  inventory: { read(hostId: string): Promise<HostInventory | null> },
  host: Host,
  volumeId: string,
): Promise<VolumePlace> {
  const known = await inventory.read(host.id);
  const volume = known?.sandbox?.volumes.find(({ id }) => id === volumeId);
  if (volume === undefined) {
    throw new AppError(
      'not-found',
      `This sandbox volume is not in the last known inventory of ${host.name}.`,
      {
        remedy: 'Refresh the host.',
      },
    );
  }
  const { name, kind, path } = volume;
  const refuse = (why: string, remedy: string): AppError =>
    new AppError('refused', `The files of ${name} can't be shown: ${why}`, { remedy });
  if (kind === 'dm-snapshot') {
    throw refuse(
      'a device-mapper volume is a block device.',
      'Mount it in a sandbox, or read-only on the host, and look there.',
    );
  }
  if (volume.presence === 'elsewhere') {
    throw refuse(
      'msb keeps it on another backend, and those volumes never live on the host.',
      'Set msb back to its local backend on the host, or look from inside a sandbox.',
    );
  }
  if (volume.presence === 'missing') {
    throw refuse('its data is gone from the host.', 'Remove the volume from the list, and make it anew.');
  }
  if (path === null) throw refuse('where it is on the host is not known.', 'Refresh the host.');
  const root = kind === 'disk' && path.endsWith(diskImage) ? path.slice(0, -diskImage.length) : path;
  if (!isVolumeRoot(root)) {
    throw refuse(`${root} is no place where microsandbox keeps volumes.`, 'Look at the host itself.');
  }
  return { name, root, kind };
}
