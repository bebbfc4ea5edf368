import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration } from './0120-transfers';

it('holds a transfer with the folder of its volume on a host, and without one on this computer', () => {
  const db = new BetterSqlite3(':memory:');
  migration.up(db);
  const add = db.prepare('INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  add.run('a', 'host', 'h', 'nas', '/v/volumes/data', '/v/volumes/data/f.part', '/v/volumes/data/f', 1);
  add.run('b', 'laptop', 'h', 'nas', null, '/tmp/f.x.part', '/tmp/f', 1);
  expect(() => add.run('a', 'laptop', 'h', 'nas', null, '/p', '/t', 1)).toThrow(/UNIQUE/);
  expect(() => add.run('c', 'host', 'h', 'nas', null, '/p', '/t', 1)).toThrow(/CHECK/);
  expect(() => add.run('d', 'laptop', 'h', 'nas', '/r', '/p', '/t', 1)).toThrow(/CHECK/);
  expect(() => add.run('e', 'cloud', 'h', 'nas', '/r', '/p', '/t', 1)).toThrow(/CHECK/);
  db.close();
});
