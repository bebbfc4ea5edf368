import { diskPathPattern } from './commands';

/** Argument vectors for mounting by UUID and for lines of fstab(5): util-linux 2.38.1, GNU sed 4.9, coreutils 9.1. Pure. */

export const fstabPath = '/etc/fstab';

/** One folder right below a place that is there for mounts. */
export const mountPointPattern = /^\/(?:mnt|media|srv)\/[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$/;
/** What one disk holds whole. Members of pools, swap and encrypted volumes belong to their own tools. */
export const filesystemTypes = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'vfat', 'exfat'] as const;
export type FilesystemType = (typeof filesystemTypes)[number];
/** Of FAT it is the serial number: `4A1B-22C7`. */
export const filesystemUuidPattern =
  /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-F]{4}-[0-9A-F]{4})$/;

export function isFilesystemType(type: string | null): type is FilesystemType {
  return filesystemTypes.some((each) => each === type);
}

function checked(text: string, pattern: RegExp, what: string): string {
  if (!pattern.test(text)) throw new RangeError(`Not ${what}.`);
  return text;
}
const checkedPlace = (path: string): string => checked(path, mountPointPattern, 'a place for a mount');
const checkedUuid = (uuid: string): string => checked(uuid, filesystemUuidPattern, 'a UUID of a file system');

// Reads.

/** MOUNTPOINT, not MOUNTPOINTS: util-linux before 2.37 has only that. */
const columns = 'NAME,KNAME,PATH,TYPE,SIZE,RO,MODEL,SERIAL,FSTYPE,LABEL,UUID,PARTUUID,PTTYPE,MOUNTPOINT';
/** Every device, so that a copy with the same UUID is noticed. */
export const readVolumesArgv = ['lsblk', '-J', '-b', '-o', columns];
/** One of them by a lasting name. */
export const readVolumeArgv = (device: string): string[] => [
  ...readVolumesArgv,
  ...['--', checked(device, diskPathPattern, 'the path of a disk')],
];
/** Exit 1 without a word: nothing is mounted there. */
export const readMountArgv = (place: string): string[] => [
  ...['findmnt', '-J', '--list', '-o', 'TARGET,SOURCE,FSTYPE,OPTIONS,UUID', '-M', checkedPlace(place)],
];
/** SECURITY: without the options, which hold the passwords of network shares. Exit 1 without a word: no lines. */
export const readFstabArgv = ['findmnt', '--fstab', '-J', '--list', '-o', 'TARGET,SOURCE,FSTYPE'];
/** Exit 2: it is not there. */
export const listPlaceArgv = (place: string): string[] => ['ls', '-A', '--', checkedPlace(place)];

// Changes.

export const makePlaceArgv = (place: string): string[] => ['mkdir', '--', checkedPlace(place)];
export const removePlaceArgv = (place: string): string[] => ['rmdir', '--', checkedPlace(place)];
export const unmountArgv = (place: string): string[] => ['umount', '--', checkedPlace(place)];
/** systemd makes its mount units of the lines of fstab anew. */
export const reloadUnitsArgv = ['systemctl', 'daemon-reload'];

export interface MountEntry {
  uuid: string;
  type: FilesystemType;
  place: string;
  readOnly: boolean;
}

const options = ({ readOnly }: Pick<MountEntry, 'readOnly'>): string =>
  `${readOnly ? 'ro,' : ''}nosuid,nodev`;

export const mountArgv = ({ uuid, type, place, ...entry }: MountEntry): string[] => [
  ...['mount', '-t', type, '-o', options(entry), '--', `UUID=${checkedUuid(uuid)}`, checkedPlace(place)],
];

/** As it stands in fstab. What is mounted read-only is not checked at a start either: a check may write. */
export function fstabLine({ uuid, type, place, readOnly }: MountEntry): string {
  const all = `${options({ readOnly })},nofail,x-systemd.device-timeout=10`;
  return `UUID=${checkedUuid(uuid)} ${checkedPlace(place)} ${type} ${all} 0 ${readOnly ? 0 : 2}`;
}

const editFstab = (script: string): string[] => ['sed', '-i', '-E', '--follow-symlinks', script, fstabPath];

/**
 * Puts the line before all others: `x;G` puts an empty one before the first, `s` fills it. It never runs on an empty
 * file, which has no first line.
 *
 * SECURITY: the script is one word that sudoers and the forced command hold to its shape, which no standard input could
 * be. Cut at its spaces, as sudoers(5) cannot tell, it is a script that sed refuses to read: `s` ends only behind them.
 * It has no `$` and no backslash: sudoers(5) takes the one for the end of an expression (seen with 1.9.13p3) and reads
 * the other in its own way. So the line stands first, not last.
 */
export const addLineArgv = (entry: MountEntry): string[] => editFstab(`1{x;G;s|.*|${fstabLine(entry)}&|}`);

/**
 * Takes out each line of this UUID and place, whatever its options. All other lines stay byte for byte: `h` keeps the
 * line, `s` empties what begins as such a line does, `T` lets all others be, and where something is left of it, as of a
 * comment that names one, `g` puts the line back. No `^`, which no expression of ours can hold for a host.
 */
export const removeLineArgv = ({ uuid, place }: Pick<MountEntry, 'uuid' | 'place'>): string[] =>
  editFstab(
    `h;s|[[:blank:]]*UUID=${checkedUuid(uuid)}[[:blank:]]+${checkedPlace(place)}/?[[:blank:]].*||;T;/./g;/./b;d`,
  );
