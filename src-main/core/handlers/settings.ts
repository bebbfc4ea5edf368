import type { CoreHandlers } from '../../../src-preload/contract';
import type { Settings } from '../../../src-preload/contract/settings';
import type { ConfirmQuestion, ShellPort } from '../port/shell-port';

export interface SettingsAccess {
  read(): Settings;
  /** Names of those that the window cannot change. */
  fixed(): (keyof Settings)[];
  update(change: Partial<Settings>): Settings;
}

export interface SettingsHandlerOptions {
  settings: SettingsAccess;
  shell: Pick<ShellPort, 'confirm'>;
  onChanged: (settings: Settings) => void;
}

const disableReadOnly: ConfirmQuestion = {
  kind: 'disable-read-only',
  title: 'Allow changes?',
  message: 'Holdfast is read-only now: it looks and changes nothing.',
  detail:
    'After this, hosts can be changed as far as the access level of each allows. Every change is still shown, confirmed and recorded one by one.',
  confirmLabel: 'Allow changes',
};

export function settingsHandlers(
  options: SettingsHandlerOptions,
): Pick<CoreHandlers, 'settings:read' | 'settings:fixed' | 'settings:update'> {
  const { settings, shell } = options;
  return {
    'settings:read': async () => settings.read(),
    'settings:fixed': async () => ({ names: settings.fixed() }),
    'settings:update': async (change, { signal }) => {
      // SECURITY: the page can ask to switch the guard off; only a person in a native dialog does it.
      const asks = change.readOnly === false && settings.read().readOnly;
      if (asks && !(await shell.confirm(disableReadOnly, signal))) return settings.read();
      const updated = settings.update(change);
      options.onChanged(updated);
      return updated;
    },
  };
}
