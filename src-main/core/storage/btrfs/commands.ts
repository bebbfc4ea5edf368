import { checkedPath } from '../absolute-path';
import type { Probe } from '../backend';

/**
 * Argument vectors of btrfs(8), findmnt(8), stat(1), lsblk(8) and blkid(8), checked with btrfs-progs 6.2 and
 * util-linux 2.38. Pure. `mkfs.btrfs` is not among them and nothing here takes `-f` or `--force`.
 *
 * Text, not JSON: `--format json` exists in 6.2 for a few commands only, and in the versions of Debian 11 and Ubuntu
 * 22.04 (5.10, 5.16) for fewer. `--raw` and `-b` give plain bytes everywhere.
 */

const mebibyte = 1024 * 1024;

function probe(id: string, argv: readonly string[], limits: Partial<Probe> = {}): Probe {
  return {
    id,
    argv,
    privileged: true,
    acceptExitCodes: [0],
    timeoutSeconds: 60,
    maxOutputBytes: 4 * mebibyte,
    ...limits,
  };
}

const mountColumns = 'TARGET,SOURCE,FSTYPE,FSROOT,OPTIONS,UUID,LABEL';

export const readMountsArgv = (): string[] => ['findmnt', '-J', '--list', '-t', 'btrfs', '-o', mountColumns];

/** First round: what there is. Unmounted file systems show only in `filesystem show`. */
export const btrfsProbes = {
  version: probe('btrfs-version', ['btrfs', 'version'], { timeoutSeconds: 20 }),
  // Exit 1 without a word: nothing is mounted.
  mounts: probe('btrfs-mounts', readMountsArgv(), { acceptExitCodes: [0, 1] }),
  // As another user than root it exits 0 with errors and prints nothing (6.2).
  show: probe('btrfs-show', ['btrfs', 'filesystem', 'show', '--raw']),
  // `subvolume list -s` prints local time without its zone.
  zone: probe('btrfs-zone', ['readlink', '-e', '/etc/localtime'], {
    privileged: false,
    acceptExitCodes: [0, 1],
    timeoutSeconds: 20,
  }),
} as const;

export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function checkedUuid(uuid: string): string {
  if (!uuidPattern.test(uuid)) throw new RangeError('Not a UUID.');
  return uuid;
}

function checkedDeviceId(deviceId: number): string {
  if (!Number.isSafeInteger(deviceId) || deviceId < 1) throw new RangeError('Not a device id of btrfs.');
  return String(deviceId);
}

/** A device by a path below /dev that cannot be an option, a pattern or another place. */
export const devicePathPattern =
  /^\/dev\/(?:disk\/by-(?:id|path|partuuid)\/|mapper\/)?[A-Za-z0-9][A-Za-z0-9._:@+-]{0,254}$/;

function checkedDevice(device: string): string {
  if (!devicePathPattern.test(device)) throw new RangeError('Not a device path.');
  return device;
}

export const readUsageArgv = (mount: string): string[] => [
  'btrfs',
  'filesystem',
  'usage',
  '-b',
  '--',
  checkedPath(mount),
];
export const readDevicesArgv = (mount: string): string[] => [
  'btrfs',
  'device',
  'usage',
  '-b',
  '--',
  checkedPath(mount),
];
export const readStatsArgv = (mount: string): string[] => [
  'btrfs',
  'device',
  'stats',
  '--',
  checkedPath(mount),
];
/** Not `-t`: its columns are misaligned. Not `-a`: it puts `<FS_TREE>/` before some paths (6.2). */
export const readSubvolumesArgv = (mount: string): string[] => [
  'btrfs',
  'subvolume',
  'list',
  '-pcguqR',
  '--',
  checkedPath(mount),
];
/** `-s`: snapshots alone, with the time they were taken. */
export const readSnapshotsArgv = (mount: string): string[] => [
  'btrfs',
  'subvolume',
  'list',
  '-su',
  '--',
  checkedPath(mount),
];
/** `-r`: read-only ones alone. */
export const readReadOnlyArgv = (mount: string): string[] => [
  'btrfs',
  'subvolume',
  'list',
  '-ru',
  '--',
  checkedPath(mount),
];
/** The top level itself, which no listing names. */
export const readTopLevelArgv = (mount: string): string[] => [
  'btrfs',
  'subvolume',
  'show',
  '-r',
  '5',
  '--',
  checkedPath(mount),
];
/** No `--`: 6.2 takes it for a path here. An absolute path cannot be an option. */
export const readDefaultArgv = (mount: string): string[] => [
  'btrfs',
  'subvolume',
  'get-default',
  checkedPath(mount),
];
export const readQuotasArgv = (mount: string): string[] => [
  'btrfs',
  'qgroup',
  'show',
  '--raw',
  '-re',
  '--',
  checkedPath(mount),
];
export const readScrubArgv = (mount: string): string[] => [
  'btrfs',
  'scrub',
  'status',
  '--raw',
  '--',
  checkedPath(mount),
];
export const readBalanceArgv = (mount: string): string[] => [
  'btrfs',
  'balance',
  'status',
  '--',
  checkedPath(mount),
];
export const readReplaceArgv = (mount: string): string[] => [
  'btrfs',
  'replace',
  'status',
  '-1',
  '--',
  checkedPath(mount),
];
/** What the kernel does to the file system as a whole: `none`, `device remove`, `balance paused` (Linux 5.10). */
export const readExclusiveArgv = (uuid: string): string[] => [
  'cat',
  '--',
  `/sys/fs/btrfs/${checkedUuid(uuid)}/exclusive_operation`,
];

/** Exit code 1 of `balance status`: one is running or paused (btrfs-balance(8)). */
export const balanceExitCodes: readonly number[] = [0, 1];
/** Exit code 1 of `qgroup show`: quotas are off. */
export const quotaExitCodes: readonly number[] = [0, 1];

/** Second round: all of one mounted file system, side by side. */
export function filesystemProbes(uuid: string, mount: string) {
  const id = (name: string): string => `btrfs-${name} ${uuid}`;
  const large = { timeoutSeconds: 120, maxOutputBytes: 64 * mebibyte };
  return {
    usage: probe(id('usage'), readUsageArgv(mount)),
    devices: probe(id('devices'), readDevicesArgv(mount)),
    stats: probe(id('stats'), readStatsArgv(mount)),
    subvolumes: probe(id('subvolumes'), readSubvolumesArgv(mount), large),
    snapshots: probe(id('snapshots'), readSnapshotsArgv(mount), large),
    readOnly: probe(id('read-only'), readReadOnlyArgv(mount), large),
    topLevel: probe(id('top-level'), readTopLevelArgv(mount)),
    defaultSubvolume: probe(id('default'), readDefaultArgv(mount)),
    quotas: probe(id('quotas'), readQuotasArgv(mount), { ...large, acceptExitCodes: quotaExitCodes }),
    scrub: probe(id('scrub'), readScrubArgv(mount)),
    balance: probe(id('balance'), readBalanceArgv(mount), { acceptExitCodes: balanceExitCodes }),
    replace: probe(id('replace'), readReplaceArgv(mount)),
    exclusive: probe(id('exclusive'), readExclusiveArgv(uuid), {
      privileged: false,
      acceptExitCodes: [0, 1],
      timeoutSeconds: 20,
    }),
  } as const;
}

/** What the path is: `directory`, `regular file`. Exit 1: it is not there. Links are not followed. */
export const statArgv = (path: string): string[] => ['stat', '-c', '%F', '--', checkedPath(path)];

/** The mount a path lies in, which must exist. */
export const mountOfArgv = (path: string): string[] => [
  'findmnt',
  '-J',
  '--list',
  '-o',
  mountColumns,
  '-T',
  checkedPath(path),
];

export const showSubvolumeArgv = (path: string): string[] => [
  'btrfs',
  'subvolume',
  'show',
  '--',
  checkedPath(path),
];

/** A device with all that lies on it. MOUNTPOINT, not MOUNTPOINTS: util-linux before 2.37 has only that. */
export const readDeviceArgv = (device: string): string[] => [
  'lsblk',
  '-J',
  '-b',
  '-o',
  'NAME,PATH,TYPE,SIZE,RO,FSTYPE,LABEL,MOUNTPOINT',
  '--',
  checkedDevice(device),
];
/** Looks at the device itself, where lsblk repeats what udev last saw. Exit 2: nothing is on it. */
export const probeDeviceArgv = (device: string): string[] => [
  'blkid',
  '-p',
  '-o',
  'export',
  '--',
  checkedDevice(device),
];

export const createSubvolumeArgv = (path: string): string[] => [
  'btrfs',
  'subvolume',
  'create',
  '--',
  checkedPath(path),
];
export const createSnapshotArgv = (source: string, destination: string, readOnly: boolean): string[] => [
  'btrfs',
  'subvolume',
  'snapshot',
  ...(readOnly ? ['-r'] : []),
  '--',
  checkedPath(source),
  checkedPath(destination),
];
/**
 * SECURITY: one subvolume by its path. Never `-R`, which takes all below it, and never `-i`, which takes a number
 * that may be another subvolume's by now. `--commit-after` waits until it is on disk.
 */
export const deleteSubvolumeArgv = (path: string): string[] => [
  'btrfs',
  'subvolume',
  'delete',
  '--commit-after',
  '--',
  checkedPath(path),
];
/** Never `-f`: btrfs refuses to make a received snapshot writable, because incremental receives rest on it. */
export const setReadOnlyArgv = (path: string, readOnly: boolean): string[] => [
  'btrfs',
  'property',
  'set',
  '-t',
  'subvol',
  '--',
  checkedPath(path),
  'ro',
  readOnly ? 'true' : 'false',
];
export const setLabelArgv = (mount: string, label: string): string[] => {
  if (!isLabel(label)) throw new RangeError('Not a label.');
  return ['btrfs', 'filesystem', 'label', '--', checkedPath(mount), label];
};

/** BTRFS_LABEL_SIZE less the NUL; stricter than btrfs, which takes anything without a newline. */
export function isLabel(label: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9 ._:@+-]*$/.test(label) && label.length <= 255 && !label.endsWith(' ');
}

export const scrubArgv = (verb: 'start' | 'cancel' | 'resume', mount: string): string[] => [
  'btrfs',
  'scrub',
  verb,
  '--',
  checkedPath(mount),
];

function checkedPercent(percent: number): string {
  if (!Number.isInteger(percent) || percent < 0 || percent > 100) throw new RangeError('Not a percentage.');
  return String(percent);
}

/**
 * Chunks filled up to these percentages; null: all chunks.
 * Not `--bg`: with it btrfs exits 0 also when no balance could be started (6.2).
 */
export const startBalanceArgv = (
  mount: string,
  limits: { dataPercent: number; metadataPercent: number } | null,
): string[] => [
  'btrfs',
  'balance',
  'start',
  ...(limits === null
    ? ['--full-balance']
    : [`-dusage=${checkedPercent(limits.dataPercent)}`, `-musage=${checkedPercent(limits.metadataPercent)}`]),
  '--',
  checkedPath(mount),
];
export const balanceArgv = (verb: 'pause' | 'resume' | 'cancel', mount: string): string[] => [
  'btrfs',
  'balance',
  verb,
  '--',
  checkedPath(mount),
];

export const addDeviceArgv = (device: string, mount: string): string[] => [
  'btrfs',
  'device',
  'add',
  '--',
  checkedDevice(device),
  checkedPath(mount),
];
/** By device id: a path may name another disk after the next boot, and a missing device has none. */
export const removeDeviceArgv = (deviceId: number, mount: string): string[] => [
  'btrfs',
  'device',
  'remove',
  '--',
  checkedDeviceId(deviceId),
  checkedPath(mount),
];
/** @param avoidSource `-r`: read the old device only where no other copy is left */
export const startReplaceArgv = (
  deviceId: number,
  device: string,
  mount: string,
  avoidSource: boolean,
): string[] => [
  'btrfs',
  'replace',
  'start',
  ...(avoidSource ? ['-r'] : []),
  '--',
  checkedDeviceId(deviceId),
  checkedDevice(device),
  checkedPath(mount),
];
export const cancelReplaceArgv = (mount: string): string[] => [
  'btrfs',
  'replace',
  'cancel',
  '--',
  checkedPath(mount),
];
export const resizeMaxArgv = (deviceId: number, mount: string): string[] => [
  'btrfs',
  'filesystem',
  'resize',
  '--',
  `${checkedDeviceId(deviceId)}:max`,
  checkedPath(mount),
];
