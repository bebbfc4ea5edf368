import {
  datasetTable,
  isDatasetName,
  isSnapshotName,
  snapshotTable,
  splitSnapshotName,
  zfsNameLimit,
} from './commands';
import { isSafeProperty, type SafeProperty } from './properties';

/**
 * Argument vectors of zfs(8) for work on datasets, checked with OpenZFS 2.1.11. Pure.
 *
 * `zfs set` and `zfs promote` read their operands without getopt and take `--` for an unknown option (2.1.11):
 * there it is left out, and every operand starts with a letter.
 */

/** A new component: stricter than ZFS, without spaces and without a leading `-`. */
const newComponentPattern = /^[A-Za-z0-9_.:][A-Za-z0-9_.:-]*$/;

/** The last component of a new dataset, or the part of a new bookmark. */
export function isNewComponent(name: string): boolean {
  return newComponentPattern.test(name) && name !== '.' && name !== '..';
}

/** Full name of a dataset that is to be made: below a pool, its last component strict. */
export function isNewDatasetName(name: string): boolean {
  const slash = name.lastIndexOf('/');
  return slash > 0 && isDatasetName(name) && isNewComponent(name.slice(slash + 1));
}

export function parentOf(dataset: string): string {
  const slash = dataset.lastIndexOf('/');
  return slash === -1 ? '' : dataset.slice(0, slash);
}

function checkedDataset(dataset: string): string {
  if (!isDatasetName(dataset)) throw new RangeError('Not the name of a ZFS dataset.');
  return dataset;
}

function checkedNewDataset(dataset: string): string {
  if (!isNewDatasetName(dataset)) throw new RangeError('Not a name for a new ZFS dataset.');
  return dataset;
}

function checkedSnapshot(snapshot: string): string {
  splitSnapshotName(snapshot);
  return snapshot;
}

/** `tank/data#b1` */
export function isBookmarkName(name: string): boolean {
  return name.length <= zfsNameLimit && name.includes('#') && isSnapshotName(name.replace('#', '@'));
}

function checkedBookmark(bookmark: string): string {
  if (!isBookmarkName(bookmark)) throw new RangeError('Not the name of a ZFS bookmark.');
  return bookmark;
}

/** Tags people gave may hold spaces; those we give do not. */
export const holdTagPattern = /^[A-Za-z0-9_.:][A-Za-z0-9_.: -]*$/;
export const newHoldTagPattern = newComponentPattern;

function checkedTag(tag: string): string {
  if (!holdTagPattern.test(tag)) throw new RangeError('Not the tag of a hold.');
  return tag;
}

export type PropertyValues = readonly (readonly [SafeProperty, string])[];

function options(values: PropertyValues): string[] {
  return values.flatMap(([property, value]) => {
    if (!isSafeProperty(property)) throw new RangeError('Not a property that Holdfast sets.');
    return ['-o', `${property}=${value}`];
  });
}

export const createFilesystemArgv = (dataset: string, values: PropertyValues): string[] => [
  'zfs',
  'create',
  ...options(values),
  '--',
  checkedNewDataset(dataset),
];

/** @param sparse -s: no space is reserved for it */
export const createVolumeArgv = (
  dataset: string,
  size: string,
  sparse: boolean,
  values: PropertyValues,
): string[] => [
  'zfs',
  'create',
  '-V',
  size,
  ...(sparse ? ['-s'] : []),
  ...options(values),
  '--',
  checkedNewDataset(dataset),
];

export const setPropertyArgv = (dataset: string, property: SafeProperty, value: string): string[] => [
  'zfs',
  'set',
  `${property}=${value}`,
  checkedDataset(dataset),
];

/** Back to what the parent has, or to the default. */
export const inheritPropertyArgv = (dataset: string, property: SafeProperty): string[] => [
  'zfs',
  'inherit',
  property,
  checkedDataset(dataset),
];

export const renameDatasetArgv = (dataset: string, newName: string): string[] => [
  'zfs',
  'rename',
  '--',
  checkedDataset(dataset),
  checkedNewDataset(newName),
];

/**
 * SECURITY: `-r` destroys children and snapshots; only with an explicit choice. Never -R, which would destroy
 * clones elsewhere, and never -f, which would unmount under programs.
 */
export const destroyDatasetArgv = (dataset: string, recursive: boolean): string[] => [
  'zfs',
  'destroy',
  ...(recursive ? ['-r'] : []),
  '--',
  checkedDataset(dataset),
];

/** `-n`: nothing is destroyed. */
export const previewDestroyDatasetArgv = (dataset: string, recursive: boolean): string[] => [
  'zfs',
  'destroy',
  '-nvp',
  ...(recursive ? ['-r'] : []),
  '--',
  checkedDataset(dataset),
];

/**
 * Several snapshots of one dataset: `tank/data@a,b`. `-n`: nothing is destroyed.
 * What they free together is more than the sum of what each holds alone.
 */
export const previewDestroyManyArgv = (dataset: string, parts: readonly string[]): string[] => {
  for (const part of parts) checkedSnapshot(`${checkedDataset(dataset)}@${part}`);
  if (parts.length === 0) throw new RangeError('No snapshot.');
  return ['zfs', 'destroy', '-nvp', '--', `${dataset}@${parts.join(',')}`];
};

export const holdArgv = (snapshot: string, tag: string): string[] => [
  'zfs',
  'hold',
  '--',
  checkedTag(tag),
  checkedSnapshot(snapshot),
];
export const releaseArgv = (snapshot: string, tag: string): string[] => [
  'zfs',
  'release',
  '--',
  checkedTag(tag),
  checkedSnapshot(snapshot),
];

export const cloneArgv = (snapshot: string, dataset: string): string[] => [
  'zfs',
  'clone',
  '--',
  checkedSnapshot(snapshot),
  checkedNewDataset(dataset),
];

export const promoteArgv = (dataset: string): string[] => ['zfs', 'promote', checkedDataset(dataset)];

export const createBookmarkArgv = (snapshot: string, bookmark: string): string[] => [
  'zfs',
  'bookmark',
  '--',
  checkedSnapshot(snapshot),
  checkedBookmark(bookmark),
];
/** SECURITY: the operand holds a `#` or this throws: without one it would be a dataset. */
export const destroyBookmarkArgv = (bookmark: string): string[] => [
  'zfs',
  'destroy',
  '--',
  checkedBookmark(bookmark),
];

/** Snapshots of the dataset and all below it, with sizes, holds and clones. */
export const readSnapshotTreeArgv = (dataset: string): string[] => [
  'zfs',
  'list',
  '-Hp',
  '-t',
  'snapshot',
  '-r',
  '-o',
  snapshotTable.properties,
  '--',
  checkedDataset(dataset),
];

/** Datasets directly below, and the dataset itself. */
export const readChildrenArgv = (dataset: string): string[] => [
  'zfs',
  'list',
  '-Hp',
  '-t',
  'filesystem,volume',
  '-d',
  '1',
  '-o',
  datasetTable.properties,
  '--',
  checkedDataset(dataset),
];

/** Value and source of properties: `local`, `default`, `inherited from tank`, `received`, `-`. */
export const readPropertiesArgv = (dataset: string, properties: readonly string[]): string[] => [
  'zfs',
  'get',
  '-Hp',
  '-o',
  'property,value,source',
  properties.join(','),
  '--',
  checkedDataset(dataset),
];
