import BetterSqlite3 from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migration } from './0100-state-changes';

it('holds one state of an object at a time, and no change that is none', () => {
  const db = new BetterSqlite3(':memory:');
  migration.up(db);
  const see = db.prepare('INSERT INTO seen_states VALUES (?, ?, ?)');
  see.run('nas', 'pool:tank', 'ONLINE');
  expect(() => see.run('nas', 'pool:tank', 'DEGRADED')).toThrow(/UNIQUE/);
  const change = db.prepare(
    'INSERT INTO state_changes (source_id, object, at_ms, from_state, to_state) VALUES (?, ?, ?, ?, ?)',
  );
  change.run('nas', 'pool:tank', 1, 'ONLINE', 'DEGRADED');
  change.run('nas', 'pool:tank', 2, null, 'ONLINE');
  expect(() => change.run('nas', 'pool:tank', 3, 'ONLINE', 'ONLINE')).toThrow(/CHECK/);
  expect(() => change.run('nas', 'pool:tank', 3, null, null)).toThrow(/CHECK/);
  db.close();
});
