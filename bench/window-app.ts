import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { app, BrowserWindow, ipcMain, session, type Session, type WebContents } from 'electron';
import type { WindowAnswer, WindowCommand, WindowTask } from './window-protocol';

/**
 * The main script of both windows that are compared, run by Electron: it opens the built app, or a window with
 * nothing in it, and tells when that is painted. Both go through the same hooks, which so cost both the same.
 */
const task = JSON.parse(process.env['HOLDFAST_BENCH_TASK'] ?? '{}') as WindowTask;

function tell(answer: WindowAnswer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  app.exit(1);
}

/** For every page that will be: a window's own preload script is left as it is. */
function watchPaint(): void {
  ipcMain.on(task.painted.channel, (_event, atMs: number) => tell({ kind: 'painted', atMs }));
  const filePath = join(__dirname, 'window-preload.cjs');
  const { defaultSession } = session;
  if ('registerPreloadScript' in defaultSession) {
    defaultSession.registerPreloadScript({ type: 'frame', filePath });
  } else {
    // Electron before 35.
    (defaultSession as Session).setPreloads([filePath]);
  }
}

function followCommands(contents: WebContents): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const command = JSON.parse(line) as WindowCommand;
    const { id } = command;
    if ('key' in command) {
      contents.sendInputEvent({ type: 'char', keyCode: command.key });
      tell({ kind: 'done', id, value: null });
      return;
    }
    contents.executeJavaScript(command.script).then(
      (value: unknown) => tell({ kind: 'done', id, value }),
      (error: unknown) => tell({ kind: 'failed', id, text: String(error) }),
    );
  });
}

async function openEmpty(): Promise<void> {
  app.setPath('userData', task.userData);
  await app.whenReady();
  const window = new BrowserWindow({ width: 1360, height: 860, show: false });
  window.once('ready-to-show', () => window.show());
  app.on('window-all-closed', () => app.quit());
  await window.loadFile(task.emptyPage);
}

if (task.unlimitedFrames) {
  // So that the time between two frames is the work of one, and not the clock of a screen.
  app.commandLine.appendSwitch('disable-frame-rate-limit');
  app.commandLine.appendSwitch('disable-gpu-vsync');
}
app.once('ready', watchPaint);
app.on('web-contents-created', (_event, contents) => {
  followCommands(contents);
});
if (task.appMain === null) {
  openEmpty().catch(fail);
} else {
  process.argv.push(...task.appArguments);
  createRequire(task.appMain)(task.appMain);
}
