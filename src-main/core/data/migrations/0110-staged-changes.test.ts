import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration } from './0110-staged-changes';

it('holds changes in states that there are, and none that is applied by no operation', () => {
  const db = new BetterSqlite3(':memory:');
  migration.up(db);
  const add = db.prepare(
    `INSERT INTO staged_changes (id, host_id, host_kind, host_name, environment, action, title, target_kind, target_name,
       risk, input, shown, state, note, staged_at_ms, staged_by)
     VALUES (?, 'nas', 'host', 'nas', '{}', 'zfs.scrub.start', 'Scrub', 'pool', 'tank', ?, '{}', '{}', ?, '', 1, 'me')`,
  );
  add.run('a', 'safe', 'pending');
  expect(() => add.run('a', 'safe', 'pending')).toThrow(/UNIQUE/);
  expect(() => add.run('b', 'harmless', 'pending')).toThrow(/CHECK/);
  expect(() => add.run('b', 'safe', 'waiting')).toThrow(/CHECK/);
  expect(() => add.run('b', 'safe', 'applying')).toThrow(/CHECK/);
  db.close();
});
