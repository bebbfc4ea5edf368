import { AppError } from '../../errors/app-error';
import { readChunks } from '../../files/stream';
import type { RemoteEntry, RemoteFiles, RemoteStat } from '../../ssh/remote-files';
import { shownPath, partsOf } from './guard';
import { followed, lstatOrNull, placeOf } from './place';

export interface VolumeEntry extends RemoteEntry {
  /** From the root of the volume. */
  path: string;
}

export interface VolumeStat extends RemoteStat {
  /** No permission to write for anybody. */
  readOnly: boolean;
  /** Where it is on the host, without links in its folders. */
  place: string;
}

export interface VolumeStream {
  sizeBytes: number;
  chunks: AsyncGenerator<Buffer, void, undefined>;
}

/** Reads of one volume. Paths are of the volume; every method throws AppError. */
export interface VolumeReads {
  /** Only what is directly in it; a link is a link, whatever it leads to. */
  list(path: string): Promise<VolumeEntry[]>;
  /** Of a link itself, once it is known that it does not lead out. */
  stat(path: string): Promise<VolumeStat>;
  exists(path: string): Promise<boolean>;
  /** A name as a change would meet it: a link is not followed. `missing`: folders on the way that are not there. */
  look(path: string): Promise<{ found: RemoteStat | null; missing: readonly string[] }>;
  /** Of the file system that the volume is on; null: the server does not say. */
  freeBytes(): Promise<number | null>;
  /** @throws AppError `output-too-large` beyond `mostBytes` */
  read(path: string, mostBytes: number): Promise<Buffer>;
  /** As UTF-8; anything else is an error. */
  readToString(path: string, mostBytes: number): Promise<string>;
  /** In order, at most 64 KiB at a time; each chunk is valid until the next is asked for. */
  readStream<T>(path: string, use: (stream: VolumeStream) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** @param root of the volume on the host, without links */
export function volumeReads(files: RemoteFiles, root: string): VolumeReads {
  const readStream: VolumeReads['readStream'] = async (path, use, signal) => {
    const place = await followed(files, root, path);
    const shown = shownPath(partsOf(path));
    const before = await files.lstat(place);
    if (before.kind === 'folder') throw isFolder(shown);
    if (before.kind !== 'file') {
      throw new AppError('refused', `${shown} is no regular file, so it was not read.`);
    }
    const handle = await files.open(place);
    try {
      const { sizeBytes } = await files.statOpen(handle, place);
      return await use({ sizeBytes, chunks: readChunks(files, { handle, path: place }, signal) });
    } finally {
      await files.close(handle, place).catch(() => undefined);
    }
  };
  const read: VolumeReads['read'] = (path, mostBytes) =>
    readStream(path, async ({ sizeBytes, chunks }) => {
      const tooLarge = (): AppError =>
        new AppError(
          'output-too-large',
          `${shownPath(partsOf(path))} is larger than ${mostBytes} bytes, so it is not shown.`,
          { remedy: 'Download it instead.' },
        );
      if (sizeBytes > mostBytes) throw tooLarge();
      const parts: Buffer[] = [];
      let have = 0;
      for await (const chunk of chunks) {
        have += chunk.length;
        if (have > mostBytes) throw tooLarge();
        parts.push(Buffer.from(chunk));
      }
      return Buffer.concat(parts);
    });
  return {
    list: async (path) => {
      const place = await followed(files, root, path);
      const parts = partsOf(path);
      const found = await files.stat(place);
      if (found.kind !== 'folder') {
        throw new AppError('command-failed', `Not a directory: ${shownPath(parts)}`);
      }
      const entries = await files.list(place);
      return entries.map((entry) => ({ ...entry, path: shownPath([...parts, entry.name]) }));
    },
    stat: async (path) => {
      await followed(files, root, path);
      const { path: place } = await placeOf(files, root, path);
      const found = await files.lstat(place);
      return { ...found, readOnly: found.mode !== null && (found.mode & 0o222) === 0, place };
    },
    exists: async (path) => {
      const { path: place, missing } = await placeOf(files, root, path).catch(absent);
      if (missing.length > 0 || (await lstatOrNull(files, place)) === null) return false;
      await followed(files, root, path);
      return true;
    },
    look: async (path) => {
      const { path: place, missing } = await placeOf(files, root, path);
      return {
        found: missing.length > 0 ? null : await lstatOrNull(files, place),
        missing: missing.map((folder) => folder.slice(root.length)),
      };
    },
    freeBytes: () => files.freeBytes(root),
    read,
    readToString: async (path, mostBytes) => {
      const bytes = await read(path, mostBytes);
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch (thrown) {
        throw new AppError('unexpected-output', `${shownPath(partsOf(path))} did not contain valid UTF-8.`, {
          remedy: 'It is no text in UTF-8. Download it instead.',
          cause: thrown,
        });
      }
    },
    readStream,
  };
}

/** A file stands where a folder would have to be: nothing is there below it. */
function absent(thrown: unknown): { path: string; missing: string[] } {
  if (
    thrown instanceof AppError &&
    thrown.code === 'command-failed' &&
    thrown.message.startsWith('Not a directory')
  ) {
    return { path: '', missing: [''] };
  }
  throw thrown;
}

/** As the tool says it. */
export function isFolder(shown: string): AppError {
  return new AppError('command-failed', `Is a directory: ${shown}`);
}
