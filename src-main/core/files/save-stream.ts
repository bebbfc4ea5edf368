import { randomUUID } from 'node:crypto';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../errors/app-error';
import type { PartJournal } from '../transfers/journal';
import { isHole } from './stream';

export interface SaveOptions {
  onProgress: (doneBytes: number) => void;
  check?: (writtenBytes: number) => void;
  /** Told of the part before it is made. */
  journal?: PartJournal;
}

/**
 * Chunks into a file of this computer. It appears under its name only when it is whole and on the disk; what is left
 * of one that failed or was cancelled (`NAME.….part`) is removed. Chunks of zeros become holes, so that a sparse image
 * stays one.
 *
 * @param localPath from the native save dialog
 * @returns bytes written
 * @throws AppError
 */
export async function saveStream(
  localPath: string,
  chunks: AsyncIterable<Buffer>,
  options: SaveOptions,
): Promise<number> {
  const temporary = `${localPath}.${randomUUID()}.part`;
  const part = options.journal?.begin(temporary, localPath);
  try {
    const written = await intoPart(temporary, localPath, chunks, options);
    part?.gone();
    await syncFolder(dirname(localPath));
    return written;
  } catch (thrown) {
    // Unless it could not be removed, it is gone.
    if (await isAbsent(temporary)) part?.gone();
    throw thrown;
  } finally {
    part?.ended();
  }
}

async function intoPart(
  temporary: string,
  localPath: string,
  chunks: AsyncIterable<Buffer>,
  options: SaveOptions,
): Promise<number> {
  const file = await open(temporary, 'wx', 0o600).catch((thrown: unknown) => {
    throw notWritable(localPath, thrown);
  });
  let written = 0;
  try {
    try {
      for await (const chunk of chunks) {
        if (!isHole(chunk)) {
          await writeAll(file, chunk, written).catch((thrown: unknown) => {
            throw notWritable(localPath, thrown);
          });
        }
        written += chunk.length;
        options.onProgress(written);
      }
      options.check?.(written);
      await file.truncate(written);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, localPath);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
  return written;
}

async function isAbsent(path: string): Promise<boolean> {
  return lstat(path).then(
    () => false,
    (thrown: unknown) => thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT',
  );
}

async function writeAll(
  file: Awaited<ReturnType<typeof open>>,
  chunk: Buffer,
  position: number,
): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    const { bytesWritten } = await file.write(chunk, at, chunk.length - at, position + at);
    at += bytesWritten;
  }
}

/** So that the new name outlives a crash too; not every system lets a folder be synced, and the data already is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  if (folder === null) return;
  await folder.sync().catch(() => undefined);
  await folder.close();
}

function notWritable(path: string, thrown: unknown): AppError {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  const full = /ENOSPC|EDQUOT/.test(detail);
  return new AppError(
    'internal',
    full
      ? `There is no room for ${path} on this computer, so nothing was saved.`
      : `${path} could not be written, so nothing was saved.`,
    { detail, remedy: full ? 'Make room, or choose another disk.' : 'Choose another folder.', cause: thrown },
  );
}
