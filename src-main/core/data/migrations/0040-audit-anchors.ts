import type { Migration } from '../migrate';

/** The last signed checkpoint of each audit file, kept outside of it: that is what shows a file cut short. */
export const migration: Migration = {
  version: 40,
  name: 'audit-anchors',
  up: (db) => {
    db.exec(`
      CREATE TABLE audit_anchors (
        host_id TEXT PRIMARY KEY,
        file_id TEXT NOT NULL,
        row_count INTEGER NOT NULL,
        head_hash TEXT NOT NULL,
        at_ms INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE installation (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
      ) STRICT;
    `);
  },
};
