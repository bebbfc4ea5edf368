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

const disableStageFirst: ConfirmQuestion = {
  kind: 'disable-stage-first',
  title: 'Run deletions and restores at once?',
  message: 'Deleting volumes and backups, restoring and pruning have to be staged first now.',
  detail:
    'After this they can also be run right from their plan. Every one is still shown, confirmed and recorded by itself.',
  confirmLabel: 'Run them at once',
};

export function settingsHandlers(
  options: SettingsHandlerOptions,
): Pick<CoreHandlers, 'settings:read' | 'settings:fixed' | 'settings:update'> {
  const { settings, shell } = options;
  return {
    'settings:read': async () => settings.read(),
    'settings:fixed': async () => ({ names: settings.fixed() }),
    'settings:update': async (change, { signal }) => {
      // SECURITY: the page can ask to switch a guard off; only a person in a native dialog does it.
      const { readOnly, stageFirst } = settings.read();
      const questions = [
        ...(change.readOnly === false && readOnly ? [disableReadOnly] : []),
        ...(change.stageFirst === false && stageFirst ? [disableStageFirst] : []),
      ];
      for (const question of questions) {
        if (!(await shell.confirm(question, signal))) return settings.read();
      }
      const updated = settings.update(change);
      options.onChanged(updated);
      return updated;
    },
  };
}
