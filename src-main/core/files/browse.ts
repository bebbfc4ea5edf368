import type { FileEntry } from '../../../src-preload/contract/files';
import { AppError } from '../errors/app-error';
import type { RemoteFiles } from '../ssh/remote-files';
import type { PartJournal } from '../transfers/journal';
import { saveStream } from './save-stream';
import { readChunks } from './stream';

/** Entries of one folder that are shown. */
export const mostEntries = 10_000;

const order: Record<FileEntry['kind'], number> = { folder: 0, file: 1, link: 2, other: 3 };

/**
 * The real path of a place inside `root`.
 *
 * SECURITY: the names are single steps (contract/files.ts), and the host resolves links; what then lies outside of
 * the snapshot is not opened, whoever put the link there.
 * @throws AppError `refused`
 */
async function inside(files: RemoteFiles, root: string, path: readonly string[]): Promise<string> {
  const base = await files.resolve(root);
  const place = await files.resolve([base, ...path].join('/'));
  if (place === base || place.startsWith(`${base}/`)) return place;
  throw new AppError(
    'refused',
    `${path.join('/')} is a link that leads out of the snapshot, so it was not opened.`,
  );
}

/** Folders first, then by name. @throws AppError */
export async function listFolder(
  files: RemoteFiles,
  root: string,
  path: readonly string[],
): Promise<{ entries: FileEntry[]; truncated: boolean }> {
  const found = await files.list(await inside(files, root, path));
  const entries = found
    .map(({ name, kind, sizeBytes, modifiedSeconds }): FileEntry => ({
      name,
      kind,
      sizeBytes,
      modifiedAtMs: modifiedSeconds === null ? null : Math.max(0, Math.round(modifiedSeconds * 1000)),
      unreadableName: name.includes('\uFFFD'),
    }))
    .sort((a, b) => order[a.kind] - order[b.kind] || (a.name < b.name ? -1 : 1));
  return { entries: entries.slice(0, mostEntries), truncated: entries.length > mostEntries };
}

/**
 * One file to this computer. It appears under `localPath` only when it is whole; what is left of one that failed or
 * was cancelled is removed.
 * @returns bytes written
 * @throws AppError
 */
export async function fetchFile(
  files: RemoteFiles,
  root: string,
  path: readonly string[],
  localPath: string,
  onProgress: (doneBytes: number, totalBytes: number) => void,
  journal?: PartJournal,
): Promise<number> {
  const name = path.at(-1) ?? 'The file';
  const place = await inside(files, root, path);
  if ((await files.stat(place)).kind !== 'file') {
    throw new AppError('refused', `${name} is no regular file, so it was not downloaded.`);
  }
  const handle = await files.open(place);
  try {
    const { sizeBytes } = await files.statOpen(handle, place);
    return await saveStream(localPath, readChunks(files, { handle, path: place }), {
      onProgress: (doneBytes) => onProgress(doneBytes, sizeBytes),
      check: (written) => checkWhole(name, written, sizeBytes),
      journal,
    });
  } finally {
    await files.close(handle, place).catch(() => undefined);
  }
}

/** @throws AppError `unexpected-output` */
export function checkWhole(name: string, writtenBytes: number, sizeBytes: number): void {
  if (writtenBytes === sizeBytes) return;
  throw new AppError(
    'unexpected-output',
    `${name} changed while it was read: ${writtenBytes} of ${sizeBytes} bytes came. Nothing was saved.`,
  );
}
