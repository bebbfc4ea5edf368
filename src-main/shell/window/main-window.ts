import { BrowserWindow, nativeTheme, screen, type BrowserWindowConstructorOptions } from 'electron';
import type { WindowState } from './bounds';
import { minimumSize, restoreBounds } from './bounds';
import type { WindowStateFile } from './window-state-file';

export interface MainWindowOptions {
  preloadPath: string;
  iconPath: string;
  stateFile: WindowStateFile;
  /** Said in the title for as long as the window lives; null on the official runtime. */
  titleSuffix: string | null;
  devServer: boolean;
  /** How many are open already: each further one stands a little beside the last, and is not the remembered one. */
  offset: number;
}

export interface MainWindow {
  readonly window: BrowserWindow;
  /** What the next first frame is drawn for. */
  setColourScheme(scheme: WindowState['colourScheme']): void;
  /** In front and focused, also when minimised. */
  present(): void;
}

/** Page colours of src-renderer/theme.ts (`--hf-page`), so that the first frame does not flash. */
const backgrounds = { dark: '#0e1217', light: '#f4f6f8' } as const;
const background = () => backgrounds[nativeTheme.shouldUseDarkColors ? 'dark' : 'light'];

/** SECURITY: items 2 to 11 of Electron's checklist; each is asserted by e2e/security.spec.ts. */
export function lockedWebPreferences(
  preloadPath: string,
  devServer: boolean,
): NonNullable<BrowserWindowConstructorOptions['webPreferences']> {
  return {
    preload: preloadPath,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    plugins: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    devTools: devServer,
    // Progress of a long change must go on in a window that is behind another.
    backgroundThrottling: false,
  };
}

/** The first frame takes a second or less; after this long a blank window is better than none. */
const showAfterMs = 4_000;

/** Moves and resizes come in hundreds. */
const saveDelayMs = 500;

/** Pixels; a title bar's height, so that the one behind can be grabbed. */
const cascade = 32;

const beside = (bounds: WindowState['bounds'], offset: number): WindowState['bounds'] =>
  bounds === null ? null : { ...bounds, x: bounds.x + cascade * offset, y: bounds.y + cascade * offset };

export function openMainWindow(options: MainWindowOptions): MainWindow {
  const { stateFile } = options;
  let state = stateFile.read();
  nativeTheme.themeSource = state.colourScheme === 'auto' ? 'system' : state.colourScheme;
  const workAreas = screen.getAllDisplays().map((display) => display.workArea);
  const window = new BrowserWindow({
    ...restoreBounds(beside(state.bounds, options.offset), workAreas),
    minWidth: minimumSize.width,
    minHeight: minimumSize.height,
    show: false,
    title: 'Holdfast',
    icon: options.iconPath,
    backgroundColor: background(),
    autoHideMenuBar: true,
    webPreferences: lockedWebPreferences(options.preloadPath, options.devServer),
  });
  if (state.maximized && options.offset === 0) window.maximize();
  // A busy machine can miss the first frame of a hidden window, and with it `ready-to-show` (seen under load on
  // Electron 25): a window that is late is shown all the same.
  const show = (): void => {
    clearTimeout(late);
    if (!window.isDestroyed() && !window.isVisible()) window.show();
  };
  const late = setTimeout(show, showAfterMs);
  window.once('ready-to-show', show);
  window.once('closed', () => clearTimeout(late));

  window.on('page-title-updated', (event, title) => {
    event.preventDefault();
    window.setTitle(options.titleSuffix === null ? title : `${title} (${options.titleSuffix})`);
  });

  const remember = (): void => {
    if (window.isDestroyed() || options.offset > 0) return;
    // The bounds a maximised or full-screen window goes back to.
    state = { ...state, bounds: window.getNormalBounds(), maximized: window.isMaximized() };
    stateFile.write(state);
  };
  let timer: NodeJS.Timeout | null = null;
  const rememberSoon = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(remember, saveDelayMs);
  };
  window.on('resize', rememberSoon);
  window.on('move', rememberSoon);
  window.on('close', () => {
    if (timer !== null) clearTimeout(timer);
    remember();
  });

  const onTheme = () => {
    if (!window.isDestroyed()) window.setBackgroundColor(background());
  };
  nativeTheme.on('updated', onTheme);
  window.on('closed', () => nativeTheme.off('updated', onTheme));

  return {
    window,
    setColourScheme: (colourScheme) => {
      if (state.colourScheme === colourScheme) return;
      state = { ...state, colourScheme };
      if (options.offset === 0) stateFile.write(state);
    },
    present: () => {
      if (window.isDestroyed()) return;
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
  };
}
