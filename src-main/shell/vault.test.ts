import { describe, expect, it, vi } from 'vitest';
import { ShellError } from './core-host/shell-requests';
import { createVault, type SafeStorage } from './vault';

/** As Electron behaves with a backend: prefix of the ciphertext, and whether it says it is available. */
function storage(prefix: 'v10' | 'v11', available: boolean, backend?: string): SafeStorage {
  return {
    isEncryptionAvailable: () => available,
    encryptString: (plain) => Buffer.concat([Buffer.from(prefix), Buffer.from(plain).reverse()]),
    decryptString: (sealed) => Buffer.from(sealed.subarray(3)).reverse().toString(),
    ...(backend === undefined ? {} : { getSelectedStorageBackend: () => backend }),
  };
}
const quiet = () => undefined;

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof ShellError) return thrown.wire.code;
    throw thrown;
  }
  return 'nothing was thrown';
}

describe('createVault', () => {
  it('seals with a keyring and opens again', () => {
    const vault = createVault(storage('v11', true, 'gnome_libsecret'), 'linux', quiet);
    expect(vault.status()).toMatchObject({ persistent: true, backend: 'gnome_libsecret' });
    const sealed = vault.seal('hunter2');
    if (sealed === null) throw new Error('not sealed');
    expect(Buffer.from(sealed).toString()).not.toContain('hunter2');
    expect(vault.unseal(sealed)).toBe('hunter2');
  });

  it.each([
    ['is not available', storage('v11', false, 'unknown')],
    ['is basic_text', storage('v10', false, 'basic_text')],
    ['is basic_text that was switched on by somebody', storage('v10', true, 'basic_text')],
    ['claims another name but seals with the built-in password', storage('v10', true, 'gnome_libsecret')],
    ['has no name and seals with the built-in password (Electron 25.1)', storage('v10', true)],
  ])('keeps secrets in memory when the Linux keyring %s', (_words, linux) => {
    const vault = createVault(linux, 'linux', quiet);
    expect(vault.status().persistent).toBe(false);
    expect(vault.status().text).toMatch(/kept in memory/);
    expect(vault.seal('hunter2')).toBeNull();
    expect(codeOf(() => vault.unseal(Buffer.from('v11abc')))).toBe('vault-unavailable');
  });

  it('takes a keyring whose name Electron 25.1 does not tell', () => {
    const vault = createVault(storage('v11', true), 'linux', quiet);
    expect(vault.status()).toMatchObject({ persistent: true, backend: 'unknown' });
  });

  it('refuses ciphertext of the built-in password even beside a real keyring', () => {
    const vault = createVault(storage('v11', true, 'kwallet6'), 'linux', quiet);
    expect(codeOf(() => vault.unseal(Buffer.from('v10retnuh')))).toBe('vault-unavailable');
  });

  it('knows that the prefix means something else on macOS', () => {
    const vault = createVault(storage('v10', true), 'darwin', quiet);
    expect(vault.status()).toMatchObject({ persistent: true, backend: 'keychain' });
    const sealed = vault.seal('x');
    expect(sealed === null ? null : vault.unseal(sealed)).toBe('x');
  });

  it('reports a failing keyring and never passes its message on', () => {
    const onProblem = vi.fn();
    const broken: SafeStorage = {
      ...storage('v11', true, 'kwallet5'),
      decryptString: () => {
        throw new Error('Error while decrypting the ciphertext provided');
      },
    };
    const vault = createVault(broken, 'linux', onProblem);
    expect(codeOf(() => vault.unseal(Buffer.from('v11abc')))).toBe('vault-unavailable');
    expect(onProblem).toHaveBeenCalledOnce();
    const locked = createVault(
      {
        ...storage('v11', true, 'kwallet5'),
        isEncryptionAvailable: () => {
          throw new Error('D-Bus');
        },
      },
      'linux',
      onProblem,
    );
    expect(locked.status().persistent).toBe(false);
  });
});
