import type { Migration } from '../migrate';

export const migration: Migration = {
  version: 70,
  name: 'snapshot-policies',
  up: (db) => {
    db.exec(`
      CREATE TABLE snapshot_policies (
        id TEXT PRIMARY KEY,
        host_id TEXT NOT NULL,
        backend TEXT NOT NULL CHECK (backend IN ('lvm', 'mdadm', 'btrfs', 'zfs')),
        pool_name TEXT NOT NULL CHECK (pool_name <> ''),
        recursive INTEGER NOT NULL CHECK (recursive IN (0, 1)),
        schedule_cron TEXT NOT NULL,
        retention_count INTEGER NOT NULL CHECK (retention_count > 0),
        enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
        created_at_ms INTEGER NOT NULL,
        updated_at_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX snapshot_policies_host ON snapshot_policies (host_id);
    `);
  },
};
