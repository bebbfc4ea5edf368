import { isDatasetName, statusJsonProbe, zfsNameLimit } from './commands';

/**
 * Argument vectors of zpool(8) and lsblk(8) for work on pools and their devices, checked with OpenZFS 2.1.11 and
 * util-linux 2.38.1. Pure. Nothing here carries `-f`: what ZFS refuses without it stays refused.
 */

export const poolLevels = ['mirror', 'raidz', 'raidz2', 'raidz3'] as const;
export type PoolLevel = (typeof poolLevels)[number];

/** Fewest members per level. raidz takes one less, but then a mirror is the better choice (Q29). */
export const minimumMembers: Readonly<Record<PoolLevel, number>> = {
  mirror: 2,
  raidz: 3,
  raidz2: 4,
  raidz3: 5,
};

export const ashifts = ['auto', '12', '13'] as const;
export type Ashift = (typeof ashifts)[number];

/** zpool-create(8): these are words of the command itself; `c0` looks like a disk of old. */
const reservedPoolName = /^(?:mirror|raidz|draid|spare|c\d)|^log$/;
const newPoolNamePattern = /^[A-Za-z][A-Za-z0-9_.:-]*$/;

export function isReservedPoolName(name: string): boolean {
  return reservedPoolName.test(name);
}

export function isNewPoolName(name: string): boolean {
  return name.length <= zfsNameLimit && newPoolNamePattern.test(name) && !isReservedPoolName(name);
}

/** A disk that a command may take into a pool: udev's names, device-mapper's, or the kernel's plain one. */
const newDevicePattern =
  /^\/dev\/(?:disk\/by-(?:id|path|partuuid)\/[A-Za-z0-9][A-Za-z0-9+.:@_-]*|mapper\/[A-Za-z0-9][A-Za-z0-9+.@_-]*|[a-z][a-z0-9]{1,31})$/;

export function isNewDevicePath(path: string): boolean {
  return path.length <= 255 && newDevicePattern.test(path) && !path.includes('..');
}

/**
 * A member as `zpool status -P` names it: a full path, or the guid of one that is missing. Whether the pool has it
 * is for the plan to see.
 */
const memberPattern = /^(?:\d{1,20}|\/[A-Za-z0-9+.:@_/ -]+)$/;

export function isMemberName(name: string): boolean {
  return name.length <= 255 && memberPattern.test(name) && !name.split('/').includes('..');
}

function checkedPool(pool: string): string {
  if (!isDatasetName(pool) || pool.includes('/')) throw new RangeError('Not the name of a ZFS pool.');
  return pool;
}

function checkedNewDevice(path: string): string {
  if (!isNewDevicePath(path)) throw new RangeError('Not the path of a disk.');
  return path;
}

function checkedMember(name: string): string {
  if (!isMemberName(name)) throw new RangeError('Not the name of a member of a pool.');
  return name;
}

export interface NewPool {
  name: string;
  level: PoolLevel;
  devices: readonly string[];
  ashift: Ashift;
}

function createPool({ name, level, devices, ashift }: NewPool, options: readonly string[]): string[] {
  if (!isNewPoolName(name)) throw new RangeError('Not a name for a new ZFS pool.');
  return [
    'zpool',
    'create',
    ...options,
    ...(ashift === 'auto' ? [] : ['-o', `ashift=${ashift}`]),
    // Q32 gives these words and no more: a pool's name starts with a letter, a disk with a slash.
    name,
    level,
    ...devices.map(checkedNewDevice),
  ];
}

export const createPoolArgv = (pool: NewPool): string[] => createPool(pool, []);

/** SECURITY: `-n` stands first and always: nothing is created. */
export const previewCreatePoolArgv = (pool: NewPool): string[] => createPool(pool, ['-n']);

/** Name of the pool that a device is tried for, never created. */
export const trialPoolName = 'holdfast-trial';

/** Would ZFS take this disk? `-n`: nothing is created. */
export const tryDeviceArgv = (device: string): string[] => [
  'zpool',
  'create',
  '-n',
  '--',
  trialPoolName,
  checkedNewDevice(device),
];

/**
 * The trial opens the disk for writing, and when it closes it udev reads the partition table anew. Whoever opens the disk
 * in that moment is told that it is in use: seen with OpenZFS 2.3.9 and systemd 257, one `zpool create` in five that
 * followed at once. Answers any login; exit code 1: not within this time.
 */
export const settleArgv = ['udevadm', 'settle', '--timeout=10'] as const;
export const settleExitCodes = [0, 1] as const;

/** -P: full paths. -p: plain numbers. -t: trimming of each device. */
export const readStatusArgv = (pool: string): string[] => [
  'zpool',
  'status',
  '-P',
  '-p',
  '-t',
  '--',
  checkedPool(pool),
];

/** The same as JSON, as an inventory asks for all pools. */
export const readStatusJsonArgv = (pool: string): string[] => [
  ...statusJsonProbe.argv,
  '--',
  checkedPool(pool),
];

/** MOUNTPOINT, not MOUNTPOINTS: util-linux of Debian 11 (2.36) lacks the latter. */
const deviceColumns = 'NAME,PATH,TYPE,SIZE,RO,RM,FSTYPE,LABEL,PARTLABEL,MOUNTPOINT,MODEL,SERIAL';

/** One device with what lies on it. Exit code 32: there is none by that name. */
export const readDeviceArgv = (path: string): string[] => [
  'lsblk',
  '-J',
  '-b',
  '-o',
  deviceColumns,
  '--',
  checkedMember(path),
];

/** Pools that could be imported, by what their labels say. Reads every disk of the host. */
export const readImportableArgv: readonly string[] = ['zpool', 'import'];

/** Processes that use a mounted file system (psmisc). Exit code 1: none. */
export const readUsersArgv = (mountpoint: string): string[] => {
  if (!mountpoint.startsWith('/') || /[\n\0]/.test(mountpoint)) throw new RangeError('Not a mount point.');
  return ['fuser', '-m', mountpoint];
};

export const startScrubArgv = (pool: string): string[] => ['zpool', 'scrub', '--', checkedPool(pool)];
export const pauseScrubArgv = (pool: string): string[] => ['zpool', 'scrub', '-p', '--', checkedPool(pool)];
export const stopScrubArgv = (pool: string): string[] => ['zpool', 'scrub', '-s', '--', checkedPool(pool)];

export const startTrimArgv = (pool: string): string[] => ['zpool', 'trim', '--', checkedPool(pool)];
export const cancelTrimArgv = (pool: string): string[] => ['zpool', 'trim', '-c', '--', checkedPool(pool)];

export const createCheckpointArgv = (pool: string): string[] => [
  'zpool',
  'checkpoint',
  '--',
  checkedPool(pool),
];
export const discardCheckpointArgv = (pool: string): string[] => [
  'zpool',
  'checkpoint',
  '-d',
  '--',
  checkedPool(pool),
];

/** Without a device: of the whole pool. */
export const clearErrorsArgv = (pool: string, member: string | null): string[] => [
  'zpool',
  'clear',
  '--',
  checkedPool(pool),
  ...(member === null ? [] : [checkedMember(member)]),
];

export const exportPoolArgv = (pool: string): string[] => ['zpool', 'export', '--', checkedPool(pool)];

/** @param id the pool's guid: two pools of the same name can both wait for an import */
export const importPoolArgv = (id: string): string[] => {
  if (!/^\d{1,20}$/.test(id)) throw new RangeError('Not the id of a pool.');
  return ['zpool', 'import', '--', id];
};

export const replaceDeviceArgv = (pool: string, member: string, device: string): string[] => [
  'zpool',
  'replace',
  '--',
  checkedPool(pool),
  checkedMember(member),
  checkedNewDevice(device),
];

export const attachDeviceArgv = (pool: string, member: string, device: string): string[] => [
  'zpool',
  'attach',
  '--',
  checkedPool(pool),
  checkedMember(member),
  checkedNewDevice(device),
];

const onMember =
  (verb: 'detach' | 'online' | 'offline') =>
  (pool: string, member: string): string[] => ['zpool', verb, '--', checkedPool(pool), checkedMember(member)];

export const detachDeviceArgv = onMember('detach');
export const onlineDeviceArgv = onMember('online');
/** Never -f: that would mark the device as failed. */
export const offlineDeviceArgv = onMember('offline');
