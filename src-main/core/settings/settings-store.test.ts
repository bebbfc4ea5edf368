import BetterSqlite3, { type Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../../src-preload/contract/settings';
import { migrate } from '../data/migrate';
import { appMigrations } from '../data/migrations';
import { createSettingsStore } from './settings-store';

let db: Database;
beforeEach(() => {
  db = new BetterSqlite3(':memory:');
  migrate(db, appMigrations, 'app.sqlite');
});
afterEach(() => {
  db.close();
});

const defaults: Settings = {
  colourScheme: 'auto',
  readOnly: true,
  refreshSeconds: 60,
  clusterRefreshSeconds: 120,
  showTemplates: false,
};

describe('settings', () => {
  it('are read-only at first', () => {
    expect(createSettingsStore(db).read()).toEqual(defaults);
  });

  it('outlive a restart, and what was not changed keeps its default', () => {
    expect(createSettingsStore(db).update({ readOnly: false })).toEqual({ ...defaults, readOnly: false });
    createSettingsStore(db).update({ refreshSeconds: 0 });
    expect(createSettingsStore(db).read()).toEqual({ ...defaults, readOnly: false, refreshSeconds: 0 });
  });

  it.each([
    { refreshSeconds: 5 },
    { clusterRefreshSeconds: 29 },
    { clusterRefreshSeconds: 3601 },
    { colourScheme: 'pink' },
    { readOnly: 'no' },
    { invented: 1 },
  ])('refuse %j and change nothing', (change) => {
    const store = createSettingsStore(db);
    expect(() => store.update(change as Partial<Settings>)).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
    expect(store.read()).toEqual(defaults);
    expect(createSettingsStore(db).read()).toEqual(defaults);
  });

  it.each(['no JSON', '"off"', '0', 'null'])('fall back to read-only when %j is stored', (value) => {
    db.prepare(`INSERT INTO settings VALUES ('readOnly', ?), ('refreshSeconds', '30')`).run(value);
    expect(createSettingsStore(db).read()).toEqual({ ...defaults, refreshSeconds: 30 });
  });

  it('pass over a setting of a newer Holdfast', () => {
    db.exec(`INSERT INTO settings VALUES ('fromTheFuture', 'true')`);
    expect(createSettingsStore(db).read()).toEqual(defaults);
  });
});
