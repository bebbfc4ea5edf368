import type { Migration } from '../migrate';

/** Files that are not whole yet: of each transfer under way the name that it is written by until it is. */
export const migration: Migration = {
  version: 120,
  name: 'transfers',
  up: (db) => {
    db.exec(`
      CREATE TABLE transfers (
        id TEXT PRIMARY KEY,
        side TEXT NOT NULL CHECK (side IN ('host', 'laptop')),
        host_id TEXT NOT NULL,
        host_name TEXT NOT NULL,
        root TEXT CHECK ((root IS NULL) = (side = 'laptop')),
        part_path TEXT NOT NULL,
        target_path TEXT NOT NULL,
        started_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `);
  },
};
