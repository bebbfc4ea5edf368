import type { Migration } from '../migrate';

export const migration: Migration = {
  version: 20,
  name: 'settings',
  up: (db) => {
    db.exec(`CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT`);
  },
};
