import type { ElectronApplication } from '@playwright/test';

export interface RecordedDialog {
  kind: 'message' | 'save' | 'open' | 'error';
  title: string;
  message: string;
  detail: string;
  buttons: string[];
  /** Index of the button that Enter presses, and of the one that Escape stands for. */
  defaultId: number | null;
  cancelId: number | null;
  defaultPath: string | null;
  /** What the recorder answered: a button's label, a path, or null for cancelled. */
  answer: string | null;
  /** False when nobody had queued an answer: the dialog was cancelled. */
  expected: boolean;
}

export interface DialogRecorder {
  /** The next message box is answered with the button of this label; it must have one. */
  press(label: string): Promise<void>;
  /** The next save dialog returns this path; null cancels. */
  saveTo(path: string | null): Promise<void>;
  /** The next open dialog returns this path; null cancels. */
  open(path: string | null): Promise<void>;
  /** All dialogs so far, oldest first. */
  seen(): Promise<RecordedDialog[]>;
  /** Waits until `count` dialogs were shown and returns the last of them. */
  waitFor(count: number, timeoutMs?: number): Promise<RecordedDialog>;
}

interface RecorderState {
  seen: RecordedDialog[];
  message: string[];
  save: (string | null)[];
  open: (string | null)[];
}

/**
 * Replaces Electron's native dialogs in the main process by a recorder with queued answers.
 * A dialog nobody queued an answer for is cancelled and marked `expected: false`.
 * The functions run in the main process, so they may close over nothing.
 */
export async function recordDialogs(app: ElectronApplication): Promise<DialogRecorder> {
  await app.evaluate(({ dialog }) => {
    const state: RecorderState = { seen: [], message: [], save: [], open: [] };
    (globalThis as unknown as { holdfastDialogs: RecorderState }).holdfastDialogs = state;
    interface Options {
      title?: string;
      message?: string;
      detail?: string;
      buttons?: string[];
      defaultId?: number;
      cancelId?: number;
      defaultPath?: string;
    }
    /** `show…(window, options)` and `show…(options)` both exist. */
    const optionsOf = (args: unknown[]): Options => args[args.length - 1] as Options;
    const record = (
      kind: RecordedDialog['kind'],
      options: Options,
      answer: string | null,
      expected: boolean,
    ): void => {
      state.seen.push({
        kind,
        title: options.title ?? '',
        message: options.message ?? '',
        detail: options.detail ?? '',
        buttons: options.buttons ?? [],
        defaultId: options.defaultId ?? null,
        cancelId: options.cancelId ?? null,
        defaultPath: options.defaultPath ?? null,
        answer,
        expected,
      });
    };
    const replacement = {
      async showMessageBox(...args: unknown[]) {
        const options = optionsOf(args);
        const label = state.message.shift();
        const cancel = options.cancelId ?? 0;
        if (label === undefined) {
          record('message', options, null, false);
          return { response: cancel, checkboxChecked: false };
        }
        const response = options.buttons?.indexOf(label) ?? -1;
        record('message', options, label, response >= 0);
        return { response: response < 0 ? cancel : response, checkboxChecked: false };
      },
      async showSaveDialog(...args: unknown[]) {
        const path = state.save.shift();
        record('save', optionsOf(args), path ?? null, path !== undefined);
        return { canceled: !path, filePath: path ?? '' };
      },
      async showOpenDialog(...args: unknown[]) {
        const path = state.open.shift();
        record('open', optionsOf(args), path ?? null, path !== undefined);
        return { canceled: !path, filePaths: path ? [path] : [] };
      },
      showErrorBox(title: string, content: string) {
        record('error', { title, message: content }, null, false);
      },
    };
    Object.assign(dialog, replacement);
  });
  const queue = (kind: 'message' | 'save' | 'open', answer: string | null): Promise<void> =>
    app.evaluate(
      (_electron, next) => {
        const { holdfastDialogs } = globalThis as unknown as { holdfastDialogs: RecorderState };
        const answers: (string | null)[] = holdfastDialogs[next.kind];
        answers.push(next.answer);
      },
      { kind, answer },
    );
  const seen = (): Promise<RecordedDialog[]> =>
    app.evaluate(() => (globalThis as unknown as { holdfastDialogs: RecorderState }).holdfastDialogs.seen);
  return {
    press: (label) => queue('message', label),
    saveTo: (path) => queue('save', path),
    open: (path) => queue('open', path),
    seen,
    async waitFor(count, timeoutMs = 15_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const last = (await seen())[count - 1];
        if (last !== undefined) return last;
        if (Date.now() > deadline)
          throw new Error(`No dialog number ${count} appeared within ${timeoutMs} ms`);
        await new Promise((done) => setTimeout(done, 50));
      }
    },
  };
}
