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
