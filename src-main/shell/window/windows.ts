import { app, nativeTheme, type BrowserWindow } from 'electron';
import type { WindowState } from './bounds';
import { openMainWindow, type MainWindow, type MainWindowOptions } from './main-window';

export interface WindowsOptions extends Omit<MainWindowOptions, 'offset'> {
  /** Loads the page into a new window and looks after it. */
  fill(window: BrowserWindow, route: string): void;
}

export interface Windows {
  /** A further window at that place of the page. false: there are as many as there may be. */
  open(route: string): boolean;
  all(): readonly BrowserWindow[];
  /** The one in use: what is asked stands before the person's eyes. */
  current(): BrowserWindow | null;
  isFocused(): boolean;
  /** Brings the one in use to the front. */
  present(): void;
  /** Follows the settings: native parts, `prefers-color-scheme` and the next first frame. */
  setColourScheme(scheme: WindowState['colourScheme']): void;
}

/** Each is a process of its own, of some 90 MB. */
const mostWindows = 8;

/** All windows of the app; they share one core and one set of native dialogs. */
export function createWindows(options: WindowsOptions): Windows {
  /** The one used last comes last. */
  let windows: MainWindow[] = [];
  const last = (): MainWindow | undefined => windows.at(-1);

  app.on('browser-window-focus', (_event, focused) => {
    windows = windows.toSorted((a, b) => Number(a.window === focused) - Number(b.window === focused));
  });

  return {
    open: (route) => {
      if (windows.length >= mostWindows) return false;
      const opened = openMainWindow({ ...options, offset: windows.length });
      windows = [...windows, opened];
      opened.window.on('closed', () => {
        windows = windows.filter((each) => each !== opened);
      });
      options.fill(opened.window, route);
      return true;
    },
    all: () => windows.map(({ window }) => window),
    current: () => last()?.window ?? null,
    isFocused: () => windows.some(({ window }) => window.isFocused()),
    present: () => last()?.present(),
    setColourScheme: (scheme) => {
      nativeTheme.themeSource = scheme === 'auto' ? 'system' : scheme;
      for (const each of windows) each.setColourScheme(scheme);
    },
  };
}
