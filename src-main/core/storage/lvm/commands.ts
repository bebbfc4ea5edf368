import type { Probe } from '../backend';
import {
  defineReport,
  optional,
  optionalCount,
  optionalPercent,
  optionalTime,
  optionalWords,
  required,
  requiredBytes,
} from './report';

/** Argument vectors of lvm2, checked with 2.03.16. Pure. */

export const groupReport = defineReport('vg', {
  name: required('vg_name'),
  uuid: required('vg_uuid'),
  attributes: required('vg_attr'),
  sizeBytes: requiredBytes('vg_size'),
  freeBytes: requiredBytes('vg_free'),
  extentBytes: requiredBytes('vg_extent_size'),
  missingCount: optionalCount('vg_missing_pv_count'),
});

/**
 * `devices` repeats the row of a volume for each of its segments.
 * `snap_percent` is also filled for thin pools and thin volumes, where it is no snapshot's fill.
 */
export const volumeReport = defineReport('lv', {
  uuid: required('lv_uuid'),
  name: required('lv_name'),
  groupName: required('vg_name'),
  attributes: required('lv_attr'),
  layout: optionalWords('lv_layout'),
  roles: optionalWords('lv_role'),
  sizeBytes: requiredBytes('lv_size'),
  active: optional('lv_active'),
  deviceOpen: optional('lv_device_open'),
  healthStatus: optional('lv_health_status'),
  snapshotInvalid: optional('lv_snapshot_invalid'),
  merging: optional('lv_merging'),
  mergeFailed: optional('lv_merge_failed'),
  origin: optional('origin'),
  poolName: optional('pool_lv'),
  dataPercent: optionalPercent('data_percent'),
  snapPercent: optionalPercent('snap_percent'),
  metadataPercent: optionalPercent('metadata_percent'),
  copyPercent: optionalPercent('copy_percent'),
  createdAtMs: optionalTime('lv_time'),
  whenFull: optional('lv_when_full'),
  segmentType: optional('segtype'),
  devices: optional('devices'),
});

export const diskReport = defineReport('pv', {
  name: required('pv_name'),
  uuid: required('pv_uuid'),
  groupName: required('vg_name'),
  attributes: required('pv_attr'),
  missing: optional('pv_missing'),
  sizeBytes: requiredBytes('pv_size'),
  freeBytes: requiredBytes('pv_free'),
});

const jsonBytes = ['--reportformat', 'json', '--units', 'b', '--nosuffix'] as const;
const mebibyte = 1024 * 1024;

function probe(id: string, argv: readonly string[], limits: Partial<Probe> = {}): Probe {
  return {
    id,
    argv,
    privileged: true,
    // Not 5: as another user than root lvm2 exits 5 with a valid, empty report, which is not "none".
    acceptExitCodes: [0],
    timeoutSeconds: 60,
    maxOutputBytes: 32 * mebibyte,
    ...limits,
  };
}

/** Everything an inventory asks of LVM, side by side. */
export const lvmProbes = {
  version: probe('lvm-version', ['lvm', 'version'], { timeoutSeconds: 20, maxOutputBytes: mebibyte }),
  groups: probe('vgs', ['vgs', ...jsonBytes, '-o', groupReport.fields]),
  // -a: a merging snapshot shows only here, as `[name]`.
  volumes: probe('lvs', ['lvs', '-a', ...jsonBytes, '-o', volumeReport.fields]),
  disks: probe('pvs', ['pvs', ...jsonBytes, '-o', diskReport.fields]),
} as const;

/** Longest name of a volume group or logical volume (NAME_LEN less the NUL). */
export const lvmNameLimit = 127;
/** A name that may exist: never `.` or `..`, never a leading `-` (lvm(8), VALID NAMES). */
export const lvmNamePattern = /^(?!-)(?!\.{1,2}$)[A-Za-z0-9+_.-]+$/;

const reservedPrefixes = ['snapshot', 'pvmove'] as const;
/** Names LVM keeps for its hidden volumes (lvm2 lib/misc/lvm-string.c). */
const reservedParts = [
  '_cdata',
  '_cmeta',
  '_corig',
  '_cpool',
  '_cvol',
  '_imeta',
  '_iorig',
  '_mimage',
  '_mlog',
  '_pmspare',
  '_rimage',
  '_rmeta',
  '_tdata',
  '_tmeta',
  '_vdata',
  '_vorigin',
  '_wcorig',
] as const;

export function isLvmName(name: string): boolean {
  return name.length <= lvmNameLimit && lvmNamePattern.test(name);
}

/** The word that makes a new volume's name impossible, or null. */
export function reservedWord(name: string): string | null {
  return (
    reservedPrefixes.find((word) => name.startsWith(word)) ??
    reservedParts.find((word) => name.includes(word)) ??
    null
  );
}

/** `512M`, `1G`: whole, binary units, as `lvcreate -L` takes them. */
export const sizePattern = /^[1-9][0-9]{0,6}[KMGT]$/;
const unitBytes: Record<string, number> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Bytes of a size that matches `sizePattern`. Throws RangeError on anything else. */
export function sizeInBytes(size: string): number {
  const unit = unitBytes[size.slice(-1)];
  if (!sizePattern.test(size) || unit === undefined) throw new RangeError('Not a size such as 512M.');
  return Number(size.slice(0, -1)) * unit;
}

function checkedName(name: string): string {
  if (!isLvmName(name)) throw new RangeError('Not a name that LVM accepts.');
  return name;
}

function checkedSize(size: string): string {
  sizeInBytes(size);
  return size;
}

function volumePath(group: string, volume: string): string {
  return `${checkedName(group)}/${checkedName(volume)}`;
}

export const readGroupArgv = (group: string): string[] => [
  'vgs',
  ...jsonBytes,
  '-o',
  groupReport.fields,
  '--',
  checkedName(group),
];

/** All volumes of one group, hidden ones included. */
export const readVolumesArgv = (group: string): string[] => [
  'lvs',
  '-a',
  ...jsonBytes,
  '-o',
  volumeReport.fields,
  '--',
  checkedName(group),
];

/**
 * Q38 gives these words and no more: no name starts with `-`.
 * @param size reserved for a thick snapshot; null for a snapshot of a thin volume
 */
export const createSnapshotArgv = (
  group: string,
  volume: string,
  name: string,
  size: string | null,
): string[] => [
  'lvcreate',
  ...(size === null ? [] : ['-L', checkedSize(size)]),
  '-s',
  '-n',
  checkedName(name),
  volumePath(group, volume),
];

/** -y: without a terminal lvremove answers its own question with "no" and exits 5. Never -f. */
export const removeSnapshotArgv = (group: string, snapshot: string): string[] => [
  'lvremove',
  '-y',
  '--',
  volumePath(group, snapshot),
];

export const mergeSnapshotArgv = (group: string, snapshot: string): string[] => [
  'lvconvert',
  '--merge',
  '--',
  volumePath(group, snapshot),
];
