import type { FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2';
import { AppError } from '../errors/app-error';

export type RemoteKind = 'file' | 'folder' | 'link' | 'other';

export interface RemoteEntry {
  name: string;
  kind: RemoteKind;
  sizeBytes: number;
  /** Seconds since the epoch; null: the server does not say. */
  modifiedSeconds: number | null;
}

export interface RemoteStat {
  kind: RemoteKind;
  sizeBytes: number;
}

/** Files of a host, read only. Paths are absolute. Every method throws AppError. */
export interface RemoteFiles {
  /** The path without links and `..`, as the host resolves it. */
  resolve(path: string): Promise<string>;
  list(path: string): Promise<RemoteEntry[]>;
  /** Follows links. */
  stat(path: string): Promise<RemoteStat>;
  /** Many requests at once, so that a long line is filled; a few MiB of memory whatever the size. */
  fetch(path: string, localPath: string, onProgress: (doneBytes: number) => void): Promise<void>;
}

/** Status codes of SFTP version 3 (draft-ietf-secsh-filexfer-02, 7). */
const noSuchFile = 2;
const permissionDenied = 3;

const formatMask = 0o170000;
const kinds: Readonly<Record<number, RemoteKind>> = {
  [0o100000]: 'file',
  [0o040000]: 'folder',
  [0o120000]: 'link',
};

function kindOf({ mode }: Pick<Stats, 'mode'>): RemoteKind {
  return kinds[mode & formatMask] ?? 'other';
}

function explain(thrown: unknown, path: string, hostName: string, user: string): AppError {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  if (code === noSuchFile) {
    return new AppError('not-found', `${path} is not on ${hostName} any more.`, {
      detail,
      remedy: 'Refresh the host.',
    });
  }
  if (code === permissionDenied) {
    return new AppError('unauthorized', `${user} may not read ${path} on ${hostName}. Nothing was changed.`, {
      detail,
      remedy: `Files are read as the login user, without sudo: give ${user} the right to read them, or log in as somebody who has it.`,
    });
  }
  return new AppError('command-failed', `${path} could not be read on ${hostName}. Nothing was changed.`, {
    detail,
    cause: thrown,
  });
}

/** @param sftp an open SFTP channel; its owner closes it */
export function remoteFiles(
  sftp: SFTPWrapper,
  { name: hostName, user }: { name: string; user: string },
): RemoteFiles {
  const ask = <T>(path: string, work: (done: (error: unknown, value: T) => void) => void): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const lost = (): void =>
        reject(
          new AppError(
            'unreachable',
            `The connection to ${hostName} was lost. Nothing was changed (${path}).`,
          ),
        );
      sftp.once('close', lost);
      work((error, value) => {
        sftp.off('close', lost);
        if (error === undefined || error === null) resolve(value);
        else reject(explain(error, path, hostName, user));
      });
    });

  return {
    resolve: (path) => ask<string>(path, (done) => sftp.realpath(path, done)),
    stat: async (path) => {
      const stats = await ask<Stats>(path, (done) => sftp.stat(path, done));
      return { kind: kindOf(stats), sizeBytes: stats.size };
    },
    list: async (path) => {
      const found = await ask<FileEntryWithStats[]>(path, (done) => sftp.readdir(path, done));
      return found
        .filter(({ filename }) => filename !== '.' && filename !== '..')
        .map(({ filename, attrs }) => ({
          name: filename,
          kind: kindOf(attrs),
          sizeBytes: attrs.size,
          modifiedSeconds: Number.isFinite(attrs.mtime) ? attrs.mtime : null,
        }));
    },
    fetch: (path, localPath, onProgress) =>
      ask<undefined>(path, (done) =>
        sftp.fastGet(
          path,
          localPath,
          { concurrency: 32, chunkSize: 32 * 1024, step: (total) => onProgress(total) },
          (error) => done(error, undefined),
        ),
      ),
  };
}
