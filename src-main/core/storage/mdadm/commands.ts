import type { Probe } from '../backend';

/** Argument vectors of mdadm, checked with 4.2. Pure. */

/**
 * mdadm takes no `--` before its operands: 4.2 drops what follows it ("No devices given"). Every operand is an
 * absolute path under /dev or a UUID instead, which can never look like an option.
 */
export const arrayPathPattern = /^\/dev\/md[0-9]{1,3}$/;
/** Kernel names of arrays in /proc/mdstat: `md0`, `md127`, `md_d0`, `md_name`. */
export const arrayNamePattern = /^md[A-Za-z0-9_.+-]{0,60}$/;
export const arrayUuidPattern = /^[0-9a-f]{8}(?::[0-9a-f]{8}){3}$/;

/** A block device as people and udev name it; never `..`, never a leading `-`. */
export const devicePathPattern =
  /^\/dev\/(?:disk\/by-(?:id|path|partuuid)\/[A-Za-z0-9][A-Za-z0-9_.:+@=-]*|mapper\/[A-Za-z0-9][A-Za-z0-9_.+-]*|[a-z][A-Za-z0-9_-]*)$/;

export function isDevicePath(path: string): boolean {
  return path.length <= 255 && devicePathPattern.test(path) && !path.includes('..');
}

/** The levels offered (Q23), and the fewest members of each (Q26, Q29). */
export const arrayLevels = ['0', '1', '5', '6', '10'] as const;
export type ArrayLevel = (typeof arrayLevels)[number];
export const fewestMembers: Readonly<Record<ArrayLevel, number>> = {
  '0': 2,
  '1': 2,
  '5': 3,
  '6': 4,
  '10': 2,
};
/** Members of one array: v1.x metadata holds 384 roles; more than this no plan can show. */
export const mostMembers = 64;

export const syncActions = ['check', 'repair', 'idle'] as const;
export type SyncAction = (typeof syncActions)[number];

const mebibyte = 1024 * 1024;

function probe(id: string, argv: readonly string[], limits: Partial<Probe> = {}): Probe {
  return {
    id,
    argv,
    privileged: true,
    acceptExitCodes: [0],
    timeoutSeconds: 60,
    maxOutputBytes: 8 * mebibyte,
    ...limits,
  };
}

/**
 * MOUNTPOINT, not MOUNTPOINTS: util-linux 2.36 (Debian 11) does not know the latter. The order here is the
 * order of the keys in the answer.
 */
export const blockColumns = 'NAME,KNAME,PATH,TYPE,SIZE,RO,RM,FSTYPE,LABEL,MOUNTPOINT,SERIAL,MODEL';
const listBlocks = ['lsblk', '-J', '-b', '-o', blockColumns] as const;

export const mdadmProbes = {
  version: probe('mdadm-version', ['mdadm', '--version'], { timeoutSeconds: 20 }),
  // 1: the md driver is not loaded, so there is no such file, and no array.
  arrays: probe('mdstat', ['cat', '/proc/mdstat'], { privileged: false, acceptExitCodes: [0, 1] }),
  blocks: probe('mdadm-lsblk', listBlocks, { privileged: false }),
} as const;

function checkedName(name: string): string {
  if (!arrayNamePattern.test(name)) throw new RangeError('Not a name of an md array.');
  return name;
}

function checkedArray(path: string): string {
  if (!arrayPathPattern.test(path)) throw new RangeError('Not a path such as /dev/md0.');
  return path;
}

function checkedDevice(path: string): string {
  if (!isDevicePath(path)) throw new RangeError('Not the path of a block device.');
  return path;
}

function checkedUuid(uuid: string): string {
  if (!arrayUuidPattern.test(uuid)) throw new RangeError('Not the UUID of an array.');
  return uuid;
}

const syncFiles = ['array_state', 'degraded', 'sync_action', 'last_sync_action', 'mismatch_cnt'] as const;

/**
 * What --detail does not tell: after the last working disk of a RAID1 was set faulty, the array fails every
 * write while --detail still says `clean, degraded`; only `array_state` says `broken` (kernel 6.1).
 */
export const readSyncArgv = (name: string): string[] => [
  'grep',
  '-s',
  '.',
  ...syncFiles.map((file) => `/sys/block/${checkedName(name)}/md/${file}`),
];
/** grep's 1 and 2: some of the files are not there; raid0 has only the first. */
export const syncExitCodes = [0, 1, 2] as const;

export const readArrayArgv = (path: string): string[] => [
  'mdadm',
  '--detail',
  `/dev/${checkedName(path.replace(/^\/dev\//, ''))}`,
];
/** 1: no such array, or not root: told apart by stderr. */
export const readArrayExitCodes = [0, 1] as const;

export const detailProbe = (name: string): Probe =>
  probe(`mdadm-detail ${name}`, readArrayArgv(`/dev/${name}`), {
    acceptExitCodes: readArrayExitCodes,
    timeoutSeconds: 30,
  });

export const syncProbe = (name: string): Probe =>
  probe(`mdadm-sync ${name}`, readSyncArgv(name), {
    privileged: false,
    acceptExitCodes: syncExitCodes,
    timeoutSeconds: 30,
  });

/** Superblocks of members that no running array holds. 1: none of the devices has one any more. */
export const examineProbe = (devices: readonly string[]): Probe =>
  probe('mdadm-examine', ['mdadm', '--examine', '--brief', '--verbose', ...devices.map(checkedDevice)], {
    acceptExitCodes: [0, 1],
  });

export const readMdstatArgv = (): string[] => [...mdadmProbes.arrays.argv];
export const readBlockArgv = (device: string): string[] => [...listBlocks, '--', checkedDevice(device)];
/** 32: not there; 64: some are not there (util-linux 2.39 and later). */
export const readBlockExitCodes = [0, 1, 32, 64] as const;

/**
 * Reads the device itself: udev may have missed a change (lsblk then shows a file system that is gone, or none).
 * 2: no signature; 8: several that contradict one another.
 */
export const readSignatureArgv = (device: string): string[] => [
  'blkid',
  '-p',
  '-o',
  'export',
  '--',
  checkedDevice(device),
];
export const readSignatureExitCodes = [0, 2, 8] as const;

export const examineScanArgv = (): string[] => ['mdadm', '--examine', '--scan', '--verbose'];
export const detailScanArgv = (): string[] => ['mdadm', '--detail', '--scan'];
export const examineMembersArgv = (devices: readonly string[]): string[] => [
  'mdadm',
  '--examine',
  ...devices.map(checkedDevice),
];
export const readPhysicalVolumeArgv = (path: string): string[] => [
  'pvs',
  '--reportformat',
  'json',
  '--units',
  'b',
  '--nosuffix',
  '-o',
  'pv_name,vg_name,vg_exported',
  '--',
  checkedArray(path),
];

export interface NewArray {
  path: string;
  level: ArrayLevel;
  devices: readonly string[];
  spares: readonly string[];
  /** null: the level has none (raid0). Given otherwise, because mdadm 4.3 asks for it on large arrays. */
  bitmap: 'internal' | 'none' | null;
  /**
   * Answers the questions mdadm would ask: on raid1 whether it is to boot from, and whether members of unequal
   * size are meant. Without a terminal it answers them with no and exits 1.
   */
  run: boolean;
}

export function createArrayArgv(array: NewArray): string[] {
  const { path, level, devices, spares, bitmap, run } = array;
  return [
    'mdadm',
    '--create',
    checkedArray(path),
    '--level',
    level,
    '--raid-devices',
    String(devices.length),
    ...(spares.length === 0 ? [] : ['--spare-devices', String(spares.length)]),
    ...(bitmap === null ? [] : [`--bitmap=${bitmap}`]),
    ...(run ? ['--run'] : []),
    ...devices.map(checkedDevice),
    ...spares.map(checkedDevice),
  ];
}

export const stopArrayArgv = (path: string): string[] => ['mdadm', '--stop', checkedArray(path)];

/** @param run start it even if fewer members are there than when it last ran; never --force */
export const assembleArrayArgv = (path: string, uuid: string, run: boolean): string[] => [
  'mdadm',
  '--assemble',
  checkedArray(path),
  '--uuid',
  checkedUuid(uuid),
  ...(run ? ['--run'] : []),
];

export const syncActionArgv = (path: string, action: SyncAction): string[] => [
  'mdadm',
  `--action=${action}`,
  checkedArray(path),
];

export const bitmapArgv = (path: string, bitmap: 'internal' | 'none'): string[] => [
  'mdadm',
  '--grow',
  checkedArray(path),
  `--bitmap=${bitmap}`,
];

export const growDevicesArgv = (path: string, count: number, added: readonly string[]): string[] => [
  'mdadm',
  '--grow',
  checkedArray(path),
  '--raid-devices',
  String(count),
  ...(added.length === 0 ? [] : ['--add', ...added.map(checkedDevice)]),
];

export const growSizeArgv = (path: string): string[] => [
  'mdadm',
  '--grow',
  checkedArray(path),
  '--size',
  'max',
];

/** `--add` takes a former member back where it left off; `--add-spare` never does. */
export const addMemberArgv = (path: string, device: string, asSpare = false): string[] => [
  'mdadm',
  checkedArray(path),
  asSpare ? '--add-spare' : '--add',
  checkedDevice(device),
];

export const failMemberArgv = (path: string, device: string): string[] => [
  'mdadm',
  checkedArray(path),
  '--fail',
  checkedDevice(device),
];

/** @param device null: every failed member whose disk is no longer there */
export const removeMemberArgv = (path: string, device: string | null): string[] => [
  'mdadm',
  checkedArray(path),
  '--remove',
  device === null ? 'detached' : checkedDevice(device),
];

/** `--with` must name a spare: with any other device mdadm marks the old one all the same and exits 1 (4.2). */
export const replaceMemberArgv = (path: string, device: string, spare: string): string[] => [
  'mdadm',
  checkedArray(path),
  '--replace',
  checkedDevice(device),
  '--with',
  checkedDevice(spare),
];
