import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration as changes } from './0110-staged-changes';
import { migration as before } from './0130-automations';
import { migration } from './0140-automations-due';

it('leaves rules that were made before as they were', () => {
  const db = new BetterSqlite3(':memory:');
  changes.up(db);
  before.up(db);
  const add = (columns: string, values: string) =>
    db.exec(
      `INSERT INTO automations (id, name, enabled, trigger_host_id, trigger_body, host_id, host_name, environment, action,
         title, target, input, same_guests, created_at_ms${columns})
       VALUES ('a' || random(), 'Rule', 1, 'nas', '{}', 'nas', 'nas', '{}', 'dm.template.expand', 'Expand', 'x', '{}', 0, 1${values})`,
    );
  add('', '');
  migration.up(db);
  add(', all_due', ', 1');
  expect(db.prepare('SELECT all_due FROM automations ORDER BY seq').pluck().all()).toEqual([0, 1]);
  expect(() => add(', all_due', ', 2')).toThrow(/CHECK/);
  db.close();
});
