import type { Database } from 'better-sqlite3';
import { settingsSchema, type FixedSettings, type Settings } from '../../../src-preload/contract/settings';
import { AppError } from '../errors/app-error';

export interface SettingsStore {
  read(): Settings;
  /** Throws AppError `refused` for a setting that is fixed. */
  update(change: Partial<Settings>): Settings;
  /** Set by holdfast.json or the environment. */
  fixed(): (keyof Settings)[];
}

/** Read-only at first start: a person turns changes on, never the installer. */
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

/** Settings in app.sqlite. A value that can't be read falls back to its default, which is the safe one. */
export function createSettingsStore(
  db: Database,
  start: Partial<Settings> = {},
  fixed: FixedSettings = {},
): SettingsStore {
  const rows = db.prepare<[], { name: string; value: string }>('SELECT name, value FROM settings');
  const put = db.prepare(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );

  let current: Settings = { ...defaults, ...start };
  for (const { name, value } of rows.all()) {
    const stored = readJson(value);
    // SECURITY: `undefined` passes a partial schema; as `readOnly` it would switch the guard off.
    if (stored === undefined) continue;
    const parsed = settingsSchema.partial().safeParse({ [name]: stored });
    if (parsed.success) current = { ...current, ...parsed.data };
  }

  const fixedNames = settingsSchema
    .keyof()
    .options.filter((name) => fixed[name as keyof FixedSettings] !== undefined);
  current = { ...current, ...fixed };

  return {
    read: () => current,
    fixed: () => [...fixedNames],
    update: (change) => {
      const locked = fixedNames.find((name) => name in change && change[name] !== current[name]);
      if (locked !== undefined) {
        throw new AppError(
          'refused',
          'This setting is decided by holdfast.json or the environment of this laptop, so nothing was changed.',
          { detail: locked },
        );
      }
      const parsed = settingsSchema.safeParse({ ...current, ...change });
      if (!parsed.success) {
        throw new AppError('invalid-request', 'These settings are not valid, so nothing was changed.', {
          detail: parsed.error.message,
        });
      }
      db.transaction(() => {
        for (const [name, value] of Object.entries(change)) put.run(name, JSON.stringify(value));
      }).immediate();
      current = parsed.data;
      return current;
    },
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
