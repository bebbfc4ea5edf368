import type { Database } from 'better-sqlite3';
import type { KnownHostKeys } from './types';

interface KeyRow {
  type: string;
  sha256: string;
  public_key: string;
  revoked: 0 | 1;
}

/** Pinned host keys by address and port. Pinning replaces what was pinned before, except revocations. */
export function createKnownHostKeys(db: Database, nowMs: () => number): KnownHostKeys {
  const find = db.prepare<[string, number], KeyRow>(
    'SELECT type, sha256, public_key, revoked FROM host_keys WHERE address = ? AND port = ?',
  );
  const forget = db.prepare('DELETE FROM host_keys WHERE address = ? AND port = ? AND revoked = 0');
  const insert = db.prepare(
    `INSERT INTO host_keys (address, port, type, sha256, public_key, pinned_at_ms) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const revoke = db.prepare('UPDATE host_keys SET revoked = 1 WHERE address = ? AND port = ? AND sha256 = ?');
  const nameOf = (address: string): string => address.toLowerCase();

  return {
    find: (address, port) =>
      find.all(nameOf(address), port).map((row) => ({
        key: { type: row.type, sha256: row.sha256 },
        publicKeyBase64: row.public_key,
        revoked: row.revoked === 1,
      })),
    pin: (address, port, key, publicKeyBase64) => {
      db.transaction(() => {
        forget.run(nameOf(address), port);
        insert.run(nameOf(address), port, key.type, key.sha256, publicKeyBase64, nowMs());
      }).immediate();
    },
    revoke: (address, port, sha256) => {
      revoke.run(nameOf(address), port, sha256);
    },
  };
}
