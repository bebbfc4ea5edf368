import { z } from 'zod';
import type { BackupFile } from '../../../../src-preload/contract/backup-files';
import { AppError } from '../../errors/app-error';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { momentOf, optionalNumber } from '../loose';

/** Where a backup is, on a storage of type `pbs`, and a place in it; null: what it is made of. */
export interface BackupPlace {
  node: string;
  storage: string;
  volid: string;
  path: string | null;
}

/** `GET …/file-restore/list`, of Proxmox VE 7.0 and newer: `filepath` in base64, kinds as proxmox-file-restore has them. */
const rowsSchema = z.array(
  z.object({
    filepath: z.string(),
    text: z.string(),
    type: z.string(),
    size: optionalNumber,
    mtime: optionalNumber,
  }),
);

const kinds: Readonly<Record<string, BackupFile['kind']>> = {
  v: 'part',
  d: 'folder',
  f: 'file',
  // Another name of a file.
  h: 'file',
  l: 'link',
};
const order: Readonly<Record<BackupFile['kind'], number>> = {
  part: 0,
  folder: 1,
  file: 2,
  link: 3,
  other: 4,
};
/** More are not shown at once. */
const mostEntries = 10_000;

export const placeQuery = ({ volid, path }: BackupPlace) => ({ volume: volid, filepath: path ?? '/' });

/** Throws AppError. */
export async function listBackupFiles(
  client: ApiClient,
  place: BackupPlace,
  signal: AbortSignal,
): Promise<{ entries: BackupFile[]; total: number }> {
  const { node, storage } = place;
  const rows = await client.get(
    apiPath('/nodes/{node}/storage/{storage}/file-restore/list', { node, storage }),
    rowsSchema,
    { operation: 'list the files of the backup', query: placeQuery(place), signal },
  );
  const entries = rows
    .map(({ filepath, text, type, size, mtime }): BackupFile => ({
      path: filepath,
      name: text,
      kind: kinds[type] ?? 'other',
      sizeBytes: size,
      modifiedAtMs: momentOf(mtime),
    }))
    .sort((a, b) => order[a.kind] - order[b.kind] || a.name.localeCompare(b.name, 'en', { numeric: true }));
  return { entries: entries.slice(0, mostEntries), total: entries.length };
}

/** The folder that a place lies in; null: the backup itself. Paths may be no UTF-8, so they are cut as bytes. */
export function parentOf(path: string): string | null {
  const bytes = Buffer.from(path, 'base64');
  const slash = bytes.lastIndexOf('/');
  return slash <= 0 ? null : bytes.subarray(0, slash).toString('base64');
}

/** A file of a backup, as it is there now. Throws AppError `not-found`, and `refused` for what is no file. */
export async function findBackupFile(
  client: ApiClient,
  place: BackupPlace & { path: string },
  signal: AbortSignal,
): Promise<BackupFile> {
  const { entries } = await listBackupFiles(client, { ...place, path: parentOf(place.path) }, signal);
  const found = entries.find(({ path }) => path === place.path);
  if (found === undefined)
    throw new AppError('not-found', 'It is not in the backup (any more). Nothing was saved.');
  if (found.kind !== 'file') {
    throw new AppError('refused', `${found.name} is no file, and only single files are saved.`);
  }
  return found;
}
