import { create } from 'zustand';
import type { AppInfo, CoreStatus } from '../../src-preload/contract/app';
import type { ActionId, ActionInfo } from '../../src-preload/contract/operations';
import type { WireError } from '../../src-preload/contract/result';
import type { Settings } from '../../src-preload/contract/settings';
import { call, listen } from '../api';

interface AppState {
  info: AppInfo | null;
  core: CoreStatus | null;
  settings: Settings | null;
  actions: ReadonlyMap<ActionId, ActionInfo>;
  error: WireError | null;
}

export const useAppStore = create<AppState>(() => ({
  info: null,
  core: null,
  settings: null,
  actions: new Map(),
  error: null,
}));

/** How often the settings came from elsewhere than a reading: a reading that was asked for before is older. */
let settingsChanges = 0;

function putSettings(settings: Settings): void {
  settingsChanges += 1;
  useAppStore.setState({ settings });
}

export async function loadApp(): Promise<void> {
  const info = await call('app:info', {});
  if (!info.ok) {
    useAppStore.setState({ error: info.error });
    return;
  }
  useAppStore.setState({ info: info.value, core: info.value.core });
  const before = settingsChanges;
  const [settings, catalogue] = await Promise.all([
    call('settings:read', {}),
    call('operations:catalogue', {}),
  ]);
  useAppStore.setState({
    ...(before === settingsChanges ? { settings: settings.ok ? settings.value : null } : {}),
    actions: new Map(catalogue.ok ? catalogue.value.actions.map((action) => [action.id, action]) : []),
    error: settings.ok ? (catalogue.ok ? null : catalogue.error) : settings.error,
  });
}

/** Returns the refusal, if any; the stored settings stay as the core has them. */
export async function updateSettings(patch: Partial<Settings>): Promise<WireError | null> {
  const answer = await call('settings:update', patch);
  if (!answer.ok) return answer.error;
  putSettings(answer.value);
  return null;
}

/**
 * Follows the app's own events for as long as the window lives.
 * @param onCoreRunning a core has started: at first, after a crash, or on another profile (demo or own hosts). It is told
 *   the state before; null: not known
 */
export function followApp(onCoreRunning: (before: CoreStatus['state'] | null) => void): () => void {
  const stops = [
    listen('settings:changed', putSettings),
    listen('app:coreStatus', (core) => {
      const before = useAppStore.getState().core;
      useAppStore.setState({ core });
      if (core.state === 'running' && before?.state !== 'running') onCoreRunning(before?.state ?? null);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}
