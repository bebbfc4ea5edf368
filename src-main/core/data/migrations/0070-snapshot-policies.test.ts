import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration } from './0070-snapshot-policies';

it('holds policies that keep something, of the backends there are', () => {
  const db = new BetterSqlite3(':memory:');
  migration.up(db);
  const add = db.prepare('INSERT INTO snapshot_policies VALUES (?, ?, ?, ?, 0, ?, ?, ?, 1, 1)');
  add.run('a', 'nas', 'zfs', 'tank', '@daily', 7, 1);
  expect(() => add.run('a', 'nas', 'zfs', 'tank', '@daily', 7, 1)).toThrow(/UNIQUE/);
  expect(() => add.run('b', 'nas', 'ext4', 'tank', '@daily', 7, 1)).toThrow(/CHECK/);
  expect(() => add.run('b', 'nas', 'zfs', '', '@daily', 7, 1)).toThrow(/CHECK/);
  expect(() => add.run('b', 'nas', 'zfs', 'tank', '@daily', 0, 1)).toThrow(/CHECK/);
  expect(() => add.run('b', 'nas', 'zfs', 'tank', '@daily', 7, 2)).toThrow(/CHECK/);
  db.close();
});
