import type { Migration } from '../migrate';

/** Proxmox VE clusters, the certificates pinned for their nodes, and what was last read of them. */
export const migration: Migration = {
  version: 80,
  name: 'clusters',
  up: (db) => {
    db.exec(`
      CREATE TABLE clusters (
        id TEXT PRIMARY KEY,
        body TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE certificates (
        address TEXT NOT NULL,
        port INTEGER NOT NULL,
        body TEXT NOT NULL,
        pinned_at_ms INTEGER NOT NULL,
        PRIMARY KEY (address, port)
      ) STRICT;
      CREATE TABLE cluster_inventory (
        cluster_id TEXT PRIMARY KEY,
        format INTEGER NOT NULL,
        summary TEXT NOT NULL,
        body BLOB NOT NULL
      ) STRICT;
    `);
  },
};
