import type { Host } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';
import type { Login } from '../ssh/connection';
import { inspectKey } from '../ssh/private-key';
import { readKeyFile } from './key-file-registry';
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
          `No SSH agent is running, so there is no key to log in to ${host.name} with. Start one (ssh-agent, ssh-add), or choose a key file.`,
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
      const { data, encrypted } = readKeyFile(keyFiles.path(host.auth.keyFileId));
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
