import type { Migration } from '../migrate';

/** Rules that stage a change when something happened, and which of them staged one. */
export const migration: Migration = {
  version: 130,
  name: 'automations',
  up: (db) => {
    db.exec(`
      CREATE TABLE automations (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL CHECK (name <> ''),
        enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
        trigger_host_id TEXT NOT NULL,
        trigger_body TEXT NOT NULL,
        host_id TEXT NOT NULL,
        host_name TEXT NOT NULL,
        environment TEXT NOT NULL,
        action TEXT NOT NULL,
        title TEXT NOT NULL,
        target TEXT NOT NULL,
        input TEXT NOT NULL,
        same_guests INTEGER NOT NULL CHECK (same_guests IN (0, 1)),
        created_at_ms INTEGER NOT NULL,
        last_at_ms INTEGER,
        last_message TEXT
      ) STRICT;
      CREATE INDEX automations_trigger ON automations (trigger_host_id, enabled);
      ALTER TABLE staged_changes ADD COLUMN automation_id TEXT;
    `);
  },
};
