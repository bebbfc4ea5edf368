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
  stageFirst: false,
  refreshSeconds: 60,
  clusterRefreshSeconds: 120,
  troubleReadings: 3,
  recoveryReadings: 2,
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
    { troubleReadings: 0 },
    { troubleReadings: 101 },
    { recoveryReadings: 1.5 },
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

  it('that a config decides stay as it says, whatever is stored or asked', () => {
    createSettingsStore(db).update({ readOnly: false, refreshSeconds: 30 });
    const store = createSettingsStore(db, {}, { readOnly: true, refreshSeconds: 300 });
    expect(store.read()).toMatchObject({ readOnly: true, refreshSeconds: 300 });
    expect(store.fixed().sort()).toEqual(['readOnly', 'refreshSeconds']);
    expect(() => store.update({ readOnly: false })).toThrow(/decided by holdfast\.json/);
    expect(store.update({ showTemplates: true, refreshSeconds: 300 })).toMatchObject({
      readOnly: true,
      showTemplates: true,
    });
    // Without the config it is again as a person left it.
    expect(createSettingsStore(db).read()).toMatchObject({ readOnly: false, refreshSeconds: 300 });
  });
});
