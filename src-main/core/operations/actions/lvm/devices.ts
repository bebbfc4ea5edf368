import { z } from 'zod';
import type { HostInventory } from '../../../../../src-preload/contract/inventory';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import { parseBlockDevices, withDescendants, type BlockDevice } from '../../../storage/disks/block-devices';
import { parseSignatures } from '../../../storage/disks/signatures';
import { isDevicePath } from '../../../storage/lvm/admin-commands';
import { diskReport, lvmProbes } from '../../../storage/lvm/commands';
import { unexpectedOutput } from '../../../storage/unexpected';
import type { ActionContext } from '../../action';
import type { PickOption } from '../fields';
import { bytes, hint } from '../words';

export const devicePathSchema = z
  .string()
  .max(255)
  .refine(isDevicePath, 'must be the path of a block device, such as /dev/disk/by-id/… or /dev/sdb');

export interface LiveDevice {
  /** As it was asked for: by-id where the inventory knows one. */
  asked: string;
  device: BlockDevice;
  /** What wipefs finds on it. */
  signatures: string[];
  /** The volume group it belongs to by LVM's own word; lsblk shows only groups with active volumes. */
  groupName: string | null;
}

/** null: there is no such block device. lsblk exits 32 for that (2.38), wipefs 1. */
export async function readDevice(context: ActionContext, asked: string): Promise<LiveDevice | null> {
  const [listing, found, volumes] = await Promise.all([
    context.read('look at a device', ['lsblk', '-J', '-b', '-O', '--', asked], {
      acceptExitCodes: [0, 1, 32],
    }),
    context.read('look for signatures on a device', ['wipefs', '-J', '--', asked], {
      acceptExitCodes: [0, 1],
    }),
    context.read('list the physical volumes', lvmProbes.disks.argv),
  ]);
  const groups = diskReport.parse('pvs', volumes.stdout);
  const signatures = found.exitCode === 0 ? parseSignatures(found.stdout).map(({ type }) => type) : null;
  if (listing.exitCode !== 0) return null;
  const [device] = parseBlockDevices(listing.stdout);
  if (device === undefined) throw unexpectedOutput('lsblk', `it is not about ${asked}`, listing.stdout);
  if (signatures === null) {
    throw unexpectedOutput('wipefs -J', `it could not look at ${asked}`, found.stderr);
  }
  const own = groups.find(({ name }) => name === device.path);
  return {
    asked,
    device,
    signatures,
    groupName: own === undefined || own.groupName === '' ? null : own.groupName,
  };
}

function usersOf(device: BlockDevice): string[] {
  return withDescendants(device).flatMap((each) => [
    ...each.mountpoints.map((place) =>
      place === '[SWAP]' ? `${each.path} is swap` : `${each.path} is mounted at ${place}`,
    ),
    ...(each !== device && each.type !== 'part' ? [`${each.path} (${each.type}) lies on it`] : []),
  ]);
}

/** Why a device can't be taken by a volume group: whatever uses it or lies on it is named. */
export function deviceBlockers(asked: string, live: LiveDevice | null): Blocker[] {
  if (live === null) {
    return [
      {
        text: `There is no block device ${asked} on this host.`,
        remedy: 'Refresh the host and choose a disk that is there.',
      },
    ];
  }
  const { device, signatures } = live;
  const { path } = device;
  const blockers: Blocker[] = [];
  const users = usersOf(device);
  const wipe = `If nothing on it is needed, clear it on the host first: ${hint('wipefs', '-a', path)}`;
  const parts = device.children.filter(({ type }) => type === 'part');
  if (live.groupName !== null) {
    blockers.push({
      text: `${path} belongs to volume group ${live.groupName}.`,
      remedy: 'Choose another disk.',
    });
  } else if (users.length > 0) {
    blockers.push({ text: `${path} is in use: ${users.join('; ')}.`, remedy: 'Choose another disk.' });
  } else if (parts.length > 0) {
    blockers.push({
      text: `${path} is divided into partitions: ${parts.map((part) => part.path).join(', ')}.`,
      remedy: `Choose a blank disk. ${wipe}`,
    });
  } else if (signatures.length > 0) {
    blockers.push({
      text: `${path} carries a signature: ${signatures.join(', ')}. It may hold data.`,
      remedy: wipe,
    });
  }
  if (device.readOnly) blockers.push({ text: `${path} is read-only.`, remedy: 'Choose another disk.' });
  if (device.removable) {
    blockers.push({
      text: `${path} is removable, and a volume group must not lose a disk by hand.`,
      remedy: 'Choose a disk that is built in.',
    });
  }
  return blockers;
}

/** Two paths of one disk. */
export function duplicateBlockers(devices: readonly (LiveDevice | null)[]): Blocker[] {
  const seen = new Map<string, string>();
  const blockers: Blocker[] = [];
  for (const live of devices) {
    if (live === null) continue;
    const other = seen.get(live.device.path);
    if (other !== undefined) {
      blockers.push({
        text: `${other} and ${live.asked} are the same device, ${live.device.path}.`,
        remedy: 'Choose each disk once.',
      });
    }
    seen.set(live.device.path, live.asked);
  }
  return blockers;
}

/** What of a device must be the same when the plan runs. */
export function forComparison(live: LiveDevice | null): Record<string, unknown> | null {
  if (live === null) return null;
  const { device, signatures, groupName } = live;
  return {
    path: device.path,
    groupName,
    serial: device.serial,
    size: device.sizeBytes,
    signatures,
    users: usersOf(device),
  };
}

export function deviceItem({ device }: LiveDevice): { name: string; sizeBytes: number } {
  const identity = [device.model, device.serial].filter((word) => word !== null).join(' ');
  return {
    name: identity === '' ? device.path : `${device.path} · ${identity}`,
    sizeBytes: device.sizeBytes,
  };
}

/** Disks for a form, those that can't be taken with their reason. */
export function diskOptions(inventory: HostInventory): { options: PickOption[]; excuse: string | null } {
  const { disks } = inventory;
  if (disks === null) {
    const why = inventory.disksError === null ? '' : ` ${inventory.disksError.message}`;
    return { options: [], excuse: `The disks of this host could not be read.${why}` };
  }
  const options = disks.map((disk): PickOption => ({
    value: disk.stablePath,
    label: [disk.path.replace('/dev/', ''), bytes(disk.sizeBytes), disk.model, disk.serial]
      .filter((word) => word !== null)
      .join(' · '),
    hint: null,
    excuse: disk.ineligible[0] ?? null,
    sizeBytes: disk.sizeBytes,
  }));
  const free = options.some(({ excuse }) => excuse === null);
  return { options, excuse: free ? null : 'No disk of this host is free.' };
}
