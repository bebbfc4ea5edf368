import type { FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2';
import { z } from 'zod';
import { requestsOf, type Ask } from './sftp-requests';

export type RemoteKind = 'file' | 'folder' | 'link' | 'other';

export interface RemoteStat {
  kind: RemoteKind;
  sizeBytes: number;
  /** Kind and permissions, as stat(2) has them; null: the server does not say. */
  mode: number | null;
  uid: number | null;
  gid: number | null;
  /** Seconds since the epoch; null: the server does not say. */
  accessedSeconds: number | null;
  modifiedSeconds: number | null;
}

export interface RemoteEntry extends RemoteStat {
  name: string;
}

/** An open file of a host. */
export type RemoteHandle = Buffer;

/** Files of a host, read only. Paths are absolute. Every method throws AppError. */
export interface RemoteFiles {
  /** The path without links and `..`, as the host resolves it. */
  resolve(path: string): Promise<string>;
  list(path: string): Promise<RemoteEntry[]>;
  /** Follows links. */
  stat(path: string): Promise<RemoteStat>;
  /** Of a link itself. */
  lstat(path: string): Promise<RemoteStat>;
  open(path: string): Promise<RemoteHandle>;
  /** Of an open file. */
  statOpen(handle: RemoteHandle, path: string): Promise<RemoteStat>;
  /** @returns bytes read into the buffer; 0: the file ends there */
  read(handle: RemoteHandle, into: Buffer, position: number, path: string): Promise<number>;
  close(handle: RemoteHandle, path: string): Promise<void>;
  /** That this login may still fill on the file system of the path; null: the server does not say. */
  freeBytes(path: string): Promise<number | null>;
  /**
   * Whether the server takes changes at all: it is asked to make the login's own folder, which is there. A server that
   * only reads says that it may not; any other that it can't, and nothing is made either way.
   */
  takesChanges(): Promise<boolean>;
  /** Bytes that one request carries. */
  readonly chunkBytes: number;
}

const formatMask = 0o170000;
const kinds: Readonly<Record<number, RemoteKind>> = {
  [0o100000]: 'file',
  [0o040000]: 'folder',
  [0o120000]: 'link',
};

/** Read streams give at most this at a time, and one request asks for no more. */
const mostChunkBytes = 64 * 1024;
const pageBytes = 4096;

/** ssh2 1.17 asks OpenSSH for up to 255 KiB at once and others for 31 KiB, and sends more as several requests. */
function chunkOf(sftp: SFTPWrapper): number {
  const allowed =
    '_maxReadLen' in sftp && typeof sftp._maxReadLen === 'number' ? sftp._maxReadLen : 28 * 1024;
  const least = Math.min(mostChunkBytes, Math.max(pageBytes, allowed));
  return least - (least % pageBytes);
}

const known = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** An entry whose attributes the server could not read comes without them. */
function statOf(
  attrs: Partial<Pick<Stats, 'mode' | 'size' | 'uid' | 'gid' | 'atime' | 'mtime'>>,
): RemoteStat {
  const mode = known(attrs.mode);
  return {
    kind: mode === null ? 'other' : (kinds[mode & formatMask] ?? 'other'),
    sizeBytes: known(attrs.size) ?? 0,
    mode,
    uid: known(attrs.uid),
    gid: known(attrs.gid),
    accessedSeconds: known(attrs.atime),
    modifiedSeconds: known(attrs.mtime),
  };
}

const statvfsSchema = z.object({ f_frsize: z.number(), f_bavail: z.number() });

/** ssh2 1.17 keeps what the server offers to itself, and throws when asked for more. */
export function serverHas(sftp: SFTPWrapper, extension: string): boolean {
  if (!('_extensions' in sftp)) return false;
  const offered = sftp._extensions;
  return typeof offered === 'object' && offered !== null && extension in offered;
}

/** @param sftp an open SFTP channel; its owner closes it */
export function remoteFiles(sftp: SFTPWrapper, host: { name: string; user: string }): RemoteFiles {
  return filesOver(sftp, requestsOf(sftp, host));
}

export function filesOver(sftp: SFTPWrapper, ask: Ask): RemoteFiles {
  return {
    chunkBytes: chunkOf(sftp),
    resolve: (path) => ask<string>({ path }, (done) => sftp.realpath(path, done)),
    stat: async (path) => statOf(await ask<Stats>({ path }, (done) => sftp.stat(path, done))),
    lstat: async (path) => statOf(await ask<Stats>({ path }, (done) => sftp.lstat(path, done))),
    statOpen: async (handle, path) => statOf(await ask<Stats>({ path }, (done) => sftp.fstat(handle, done))),
    list: async (path) => {
      const found = await ask<FileEntryWithStats[]>({ path }, (done) => sftp.readdir(path, done));
      return found
        .filter(({ filename }) => filename !== '.' && filename !== '..')
        .map(({ filename, attrs }) => ({ name: filename, ...statOf(attrs) }));
    },
    takesChanges: async () => {
      const home = await ask<string>({ path: '.' }, (done) => sftp.realpath('.', done));
      return ask<boolean>({ path: home }, (done) =>
        sftp.mkdir(home, (error) => {
          const code = error instanceof Error && 'code' in error ? error.code : null;
          // Permission denied; unsupported.
          if (code === 3 || code === 8) done(undefined, false);
          else if (code === 4) done(undefined, true);
          else done(error ?? new Error('The folder was there and was made.'), false);
        }),
      );
    },
    freeBytes: async (path) => {
      if (!serverHas(sftp, 'statvfs@openssh.com')) return null;
      const answer = await ask<unknown>({ path }, (done) => sftp.ext_openssh_statvfs(path, done));
      const { success, data } = statvfsSchema.safeParse(answer);
      return success ? data.f_frsize * data.f_bavail : null;
    },
    open: (path) => ask<Buffer>({ path }, (done) => sftp.open(path, 'r', done)),
    read: (handle, into, position, path) =>
      ask<number>({ path }, (done) => sftp.read(handle, into, 0, into.length, position, done)),
    close: (handle, path) =>
      ask<undefined>({ path }, (done) => sftp.close(handle, (error) => done(error, undefined))),
  };
}
