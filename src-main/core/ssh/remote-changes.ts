import type { SFTPWrapper } from 'ssh2';
import { AppError } from '../errors/app-error';
import { filesOver, serverHas, type RemoteFiles, type RemoteHandle } from './remote-files';
import { requestsOf } from './sftp-requests';

/**
 * Changes of files below one folder of a host. Paths are absolute and lie below that folder by their letters; where
 * links lead is for the caller to know (core/sandbox/volume-fs). Every method throws AppError: `outcome-unknown`
 * where a change was sent and no answer came.
 */
export interface RemoteChanges extends RemoteFiles {
  /** For writing. It must not be there yet, and no link is followed: O_EXCL of open(2). */
  create(path: string, mode: number): Promise<RemoteHandle>;
  write(handle: RemoteHandle, bytes: Buffer, position: number, path: string): Promise<void>;
  /** What was not written reads as zeros. */
  setSize(handle: RemoteHandle, sizeBytes: number, path: string): Promise<void>;
  setMode(handle: RemoteHandle, mode: number, path: string): Promise<void>;
  /** To the disk itself, where the server can. */
  sync(handle: RemoteHandle, path: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** An empty one. */
  removeFolder(path: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** Whether `rename` takes the place of a file of that name in one step (posix-rename@openssh.com); else it fails. */
  readonly renamesOver: boolean;
  rename(from: string, to: string): Promise<void>;
  /** On the host itself. @returns false: the server cannot */
  copyRange(
    from: RemoteHandle,
    to: RemoteHandle,
    range: { at: number; bytes: number },
    path: string,
  ): Promise<boolean>;
}

/** `…/volumes/NAME`, which is where microsandbox keeps volumes, by default and below MSB_HOME. */
const volumeRootPattern = /^(?:\/[^/\0]+)*\/volumes\/[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Whether files below that folder may be changed at all. */
export function isVolumeRoot(path: string): boolean {
  return volumeRootPattern.test(path) && !path.split('/').some((part) => part === '.' || part === '..');
}

/**
 * SECURITY: the last look before a change of a file leaves the laptop, whoever asked for it.
 * @throws AppError `refused`
 */
export function checkBelow(root: string, path: string): void {
  const parts = path.slice(root.length + 1).split('/');
  const below =
    path.startsWith(`${root}/`) &&
    !path.includes('\0') &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!below) {
    throw new AppError('refused', `${path} does not lie below ${root}, so nothing was sent.`);
  }
}

/**
 * @param sftp an open SFTP channel; its owner closes it
 * @param root of the volume, as the host resolves it
 * @throws AppError `refused` where the folder is none of a volume
 */
export function remoteChanges(
  sftp: SFTPWrapper,
  host: { name: string; user: string },
  root: string,
): RemoteChanges {
  if (!isVolumeRoot(root)) {
    throw new AppError(
      'refused',
      `${root} is not the folder of a sandbox volume, so nothing in it is changed.`,
    );
  }
  const ask = requestsOf(sftp, host);
  const renamesOver = serverHas(sftp, 'posix-rename@openssh.com');
  const change = (path: string, send: (done: (error: unknown) => void) => void): Promise<void> => {
    checkBelow(root, path);
    return ask<void>({ path, changes: true }, (done) => send((error) => done(error, undefined)));
  };
  return {
    ...filesOver(sftp, ask),
    renamesOver,
    create: (path, mode) => {
      checkBelow(root, path);
      return ask<Buffer>({ path, changes: true }, (done) => sftp.open(path, 'wx', { mode }, done));
    },
    write: (handle, bytes, position, path) =>
      change(path, (done) => sftp.write(handle, bytes, 0, bytes.length, position, done)),
    setSize: (handle, size, path) => change(path, (done) => sftp.fsetstat(handle, { size }, done)),
    setMode: (handle, mode, path) =>
      change(path, (done) => sftp.fsetstat(handle, { mode: mode & 0o7777 }, done)),
    sync: async (handle, path) => {
      if (!serverHas(sftp, 'fsync@openssh.com')) return;
      await change(path, (done) => sftp.ext_openssh_fsync(handle, done));
    },
    makeFolder: (path) => change(path, (done) => sftp.mkdir(path, { mode: 0o755 }, done)),
    removeFolder: (path) => change(path, (done) => sftp.rmdir(path, done)),
    removeFile: (path) => change(path, (done) => sftp.unlink(path, done)),
    rename: (from, to) => {
      checkBelow(root, from);
      return change(to, (done) =>
        renamesOver ? sftp.ext_openssh_rename(from, to, done) : sftp.rename(from, to, done),
      );
    },
    copyRange: async (from, to, { at, bytes }, path) => {
      if (!serverHas(sftp, 'copy-data')) return false;
      await change(path, (done) => sftp.ext_copy_data(from, at, bytes, to, at, done));
      return true;
    },
  };
}
