import type { Migration } from '../migrate';

/**
 * A change that is kept to be applied later: the request, and the plan as it was shown then. No secret is ever in it.
 * `operation_id` is that of the last try; its rows in the audit say what became of one that was cut off.
 */
export const migration: Migration = {
  version: 110,
  name: 'staged-changes',
  up: (db) => {
    db.exec(`
      CREATE TABLE staged_changes (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        host_id TEXT NOT NULL,
        host_kind TEXT NOT NULL CHECK (host_kind IN ('host', 'cluster')),
        host_name TEXT NOT NULL,
        environment TEXT NOT NULL,
        action TEXT NOT NULL,
        title TEXT NOT NULL,
        target_kind TEXT NOT NULL,
        target_name TEXT NOT NULL,
        risk TEXT NOT NULL CHECK (risk IN ('safe', 'destructive', 'catastrophic')),
        input TEXT NOT NULL,
        shown TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'applying', 'applied', 'failed', 'unknown', 'discarded')),
        note TEXT NOT NULL,
        staged_at_ms INTEGER NOT NULL,
        staged_by TEXT NOT NULL,
        changed_at_ms INTEGER,
        message TEXT,
        operation_id TEXT,
        CHECK (state <> 'applying' OR operation_id IS NOT NULL)
      ) STRICT;
      CREATE INDEX staged_changes_state ON staged_changes (state, host_id);
    `);
  },
};
