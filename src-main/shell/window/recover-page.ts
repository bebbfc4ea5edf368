import { app, dialog, type BrowserWindow } from 'electron';
import type { ShellLog } from '../log';
import { createReloadBudget } from './reload-budget';

/** Loads the page again when its process is lost. Nothing of worth lives there: plans and state are the core's. */
export function recoverPage(window: BrowserWindow, log: ShellLog): void {
  const mayReload = createReloadBudget();
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    log.write('error', 'The page was lost', { reason, exitCode });
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    if (mayReload()) {
      window.webContents.reload();
      return;
    }
    dialog.showErrorBox(
      'Holdfast cannot show its window',
      'The page was lost several times within a minute. Start Holdfast again; running changes are recorded.',
    );
    app.quit();
  });
}
