import type { ShellHandlers } from '../../src-preload/contract';
import type { AppInfo, CoreStatus } from '../../src-preload/contract/app';
import { ShellError } from './core-host/shell-requests';

export interface AppHandlersOptions {
  /** All that does not change while the app runs. */
  fixed: Pick<AppInfo, 'version' | 'electron' | 'chromium' | 'evaluationRuntime' | 'platform'>;
  vaultStatus(): AppInfo['vault'];
  core: {
    status(): CoreStatus;
    busy(): boolean;
    /** Restarts the core on one's own hosts or on the demo fleet. */
    open(demo: boolean): Promise<CoreStatus>;
  };
  /** Another window at that place of the page. false: there are as many as there may be. */
  openWindow(route: string): boolean;
  fullScreen(on: boolean): void;
  profile: {
    isDemo(): boolean;
    directory(): string;
  };
}

/** The channels that need no core, or are about it. */
export function createAppHandlers(options: AppHandlersOptions): ShellHandlers {
  const { core, profile } = options;

  /** SECURITY: ending the core in the middle of a change makes its outcome unknown; nobody does that by a click. */
  const refuseWhileBusy = (): void => {
    if (core.status().state !== 'running' || !core.busy()) return;
    throw new ShellError({
      code: 'refused',
      message: 'A change is still on its way to a host. Wait for its end or cancel it, then try again.',
    });
  };
  const open = async (demo: boolean): Promise<CoreStatus> => {
    refuseWhileBusy();
    const status = await core.open(demo);
    if (status.state === 'failed') {
      throw new ShellError({
        code: 'core-unavailable',
        message: status.message ?? 'The core could not be started.',
      });
    }
    return status;
  };

  return {
    'app:info': async () => ({
      ...options.fixed,
      demo: profile.isDemo(),
      profileDirectory: profile.directory(),
      vault: options.vaultStatus(),
      core: core.status(),
    }),
    'app:openDemo': async () => {
      await open(true);
      return {};
    },
    'app:closeDemo': async () => {
      await open(false);
      return {};
    },
    'app:openWindow': async ({ route }) => {
      if (!options.openWindow(route)) {
        throw new ShellError({
          code: 'refused',
          message: 'There are as many windows as Holdfast keeps open. Close one of them first.',
        });
      }
      return {};
    },
    'app:fullScreen': async ({ on }) => {
      options.fullScreen(on);
      return {};
    },
    'app:restartCore': async () => {
      refuseWhileBusy();
      return core.open(profile.isDemo());
    },
  };
}
