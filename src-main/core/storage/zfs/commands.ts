import {
  count,
  countOrNull,
  defineTable,
  identity,
  names,
  percentOrNull,
  switchOrNull,
  text,
  textOrNull,
} from '../columns';
import type { Probe } from '../backend';
import { poolProperties, poolPropertyTable } from './facts';

/**
 * Argument vectors of zpool(8) and zfs(8), checked with OpenZFS 2.1.11. Pure.
 *
 * Plain `-H` tables: of the JSON (`-j`) that exists from 2.3 on only that of `zpool status` says more.
 */

export const poolTable = defineTable({
  name: text('name'),
  guid: identity('guid'),
  /** `-` when the pool cannot be opened. */
  sizeBytes: countOrNull('size'),
  allocatedBytes: countOrNull('allocated'),
  freeBytes: countOrNull('free'),
  checkpoint: text('checkpoint'),
  expandSize: text('expandsize'),
  fragmentationPercent: percentOrNull('fragmentation'),
  capacityPercent: percentOrNull('capacity'),
  dedupRatio: text('dedupratio'),
  health: text('health'),
  altroot: text('altroot'),
  readonly: switchOrNull('readonly'),
});

/** `mountpoint` stands last: it is the one property that may hold a tab. */
export const datasetTable = defineTable({
  name: text('name'),
  type: text('type'),
  guid: identity('guid'),
  creationSeconds: count('creation'),
  usedBytes: count('used'),
  availableBytes: countOrNull('available'),
  referencedBytes: count('referenced'),
  usedBySnapshotsBytes: countOrNull('usedbysnapshots'),
  volumeBytes: countOrNull('volsize'),
  origin: textOrNull('origin'),
  mounted: switchOrNull('mounted'),
  mountpoint: textOrNull('mountpoint'),
});

export const snapshotTable = defineTable({
  name: text('name'),
  guid: identity('guid'),
  createTxg: count('createtxg'),
  creationSeconds: count('creation'),
  usedBytes: count('used'),
  referencedBytes: count('referenced'),
  holdCount: count('userrefs'),
  cloneNames: names('clones'),
});

/** Every column is on OpenZFS's fast path (zfs_iter.c): no snapshot is opened. */
export const snapshotNameTable = defineTable({
  name: text('name'),
  guid: identity('guid'),
  createTxg: count('createtxg'),
});

export const bookmarkTable = defineTable({
  name: text('name'),
  guid: identity('guid'),
  createTxg: count('createtxg'),
});

const mebibyte = 1024 * 1024;

function probe(id: string, argv: readonly string[], limits: Partial<Probe> = {}): Probe {
  return {
    id,
    argv,
    privileged: true,
    acceptExitCodes: [0],
    timeoutSeconds: 60,
    maxOutputBytes: 16 * mebibyte,
    ...limits,
  };
}

/** Everything an inventory asks of ZFS, side by side. */
export const zfsProbes = {
  version: probe('zfs-version', ['zfs', 'version'], { acceptExitCodes: [0, 1, 2], timeoutSeconds: 20 }),
  pools: probe('zpool-list', ['zpool', 'list', '-Hp', '-o', poolTable.properties]),
  // -P: full device paths. -p: error counts as plain numbers. -t: trimming of each device. -T d: the host's clock,
  // by which the age of the last scrub is told.
  status: probe('zpool-status', ['zpool', 'status', '-P', '-p', '-t', '-T', 'd']),
  properties: probe('zpool-get', [
    'zpool',
    'get',
    '-Hp',
    '-o',
    poolPropertyTable.properties,
    poolProperties.join(','),
  ]),
  datasets: probe(
    'zfs-list-datasets',
    ['zfs', 'list', '-Hp', '-t', 'filesystem,volume', '-o', datasetTable.properties],
    { timeoutSeconds: 120, maxOutputBytes: 64 * mebibyte },
  ),
  snapshotNames: probe(
    'zfs-list-snapshot-names',
    ['zfs', 'list', '-Hp', '-t', 'snapshot', '-o', snapshotNameTable.properties, '-s', 'createtxg'],
    { timeoutSeconds: 120, maxOutputBytes: 192 * mebibyte },
  ),
} as const;

/** From 2.3 on. -p here: figures as strings, also of 64-bit guids. -T u: seconds since 1970, by the host's clock. */
export const statusJsonProbe = probe('zpool-status-json', [
  'zpool',
  'status',
  '-j',
  '-P',
  '-p',
  '-t',
  '-T',
  'u',
]);

/** More are listed by name only: `used` and `clones` leave the fast path, and 52,144 took 88 s on one public host. */
export const mostListedWhole = 5_000;

/** The second round of an inventory, unless there are too many. */
export const snapshotsProbe = probe(
  'zfs-list-snapshots',
  ['zfs', 'list', '-Hp', '-t', 'snapshot', '-o', snapshotTable.properties],
  { timeoutSeconds: 300, maxOutputBytes: 192 * mebibyte },
);

/** Longest name, in bytes, of a dataset with its snapshot (ZFS_MAX_DATASET_NAME_LEN less the NUL). */
export const zfsNameLimit = 255;

/**
 * A pool or dataset that may exist: components of letters, digits, `_ - . :` and spaces (zfs_namecheck.c).
 * A pool starts with a letter, hence no operand can look like an option.
 */
export const datasetNamePattern = /^[A-Za-z][A-Za-z0-9_.: -]*(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9_.: -]+)*$/;

/** A snapshot that may exist: one dataset, one `@`, one component. No `%` (range), no `,` (list), no `#`. */
export const snapshotNamePattern =
  /^[A-Za-z][A-Za-z0-9_.: -]*(?:\/(?!\.{1,2}(?:\/|@))[A-Za-z0-9_.: -]+)*@[A-Za-z0-9_.: -]+$/;

/** The part after the `@` of a new snapshot: stricter than ZFS, without spaces and without a leading `-`. */
export const newSnapshotPartPattern = /^[A-Za-z0-9_.:][A-Za-z0-9_.:-]*$/;

export function isSnapshotName(name: string): boolean {
  return name.length <= zfsNameLimit && snapshotNamePattern.test(name);
}

export function isDatasetName(name: string): boolean {
  return name.length <= zfsNameLimit && datasetNamePattern.test(name);
}

/** Dataset and snapshot part of `tank/data@daily`. Throws RangeError on anything else. */
export function splitSnapshotName(snapshot: string): { dataset: string; part: string } {
  if (!isSnapshotName(snapshot)) throw new RangeError('Not the name of one ZFS snapshot.');
  const at = snapshot.indexOf('@');
  return { dataset: snapshot.slice(0, at), part: snapshot.slice(at + 1) };
}

function checkedSnapshot(snapshot: string): string {
  splitSnapshotName(snapshot);
  return snapshot;
}

function checkedDataset(dataset: string): string {
  if (!isDatasetName(dataset)) throw new RangeError('Not the name of a ZFS dataset.');
  return dataset;
}

/** The pool of a dataset or snapshot: all before the first `/` or `@`. */
export function poolOf(name: string): string {
  return /^[^/@]*/.exec(name)?.[0] ?? name;
}

export const readPoolArgv = (pool: string): string[] => [
  'zpool',
  'list',
  '-Hp',
  '-o',
  poolTable.properties,
  '--',
  checkedDataset(pool),
];

export const readDatasetArgv = (dataset: string): string[] => [
  'zfs',
  'list',
  '-Hp',
  '-t',
  'filesystem,volume',
  '-o',
  datasetTable.properties,
  '--',
  checkedDataset(dataset),
];

/** The dataset and everything below it. */
export const readDatasetTreeArgv = (dataset: string): string[] => [
  'zfs',
  'list',
  '-Hp',
  '-t',
  'filesystem,volume',
  '-r',
  '-o',
  datasetTable.properties,
  '--',
  checkedDataset(dataset),
];

export const readSnapshotArgv = (snapshot: string): string[] => [
  'zfs',
  'list',
  '-Hp',
  '-t',
  'snapshot',
  '-o',
  snapshotTable.properties,
  '--',
  checkedSnapshot(snapshot),
];

export const readManySnapshotsArgv = (snapshots: readonly string[]): string[] => {
  if (snapshots.length === 0) throw new RangeError('Without a name all snapshots would be listed.');
  return [
    'zfs',
    'list',
    '-Hp',
    '-t',
    'snapshot',
    '-o',
    snapshotTable.properties,
    '--',
    ...snapshots.map(checkedSnapshot),
  ];
};

/** One command of several that read named snapshots; it ends with 1 when one of them is gone. */
export function manySnapshotsProbe(id: string, snapshots: readonly string[]): Probe {
  return probe(id, readManySnapshotsArgv(snapshots), {
    acceptExitCodes: [0, 1],
  });
}

/** Snapshots of the dataset itself (`-d 1`), not of its children. */
export const readSnapshotsOfArgv = (dataset: string): string[] => [
  'zfs',
  'list',
  '-Hp',
  '-t',
  'snapshot',
  '-d',
  '1',
  '-o',
  snapshotTable.properties,
  '--',
  checkedDataset(dataset),
];

/** Names, ids and order of all snapshots of the dataset and below, on the fast path. */
export const readSnapshotNamesArgv = (dataset: string): string[] => [
  'zfs',
  'list',
  '-Hp',
  '-t',
  'snapshot',
  '-r',
  '-o',
  snapshotNameTable.properties,
  '-s',
  'createtxg',
  '--',
  checkedDataset(dataset),
];

export const readBookmarksOfArgv = (dataset: string): string[] => [
  'zfs',
  'list',
  '-Hp',
  '-t',
  'bookmark',
  '-d',
  '1',
  '-o',
  bookmarkTable.properties,
  '--',
  checkedDataset(dataset),
];

/** Tab-separated: snapshot, tag, local time in words. */
export const readHoldsArgv = (snapshot: string): string[] => [
  'zfs',
  'holds',
  '-H',
  '--',
  checkedSnapshot(snapshot),
];

/** Bytes written to the dataset since the snapshot was taken. */
export const readWrittenSinceArgv = (snapshot: string): string[] => {
  const { dataset, part } = splitSnapshotName(snapshot);
  return ['zfs', 'get', '-Hp', '-o', 'value', `written@${part}`, '--', dataset];
};

/** The pool's events of the last hours (a ring of 512 by default): they remember rollbacks. */
export const readEventsArgv = (dataset: string): string[] => [
  'zpool',
  'events',
  '-v',
  '--',
  poolOf(checkedDataset(dataset)),
];

/** `-n`: nothing is destroyed. `-v -p`: lines `destroy<TAB>name` and `reclaim<TAB>bytes`. */
export const previewDestroySnapshotArgv = (snapshot: string): string[] => [
  'zfs',
  'destroy',
  '-nvp',
  '--',
  checkedSnapshot(snapshot),
];

export const createSnapshotArgv = (dataset: string, part: string, recursive: boolean): string[] => [
  'zfs',
  'snapshot',
  ...(recursive ? ['-r'] : []),
  '--',
  checkedSnapshot(`${checkedDataset(dataset)}@${part}`),
];

/**
 * SECURITY: the operand is one snapshot or this throws. `zfs destroy` on a name without `@` destroys a
 * dataset; `a@b%c` and `a@b,c` destroy several snapshots. Never -r, -R, -f or -d.
 */
export const destroySnapshotArgv = (snapshot: string): string[] => [
  'zfs',
  'destroy',
  '--',
  checkedSnapshot(snapshot),
];

/**
 * SECURITY: `-r` destroys the newer snapshots and bookmarks; only with an explicit choice.
 * Never -R, which would destroy clones as well.
 */
export const rollbackArgv = (snapshot: string, destroyNewer: boolean): string[] => [
  'zfs',
  'rollback',
  ...(destroyNewer ? ['-r'] : []),
  '--',
  checkedSnapshot(snapshot),
];
