import { z } from 'zod';
import { AppError } from '../../../errors/app-error';
import {
  bookmarkTable,
  datasetTable,
  isDatasetName,
  isSnapshotName,
  newSnapshotPartPattern,
  poolTable,
  previewDestroySnapshotArgv,
  readBookmarksOfArgv,
  readDatasetArgv,
  readDatasetTreeArgv,
  readEventsArgv,
  readHoldsArgv,
  readPoolArgv,
  readSnapshotArgv,
  readSnapshotNamesArgv,
  readSnapshotsOfArgv,
  readWrittenSinceArgv,
  snapshotNameTable,
  snapshotTable,
  zfsNameLimit,
} from '../../../storage/zfs/commands';
import { parseDestroyPreview, parseHolds, parseLastRollback, parseWritten } from '../../../storage/zfs/parse';
import { unexpectedOutput } from '../../../storage/unexpected';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionContext } from '../../action';

export type DatasetRow = ReturnType<typeof datasetTable.parse>[number];
export type SnapshotRow = ReturnType<typeof snapshotTable.parse>[number];
export type BookmarkRow = ReturnType<typeof bookmarkTable.parse>[number];
export type PoolRow = ReturnType<typeof poolTable.parse>[number];

export const datasetNameSchema = z
  .string()
  .max(zfsNameLimit)
  .refine(isDatasetName, 'must be the name of a ZFS dataset');
export const snapshotNameSchema = z
  .string()
  .max(zfsNameLimit)
  .refine(isSnapshotName, 'must be the name of one ZFS snapshot, dataset@name');
export const newSnapshotPartSchema = z
  .string()
  .min(1)
  .max(zfsNameLimit)
  .regex(
    newSnapshotPartPattern,
    'may hold letters, digits, "_", "-", "." and ":", and may not start with "-"',
  );

const gone = /does not exist|no such pool/;

/** stdout, or null when the object is not there. Any other failure throws: it is not the same as "gone". */
export async function readIfThere(
  context: ActionContext,
  operation: string,
  argv: readonly string[],
): Promise<string | null> {
  const { exitCode, stdout, stderr } = await context.read(operation, argv, { acceptExitCodes: [0, 1] });
  if (exitCode === 0) return stdout;
  if (gone.test(stderr)) return null;
  throw new AppError('command-failed', `Holdfast could not ${operation}, so nothing was planned.`, {
    detail: stderr.slice(0, 2000),
  });
}

function only<Row extends { name: string }>(command: string, rows: readonly Row[], name: string): Row {
  const [row] = rows;
  if (row === undefined || rows.length !== 1 || row.name !== name) {
    throw unexpectedOutput(
      command,
      `it is not about ${name} alone`,
      rows.map((each) => each.name).join(', '),
    );
  }
  return row;
}

export async function readPool(context: ActionContext, pool: string): Promise<PoolRow | null> {
  const stdout = await readIfThere(context, 'read the pool', readPoolArgv(pool));
  return stdout === null ? null : only('zpool list', poolTable.parse('zpool list', stdout), pool);
}

export async function readDataset(context: ActionContext, dataset: string): Promise<DatasetRow | null> {
  const stdout = await readIfThere(context, 'read the dataset', readDatasetArgv(dataset));
  return stdout === null ? null : only('zfs list', datasetTable.parse('zfs list', stdout), dataset);
}

/** The dataset first, then all below it. Empty: it is not there. */
export async function readDatasetTree(context: ActionContext, dataset: string): Promise<DatasetRow[]> {
  const stdout = await readIfThere(context, 'read the datasets', readDatasetTreeArgv(dataset));
  if (stdout === null) return [];
  const rows = datasetTable.parse('zfs list', stdout);
  if (rows[0]?.name !== dataset)
    throw unexpectedOutput('zfs list', `it does not start with ${dataset}`, stdout);
  return rows;
}

export async function readSnapshot(context: ActionContext, snapshot: string): Promise<SnapshotRow | null> {
  const stdout = await readIfThere(context, 'read the snapshot', readSnapshotArgv(snapshot));
  return stdout === null ? null : only('zfs list', snapshotTable.parse('zfs list', stdout), snapshot);
}

/** Snapshots of the dataset itself, oldest first. null: the dataset is not there. */
export async function readSnapshotsOf(
  context: ActionContext,
  dataset: string,
): Promise<SnapshotRow[] | null> {
  const stdout = await readIfThere(context, 'list the snapshots', readSnapshotsOfArgv(dataset));
  if (stdout === null) return null;
  const rows = snapshotTable.parse('zfs list', stdout);
  const strange = rows.find(({ name }) => !name.startsWith(`${dataset}@`));
  if (strange !== undefined)
    throw unexpectedOutput('zfs list', `${strange.name} is not of ${dataset}`, stdout);
  return rows.sort((a, b) => a.createTxg - b.createTxg);
}

export async function readBookmarksOf(context: ActionContext, dataset: string): Promise<BookmarkRow[]> {
  const stdout = await readIfThere(context, 'list the bookmarks', readBookmarksOfArgv(dataset));
  if (stdout === null) return [];
  const rows = bookmarkTable.parse('zfs list', stdout);
  const strange = rows.find(({ name }) => !name.startsWith(`${dataset}#`));
  if (strange !== undefined)
    throw unexpectedOutput('zfs list', `${strange.name} is not of ${dataset}`, stdout);
  return rows;
}

/** Full names of all snapshots called `part` of the dataset and below. */
export async function readSnapshotsNamed(
  context: ActionContext,
  dataset: string,
  part: string,
): Promise<string[]> {
  const stdout = await readIfThere(context, 'list the snapshots', readSnapshotNamesArgv(dataset));
  if (stdout === null) return [];
  return snapshotNameTable
    .parse('zfs list', stdout)
    .map(({ name }) => name)
    .filter((name) => name.endsWith(`@${part}`));
}

export async function readHolds(context: ActionContext, snapshot: string): Promise<string[]> {
  const stdout = await readIfThere(context, 'list the holds', readHoldsArgv(snapshot));
  return stdout === null ? [] : parseHolds(stdout, snapshot);
}

/** null: the snapshot is gone. */
export async function readWrittenSince(context: ActionContext, snapshot: string): Promise<number | null> {
  const stdout = await readIfThere(
    context,
    'read what was written since the snapshot',
    readWrittenSinceArgv(snapshot),
  );
  return stdout === null ? null : parseWritten(stdout);
}

export type DestroyPreview = { freedBytes: number } | { refusal: string };

/** `zfs destroy -n`: what it would free, or why ZFS would refuse. Nothing is destroyed. */
export async function previewDestroy(context: ActionContext, snapshot: string): Promise<DestroyPreview> {
  const { exitCode, stdout, stderr } = await context.read(
    'preview the destruction',
    previewDestroySnapshotArgv(snapshot),
    { acceptExitCodes: [0, 1] },
  );
  return exitCode === 0 ? { freedBytes: parseDestroyPreview(stdout, snapshot) } : { refusal: stderr.trim() };
}

/** Whether the pool's events could be read, and the last rollback of the dataset they know of. */
export interface RollbackHistory {
  readable: boolean;
  lastTxg: number | null;
}

/** Evidence, not a need: a host that does not allow it is verified by less. */
export async function readRollbackHistory(context: ActionContext, dataset: string): Promise<RollbackHistory> {
  try {
    const { stdout } = await context.read('read the events of the pool', readEventsArgv(dataset), {
      maxOutputBytes: 16 * 1024 * 1024,
    });
    return { readable: true, lastTxg: parseLastRollback(stdout, dataset) };
  } catch (error) {
    if (
      error instanceof AppError &&
      ['command-failed', 'sudo-refused', 'output-too-large', 'unexpected-output'].includes(error.code)
    ) {
      return { readable: false, lastTxg: null };
    }
    throw error;
  }
}

/** What stops every change of a pool. */
export function poolBlockers(pool: PoolRow | null, name: string): Blocker[] {
  if (pool === null) {
    return [{ text: `There is no pool ${name} on this host.`, remedy: 'Refresh the host.' }];
  }
  if (pool.readonly === true) {
    return [
      {
        text: `Pool ${name} is imported read-only.`,
        remedy: `Import it writable: zpool export ${name}, then zpool import ${name}`,
      },
    ];
  }
  if (pool.health !== 'ONLINE' && pool.health !== 'DEGRADED') {
    return [
      {
        text: `Pool ${name} is ${pool.health}: commands on it would wait or fail.`,
        remedy: 'Bring its devices back first.',
      },
    ];
  }
  return [];
}
