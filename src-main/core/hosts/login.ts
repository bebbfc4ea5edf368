import type { Host } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';
import type { Login } from '../ssh/connection';
import { inspectKey } from '../ssh/private-key';
import { readKeyFile, type KeyFileContent } from './key-file-registry';
import type { CredentialStore, KeyFileRegistry } from './types';

export interface LoginOptions {
  credentials: CredentialStore;
  keyFiles: KeyFileRegistry;
  /** SSH_AUTH_SOCK of the person's session. */
  agentSocket: () => string | undefined;
}

/**
 * How we prove who we are on a host. Called only after the host key was accepted.
 * @throws AppError `unauthorized` when something is missing, `vault-unavailable` when the keyring is locked
 */
export async function loginOf(
  host: Host,
  { credentials, keyFiles, agentSocket }: LoginOptions,
): Promise<Login> {
  switch (host.auth.kind) {
    case 'agent': {
      const socketPath = agentSocket();
      if (socketPath === undefined || socketPath === '') {
        throw new AppError(
          'unauthorized',
          `No SSH agent is running, so there is no key to log in to ${host.name} with. Start one and add your key, or choose a key file.`,
          { remedy: 'eval "$(ssh-agent)" && ssh-add' },
        );
      }
      return { kind: 'agent', socketPath };
    }
    case 'password': {
      const password = await credentials.read(host.id);
      if (password === null) {
        throw new AppError(
          'unauthorized',
          `Holdfast holds no password for ${host.name}. Enter it in the host's settings.`,
        );
      }
      return { kind: 'password', password };
    }
    case 'key-file': {
      const { data, encrypted } = readChosenKey(keyFiles, host.auth.keyFileId, host.name);
      if (!encrypted) return { kind: 'key', privateKey: data, passphrase: null };
      const passphrase = await credentials.read(host.id);
      if (passphrase === null) {
        throw new AppError(
          'unauthorized',
          `The key ${host.auth.displayPath} is encrypted and Holdfast holds no passphrase for it. Enter it in the settings of ${host.name}.`,
        );
      }
      if (inspectKey(data, passphrase) !== 'private') {
        throw new AppError(
          'unauthorized',
          `The stored passphrase does not open the key ${host.auth.displayPath}. Enter it again.`,
        );
      }
      return { kind: 'key', privateKey: data, passphrase };
    }
  }
}

/** A key that was chosen once and is gone or spoilt now stops the login; it is no mistake in the request. */
function readChosenKey(keyFiles: KeyFileRegistry, keyFileId: string, hostName: string): KeyFileContent {
  try {
    return readKeyFile(keyFiles.path(keyFileId));
  } catch (cause) {
    const why = cause instanceof AppError ? cause.message : 'The key file can’t be read.';
    throw new AppError('unauthorized', `${why} Holdfast cannot log in to ${hostName} with it.`, { cause });
  }
}
