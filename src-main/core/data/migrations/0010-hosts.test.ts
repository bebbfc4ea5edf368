import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration } from './0010-hosts';

it('keeps one host key per peer and fingerprint, and refuses a flag that is neither yes nor no', () => {
  const db = new BetterSqlite3(':memory:');
  migration.up(db);
  const add = db.prepare(
    `INSERT INTO host_keys (address, port, type, sha256, public_key, revoked, pinned_at_ms) VALUES (?, 22, 'ssh-ed25519', ?, 'AAAA', ?, 1)`,
  );
  add.run('nas', 'SHA256:a', 0);
  add.run('nas', 'SHA256:b', 0);
  expect(() => add.run('nas', 'SHA256:a', 1)).toThrow(/UNIQUE/);
  expect(() => add.run('nas', 'SHA256:c', 2)).toThrow(/CHECK/);
  expect(() => db.exec(`INSERT INTO hosts VALUES ('nas', '{}', 'yesterday')`)).toThrow(/INTEGER/);
  expect(() => db.exec(`INSERT INTO credentials VALUES ('nas', 'plain text')`)).toThrow(/BLOB/);
  db.exec(`INSERT INTO key_files VALUES ('1', '/home/mara/.ssh/id')`);
  expect(() => db.exec(`INSERT INTO key_files VALUES ('2', '/home/mara/.ssh/id')`)).toThrow(/UNIQUE/);
  db.close();
});
