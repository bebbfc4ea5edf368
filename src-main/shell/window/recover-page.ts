import { app, dialog, type BrowserWindow } from 'electron';
import { describeThrown, type ShellLog } from '../log';
import { isPageUrl } from '../protocol/resolve-asset';
import { watchLoading } from './load-watch';
import { createReloadBudget } from './reload-budget';

/**
 * Loads the page again when its process is lost, when it does not come to an end of loading, and when something else
 * is in its place: Chromium asks nobody before it shows `about:blank`, so no `will-navigate` could refuse it (seen with
 * Electron 25.1).
 * Nothing of worth lives in the page: plans and state are the core's.
 */
export function recoverPage(window: BrowserWindow, pageUrl: string, log: ShellLog): void {
  const { webContents } = window;
  const mayReload = createReloadBudget();
  const recover = (): void => {
    if (window.isDestroyed()) return;
    if (mayReload()) {
      webContents.loadURL(pageUrl).catch((error: unknown) => {
        log.write('error', 'The page could not be loaded again', { error: describeThrown(error) });
      });
      return;
    }
    dialog.showErrorBox(
      'Holdfast cannot show its window',
      'The page was lost several times within a minute. Start Holdfast again; running changes are recorded.',
    );
    app.quit();
  };
  watchLoading(webContents, (times) => {
    if (window.isDestroyed()) return;
    log.write('error', 'The page began to load and did not end', { times });
    // Asking the same process again was seen to hang again: it is ended, and the page recovered as a lost one.
    webContents.forcefullyCrashRenderer();
  });
  webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    log.write('error', 'The page was lost', { reason, exitCode });
    if (reason !== 'clean-exit') recover();
  });
  webContents.on('did-navigate', (_event, url) => {
    if (isPageUrl(url, pageUrl)) return;
    log.write('error', 'The window showed something else and is brought back');
    recover();
  });
}
