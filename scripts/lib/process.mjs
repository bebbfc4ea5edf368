// Child processes: started here, ended here, by the pid we started.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { SetupError } from './say.mjs';

const children = new Set();
const cleanups = new Set();
let watching = false;

/** Runs `cleanup` (synchronous) when this process ends by exit, Ctrl-C or SIGTERM. Returns its remover. */
export function onEnd(cleanup) {
  watchEnd();
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

function runCleanups() {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
}

function watchEnd() {
  if (watching) return;
  watching = true;
  process.on('exit', runCleanups);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      for (const child of children) child.kill(signal);
      runCleanups();
      process.exit(128 + constants.signals[signal]);
    });
  }
}

/**
 * Starts `command` with an argument array and waits for its end.
 * `capture` collects stdout and stderr as text, otherwise the child writes to our terminal.
 * Never throws for an exit code; `code` is null when the child was killed or could not be started.
 */
export function run(command, args, options = {}) {
  const { capture = false, timeoutMs, signal = 'SIGTERM', ...spawnOptions } = options;
  watchEnd();
  return new Promise((done) => {
    const child = spawn(command, args, {
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      ...spawnOptions,
    });
    children.add(child);
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
    const timer = timeoutMs
      ? setTimeout(() => {
          timedOut = true;
          child.kill(signal);
          setTimeout(() => child.kill('SIGKILL'), 3000).unref();
        }, timeoutMs)
      : undefined;
    const finish = (result) => {
      clearTimeout(timer);
      children.delete(child);
      done({ stdout, stderr, timedOut, ...result });
    };
    child.once('error', (error) => finish({ code: null, error }));
    child.once('close', (code, endSignal) => finish({ code, signal: endSignal ?? undefined }));
  });
}

/** Tools say first what went wrong (npm) or last (compilers); help texts stand between. */
function beginAndEnd(lines) {
  return lines.length <= 24 ? lines : [...lines.slice(0, 10), '...', ...lines.slice(-12)];
}

/** As `run`, but anything except exit code 0 is a SetupError that names `what` and ends with the tool's words. */
export async function runOrFail(what, command, args, options = {}) {
  const result = await run(command, args, options);
  if (result.code === 0) return result;
  const reason = result.error
    ? result.error.message
    : result.timedOut
      ? 'it took too long and was stopped'
      : result.signal
        ? `ended by ${result.signal}`
        : `exit code ${result.code}`;
  const words = beginAndEnd(`${result.stderr}\n${result.stdout}`.trim().split('\n')).join('\n');
  throw new SetupError(`${what} failed: ${reason}${words ? `\n${words}` : ''}`);
}
