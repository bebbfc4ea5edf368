import type { Migration } from '../migrate';

/** Last known state per host. `body` is deflated JSON; `summary` stays readable at start without inflating it. */
export const migration: Migration = {
  version: 30,
  name: 'inventory',
  up: (db) => {
    db.exec(`
      CREATE TABLE inventory (
        host_id TEXT PRIMARY KEY,
        taken_at_ms INTEGER NOT NULL,
        format INTEGER NOT NULL,
        summary TEXT NOT NULL,
        body BLOB NOT NULL
      ) STRICT;
    `);
  },
};
