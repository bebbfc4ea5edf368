import type { Migration } from '../migrate';

/** One anchor for every audit file, so that a file put in the place of another does not replace its anchor. */
export const migration: Migration = {
  version: 50,
  name: 'anchor-per-file',
  up: (db) => {
    db.exec(`
      ALTER TABLE audit_anchors RENAME TO audit_anchors_per_host;
      CREATE TABLE audit_anchors (
        host_id TEXT NOT NULL,
        file_id TEXT NOT NULL,
        row_count INTEGER NOT NULL,
        head_hash TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (host_id, file_id)
      ) STRICT;
      INSERT INTO audit_anchors SELECT host_id, file_id, row_count, head_hash, at_ms FROM audit_anchors_per_host;
      DROP TABLE audit_anchors_per_host;
    `);
  },
};
