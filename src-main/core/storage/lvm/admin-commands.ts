import { isLvmName, sizeInBytes } from './commands';

/** Argument vectors that change volume groups and volumes, checked with lvm2 2.03.16. Pure. */

/** A block device as udev and the kernel name it; never `..`, never a leading `-`. */
const devicePathPattern =
  /^\/dev\/(?:disk\/by-(?:id|path|partuuid)\/[A-Za-z0-9][A-Za-z0-9_.:+@=-]{0,240}|mapper\/[A-Za-z0-9][A-Za-z0-9_.+-]{0,240}|[a-z][A-Za-z0-9]{0,31})$/;

export function isDevicePath(path: string): boolean {
  return devicePathPattern.test(path) && !path.includes('..');
}

function checkedDevice(path: string): string {
  if (!isDevicePath(path)) throw new RangeError('Not the path of a block device.');
  return path;
}

function checkedName(name: string): string {
  if (!isLvmName(name)) throw new RangeError('Not a name that LVM accepts.');
  return name;
}

function checkedSize(size: string): string {
  sizeInBytes(size);
  return size;
}

const volumePath = (group: string, volume: string): string => `${checkedName(group)}/${checkedName(volume)}`;

/** The device with all that lies on it, in whatever columns this lsblk has. */
export const readDeviceArgv = (device: string): string[] => [
  'lsblk',
  '-J',
  '-b',
  '-O',
  '--',
  checkedDevice(device),
];

/** Without -a and -o wipefs only lists. */
export const readSignaturesArgv = (device: string): string[] => ['wipefs', '-J', '--', checkedDevice(device)];

/** Q30 gives these words and no more: names and paths can't look like options. */
export const createGroupArgv = (group: string, devices: readonly string[]): string[] => [
  'vgcreate',
  checkedName(group),
  ...devices.map(checkedDevice),
];

export const extendGroupArgv = (group: string, devices: readonly string[]): string[] => [
  'vgextend',
  '--',
  checkedName(group),
  ...devices.map(checkedDevice),
];

/** -y: an old signature in the extents it takes is wiped without a question, as on a terminal after "y". */
export const createVolumeArgv = (group: string, name: string, size: string): string[] => [
  'lvcreate',
  '-y',
  '-L',
  checkedSize(size),
  '-n',
  checkedName(name),
  '--',
  checkedName(group),
];

/** @param virtualSize what the volume shows; its pool gives the space as it is written */
export const createThinArgv = (group: string, pool: string, name: string, virtualSize: string): string[] => [
  'lvcreate',
  '-V',
  checkedSize(virtualSize),
  '-T',
  '-n',
  checkedName(name),
  '--',
  volumePath(group, pool),
];

/** @param resizeFilesystem -r: fsadm(8) grows the file system with it */
export const extendVolumeArgv = (
  group: string,
  volume: string,
  by: string,
  resizeFilesystem: boolean,
): string[] => [
  'lvextend',
  '-L',
  `+${checkedSize(by)}`,
  ...(resizeFilesystem ? ['-r'] : []),
  '--',
  volumePath(group, volume),
];

export const renameVolumeArgv = (group: string, from: string, to: string): string[] => [
  'lvrename',
  '--',
  checkedName(group),
  checkedName(from),
  checkedName(to),
];

/** -y: without a terminal lvremove answers its own question with "no". Never -f. */
export const destroyVolumeArgv = (group: string, volume: string): string[] => [
  'lvremove',
  '-y',
  '--',
  volumePath(group, volume),
];

/** @param metadata null: LVM chooses by the size of the data */
export const createThinPoolArgv = (
  group: string,
  name: string,
  size: string,
  metadata: string | null,
): string[] => [
  'lvcreate',
  '-y',
  '--type',
  'thin-pool',
  '-L',
  checkedSize(size),
  ...(metadata === null ? [] : ['--poolmetadatasize', checkedSize(metadata)]),
  '-n',
  checkedName(name),
  '--',
  checkedName(group),
];

export const extendMetadataArgv = (group: string, pool: string, by: string): string[] => [
  'lvextend',
  '--poolmetadatasize',
  `+${checkedSize(by)}`,
  '--',
  volumePath(group, pool),
];

/** @param skipped -K: also a volume that is kept from activation, as every thin snapshot is */
export const activateVolumeArgv = (group: string, volume: string, skipped: boolean): string[] => [
  'lvchange',
  '-ay',
  ...(skipped ? ['-K'] : []),
  '--',
  volumePath(group, volume),
];

export const deactivateVolumeArgv = (group: string, volume: string): string[] => [
  'lvchange',
  '-an',
  '--',
  volumePath(group, volume),
];

/** How often the move that goes on in the background is looked after, in seconds; 15 by itself. */
const moveInterval = '5';

/** -b: the host goes on with it by itself (lvmpolld). `to` null: wherever the group has room. */
export const movePvArgv = (from: string, to: string | null): string[] => [
  'pvmove',
  '-b',
  '-i',
  moveInterval,
  '--',
  checkedDevice(from),
  ...(to === null ? [] : [checkedDevice(to)]),
];

export const abortMoveArgv = (from: string): string[] => ['pvmove', '--abort', '--', checkedDevice(from)];

export const reduceGroupArgv = (group: string, device: string): string[] => [
  'vgreduce',
  '--',
  checkedName(group),
  checkedDevice(device),
];

/** Without --force: it gives up only disks that hold nothing. */
export const removeMissingArgv = (group: string): string[] => [
  'vgreduce',
  '--removemissing',
  '--',
  checkedName(group),
];

/** Takes LVM's label from disks that belong to no group. */
export const clearLabelArgv = (devices: readonly string[]): string[] => [
  'pvremove',
  '--',
  ...devices.map(checkedDevice),
];

/** Without -y and -f: it takes a group without volumes only. */
export const destroyGroupArgv = (group: string): string[] => ['vgremove', '--', checkedName(group)];

export const renameGroupArgv = (from: string, to: string): string[] => [
  'vgrename',
  '--',
  checkedName(from),
  checkedName(to),
];
