// Child processes, the log, process identity and the lock.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, appendFileSync, constants, linkSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureLabDir, paths } from './config.mjs';

const TAIL_LINES = 25;

/** A failure the user can read without a stack trace. */
export class LabError extends Error {}

const startedAtMs = Date.now();

/** One progress line on stdout and in the log. */
export function progress(text) {
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(0).padStart(4);
  process.stdout.write(`[${seconds} s] ${text}\n`);
  log(`## ${new Date().toISOString()} ${text}\n`);
}

export function log(text) {
  ensureLabDir();
  appendFileSync(paths.buildLog, text);
}

export function tailOf(file, lines = TAIL_LINES) {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

/**
 * Run a build step, its output into the log. SIGKILL on our death: a step that outlived us would write into
 * a tree which the next build removes.
 */
export function runLogged(command, args, { env = {} } = {}) {
  log(`$ ${command} ${args.map((arg) => arg.split('\n')[0]).join(' ')}\n`);
  return new Promise((done, fail) => {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
      env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', log);
    child.stderr.on('data', log);
    child.on('error', (error) => fail(new LabError(`cannot run ${command}: ${error.message}`)));
    child.on('close', (code, signal) =>
      code === 0
        ? done()
        : fail(
            new LabError(
              `${command} failed (${signal ?? code}); end of ${paths.buildLog}:\n${tailOf(paths.buildLog)}`,
            ),
          ),
    );
  });
}

/** Output of a quick command; throws when it fails. */
export function capture(command, args, options = {}) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C' },
    ...options,
  });
  if (result.error) throw new LabError(`cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) throw new LabError(`${command} ${args.join(' ')} failed: ${result.stderr}`);
  return result.stdout;
}

const SEARCH_PATH = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];

export function hasCommand(name) {
  return SEARCH_PATH.some((folder) => isAccessible(join(folder, name), constants.X_OK));
}

export function isAccessible(path, mode) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** pid and start time: together they never name a later process that happens to get the same pid. */
export function identify(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    return state === 'Z' ? null : `${pid} ${startTime}`;
  } catch {
    return null;
  }
}

export function isAlive(identity) {
  const pid = Number(identity?.split(' ')[0]);
  return pid > 0 && identify(pid) === identity;
}

/** Run `work` while holding the lab's lock, waiting for another caller to finish first. */
export async function withLock(work) {
  const release = await acquireLock();
  try {
    return await work();
  } finally {
    release();
  }
}

async function acquireLock() {
  ensureLabDir();
  const mine = identify(process.pid);
  const draft = `${paths.lock}.${process.pid}`;
  let told = false;
  for (;;) {
    writeFileSync(draft, mine);
    try {
      linkSync(draft, paths.lock); // atomic, and never visible half written
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    const holder = readLock();
    if (holder !== null && !isAlive(holder)) breakStaleLock(holder);
    else {
      if (!told && holder) progress(`waiting for another lab command (pid ${holder.split(' ')[0]})`);
      told = true;
      await sleep(200);
    }
  }
  const release = () => readLock() === mine && rmSync(paths.lock, { force: true });
  process.on('exit', release);
  return release;
}

function readLock() {
  try {
    return readFileSync(paths.lock, 'utf8');
  } catch {
    return null;
  }
}

/** Take the dead holder's lock away; give it back if another caller was quicker and it is now theirs. */
function breakStaleLock(holder) {
  const aside = `${paths.lock}.stale.${process.pid}`;
  try {
    renameSync(paths.lock, aside);
    if (readFileSync(aside, 'utf8') !== holder) linkSync(aside, paths.lock);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  rmSync(aside, { force: true });
}
