import BetterSqlite3, { type Database } from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migration } from './0010-chain';

let db: Database;
beforeEach(() => {
  db = new BetterSqlite3(':memory:');
  migration.up(db);
  db.exec(`INSERT INTO rows (seq, body, hash) VALUES (1, '{"action":"a","operationId":"x","atMs":5}', 'h')`);
  db.exec(`INSERT INTO checkpoints VALUES (1, 'h', 1, 'key', 'signature')`);
  db.exec(
    `INSERT INTO entries (seq, operation_id, at_ms, action, outcome, state, row_seqs) VALUES (1, 'x', 5, 'a', 'ok', 'closed', '1')`,
  );
});
afterEach(() => {
  db.close();
});

it.each([
  `UPDATE rows SET hash = 'x'`,
  'UPDATE rows SET seq = 2',
  `REPLACE INTO rows (seq, body, hash) VALUES (1, '{}', 'x')`,
  `INSERT INTO rows (seq, body, hash) VALUES (3, '{}', 'x')`,
  `INSERT INTO rows (seq, body, hash) VALUES (0, '{}', 'x')`,
  'DELETE FROM rows',
  `UPDATE checkpoints SET head_hash = 'x'`,
  'DELETE FROM checkpoints',
  'DELETE FROM entries',
])('refuses %s', (sql) => {
  expect(() => db.exec(sql)).toThrow(/append-only/);
});

it('computes columns from the body, so that the two cannot differ', () => {
  expect(db.prepare('SELECT action, operation_id, at_ms FROM rows').get()).toEqual({
    action: 'a',
    operation_id: 'x',
    at_ms: 5,
  });
  expect(() => db.exec(`INSERT INTO rows (seq, body, hash, action) VALUES (2, '{}', 'h', 'b')`)).toThrow(
    /generated/,
  );
});

it('numbers rows without a gap and knows three states of an operation', () => {
  db.exec(`INSERT INTO rows (seq, body, hash) VALUES (2, '{}', 'h2')`);
  expect(() => db.exec(`UPDATE entries SET state = 'finished'`)).toThrow(/CHECK/);
});
