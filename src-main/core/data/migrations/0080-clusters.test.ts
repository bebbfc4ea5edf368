import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration } from './0080-clusters';

it('holds each cluster, and one certificate of each node, once', () => {
  const db = new BetterSqlite3(':memory:');
  migration.up(db);
  db.prepare('INSERT INTO clusters VALUES (?, ?, ?)').run('atlas', '{}', 1);
  expect(() => db.prepare('INSERT INTO clusters VALUES (?, ?, ?)').run('atlas', '{}', 1)).toThrow(/UNIQUE/);
  db.prepare('INSERT INTO certificates VALUES (?, ?, ?, ?)').run('192.0.2.11', 8006, '{}', 1);
  db.prepare('INSERT INTO certificates VALUES (?, ?, ?, ?)').run('192.0.2.11', 443, '{}', 1);
  expect(() =>
    db.prepare('INSERT INTO certificates VALUES (?, ?, ?, ?)').run('192.0.2.11', 8006, '{}', 1),
  ).toThrow(/UNIQUE/);
  expect(() =>
    db.prepare('INSERT INTO cluster_inventory VALUES (?, ?, ?, ?)').run('a', 1, '{}', 'text'),
  ).toThrow(/BLOB/);
  db.close();
});
