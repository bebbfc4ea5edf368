import { homedir } from 'node:os';
import { join } from 'node:path';
import { app, dialog, type BrowserWindow, type FileFilter } from 'electron';
import type { ShellRequest } from '../core-host/shell-requests';
import { createTurns } from './one-at-a-time';
import { plainFileName } from './plain-file-name';

export interface Dialogs {
  /** True only when a person pressed the confirm button of the native dialog. */
  confirm(question: ShellRequest<'confirm'>, signal: AbortSignal): Promise<boolean>;
  chooseSavePath(request: ShellRequest<'chooseSavePath'>, signal: AbortSignal): Promise<string | null>;
  chooseOpenPath(request: ShellRequest<'chooseOpenPath'>, signal: AbortSignal): Promise<string | null>;
  /** Asks before quitting in the middle of a change. */
  confirmQuit(): Promise<boolean>;
}

const confirmButton = 0;
const cancelButton = 1;

/**
 * Native dialogs, one at a time, on top of the window.
 *
 * SECURITY: every word comes from the core; the page can bring a dialog up but neither word nor answer it.
 * Cancel is default and Escape, so neither a stray Enter nor closing the dialog confirms anything.
 */
export function createDialogs(parent: () => BrowserWindow | null, present: () => void): Dialogs {
  const inTurn = createTurns();

  const ask = async (
    words: { title: string; message: string; detail: string; confirmLabel: string },
    signal?: AbortSignal,
  ): Promise<boolean> => {
    present();
    const options = {
      type: 'warning' as const,
      title: words.title,
      message: words.message,
      detail: words.detail,
      buttons: [words.confirmLabel, 'Cancel'],
      defaultId: cancelButton,
      cancelId: cancelButton,
      noLink: true,
      ...(signal === undefined ? {} : { signal }),
    };
    const window = parent();
    const { response } =
      window === null ? await dialog.showMessageBox(options) : await dialog.showMessageBox(window, options);
    return response === confirmButton && signal?.aborted !== true;
  };

  const nothingShown = new AbortController().signal;
  return {
    confirm: (question, signal) =>
      inTurn(
        () =>
          // GTK shows `message` in bold as heading; the title bar alone is easily overlooked or missing.
          ask({ ...question, message: `${question.title}\n\n${question.message}` }, signal),
        signal,
        false,
      ),
    chooseSavePath: (request, signal) =>
      inTurn(
        async () => {
          present();
          const options = {
            defaultPath: join(app.getPath('documents'), plainFileName(request.suggestedName)),
            filters: request.filters satisfies FileFilter[],
          };
          const window = parent();
          const { canceled, filePath } =
            window === null
              ? await dialog.showSaveDialog(options)
              : await dialog.showSaveDialog(window, options);
          return canceled || !filePath || signal.aborted ? null : filePath;
        },
        signal,
        null,
      ),
    chooseOpenPath: (request, signal) =>
      inTurn(
        async () => {
          present();
          const properties: ('openFile' | 'showHiddenFiles' | 'dontAddToRecent')[] = [
            'openFile',
            'dontAddToRecent',
            // Private keys live in a hidden folder.
            ...(request.startIn === 'ssh-directory' ? (['showHiddenFiles'] as const) : []),
          ];
          const options = {
            title: request.title,
            defaultPath:
              request.startIn === 'ssh-directory' ? join(homedir(), '.ssh') : app.getPath('documents'),
            filters: request.filters satisfies FileFilter[],
            properties,
          };
          const window = parent();
          const { canceled, filePaths } =
            window === null
              ? await dialog.showOpenDialog(options)
              : await dialog.showOpenDialog(window, options);
          return canceled || signal.aborted ? null : (filePaths[0] ?? null);
        },
        signal,
        null,
      ),
    confirmQuit: () =>
      inTurn(
        () =>
          ask({
            title: 'Quit while a change is running?',
            message: 'A change is on its way to a host.',
            detail:
              'If you quit now, its outcome is recorded as unknown and checked at the next contact with the host. The host itself may well finish it.',
            confirmLabel: 'Quit anyway',
          }),
        nothingShown,
        false,
      ),
  };
}
