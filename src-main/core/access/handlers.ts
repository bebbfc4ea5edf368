import type { CoreHandlers } from '../../../src-preload/contract';
import type { AccessFileKind, AccessFiles, FileAccess } from '../../../src-preload/contract/access';
import type { AccessLevel } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';
import { saveText } from '../files/save-text';
import type { HostStore, KeyFileRegistry } from '../hosts/types';
import type { ShellPort } from '../port/shell-port';
import type { FilePool, SessionPool } from '../ssh/types';
import { accessFiles, publicKeyBeside } from './access-files';
import { selfTest } from './self-test';

export interface AccessHandlerOptions {
  hosts: Pick<HostStore, 'get'>;
  sessions: Pick<SessionPool, 'session'> & Pick<FilePool, 'files'>;
  keyFiles: Pick<KeyFileRegistry, 'path'>;
  shell: Pick<ShellPort, 'chooseSavePath'>;
}

const suggestedNames: Record<AccessFileKind, string> = {
  sudoers: 'holdfast-sudoers',
  gate: 'holdfast-gate',
  'authorized-keys': 'holdfast-authorized-keys',
};

/** Least privilege on a host: the files for it, and whether the host keeps to them. Reading only. */
export function accessHandlers(
  options: AccessHandlerOptions,
): Pick<CoreHandlers, 'access:files' | 'access:saveFile' | 'access:selfTest'> {
  const { hosts, sessions, keyFiles, shell } = options;
  const filesFor = async (
    { hostId, level, files }: { hostId: string; level: AccessLevel; files?: FileAccess | undefined },
    signal: AbortSignal,
  ): Promise<AccessFiles> => {
    const host = hosts.get(hostId);
    const session = await sessions.session(host, signal);
    const publicKey =
      host.auth.kind === 'key-file' ? await publicKeyBeside(keyFiles.path(host.auth.keyFileId)) : null;
    return accessFiles({ host, level, session, publicKey, files });
  };
  return {
    'access:files': (request, { signal }) => filesFor(request, signal),
    'access:saveFile': async ({ kind, ...request }, { signal }) => {
      const { files } = await filesFor(request, signal);
      const file = files.find((each) => each.kind === kind);
      if (file === undefined) {
        throw new AppError('not-found', 'This host needs no such file.');
      }
      const displayPath = await shell.chooseSavePath(suggestedNames[kind], []);
      if (displayPath === null) return { saved: null };
      await saveText(displayPath, file.text);
      return { saved: { displayPath } };
    },
    'access:selfTest': async ({ hostId, level, files }, { signal }) => {
      const host = hosts.get(hostId);
      const ask = (): Promise<boolean> => sessions.files(host, (remote) => remote.takesChanges(), signal);
      return selfTest(
        host,
        await sessions.session(host, signal),
        level,
        signal,
        files === undefined ? undefined : { access: files, ask },
      );
    },
  };
}
