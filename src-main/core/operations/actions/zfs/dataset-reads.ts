import { z } from 'zod';
import {
  isNewComponent,
  isNewDatasetName,
  parentOf,
  previewDestroyDatasetArgv,
  previewDestroyManyArgv,
  readChildrenArgv,
  readPropertiesArgv,
  readSnapshotTreeArgv,
} from '../../../storage/zfs/dataset-commands';
import { datasetTable, poolOf, snapshotTable, zfsNameLimit } from '../../../storage/zfs/commands';
import { sizePattern } from '../../../storage/zfs/properties';
import { defineTable, text } from '../../../storage/columns';
import { unexpectedOutput } from '../../../storage/unexpected';
import type { Volume } from '../../../../../src-preload/contract/inventory';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionContext, Subject } from '../../action';
import { readIfThere, type DatasetRow, type SnapshotRow } from './reads';

export const newDatasetNameSchema = z
  .string()
  .max(zfsNameLimit)
  .refine(isNewDatasetName, 'must be the full name of a new dataset, such as tank/data');
export const newComponentSchema = z
  .string()
  .min(1)
  .max(zfsNameLimit)
  .refine(isNewComponent, 'may hold letters, digits, "_", "-", "." and ":", and may not start with "-"');
export const zfsSizeSchema = z.string().regex(sizePattern, 'must be a size such as 512M or 10G');

const propertyTable = defineTable({
  property: text('property'),
  value: text('value'),
  source: text('source'),
});

export interface PropertyValue {
  value: string;
  /** `local`, `default`, `inherited from tank`, `received`, `-`. */
  source: string;
}

/** Values of properties. null: the dataset is not there. */
export async function readProperties(
  context: ActionContext,
  dataset: string,
  properties: readonly string[],
): Promise<ReadonlyMap<string, PropertyValue> | null> {
  const stdout = await readIfThere(context, 'read the properties', readPropertiesArgv(dataset, properties));
  if (stdout === null) return null;
  const rows = propertyTable.parse('zfs get', stdout);
  const found = new Map(rows.map(({ property, value, source }) => [property, { value, source }]));
  const missing = properties.find((property) => !found.has(property));
  if (missing !== undefined) throw unexpectedOutput('zfs get', `it does not tell ${missing}`, stdout);
  return found;
}

/** All snapshots of the dataset and below, with sizes, holds and clones. Slow on very many. */
export async function readSnapshotTree(context: ActionContext, dataset: string): Promise<SnapshotRow[]> {
  const { exitCode, stdout } = await context.read('list the snapshots', readSnapshotTreeArgv(dataset), {
    acceptExitCodes: [0, 1],
    timeoutSeconds: 300,
    maxOutputBytes: 192 * 1024 * 1024,
  });
  return exitCode === 0 ? snapshotTable.parse('zfs list', stdout) : [];
}

/** The dataset itself and those directly below. Empty: it is not there. */
export async function readWithChildren(context: ActionContext, dataset: string): Promise<DatasetRow[]> {
  const stdout = await readIfThere(context, 'read the datasets', readChildrenArgv(dataset));
  return stdout === null ? [] : datasetTable.parse('zfs list', stdout);
}

export type TreePreview = { names: string[] } | { refusal: string };

/** `zfs destroy -n`: every name that goes, or why ZFS would refuse. Nothing is destroyed. */
export async function previewDestroyDataset(
  context: ActionContext,
  dataset: string,
  recursive: boolean,
): Promise<TreePreview> {
  const { exitCode, stdout, stderr } = await context.read(
    'preview the destruction',
    previewDestroyDatasetArgv(dataset, recursive),
    { acceptExitCodes: [0, 1], timeoutSeconds: 300, maxOutputBytes: 64 * 1024 * 1024 },
  );
  if (exitCode !== 0) return { refusal: stderr.trim() };
  const names: string[] = [];
  for (const line of stdout.split('\n')) {
    if (line === '' || /^reclaim\t\d+$/.test(line)) continue;
    const name = /^destroy\t(.+)$/.exec(line)?.[1];
    const own = name === dataset || name?.startsWith(`${dataset}/`) || name?.startsWith(`${dataset}@`);
    if (name === undefined || own !== true) {
      throw unexpectedOutput('zfs destroy -nvp', `it is not the preview of ${dataset}`, line);
    }
    names.push(name);
  }
  if (!names.includes(dataset)) {
    throw unexpectedOutput('zfs destroy -nvp', `it does not name ${dataset}`, stdout);
  }
  return { names };
}

/** Bytes that snapshots of one dataset free together; null: ZFS does not say, because one of them cannot go. */
export async function previewReclaim(
  context: ActionContext,
  dataset: string,
  parts: readonly string[],
): Promise<number | null> {
  const { exitCode, stdout } = await context.read(
    'preview what is freed',
    previewDestroyManyArgv(dataset, parts),
    { acceptExitCodes: [0, 1] },
  );
  if (exitCode !== 0) return null;
  const reclaim = /^reclaim\t(\d+)$/m.exec(stdout)?.[1];
  if (reclaim === undefined) throw unexpectedOutput('zfs destroy -nvp', 'it names no space', stdout);
  return Number(reclaim);
}

/** What stands where a new dataset is to be, and what it would stand below. */
export interface NewPlace {
  parent: DatasetRow | null;
  taken: boolean;
  blockers: Blocker[];
}

export async function readNewPlace(context: ActionContext, name: string): Promise<NewPlace> {
  const parentName = parentOf(name);
  const rows = await readWithChildren(context, parentName);
  const parent = rows.find((row) => row.name === parentName) ?? null;
  const taken = rows.some((row) => row.name === name);
  const blockers: Blocker[] = [];
  if (parent === null) {
    blockers.push({
      text: `There is no dataset ${parentName}, below which ${name} would stand.`,
      remedy: 'Create that one first, or choose another place.',
    });
  } else if (parent.type !== 'filesystem') {
    blockers.push({
      text: `${parentName} is a volume: nothing can stand below it.`,
      remedy: 'Choose a file system to stand below.',
    });
  }
  if (taken) blockers.push({ text: `There is a dataset ${name} already.`, remedy: 'Choose another name.' });
  return { parent, taken, blockers };
}

/** Where a file system called so is mounted when nothing says otherwise. */
export function mountpointBelow(parent: DatasetRow | null, name: string): string {
  const place = parent?.mountpoint ?? null;
  return place?.startsWith('/') === true
    ? `It is mounted at ${place === '/' ? '' : place}/${name.slice(name.lastIndexOf('/') + 1)}.`
    : 'It is not mounted, as its parent is not.';
}

export function samePool(one: string, other: string): boolean {
  return poolOf(one) === poolOf(other);
}

/** The ZFS dataset that a menu is about. */
export function zfsVolumeOf(subject: Subject): Volume | null {
  return subject.kind === 'volume' && subject.volume.backend === 'zfs' ? subject.volume : null;
}
