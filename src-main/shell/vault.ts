import type { VaultStatus } from '../../src-preload/contract/app';
import { ShellError } from './core-host/shell-requests';

/** What of Electron's `safeStorage` is used: the synchronous half. Call after the app is ready. */
export interface SafeStorage {
  isEncryptionAvailable(): boolean;
  encryptString(plain: string): Buffer;
  decryptString(sealed: Buffer): string;
  /** Linux only, and not yet in Electron 25.1. */
  getSelectedStorageBackend?(): string;
}

export interface Vault {
  status(): VaultStatus;
  /** null: nothing here protects a secret, so it stays in memory. */
  seal(plain: string): Uint8Array | null;
  /** @throws ShellError `vault-unavailable` */
  unseal(sealed: Uint8Array): string;
}

const persistentText: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Secrets are sealed by your macOS keychain.',
  win32: 'Secrets are sealed by Windows for your user account.',
};
const otherText = 'Secrets are sealed by the keyring of your desktop.';
const memoryText =
  'There is no keyring here that protects secrets, so passwords and passphrases are kept in memory and asked for again after a restart. An SSH agent spares you that.';

/** Ciphertext of Chromium's Linux fallback, whose key is the constant password "peanuts". */
const unprotectedPrefix = 'v10';

const unavailable = (message: string) => new ShellError({ code: 'vault-unavailable', message });

/**
 * The system's keyring, or nothing.
 *
 * SECURITY: on Linux without a keyring Electron's `basic_text` backend would "encrypt" with a password that is
 * compiled in. It is never switched on, is recognised by name and by the prefix of its ciphertext, and such
 * ciphertext is neither made nor read. The asynchronous API is not used: it counts that fallback as available.
 */
export function createVault(
  storage: SafeStorage,
  platform: NodeJS.Platform,
  onProblem: (error: unknown) => void,
): Vault {
  const unprotected = (sealed: Uint8Array): boolean =>
    platform === 'linux' && Buffer.from(sealed.subarray(0, 3)).toString('latin1') === unprotectedPrefix;

  const backendName = (): string => {
    if (platform === 'darwin') return 'keychain';
    if (platform === 'win32') return 'dpapi';
    return storage.getSelectedStorageBackend?.() ?? 'unknown';
  };

  /** Only sealing something tells for certain whether the keyring is behind it. */
  const look = (): VaultStatus => {
    const backend = backendName();
    let persistent = false;
    try {
      persistent =
        storage.isEncryptionAvailable() &&
        backend !== 'basic_text' &&
        (platform !== 'linux' || !unprotected(storage.encryptString('probe')));
    } catch (thrown) {
      onProblem(thrown);
    }
    return { persistent, backend, text: persistent ? (persistentText[platform] ?? otherText) : memoryText };
  };

  let known: VaultStatus | null = null;
  const status = (): VaultStatus => (known ??= look());

  return {
    status,
    seal: (plain) => {
      if (!status().persistent) return null;
      try {
        const sealed = storage.encryptString(plain);
        return unprotected(sealed) ? null : new Uint8Array(sealed);
      } catch (thrown) {
        onProblem(thrown);
        return null;
      }
    },
    unseal: (sealed) => {
      if (!status().persistent) {
        throw unavailable('The keyring that sealed this secret is not available. Enter the secret again.');
      }
      if (unprotected(sealed)) {
        throw unavailable('This secret was not sealed by a keyring and is not used. Enter it again.');
      }
      try {
        return storage.decryptString(Buffer.from(sealed));
      } catch (thrown) {
        onProblem(thrown);
        throw unavailable('The keyring could not open this secret. Enter it again.');
      }
    },
  };
}
