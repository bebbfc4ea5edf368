import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import {
  electronArguments,
  electronEnvironment,
  resolveElectron,
  withApp,
} from '../scripts/lib/electron.mjs';
import { checkoutCache, root } from '../scripts/lib/workspace.mjs';

export interface LaunchOptions {
  /** Opens the demo fleet instead of the person's own hosts. */
  demo?: boolean;
  /** The profile folder; a fresh temporary one when not given. One that is given is kept at the end. */
  userData?: string;
  /** Added to the environment; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>;
  /** More arguments for the app. */
  args?: string[];
}

export interface Holdfast {
  app: ElectronApplication;
  /** The first window, loaded. */
  page: Page;
  userData: string;
  /** The person's home folder, empty at first. */
  home: string;
  /** What the app wrote so far to stdout, stderr and the log files of its profile. */
  log(): string;
  /** Quits as a person would; after 15 s by force. */
  close(): Promise<void>;
}

const isRoot = process.getuid?.() === 0;

/** Nothing of the person who runs the tests reaches the app: no home, no agent, no settings of Node. */
function hermeticEnvironment(
  home: string,
  added: Record<string, string | undefined>,
): Record<string, string> {
  const hidden = new Set(['SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'NODE_OPTIONS', 'ELECTRON_RUN_AS_NODE']);
  const merged: Record<string, string | undefined> = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !hidden.has(name))),
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_DATA_HOME: join(home, '.local', 'share'),
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    ...added,
  };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The app's own log files, each under its name. */
function readLogs(folder: string): string {
  if (!existsSync(folder)) return '';
  return readdirSync(folder)
    .map((name) => `--- ${name}\n${readFileSync(join(folder, name), 'utf8')}`)
    .join('\n');
}

async function quit(app: ElectronApplication): Promise<void> {
  const child = app.process();
  const closed = app.close().then(() => true);
  const late = new Promise<false>((done) => setTimeout(() => done(false), 15_000).unref());
  if (await Promise.race([closed, late])) return;
  child.kill('SIGKILL');
  await closed;
}

/** What a page that does not come to an end of loading looks like, from both sides; each answers within 3 s or not. */
async function describeWindow(app: ElectronApplication, page: Page): Promise<string> {
  const orLate = <T>(answer: Promise<T>): Promise<T | string> =>
    Promise.race([
      answer.catch(String),
      new Promise<string>((done) => setTimeout(() => done('no answer'), 3_000).unref()),
    ]);
  const inside = await orLate(
    page.evaluate(() => `${document.readyState} ${document.visibilityState} ${location.href}`),
  );
  const outside = await orLate(
    app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map(({ webContents }) => ({
        url: webContents.getURL(),
        loading: webContents.isLoading(),
        crashed: webContents.isCrashed(),
      })),
    ),
  );
  return `The page did not load, or draws nothing. The page: ${inside}. Its window: ${JSON.stringify(outside)}`;
}

/** Playwright waits with frames before each click; @throws when the page draws none for 20 s. */
async function firstFrames(page: Page): Promise<void> {
  const drawn = page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  // Also when the page goes away after the wait was given up.
  drawn.catch(() => undefined);
  const late = new Promise((_, fail) =>
    setTimeout(() => fail(new Error('It draws no frames.')), 20_000).unref(),
  );
  await Promise.race([drawn, late]);
}

/**
 * Starts the built app in a real window. A page that does not come to an end of loading, or draws nothing, is given one
 * more start: about one start in 100 on a loaded machine, on the evaluation runtime, before anything of a test has
 * happened. It is said on stderr each time; the app's own answer to it (shell/window/load-watch.ts) takes longer than a
 * test waits.
 * @throws when no window appears within 60 s, with what the app said.
 */
export async function launchHoldfast(options: LaunchOptions = {}): Promise<Holdfast> {
  try {
    return await startHoldfast(options);
  } catch (error) {
    if (!(error instanceof PageNotLoaded)) throw error;
    process.stderr.write(`started once more: ${error.message}\n`);
    return startHoldfast(options);
  }
}

class PageNotLoaded extends Error {}

async function startHoldfast(options: LaunchOptions): Promise<Holdfast> {
  const { demo = false, args = [], env = {} } = options;
  const runtime = withApp(await resolveElectron(), join(root, 'e2e', 'app'), join(checkoutCache, 'e2e'));
  const temporary = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'));
  const userData = options.userData ?? join(temporary, 'profile');
  const home = join(temporary, 'home');
  mkdirSync(home);
  const output: string[] = [];
  const log = (): string => `${output.join('')}${readLogs(join(userData, 'logs'))}`;
  const removeTemporary = (): void => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
  let app: ElectronApplication | undefined;
  try {
    app = await _electron.launch({
      executablePath: runtime.executable,
      // SECURITY: Playwright would add --no-sandbox always; the launcher does for root alone.
      chromiumSandbox: !isRoot,
      args: electronArguments(runtime, { demo, extra: args }),
      env: hermeticEnvironment(home, { ...electronEnvironment(runtime, { demo, userData }), ...env }),
      colorScheme: null,
      timeout: 60_000,
    });
    const child = app.process();
    child.stdout?.setEncoding('utf8').on('data', (text: string) => output.push(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => output.push(text));
    const running = app;
    const page = await app.firstWindow({ timeout: 60_000 });
    const loaded = page.waitForLoadState('load').then(() => firstFrames(page));
    await loaded.catch(async (cause: unknown) => {
      throw new PageNotLoaded(await describeWindow(running, page), { cause });
    });
    return {
      app,
      page,
      userData,
      home,
      log,
      async close() {
        await quit(running);
        removeTemporary();
      },
    };
  } catch (error) {
    app?.process().kill('SIGKILL');
    const said = log();
    removeTemporary();
    const text = `Holdfast did not open its window. ${String(error)}\n${said}`;
    throw error instanceof PageNotLoaded
      ? new PageNotLoaded(text, { cause: error })
      : new Error(text, { cause: error });
  }
}

/** The parent's id and the command line of a process; null: there is no such process. */
function processFacts(pid: string): { parent: number; command: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; what follows the last one is plain.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { parent, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') };
  } catch {
    return null;
  }
}

/** The process id of the core, found through /proc (Linux alone); null: none runs just now. */
export function findCorePid(app: ElectronApplication): number | null {
  const found = readdirSync('/proc').filter((name) => {
    const facts = /^\d+$/.test(name) ? processFacts(name) : null;
    return (
      facts !== null &&
      facts.parent === app.process().pid &&
      /core\.cjs|node\.mojom\.NodeService/.test(facts.command)
    );
  });
  if (found.length > 1) throw new Error(`There are ${found.length} cores.`);
  return found[0] === undefined ? null : Number(found[0]);
}

/** @throws when no core runs */
export function corePid(app: ElectronApplication): number {
  const pid = findCorePid(app);
  if (pid === null) throw new Error('No core runs.');
  return pid;
}
