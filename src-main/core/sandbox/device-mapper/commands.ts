import { checkedPath } from '../../storage/absolute-path';
import { deviceName, loopPattern } from './names';

/**
 * Commands about snapshot devices and what they are made of: dmsetup 1.02.185, util-linux 2.38, e2fsprogs 1.47,
 * coreutils 9.1. Pure.
 */

/** Where a host keeps what all laptops must agree on. */
export const settingsFolder = '/etc/holdfast';
export const settingsPath = `${settingsFolder}/sandboxes.json`;

/** Sectors of 512 bytes in a chunk of a snapshot: 4 KiB. */
export const chunkSectors = 8;
export const sectorBytes = 512;

function checkedLoop(path: string): string {
  if (!loopPattern.test(path)) throw new RangeError('Not a loop device.');
  return path;
}

function checkedBytes(bytes: number): string {
  if (!Number.isSafeInteger(bytes) || bytes <= 0) throw new RangeError('Not a size.');
  return String(bytes);
}

// Reads.

export const dmVersionArgv = ['dmsetup', 'version'];
export const dmTargetsArgv = ['dmsetup', 'targets'];
/** Every table, so that what else stands on a loop device is counted too. */
export const dmTablesArgv = ['dmsetup', 'table'];
export const dmStatusArgv = ['dmsetup', 'status', '--target', 'snapshot'];
const infoColumns = 'name,uuid,major,minor,open,segments,attr';
export const dmInfoArgv = ['dmsetup', 'info', '-c', '--noheadings', '--separator', '|', '-o', infoColumns];
const loopColumns = 'NAME,MAJ:MIN,AUTOCLEAR,RO,BACK-FILE';
export const losetupListArgv = ['losetup', '--json', '--list', '--output', loopColumns];
export const readSettingsArgv = ['cat', '--', settingsPath];
/** Name, size and blocks of all below the root, two folders deep. */
export const listFilesArgv = (root: string): string[] => [
  ...['find', checkedPath(root), '-mindepth', '1', '-maxdepth', '3'],
  ...['-exec', 'stat', '--terse', '--', '{}', '+'],
];
/** The first line of every description, each behind its path and a NUL. */
export const readMetasArgv = (root: string): string[] => [
  ...['grep', '-rsZ', '-m1', '--include=*.json', '--include=*.meta', '-e', '.', '--', checkedPath(root)],
];
export const readSpaceArgv = (root: string): string[] => [
  ...['df', '-B1', '--output=size,avail', '--', checkedPath(root)],
];
/** Only the superblock. */
export const readSuperblockArgv = (path: string): string[] => ['dumpe2fs', '-h', checkedPath(path)];

// Changes: files.

/** Takes a name that nobody has: it fails where the file is there. */
export const reserveFileArgv = (path: string): string[] => [
  ...['dd', 'if=/dev/null', `of=${checkedPath(path)}`, 'count=0', 'conv=excl', 'status=none'],
];
export const sizeFileArgv = (path: string, bytes: number): string[] => [
  ...['truncate', '-s', checkedBytes(bytes), '--', checkedPath(path)],
];
export const removeFileArgv = (path: string): string[] => ['rm', '--', checkedPath(path)];
export const removeFolderArgv = (path: string): string[] => ['rmdir', '--', checkedPath(path)];
/** A paused sandbox with its memory. */
export const removePausedArgv = (folder: string): string[] => ['rm', '-r', '--', checkedPath(folder)];
/** Its input is written into the file. */
export const writeFileArgv = (path: string): string[] => ['tee', '--', checkedPath(path)];
export const makeFolderArgv = (path: string): string[] => ['mkdir', '-p', '--', checkedPath(path)];
/** Of what is nobody else's to look into. */
export const makePrivateFolderArgv = (path: string): string[] => [
  ...['mkdir', '-p', '-m', '0700', '--', checkedPath(path)],
];
export const makeNewFolderArgv = (path: string): string[] => ['mkdir', '--', checkedPath(path)];
export const moveFileArgv = (from: string, to: string): string[] => [
  ...['mv', '--no-clobber', '--no-target-directory', '--', checkedPath(from), checkedPath(to)],
];
/** A second name for a file; it fails where that name is taken. */
export const linkFileArgv = (from: string, to: string): string[] => [
  ...['ln', '--no-target-directory', '--', checkedPath(from), checkedPath(to)],
];

// Changes: file systems.

export const checkFilesystemArgv = (path: string): string[] => ['e2fsck', '-fy', checkedPath(path)];
export const growFilesystemArgv = (path: string): string[] => ['resize2fs', checkedPath(path)];
export const shrinkFilesystemArgv = (path: string): string[] => ['resize2fs', '-M', checkedPath(path)];

// Changes: loop devices.

export const attachBaseArgv = (loop: string, image: string): string[] => [
  ...['losetup', '--read-only', checkedLoop(loop), checkedPath(image)],
];
/** --nooverlap: it fails where another loop device has the file. */
export const attachCowArgv = (loop: string, cow: string): string[] => [
  ...['losetup', '--nooverlap', checkedLoop(loop), checkedPath(cow)],
];
/** It ends well also while the device is in use, and then only marks it (AUTOCLEAR): look again afterwards. */
export const detachArgv = (loop: string): string[] => ['losetup', '-d', checkedLoop(loop)];
export const rereadSizeArgv = (loop: string): string[] => ['losetup', '-c', checkedLoop(loop)];

// Changes: devices.

function device(name: string): string {
  const at = name.indexOf('-');
  return deviceName(name.slice(0, at + 1), name.slice(at + 1));
}

export interface SnapshotTable {
  originSectors: number;
  base: string;
  cow: string;
}

/** `0 41943040 snapshot /dev/loop0 /dev/loop1 P 8`: persistent, chunks of 4 KiB. */
export function tableOf({ originSectors, base, cow }: SnapshotTable): string {
  if (!Number.isSafeInteger(originSectors) || originSectors <= 0) throw new RangeError('Not a size.');
  return `0 ${originSectors} snapshot ${checkedLoop(base)} ${checkedLoop(cow)} P ${chunkSectors}`;
}

export const createDeviceArgv = (name: string, table: SnapshotTable): string[] => [
  ...['dmsetup', 'create', device(name), '--table', tableOf(table)],
];
export const removeDeviceArgv = (name: string): string[] => ['dmsetup', 'remove', device(name)];
/** Reads the first block: a snapshot that is lost answers with an error. */
export const readDeviceArgv = (name: string): string[] => [
  ...['dd', `if=/dev/mapper/${device(name)}`, 'of=/dev/null', 'bs=4096', 'count=1', 'status=none'],
];
export const copyDeviceArgv = (name: string, path: string): string[] => [
  ...['dd', `if=/dev/mapper/${device(name)}`, `of=${checkedPath(path)}`],
  ...['bs=4M', 'conv=sparse', 'status=none'],
];
