import { z } from 'zod';
import type { Disk } from '../../../../../src-preload/contract/disks';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import { parseBlockDevices, withDescendants, type BlockDevice } from '../../../storage/disks/block-devices';
import { diskPathPattern } from '../../../storage/disks/commands';
import {
  filesystemUuidPattern,
  fstabPath,
  isFilesystemType,
  listPlaceArgv,
  mountPointPattern,
  readFstabArgv,
  readMountArgv,
  readVolumeArgv,
  readVolumesArgv,
  type FilesystemType,
} from '../../../storage/disks/mount-commands';
import { parseFstab, parseMountsAt, type FstabLine, type MountedAt } from '../../../storage/disks/mounts';
import { fileStatArgv } from '../../../storage/files/commands';
import { parseFileStat, type FileStat } from '../../../storage/files/file-stat';
import { unexpectedOutput } from '../../../storage/unexpected';
import type { ActionContext } from '../../action';
import { bytes } from '../words';

export const volumeSchema = z
  .string()
  .max(300)
  .regex(
    diskPathPattern,
    'must be a disk or a partition: /dev/disk/by-id/NAME, or /dev/NAME where it has no such name',
  );
export const placeSchema = z
  .string()
  .regex(
    mountPointPattern,
    'must be one folder below /mnt, /media or /srv, of letters, digits, dashes and underscores: /mnt/usb',
  );

/**
 * The partition by a name that lasts: udev calls it as its disk, with `-part1` behind. Where the disk itself has no such
 * name, nor has it.
 */
export function lastingPath({ path, stablePath }: Disk, volume: string): string {
  const number = volume.startsWith(path) ? /^p?(\d+)$/.exec(volume.slice(path.length))?.[1] : undefined;
  if (volume === path) return stablePath;
  return number === undefined || stablePath === path ? volume : `${stablePath}-part${number}`;
}

const readPlain = (context: ActionContext, operation: string, argv: readonly string[], exitCodes: number[]) =>
  context.read(operation, argv, { acceptExitCodes: exitCodes, privileged: false });

/** A disk or partition as it is now. */
export interface Volume {
  asked: string;
  device: BlockDevice;
  /** Others that carry the same UUID. */
  copies: string[];
}

/** null: there is no such device. lsblk exits 32 for that (2.38), 64 from 2.39 on. */
export async function readVolume(context: ActionContext, asked: string): Promise<Volume | null> {
  const [one, all] = await Promise.all([
    readPlain(context, 'look at the disk', readVolumeArgv(asked), [0, 1, 32, 64]),
    readPlain(context, 'list the disks', readVolumesArgv, [0]),
  ]);
  const everything = parseBlockDevices(all.stdout).flatMap(withDescendants);
  const device = one.exitCode === 0 ? parseBlockDevices(one.stdout)[0] : undefined;
  if (device === undefined) return null;
  const copies = everything.filter(({ uuid, path }) => uuid === device.uuid && path !== device.path);
  return {
    asked,
    device,
    copies: device.uuid === null ? [] : [...new Set(copies.map(({ path }) => path))],
  };
}

export async function readMounts(context: ActionContext, place: string): Promise<MountedAt[]> {
  return parseMountsAt(await readPlain(context, 'read what is mounted', readMountArgv(place), [0, 1]));
}

export async function readFstab(context: ActionContext): Promise<FstabLine[]> {
  return parseFstab(await readPlain(context, `read ${fstabPath}`, readFstabArgv, [0, 1]));
}

/** null: it is not there. */
async function readStat(context: ActionContext, path: string): Promise<FileStat | null> {
  const { exitCode, stdout, stderr } = await readPlain(
    context,
    `look at ${path}`,
    fileStatArgv(path),
    [0, 1],
  );
  if (exitCode !== 0) {
    if (/No such file or directory/.test(stderr)) return null;
    throw unexpectedOutput('stat', `${path} could not be looked at`, stderr);
  }
  return parseFileStat(stdout);
}

/** A file without a byte has no first line to put another before. */
export async function hasFstab(context: ActionContext): Promise<boolean> {
  return ((await readStat(context, fstabPath))?.sizeBytes ?? 0) > 0;
}

/** `other`: a link or a file. */
export type PlaceState = 'missing' | 'empty' | 'full' | 'other';

export async function readPlace(context: ActionContext, place: string): Promise<PlaceState> {
  const found = await readStat(context, place);
  if (found === null) return 'missing';
  if (found.kind !== 'directory') return 'other';
  const { stdout } = await context.read('look into the folder', listPlaceArgv(place));
  return stdout.trim() === '' ? 'empty' : 'full';
}

/** What a line of fstab may call it. */
export function isLineOf({ source }: FstabLine, { asked, device }: Volume): boolean {
  const { path, uuid, label, partitionUuid } = device;
  const names = [
    path,
    asked,
    ...(uuid === null ? [] : [`UUID=${uuid}`, `/dev/disk/by-uuid/${uuid}`]),
    ...(label === null ? [] : [`LABEL=${label}`, `/dev/disk/by-label/${label}`]),
    ...(partitionUuid === null
      ? []
      : [`PARTUUID=${partitionUuid}`, `/dev/disk/by-partuuid/${partitionUuid}`]),
  ];
  const named = source.replaceAll('"', '').toLowerCase();
  return names.some((name) => name.toLowerCase() === named);
}

/** The form that `removeLineArgv` finds. */
export function isLineByUuid({ source, target }: FstabLine, uuid: string | null, place: string): boolean {
  return uuid !== null && source === `UUID=${uuid}` && target === place;
}

export function isMountOf({ source, uuid }: MountedAt, { device }: Volume): boolean {
  return source === device.path || (uuid !== null && uuid === device.uuid);
}

/** `/dev/sdc1 (ext4 "backup", 1.82 TiB)` */
export function describeVolume({ device }: Volume): string {
  const { path, content, label, sizeBytes } = device;
  const named = [content ?? 'unknown', ...(label === null ? [] : [`"${label}"`])].join(' ');
  return `${path} (${named}, ${bytes(sizeBytes)})`;
}

export function noSuchVolume(asked: string): Blocker {
  return {
    text: `There is no block device ${asked} on this host.`,
    remedy: 'Plug it in, refresh the host and choose one that is there.',
  };
}

const members: Readonly<Record<string, string>> = {
  zfs_member: 'a member of a zpool',
  LVM2_member: 'a physical volume of LVM',
  linux_raid_member: 'a member of a software RAID',
  ddf_raid_member: 'a member of a RAID',
  isw_raid_member: 'a member of a RAID',
  crypto_LUKS: 'encrypted (LUKS)',
  BitLocker: 'encrypted (BitLocker)',
  swap: 'swap space',
};

export interface Filesystem {
  uuid: string;
  type: FilesystemType;
}

/** The file system on it, or why it can't be mounted by its UUID. */
export function filesystemOf(volume: Volume): { filesystem: Filesystem | null; blockers: Blocker[] } {
  const { device, copies } = volume;
  const { path, content, uuid, children, mountpoints } = device;
  const no = (text: string, remedy: string) => ({ filesystem: null, blockers: [{ text, remedy }] });
  const parts = children.filter(({ type }) => type === 'part');
  if (device.type !== 'disk' && device.type !== 'part') {
    return no(
      `${path} is a device of type ${device.type}, which has tools of its own.`,
      'Choose a disk or a partition.',
    );
  }
  const [first] = mountpoints;
  if (first !== undefined) {
    return no(
      first === '[SWAP]' ? `${path} is used as swap.` : `${path} is mounted already, at ${first}.`,
      'Refresh the host to see it.',
    );
  }
  if (parts.length > 0) {
    return no(
      `${path} is divided into partitions: ${parts.map((part) => `${part.path} (${part.content ?? 'empty'})`).join(', ')}.`,
      'Choose one of the partitions.',
    );
  }
  const [above] = children;
  if (above !== undefined) return no(`${above.path} lies on ${path}.`, 'Mount that one with its own tools.');
  if (content === null) {
    return no(
      `No file system is known on ${path}.`,
      'If there is one, let udev look again on the host: udevadm trigger --settle',
    );
  }
  if (!isFilesystemType(content)) {
    const member = members[content];
    return no(
      member === undefined
        ? `${path} holds ${content}, which Holdfast does not mount.`
        : `${path} is ${member}, and no file system by itself.`,
      'Holdfast mounts ext2, ext3, ext4, XFS, btrfs, FAT and exFAT.',
    );
  }
  if (uuid === null || !filesystemUuidPattern.test(uuid)) {
    return no(
      `The file system on ${path} has no UUID to find it by.`,
      'Give it one first, such as with tune2fs -U random or xfs_admin -U generate.',
    );
  }
  if (copies.length > 0) {
    return no(
      `${copies.join(' and ')} ${copies.length === 1 ? 'carries' : 'carry'} the same UUID as ${path}: by that nobody can tell which one is meant.`,
      'A copy needs a UUID of its own. A btrfs over several disks is mounted with mount by hand.',
    );
  }
  return { filesystem: { uuid, type: content }, blockers: [] };
}
