import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration as before } from './0040-audit-anchors';
import { migration } from './0050-anchor-per-file';

it('keeps the anchors there are and has room for one of every file', () => {
  const db = new BetterSqlite3(':memory:');
  before.up(db);
  db.exec(`INSERT INTO audit_anchors VALUES ('nas', 'file-1', 100, 'hash', 7)`);
  migration.up(db);
  db.exec(`INSERT INTO audit_anchors VALUES ('nas', 'file-2', 1, 'other', 8)`);
  expect(db.prepare('SELECT * FROM audit_anchors ORDER BY rowid').raw().all()).toEqual([
    ['nas', 'file-1', 100, 'hash', 7],
    ['nas', 'file-2', 1, 'other', 8],
  ]);
  expect(() => db.exec(`INSERT INTO audit_anchors VALUES ('nas', 'file-2', 2, 'x', 9)`)).toThrow(/UNIQUE/);
  const tables = db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
    .pluck()
    .all();
  expect(tables).toEqual(['audit_anchors', 'installation']);
  db.close();
});
