import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hasDisplay, startXvfb } from '../scripts/lib/display.mjs';
import {
  electronArguments,
  electronEnvironment,
  resolveElectron,
  withApp,
  type ElectronRuntime,
} from '../scripts/lib/electron.mjs';
import { root } from '../scripts/lib/workspace.mjs';
import { withFolder } from './folder';
import type { WindowAnswer, WindowCommand, WindowTask } from './window-protocol';

/** Where windows are opened: one runtime, one screen, one folder. */
export interface Stage {
  folder: string;
  runtime: ElectronRuntime;
  env: NodeJS.ProcessEnv;
  emptyPage: string;
}

/** Electron and a screen for as long as the work takes. */
export async function withStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const app = join(folder, 'app');
    mkdirSync(app);
    const script = join(root, 'out', 'bench', 'window-app.cjs');
    writeFileSync(join(app, 'main.cjs'), `require(${JSON.stringify(script)});\n`);
    writeFileSync(
      join(app, 'package.json'),
      JSON.stringify({ name: 'bench', version: '0.0.0', main: 'main.cjs' }),
    );
    const emptyPage = join(app, 'empty.html');
    writeFileSync(emptyPage, '<!doctype html><meta charset="utf-8"><title>Empty</title><h1>Empty</h1>\n');
    const runtime = withApp(await resolveElectron(), app, folder);
    const display = hasDisplay() ? null : await startXvfb();
    try {
      return await work({ folder, runtime, env: { ...process.env, ...display?.env }, emptyPage });
    } finally {
      display?.stop();
    }
  });
}

export interface OpenWindow {
  /** Milliseconds from starting the process to the painted page. */
  paintedAfterMs: number;
  /** The same to the beginning of the page and to the first thing drawn in it. */
  milestones(): Promise<{ pageMs: number; firstDrawnMs: number }>;
  evaluate<T>(script: string): Promise<T>;
  type(key: string): Promise<void>;
  /** Memory of all its processes, in bytes: pages shared by n processes count 1/n in each (PSS). */
  memory(): { bytes: number; processes: number };
  close(): Promise<void>;
}

export interface WindowOptions {
  /** A folder of its own, kept from run to run. */
  profile: string;
  /** null: the empty window. */
  painted: { selector: string; count: number } | null;
  unlimitedFrames?: boolean;
}

function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = parentOf(Number(name));
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (one: number): number[] => [one, ...(children.get(one) ?? []).flatMap(below)];
  return below(pid);
}

/** null for a process that has just ended. */
function parentOf(pid: number): number | null {
  const stat = readProc(pid, 'stat');
  if (stat === null) return null;
  // The name may hold spaces and brackets: proc_pid_stat(5).
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}

function pssBytes(pid: number): number {
  const pss = /^Pss:\s+(\d+) kB$/m.exec(readProc(pid, 'smaps_rollup') ?? '');
  return pss === null ? 0 : Number(pss[1]) * 1024;
}

/** All of its processes, also the core, which may outlive the window by a moment. */
async function ended(child: ChildProcess, pids: readonly number[]): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const alive = (pid: number) => !/\) [ZX] /.test(readProc(pid, 'stat') ?? ') X ');
  for (let tries = 0; pids.some(alive); tries += 1) {
    if (tries > 200) throw new Error('A process of the window did not end within 10 s.');
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Opens the app of this checkout, or an empty window, and waits until it is painted. */
export async function openWindow(stage: Stage, options: WindowOptions): Promise<OpenWindow> {
  const { painted } = options;
  const task: WindowTask = {
    appMain: painted === null ? null : join(root, 'out', 'main', 'index.cjs'),
    appArguments: [],
    emptyPage: stage.emptyPage,
    painted: { ...(painted ?? { selector: 'h1', count: 1 }), channel: 'holdfast-bench:painted' },
    userData: options.profile,
    unlimitedFrames: options.unlimitedFrames === true,
  };
  const startedAtMs = performance.timeOrigin + performance.now();
  const child = spawn(stage.runtime.executable, electronArguments(stage.runtime), {
    env: {
      ...stage.env,
      ...electronEnvironment(stage.runtime, { userData: options.profile }),
      HOLDFAST_BENCH_TASK: JSON.stringify(task),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${stage.runtime.executable} did not start.`);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const waiting = new Map<number, { done: (value: unknown) => void; fail: (error: Error) => void }>();
  let paintedAt: (atMs: number) => void = () => undefined;
  const firstPaint = new Promise<number>((done, fail) => {
    const timer = setTimeout(
      () => fail(new Error(`The window was not painted within 60 s.\n${said}`)),
      60_000,
    );
    paintedAt = (atMs) => {
      clearTimeout(timer);
      done(atMs);
    };
    child.once('exit', (code) => {
      clearTimeout(timer);
      const error = new Error(`The window ended with code ${String(code)}.\n${said}`);
      fail(error);
      for (const one of waiting.values()) one.fail(error);
    });
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = answerOf(line);
    if (answer === null) return;
    if (answer.kind === 'painted') return paintedAt(answer.atMs);
    const one = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.kind === 'done') one?.done(answer.value);
    else one?.fail(new Error(answer.text));
  });
  let lastId = 0;
  const send = (make: (id: number) => WindowCommand): Promise<unknown> =>
    new Promise((done, fail) => {
      lastId += 1;
      waiting.set(lastId, { done, fail });
      child.stdin.write(`${JSON.stringify(make(lastId))}\n`);
    });
  const close = async (): Promise<void> => {
    const pids = descendants(pid);
    child.kill('SIGTERM');
    await ended(child, pids);
  };
  try {
    const paintedAfterMs = (await firstPaint) - startedAtMs;
    const evaluate = async <T>(script: string) => (await send((id) => ({ id, script }))) as T;
    return {
      paintedAfterMs,
      milestones: async () => {
        const [origin, drawn] = await evaluate<[number, number]>(
          `[performance.timeOrigin, performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN]`,
        );
        return { pageMs: origin - startedAtMs, firstDrawnMs: origin - startedAtMs + drawn };
      },
      evaluate,
      type: async (key) => {
        await send((id) => ({ id, key }));
      },
      memory: () => {
        const pids = descendants(pid);
        return { bytes: pids.reduce((sum, one) => sum + pssBytes(one), 0), processes: pids.length };
      },
      close,
    };
  } catch (error) {
    if (child.exitCode === null) await close();
    throw error;
  }
}

/** Lines of others (Chromium, the app) are not for us. */
function answerOf(line: string): WindowAnswer | null {
  return line.startsWith('{"kind":') ? (JSON.parse(line) as WindowAnswer) : null;
}
