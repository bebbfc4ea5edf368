import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration } from './0040-audit-anchors';

it('holds an anchor per host and what belongs to this installation', () => {
  const db = new BetterSqlite3(':memory:');
  migration.up(db);
  db.exec(`INSERT INTO audit_anchors VALUES ('nas', 'file', 100, 'hash', 1)`);
  expect(() => db.exec(`INSERT INTO audit_anchors VALUES ('nas', 'other', 1, 'hash', 2)`)).toThrow(/UNIQUE/);
  db.prepare(`INSERT INTO installation VALUES ('signing-key', ?)`).run(Buffer.from('sealed'));
  expect(() => db.exec(`INSERT INTO installation VALUES ('x', 'text')`)).toThrow(/BLOB/);
  db.close();
});
