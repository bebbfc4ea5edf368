import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration } from './0020-settings';

it('holds each setting once', () => {
  const db = new BetterSqlite3(':memory:');
  migration.up(db);
  db.exec(`INSERT INTO settings VALUES ('readOnly', 'true')`);
  expect(() => db.exec(`INSERT INTO settings VALUES ('readOnly', 'false')`)).toThrow(/UNIQUE/);
  expect(() => db.exec(`INSERT INTO settings VALUES ('x', NULL)`)).toThrow(/NOT NULL/);
  db.close();
});
