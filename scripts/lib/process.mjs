// Child processes: started here, ended here, by the pid we started.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { SetupError } from './say.mjs';

const children = new Set();
const cleanups = new Set();
let watching = false;

/**
 * Runs `cleanup` (synchronous) when this process ends by exit, SIGTERM or SIGHUP. Returns its remover.
 * Ctrl-C is left to whoever owns the process: Playwright, or `endOnInterrupt`.
 */
export function onEnd(cleanup) {
  watchEnd();
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

function watchEnd() {
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const cleanup of cleanups) cleanup();
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => end(signal, true));
}

/** Set from the first signal on: nothing that was to follow is started any more. */
let endingWith;

/** Ends once the children have ended in order; a second signal, or 10 s, end at once. */
function end(signal, forward) {
  const code = 128 + constants.signals[signal];
  if (endingWith !== undefined || children.size === 0) process.exit(code);
  endingWith = code;
  if (forward) for (const child of children) child.kill(signal);
  setTimeout(() => process.exit(code), 10_000).unref();
}

/** Ctrl-C for the launcher. A terminal interrupts the children itself, and a second time would be too much. */
export function endOnInterrupt() {
  process.on('SIGINT', () => end('SIGINT', !process.stdin.isTTY));
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
      if (endingWith !== undefined && children.size === 0) process.exit(endingWith);
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
