import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration } from './0060-capacity';

it('holds one point of a pool at a time, and none of a pool without a size', () => {
  const db = new BetterSqlite3(':memory:');
  migration.up(db);
  const add = db.prepare('INSERT INTO capacity VALUES (?, ?, ?, ?, ?, ?)');
  add.run('nas', 'zfs:tank', 1, 100, 40, null);
  add.run('nas', 'zfs:tank', 2, 100, 41, null);
  add.run('nas', 'lvm:vg0/thin', 1, 100, 40, 12.5);
  expect(() => add.run('nas', 'zfs:tank', 2, 100, 42, null)).toThrow(/UNIQUE/);
  expect(() => add.run('nas', 'zfs:tank', 3, 0, 0, null)).toThrow(/CHECK/);
  expect(() => add.run('nas', 'zfs:tank', 3, 100, -1, null)).toThrow(/CHECK/);
  expect(() => add.run('nas', 'zfs:tank', 3, 100, 'much', null)).toThrow(/INTEGER/);
  db.exec(`INSERT INTO capacity_pools VALUES ('nas', 'zfs:tank', 'tank', 'zpool')`);
  expect(() => db.exec(`INSERT INTO capacity_pools VALUES ('nas', 'zfs:tank', 'tank', 'zpool')`)).toThrow(
    /UNIQUE/,
  );
  db.close();
});
