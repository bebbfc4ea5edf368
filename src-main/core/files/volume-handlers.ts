import type { CoreHandlers } from '../../../src-preload/contract';
import type { Host } from '../../../src-preload/contract/hosts';
import type { VolumeFile, VolumeFileDetails } from '../../../src-preload/contract/sandbox-files';
import type { LocalFiles } from '../clusters/local-files';
import { AppError, toAppError } from '../errors/app-error';
import type { HostStore } from '../hosts/types';
import type { VolumePlace } from '../operations/action';
import type { ShellPort } from '../port/shell-port';
import { shownPath } from '../sandbox/volume-fs/guard';
import { volumeReads, type VolumeReads, type VolumeStat } from '../sandbox/volume-fs/read';
import type { RemoteEntry } from '../ssh/remote-files';
import type { FilePool, SessionPool } from '../ssh/types';
import { isAbsolutePath } from '../storage/absolute-path';
import { fileBirthArgv } from '../storage/files/commands';
import { parseFileBirth } from '../storage/files/file-birth';
import type { TransferJournal } from '../transfers/journal';
import { checkWhole, mostEntries } from './browse';
import { reporter, type TransferReport } from './report';
import { saveStream } from './save-stream';

export interface VolumeFileOptions {
  hosts: Pick<HostStore, 'get'>;
  sessions: FilePool & Pick<SessionPool, 'session'>;
  volumePlace: (host: Host, volumeId: string) => Promise<VolumePlace>;
  localFiles: Pick<LocalFiles, 'choose'>;
  shell: Pick<ShellPort, 'chooseSavePath'>;
  transfers: TransferJournal;
  onProgress: (report: TransferReport) => void;
  nowMs: () => number;
}

/** Of a disk volume: the image, and nothing else that may lie beside it. */
const diskImage = 'disk.raw';

/** @throws AppError `refused` for what a listing of that volume would not show */
function checkShown({ kind, name }: VolumePlace, path: readonly string[]): void {
  if (kind === 'directory' || path.length === 0 || (path.length === 1 && path[0] === diskImage)) return;
  throw new AppError('refused', `${name} is a disk volume: of it only its image ${diskImage} is shown.`, {
    remedy: 'Its files are inside the image. Look at them from inside a sandbox that mounts it.',
  });
}
/** Of a file that is shown as text. */
const mostTextBytes = 1024 * 1024;
const order: Record<VolumeFile['kind'], number> = { folder: 0, file: 1, link: 2, other: 3 };

const millis = (seconds: number | null): number | null =>
  seconds === null ? null : Math.max(0, Math.round(seconds * 1000));

function fileOf(entry: RemoteEntry): VolumeFile {
  const { name, kind, sizeBytes, mode, uid, gid } = entry;
  return {
    name,
    kind,
    sizeBytes,
    mode,
    uid,
    gid,
    accessedAtMs: millis(entry.accessedSeconds),
    modifiedAtMs: millis(entry.modifiedSeconds),
    readOnly: mode !== null && (mode & 0o222) === 0,
    unreadableName: name.includes('\uFFFD'),
  };
}

/** Looking at the files of a sandbox volume. Reading only; paths on this computer come from native dialogs alone. */
export function volumeFileHandlers(
  options: VolumeFileOptions,
): Pick<
  CoreHandlers,
  | 'sandboxFiles:list'
  | 'sandboxFiles:stat'
  | 'sandboxFiles:text'
  | 'sandboxFiles:download'
  | 'sandboxFiles:chooseUpload'
> {
  const { hosts, sessions, volumePlace, localFiles, shell, nowMs } = options;
  const reading = async <T>(
    { hostId, volumeId, path }: { hostId: string; volumeId: string; path: readonly string[] },
    work: (fs: VolumeReads, place: VolumePlace) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> => {
    const host = hosts.get(hostId);
    const place = await volumePlace(host, volumeId);
    checkShown(place, path);
    return sessions.files(
      host,
      async (files) => work(volumeReads(files, await files.resolve(place.root)), place),
      signal,
    );
  };
  /** Version 3 of SFTP, the one OpenSSH speaks, has no time of creation: stat tells it, as the same login (M56). */
  const created = async (
    host: Host,
    found: VolumeStat,
    signal: AbortSignal,
  ): Promise<Pick<VolumeFileDetails, 'createdAtMs' | 'createdExcuse'>> => {
    const unknown = (createdExcuse: string) => ({ createdAtMs: null, createdExcuse });
    if (!isAbsolutePath(found.place)) {
      return unknown('Its path holds characters that Holdfast puts in no command.');
    }
    try {
      const session = await sessions.session(host, signal);
      const { stdout } = await session.exec({
        operation: 'read when a file was created',
        argv: fileBirthArgv(found.place),
        privileged: false,
        acceptExitCodes: [0],
        timeoutSeconds: 30,
        maxOutputBytes: 4096,
        mutates: false,
        signal,
      });
      const { bornSeconds, ...told } = parseFileBirth(stdout);
      // SECURITY: the path is named twice, and whoever may change the volume may put a link in it between the two.
      const same =
        told.mode === found.mode &&
        told.sizeBytes === found.sizeBytes &&
        told.uid === found.uid &&
        told.gid === found.gid &&
        told.changedSeconds === found.modifiedSeconds;
      if (!same) return unknown('It was changed while it was looked at.');
      return bornSeconds === null
        ? unknown('The host does not know it for this file system.')
        : { createdAtMs: millis(bornSeconds), createdExcuse: null };
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      return unknown(toAppError(thrown).message);
    }
  };
  return {
    'sandboxFiles:list': (request, { signal }) =>
      reading(
        request,
        async (fs, { root, kind }) => {
          const found = (await fs.list(shownPath(request.path)))
            .filter(({ name }) => kind === 'directory' || name === diskImage)
            .map(fileOf)
            .sort((a, b) => order[a.kind] - order[b.kind] || (a.name < b.name ? -1 : 1));
          return { root, kind, entries: found.slice(0, mostEntries), total: found.length };
        },
        signal,
      ),
    'sandboxFiles:stat': (request, { signal }) =>
      reading(
        request,
        async (fs) => {
          const path = shownPath(request.path);
          if (!(await fs.exists(path))) return { file: null };
          const found = await fs.stat(path);
          const file = fileOf({ ...found, name: request.path.at(-1) ?? '/' });
          return { file: { ...file, ...(await created(hosts.get(request.hostId), found, signal)) } };
        },
        signal,
      ),
    'sandboxFiles:text': (request, { signal }) =>
      reading(
        request,
        async (fs) => {
          const text = await fs.readToString(shownPath(request.path), mostTextBytes);
          return { text, sizeBytes: Buffer.byteLength(text, 'utf8') };
        },
        signal,
      ),
    'sandboxFiles:download': async (request, { signal }) => {
      const name = request.path.at(-1) ?? 'file';
      const localPath = await shell.chooseSavePath(name, []);
      if (localPath === null) return { saved: null };
      const report = reporter(request.transferId, nowMs, options.onProgress);
      const sizeBytes = await reading(
        request,
        (fs) =>
          fs.readStream(
            shownPath(request.path),
            (stream) =>
              saveStream(localPath, stream.chunks, {
                onProgress: (doneBytes) => report(doneBytes, stream.sizeBytes),
                check: (written) => checkWhole(name, written, stream.sizeBytes),
                journal: options.transfers.onLaptop(hosts.get(request.hostId)),
              }),
            signal,
          ),
        signal,
      );
      return { saved: { displayPath: localPath, sizeBytes } };
    },
    'sandboxFiles:chooseUpload': async ({ hostId, volumeId }) => {
      const host = hosts.get(hostId);
      const { name } = await volumePlace(host, volumeId);
      const file = await localFiles.choose(`Upload to ${name} on ${host.name}`, [], Number.POSITIVE_INFINITY);
      return {
        file: file === null ? null : { fileId: file.fileId, name: file.name, sizeBytes: file.sizeBytes },
      };
    },
  };
}
