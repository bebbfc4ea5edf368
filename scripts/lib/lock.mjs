// One process at a time per name: two terminals may start the demo and the tests of one checkout at once.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onEnd } from './process.mjs';
import { say, SetupError } from './say.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  try {
    // In containers whose first process reaps nobody, a dead process keeps its pid as a zombie.
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return false;
    throw error;
  }
}

/** The pid that holds the lock; undefined while its owner has not written it yet. */
function holder(folder) {
  try {
    return Number.parseInt(readFileSync(join(folder, 'pid'), 'utf8'), 10) || undefined;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Runs `work` while this process alone holds `folder` (created, removed after).
 * A lock whose owner died is taken over. Waits at most `timeoutMs`.
 */
export async function withLock(folder, waitingFor, work, timeoutMs = 15 * 60_000) {
  mkdirSync(dirname(folder), { recursive: true });
  const deadline = Date.now() + timeoutMs;
  let told = false;
  let ownerlessSince;
  for (;;) {
    try {
      mkdirSync(folder);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const pid = holder(folder);
    ownerlessSince = pid === undefined ? (ownerlessSince ?? Date.now()) : undefined;
    // The pid file follows the folder within a moment; a folder that stays without one lost its owner between.
    const abandoned = pid === undefined ? Date.now() - ownerlessSince > 2000 : !isAlive(pid);
    if (abandoned) {
      rmSync(folder, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > deadline)
      throw new SetupError(`Waited too long for ${waitingFor}, held by process ${pid}.`);
    if (!told) {
      say(`waiting for ${waitingFor} (process ${pid ?? 'unknown'})`);
      told = true;
    }
    await sleep(200);
  }
  const release = () => rmSync(folder, { recursive: true, force: true });
  const forget = onEnd(release);
  try {
    writeFileSync(join(folder, 'pid'), String(process.pid));
    return await work();
  } finally {
    forget();
    release();
  }
}
