import { AppError, toAppError } from '../../errors/app-error';
import { readChunks, writeChunks } from '../../files/stream';
import type { RemoteChanges } from '../../ssh/remote-changes';
import type { RemoteStat } from '../../ssh/remote-files';
import type { PartJournal } from '../../transfers/journal';
import { isInside, traversal } from './guard';
import { followed, lstatOrNull, placeOf, type Place } from './place';
import { isFolder, volumeReads, type VolumeReads } from './read';

export interface ChangeOptions {
  signal?: AbortSignal;
  onProgress?: (doneBytes: number) => void;
}

export interface RemoveOptions {
  signal?: AbortSignal;
  onProgress?: (removed: number) => void;
}

/** Reads and changes of one volume. Paths are of the volume; every method throws AppError. */
export interface VolumeFs extends VolumeReads {
  write(path: string, bytes: Buffer, options?: ChangeOptions): Promise<void>;
  /**
   * Into `NAME.part`, which takes the name when it is whole; makes the folders on the way. Ended early it leaves
   * nothing behind but, when the connection is lost too, the `.part`.
   * @returns bytes written
   */
  writeStream(path: string, chunks: AsyncIterable<Buffer>, options?: ChangeOptions): Promise<number>;
  /** With the folders on the way. One that is there already is no error. */
  mkdir(path: string): Promise<void>;
  /** One file or link. */
  remove(path: string): Promise<void>;
  /** A folder with all that is in it; never the root. Links in it are removed, not followed. @returns entries removed */
  removeDir(path: string, options?: RemoveOptions): Promise<number>;
  /** One file, on the host itself where it can. @returns bytes copied */
  copy(from: string, to: string, options?: ChangeOptions): Promise<number>;
  rename(from: string, to: string): Promise<void>;
}

/** Bytes that the host copies for one request: between two of them it can be cancelled. */
const copyAtOnce = 64 * 1024 * 1024;
/** Entries of one folder that are removed side by side. */
const removalsAtOnce = 16;

export const partName = (path: string): string => `${path}.part`;

/**
 * @param root of the volume on the host, without links
 * @param journal told of every new file before it is made
 */
export function volumeFs(files: RemoteChanges, root: string, journal?: PartJournal): VolumeFs {
  const reads = volumeReads(files, root);

  const target = async (path: string, what: string): Promise<Place> => {
    const place = await placeOf(files, root, path);
    if (place.name === '') {
      throw new AppError('refused', `${what} cannot target the volume root`, {
        remedy: 'Choose a file or a folder in it. The volume itself is removed from the list of volumes.',
      });
    }
    return place;
  };

  const makeFolders = async (folders: readonly string[]): Promise<void> => {
    for (const folder of folders) {
      await files.makeFolder(folder).catch(async (thrown: unknown) => {
        // Somebody else may have been quicker.
        if ((await lstatOrNull(files, folder))?.kind !== 'folder') throw thrown;
      });
    }
  };

  /** SECURITY: the folder is looked at again right before something in it is replaced or removed. */
  const stillInside = async ({ path, shown }: Pick<Place, 'path' | 'shown'>): Promise<void> => {
    const folder = path.slice(0, path.lastIndexOf('/'));
    const resolved = await files.resolve(folder);
    if (resolved !== folder || !isInside(root, resolved)) throw traversal(shown);
  };

  /** A new file that takes the name of the place when `produce` has made it whole. */
  const replace = async (
    place: Place,
    mode: number,
    produce: (handle: Buffer, path: string) => Promise<number>,
  ): Promise<number> => {
    await makeFolders(place.missing);
    const part = partName(place.path);
    const left = await lstatOrNull(files, part);
    if (left?.kind === 'folder') throw isFolder(partName(place.shown));
    await stillInside(place);
    const open = journal?.begin(part, place.path);
    try {
      if (left !== null) await files.removeFile(part);
      const handle = await files.create(part, mode).catch((thrown: unknown) => {
        // A no is an answer: what has that name then is somebody else's.
        if (toAppError(thrown).code !== 'outcome-unknown') open?.gone();
        throw thrown;
      });
      const written = await intoPart(handle, part, place, mode, produce);
      open?.gone();
      return written;
    } catch (thrown) {
      // What is not there needs nobody; where the host gives no answer, the next contact looks.
      const after = await lstatOrNull(files, part).catch(() => undefined);
      if (after === null) open?.gone();
      throw thrown;
    } finally {
      open?.ended();
    }
  };

  const intoPart = async (
    handle: Buffer,
    part: string,
    place: Place,
    mode: number,
    produce: (handle: Buffer, path: string) => Promise<number>,
  ): Promise<number> => {
    try {
      let written: number;
      try {
        written = await produce(handle, part);
        // The umask of the server's session had its say in what it was made with.
        await files.setMode(handle, mode, part);
        await files.sync(handle, part);
      } finally {
        await files.close(handle, part).catch(() => undefined);
      }
      await stillInside(place);
      await putInPlace(files, part, place.path);
      return written;
    } catch (thrown) {
      await files.removeFile(part).catch((again: unknown) => {
        // Said where it matters: a lost connection already says that the outcome is unknown.
        if (!['not-found', 'unreachable', 'outcome-unknown'].includes(toAppError(again).code)) throw again;
      });
      throw thrown;
    }
  };

  const writeStream: VolumeFs['writeStream'] = async (path, chunks, options = {}) => {
    const place = await target(path, 'write');
    const old = place.missing.length > 0 ? null : await lstatOrNull(files, place.path);
    if (old?.kind === 'folder') throw isFolder(place.shown);
    return replace(place, modeFor(old), (handle, part) =>
      writeChunks(files, { handle, path: part }, chunks, options),
    );
  };

  return {
    ...reads,
    writeStream,
    write: async (path, bytes, options) => {
      await writeStream(path, oneChunk(bytes), options);
    },
    mkdir: async (path) => {
      const place = await placeOf(files, root, path);
      if (place.name === '') return;
      const found = place.missing.length > 0 ? null : await lstatOrNull(files, place.path);
      if (found === null) return makeFolders([...place.missing, place.path]);
      if (found.kind === 'folder') return;
      if (found.kind === 'link' && (await files.stat(await followed(files, root, path))).kind === 'folder')
        return;
      throw new AppError('command-failed', `File exists: ${place.shown}`, {
        remedy: 'A file of that name is there. Choose another name.',
      });
    },
    remove: async (path) => {
      const place = await target(path, 'remove');
      if ((await files.lstat(place.path)).kind === 'folder') throw isFolder(place.shown);
      await stillInside(place);
      await files.removeFile(place.path);
    },
    removeDir: async (path, options = {}) => {
      const place = await target(path, 'remove_dir');
      if ((await files.lstat(place.path)).kind !== 'folder') {
        throw new AppError('command-failed', `Not a directory: ${place.shown}`);
      }
      let removed = 0;
      const count = (): void => options.onProgress?.((removed += 1));
      const empty = async (folder: string): Promise<void> => {
        // SECURITY: a folder that became a link since it was listed is not gone into.
        await stillInside({ path: `${folder}/.`, shown: place.shown });
        const entries = await files.list(folder);
        const inside = entries.filter(({ kind }) => kind === 'folder');
        const rest = entries.filter(({ kind }) => kind !== 'folder');
        for (let at = 0; at < rest.length; at += removalsAtOnce) {
          if (options.signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
          const batch = rest.slice(at, at + removalsAtOnce);
          await Promise.all(batch.map(({ name }) => files.removeFile(`${folder}/${name}`).then(count)));
        }
        for (const { name } of inside) {
          await empty(`${folder}/${name}`);
          await files.removeFolder(`${folder}/${name}`);
          count();
        }
      };
      await empty(place.path);
      await stillInside(place);
      await files.removeFolder(place.path);
      count();
      return removed;
    },
    copy: async (from, to, options = {}) => {
      const source = await followed(files, root, from);
      const before = await files.lstat(source);
      if (before.kind !== 'file') {
        throw new AppError(
          'command-failed',
          'the source path is neither a regular file nor a symlink to a regular file',
          { remedy: 'Only single files are copied.' },
        );
      }
      const place = await target(to, 'copy');
      const old = place.missing.length > 0 ? null : await lstatOrNull(files, place.path);
      if (old?.kind === 'folder') throw isFolder(place.shown);
      if (source === place.path) throw new AppError('refused', 'A file is not copied onto itself.');
      const handle = await files.open(source);
      try {
        const { sizeBytes, mode } = await files.statOpen(handle, source);
        return await replace(place, permissions(mode) ?? newFileMode, async (copy, part) => {
          for (let at = 0; at < sizeBytes; at += copyAtOnce) {
            if (options.signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
            const bytes = Math.min(copyAtOnce, sizeBytes - at);
            if (!(await files.copyRange(handle, copy, { at, bytes }, part))) {
              return writeChunks(
                files,
                { handle: copy, path: part },
                readChunks(files, { handle, path: source }, options.signal),
                options,
              );
            }
            options.onProgress?.(at + bytes);
          }
          return sizeBytes;
        });
      } finally {
        await files.close(handle, source).catch(() => undefined);
      }
    },
    rename: async (from, to) => {
      const source = await target(from, 'rename');
      const place = await target(to, 'rename');
      const moved = await files.lstat(source.path);
      const old = place.missing.length > 0 ? null : await lstatOrNull(files, place.path);
      if (old?.kind === 'folder') throw isFolder(place.shown);
      if (old !== null && moved.kind === 'folder') {
        throw new AppError('command-failed', `Not a directory: ${place.shown}`);
      }
      if (place.path.startsWith(`${source.path}/`)) {
        throw new AppError('refused', 'A folder is not moved into itself.');
      }
      await makeFolders(place.missing);
      await stillInside(source);
      await stillInside(place);
      await putInPlace(files, source.path, place.path);
    },
  };
}

const newFileMode = 0o644;

const permissions = (mode: number | null): number | null => (mode === null ? null : mode & 0o777);

/** What takes a file's place keeps its permissions. */
function modeFor(old: RemoteStat | null): number {
  return (old?.kind === 'file' ? permissions(old.mode) : null) ?? newFileMode;
}

/** Plain SFTP version 3 renames over nothing; then the old file has to go first, and for a moment there is none. */
async function putInPlace(files: RemoteChanges, from: string, to: string): Promise<void> {
  if (files.renamesOver || (await lstatOrNull(files, to)) === null) return files.rename(from, to);
  await files.removeFile(to);
  await files.rename(from, to);
}

async function* oneChunk(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
