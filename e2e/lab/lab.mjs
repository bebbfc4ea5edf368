#!/usr/bin/env node
// The lab machine: a real storage host for live tests. See README.md beside this file.
import { DEFAULT_PORT, ensureLabDir, paths } from './config.mjs';
import { ensureImage, readImageStamp } from './image.mjs';
import {
  isHealthy,
  isSavedStateCurrent,
  readLabJson,
  resumeMachine,
  runningPid,
  savedAccelerator,
  saveState,
  stopMachine,
} from './machine.mjs';
import { LabError, progress, withLock } from './process.mjs';
import { sshInteractive } from './ssh.mjs';

const USAGE = `usage: node e2e/lab/lab.mjs <command>
  up            build if needed, resume the saved machine, wait for SSH
  down          stop the machine
  reset         throw away what the machine did: resume the saved state again
  build         build image and saved state, without starting
  status        say whether it runs and where (exit code 1 when stopped)
  ssh -- CMD    run CMD on the machine as admin
  check         exercise ZFS, LVM, mdadm and btrfs on the machine
environment: HOLDFAST_LAB_DIR, HOLDFAST_LAB_PORT, HOLDFAST_LAB_ACCEL (kvm or tcg), HOLDFAST_LAB_RELEASE (trixie)`;

const commands = { up, down, reset, build, status, ssh, check };

async function ensureBuilt() {
  await ensureImage({ beforeReplacing: stopMachine });
  if (isSavedStateCurrent()) return;
  await stopMachine();
  await saveState();
}

async function resume(port) {
  try {
    return await resumeMachine(port);
  } catch (error) {
    // The cache may have moved to another processor or QEMU: save a state that fits this machine.
    progress(`resume failed, saving the state anew (${error.message.split('\n')[0]})`);
    await stopMachine();
    await saveState();
    return resumeMachine(port);
  }
}

const describe = (lab) =>
  `lab is up: ssh -p ${lab.port} -i ${lab.privateKeyPath} ${lab.user}@${lab.host} (${lab.accelerator}, pid ${lab.pid}), ${paths.labJson}`;

async function up() {
  const lab = await withLock(async () => {
    await ensureBuilt();
    return (await isHealthy()) ? readLabJson() : resume(DEFAULT_PORT);
  });
  console.log(describe(lab));
}

async function reset() {
  const lab = await withLock(async () => {
    const port = readLabJson()?.port ?? DEFAULT_PORT;
    if (savedAccelerator() === null) await ensureBuilt(); // no other look: this runs before every test file
    return resume(port);
  });
  console.log(describe(lab));
}

async function down() {
  const stopped = await withLock(stopMachine);
  console.log(stopped ? 'lab stopped' : 'lab was not running');
}

async function build() {
  await withLock(ensureBuilt);
  console.log(`lab is built in ${paths.labDir}`);
}

function status() {
  const lab = readLabJson();
  if (lab && lab.pid === runningPid()) {
    console.log(describe(lab));
    return 0;
  }
  const image = readImageStamp();
  const built = image
    ? `image for kernel ${image.kernel}, saved with ${savedAccelerator() ?? 'nothing yet'}`
    : 'not built';
  console.log(`lab is stopped (${built}) in ${paths.labDir}`);
  return 1;
}

function requireRunning() {
  const lab = readLabJson();
  if (!lab || lab.pid !== runningPid()) throw new LabError('the lab is not running: node e2e/lab/lab.mjs up');
  return lab;
}

function ssh(words) {
  return sshInteractive(requireRunning().port, words[0] === '--' ? words.slice(1) : words);
}

async function check() {
  const { selfCheck } = await import('./lab.selfcheck.mjs');
  return (await selfCheck(requireRunning())) ? 0 : 1;
}

async function main([name, ...rest]) {
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : null;
  if (!command) {
    console.error(USAGE);
    return 2;
  }
  ensureLabDir();
  return (await command(rest)) ?? 0;
}

// Ctrl-C: let the exit handlers give the lock back; build steps die with us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    console.error(error instanceof LabError ? `lab: ${error.message}` : error);
    process.exit(1);
  },
);
