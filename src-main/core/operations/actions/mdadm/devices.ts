import type { Disk } from '../../../../../src-preload/contract/disks';
import type { HostInventory, Pool } from '../../../../../src-preload/contract/inventory';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import { usersOf } from '../../../storage/mdadm/blocks';
import { uuidDigits } from '../../../storage/mdadm/parse';
import type { PickOption } from '../fields';
import { bytes, hint } from '../words';
import type { LiveDevice } from './reads';

/** `/dev/vdb (virtio-LABDISK0001)`, `/dev/sdc · WDC WD40 WX12`: so that people recognise the disk. */
export function describeDevice({ asked, block }: LiveDevice): string {
  const identity = [block.model, block.serial].filter((word) => word !== null).join(' ');
  const alias = asked === block.path ? '' : ` (${asked.slice(asked.lastIndexOf('/') + 1)})`;
  return `${block.path}${alias}${identity === '' ? '' : ` · ${identity}`}`;
}

export function deviceItem(device: LiveDevice): { name: string; sizeBytes: number } {
  return { name: describeDevice(device), sizeBytes: device.block.sizeBytes };
}

const wipe = (path: string): string =>
  `If nothing on it is needed, clear it on the host first: ${hint('wipefs', '-a', path)}`;

export interface DeviceNeeds {
  /** A superblock of this array is no foreign signature: the disk comes back. */
  memberOf?: string | null;
  /** Least size in bytes. */
  minimumBytes?: number | null;
}

/** Whole disks, partitions and multipath or encrypted devices; what mdadm would take, but nobody means, is not. */
const usableTypes = new Set(['disk', 'part', 'mpath', 'crypt']);

/**
 * Why a device can't become a member. mdadm itself asks about foreign signatures only when it creates an array,
 * and `--add` overwrites a file system without a word (4.2): so every signature stops here.
 */
export function deviceBlockers(
  asked: string,
  device: LiveDevice | null,
  { memberOf = null, minimumBytes = null }: DeviceNeeds = {},
): Blocker[] {
  if (device === null) {
    return [
      {
        text: `There is no block device ${asked} on this host.`,
        remedy: 'Refresh the host and choose a disk that is there.',
      },
    ];
  }
  const { block, signature } = device;
  const { path } = block;
  const blockers: Blocker[] = [];
  const users = usersOf(block);
  const partitions = block.children.filter(({ type }) => type === 'part');
  if (users.length > 0) {
    blockers.push({
      text: `${path} is in use: ${users.join('; ')}.`,
      remedy: 'Choose a disk that nothing uses.',
    });
  } else if (partitions.length > 0) {
    blockers.push({
      text: `${path} is divided into partitions: ${partitions.map((part) => `${part.path}${part.content === null ? '' : ` (${part.content})`}`).join(', ')}.`,
      remedy: `Choose a blank disk, or one of the partitions. ${wipe(path)}`,
    });
  } else if (signature.type !== null) {
    const returning =
      memberOf !== null &&
      signature.type === 'linux_raid_member' &&
      signature.uuid !== null &&
      uuidDigits(signature.uuid) === uuidDigits(memberOf);
    if (!returning) {
      blockers.push({
        text:
          signature.type === 'linux_raid_member'
            ? `${path} carries the superblock of another array.`
            : `${path} carries a signature: ${signature.type}. It may hold data.`,
        remedy: wipe(path),
      });
    }
  } else if (block.content !== null) {
    blockers.push({
      text: `${path} is known to udev as ${block.content}, though no signature is found on it now.`,
      remedy: `Let udev look again: ${hint('udevadm', 'trigger', '--settle', path)}`,
    });
  }
  if (!usableTypes.has(block.type)) {
    blockers.push({
      text: `${path} is a device of type ${block.type}, on which Holdfast builds no array.`,
      remedy: 'Choose a disk or a partition.',
    });
  }
  if (block.readOnly) blockers.push({ text: `${path} is read-only.`, remedy: 'Choose another disk.' });
  if (block.removable) {
    blockers.push({
      text: `${path} is removable, and an array must not lose its members by hand.`,
      remedy: 'Choose a disk that is built in.',
    });
  }
  if (minimumBytes !== null && block.sizeBytes < minimumBytes) {
    blockers.push({
      text: `${path} has ${bytes(block.sizeBytes)} and each member must hold ${bytes(minimumBytes)}.`,
      remedy: 'Choose a larger disk.',
    });
  }
  return blockers;
}

/** Devices that turned out to be the same one. */
export function duplicateBlockers(devices: readonly (LiveDevice | null)[]): Blocker[] {
  const seen = new Map<string, string>();
  const blockers: Blocker[] = [];
  for (const device of devices) {
    if (device === null) continue;
    const other = seen.get(device.block.path);
    if (other !== undefined) {
      blockers.push({
        text: `${other} and ${device.asked} are the same device, ${device.block.path}.`,
        remedy: 'Choose each disk once.',
      });
    }
    seen.set(device.block.path, device.asked);
  }
  return blockers;
}

/** What of a device must be the same when the plan runs. */
export function deviceForComparison(
  device: LiveDevice | null,
): Record<string, string | number | null> | null {
  if (device === null) return null;
  const { block, signature } = device;
  return {
    path: block.path,
    serial: block.serial,
    size: block.sizeBytes,
    signature: signature.type,
    uuid: signature.uuid,
    content: block.content,
    users: usersOf(block).join('; '),
  };
}

function diskName(disk: Disk): string {
  return disk.path.replace(/^\/dev\//, '');
}

function labelOf(disk: Disk): string {
  const identity = [disk.model, disk.serial].filter((word) => word !== null).join(' ');
  return [diskName(disk), bytes(disk.sizeBytes), ...(identity === '' ? [] : [identity])].join(' · ');
}

export interface DiskChoice {
  options: PickOption[];
  /** Why there is nothing to choose from; null: there is. */
  excuse: string | null;
}

/** A superblock of an array on an otherwise unused disk: it may be a member that comes back. The plan decides. */
function isFormerMember(disk: Disk, reasons: readonly string[]): boolean {
  return (
    reasons.length === 1 &&
    disk.uses.length === 1 &&
    disk.uses.every(({ kind, name }) => kind === 'signature' && name === 'linux_raid_member')
  );
}

/**
 * Disks for a form, those that can't be taken with their reason.
 *
 * @param minimumBytes smaller disks get an excuse
 * @param array members of this array that wait as spares may be chosen as well, as may its former members
 */
export function diskChoice(
  inventory: HostInventory,
  { minimumBytes = null, array = null }: { minimumBytes?: number | null; array?: Pool | null } = {},
): DiskChoice {
  const { disks } = inventory;
  if (disks === null) {
    return {
      options: [],
      excuse:
        `The disks of this host could not be read${inventory.disksError === null ? '' : `: ${inventory.disksError.message}`} Refresh the host.`.replace(
          /([^.!?]) Refresh/,
          '$1. Refresh',
        ),
    };
  }
  const spares = new Set(
    array?.topology.filter(({ role }) => role === 'spare').map(({ name }) => name) ?? [],
  );
  const options = disks.map((disk): PickOption => {
    const [reason = null] = disk.ineligible;
    const spare = spares.has(disk.path);
    const back = array !== null && isFormerMember(disk, disk.ineligible);
    const small = minimumBytes !== null && disk.sizeBytes < minimumBytes;
    return {
      value: disk.stablePath,
      label: labelOf(disk),
      hint: spare ? 'spare of this array' : back ? 'was a member of an array' : null,
      excuse: spare || back ? null : small ? `Smaller than ${bytes(minimumBytes)}.` : reason,
      sizeBytes: disk.sizeBytes,
    };
  });
  const free = options.some(({ excuse }) => excuse === null);
  return { options, excuse: free ? null : 'No disk of this host is free for it.' };
}

/** The by-id path of a member where the inventory knows its disk, else the path it has now. */
export function stablePathOf(inventory: HostInventory, path: string): string {
  return inventory.disks?.find((disk) => disk.path === path)?.stablePath ?? path;
}

/** Size of the smallest disk in an array: what any new member must at least have. */
export function smallestMember(pool: Pool): number | null {
  const sizes = pool.topology
    .filter(({ role }) => role === 'disk' || role === 'spare')
    .flatMap(({ sizeBytes }) => (sizeBytes === null ? [] : [sizeBytes]));
  return sizes.length === 0 ? null : Math.min(...sizes);
}
