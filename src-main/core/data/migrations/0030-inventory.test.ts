import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration } from './0030-inventory';

it('holds one reading per host, its body as bytes', () => {
  const db = new BetterSqlite3(':memory:');
  migration.up(db);
  const add = db.prepare('INSERT INTO inventory VALUES (?, 1, 1, ?, ?)');
  add.run('nas', '{}', Buffer.from('body'));
  expect(() => add.run('nas', '{}', Buffer.from('body'))).toThrow(/UNIQUE/);
  expect(() => add.run('box', '{}', 'text')).toThrow(/BLOB/);
  db.close();
});
