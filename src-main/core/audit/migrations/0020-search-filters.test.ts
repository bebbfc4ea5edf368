import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration as before } from './0010-chain';
import { migration } from './0020-search-filters';

it('empties the index and its mark, so that the next search builds both anew', () => {
  const db = new BetterSqlite3(':memory:');
  before.up(db);
  db.exec(`INSERT INTO meta (name, value) VALUES ('file-id', 'kept'), ('indexed-seq', '7')`);
  db.exec(`INSERT INTO search (rowid, text) VALUES (1, 'tank/data'), (2, 'tank/home')`);
  const found = db.prepare(`SELECT rowid FROM search WHERE search MATCH 'tank'`).pluck();
  expect(found.all()).toEqual([1, 2]);
  migration.up(db);
  expect(found.all()).toEqual([]);
  expect(db.prepare('SELECT count(*) FROM search_docsize').pluck().get()).toBe(0);
  expect(db.prepare('SELECT name, value FROM meta').all()).toEqual([{ name: 'file-id', value: 'kept' }]);
  db.exec(`INSERT INTO search (rowid, text) VALUES (1, 'tank/data')`);
  expect(found.all()).toEqual([1]);
  db.close();
});
