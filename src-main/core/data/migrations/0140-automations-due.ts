import type { Migration } from '../migrate';

/** Rules that stage whatever an action is due for. */
export const migration: Migration = {
  version: 140,
  name: 'automations-due',
  up: (db) => {
    db.exec(
      'ALTER TABLE automations ADD COLUMN all_due INTEGER NOT NULL DEFAULT 0 CHECK (all_due IN (0, 1))',
    );
  },
};
