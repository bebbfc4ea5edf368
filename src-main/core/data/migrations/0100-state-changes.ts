import type { Migration } from '../migrate';

/** The last state of every object that a reading found, and each change of one. */
export const migration: Migration = {
  version: 100,
  name: 'state-changes',
  up: (db) => {
    db.exec(`
      CREATE TABLE seen_states (
        source_id TEXT NOT NULL,
        object TEXT NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (source_id, object)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE state_changes (
        id INTEGER PRIMARY KEY,
        source_id TEXT NOT NULL,
        object TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        from_state TEXT,
        to_state TEXT,
        CHECK (from_state IS NOT to_state)
      ) STRICT;
      CREATE INDEX state_changes_of ON state_changes (source_id, object, id);
    `);
  },
};
