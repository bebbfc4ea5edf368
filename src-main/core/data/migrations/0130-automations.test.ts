import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration as before } from './0110-staged-changes';
import { migration } from './0130-automations';

it('holds rules that have a name, and lets changes say which of them staged them', () => {
  const db = new BetterSqlite3(':memory:');
  before.up(db);
  migration.up(db);
  const add = db.prepare(
    `INSERT INTO automations (id, name, enabled, trigger_host_id, trigger_body, host_id, host_name, environment, action,
       title, target, input, same_guests, created_at_ms)
     VALUES (?, ?, ?, 'nas', '{}', 'nas', 'nas', '{}', 'zfs.scrub.start', 'Scrub', 'tank', '{}', 0, 1)`,
  );
  add.run('a', 'After trouble', 1);
  expect(() => add.run('a', 'Again', 1)).toThrow(/UNIQUE/);
  expect(() => add.run('b', '', 1)).toThrow(/CHECK/);
  expect(() => add.run('b', 'Maybe', 2)).toThrow(/CHECK/);
  expect(db.prepare('SELECT automation_id FROM staged_changes').all()).toEqual([]);
  db.close();
});
