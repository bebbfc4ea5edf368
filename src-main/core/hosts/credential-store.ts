import type { Database } from 'better-sqlite3';
import { AppError } from '../errors/app-error';
import type { ShellPort } from '../port/shell-port';
import type { CredentialStore } from './types';

/**
 * Secrets of hosts. Where the system has a keyring they are sealed by it and kept; where it has none they live in
 * memory until Holdfast ends.
 *
 * SECURITY: nothing unsealed is ever written to disk.
 */
export function createCredentialStore(
  db: Database,
  shell: Pick<ShellPort, 'seal' | 'unseal'>,
): CredentialStore {
  const find = db.prepare<[string], { sealed: Buffer }>('SELECT sealed FROM credentials WHERE host_id = ?');
  const put = db.prepare(
    'INSERT INTO credentials (host_id, sealed) VALUES (?, ?) ON CONFLICT (host_id) DO UPDATE SET sealed = excluded.sealed',
  );
  const drop = db.prepare('DELETE FROM credentials WHERE host_id = ?');
  const inMemory = new Map<string, string>();

  return {
    read: async (hostId) => {
      const held = inMemory.get(hostId);
      if (held !== undefined) return held;
      const row = find.get(hostId);
      if (row === undefined) return null;
      try {
        return await shell.unseal(row.sealed);
      } catch (cause) {
        throw new AppError(
          'vault-unavailable',
          'The stored secret of this host can’t be opened: the system’s keyring is locked or was changed. Unlock it, or enter the secret again.',
          { cause },
        );
      }
    },
    write: async (hostId, secret) => {
      let sealed: Uint8Array | null;
      try {
        sealed = await shell.seal(secret);
      } catch (cause) {
        throw new AppError(
          'vault-unavailable',
          'The secret could not be sealed: the system’s keyring is locked or did not answer. It was not stored.',
          { cause },
        );
      }
      if (sealed === null) {
        // What was sealed before is another secret; it must not come back after a restart.
        drop.run(hostId);
        inMemory.set(hostId, secret);
        return;
      }
      put.run(hostId, Buffer.from(sealed));
      inMemory.delete(hostId);
    },
    forget: async (hostId) => {
      drop.run(hostId);
      inMemory.delete(hostId);
    },
  };
}
