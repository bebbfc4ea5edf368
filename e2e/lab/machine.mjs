// The running machine: QEMU's command line, the saved state, start and stop.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN, DEFAULT_PORT, DISK_BYTES, DISK_COUNT, SOURCE_DIR, SSH_HOST, paths } from './config.mjs';
import { readImageStamp } from './image.mjs';
import { LabError, capture, identify, isAccessible, isAlive, progress, tailOf } from './process.mjs';
import { qmp, qmpUntil } from './qmp.mjs';
import { hostKeyFingerprint, sshRun, waitForSsh, writeKnownHosts } from './ssh.mjs';

const MEMORY_MIB = 1024;
const KERNEL_COMMAND_LINE = [
  ...['console=ttyS0', 'quiet', 'loglevel=4', 'nokaslr', 'mitigations=off', 'audit=0', 'panic=-1'],
  ...['raid=noautodetect', '8250.nr_uarts=1', 'cryptomgr.notests', 'systemd.show_status=0'],
].join(' ');

/** How the machine's processor is run. Cold boots get this long to answer. */
const ACCELERATORS = {
  kvm: { flags: ['-accel', 'kvm', '-cpu', 'host'], bootTimeoutMs: 30_000 },
  tcg: { flags: ['-accel', 'tcg,thread=multi,tb-size=256', '-cpu', 'Nehalem'], bootTimeoutMs: 300_000 },
};
const RESUME_TIMEOUT_MS = 60_000;

const BLANK_DISKS = [
  ...Array.from({ length: DISK_COUNT }, (_, index) => {
    const number = String(index + 1).padStart(4, '0');
    return { name: `disk${index + 1}`, device: 'virtio-blk-pci', extra: `serial=LABDISK${number}` };
  }),
  { name: 'ide', device: 'ide-hd', extra: 'bus=ide.0,serial=LABIDE0001' }, // the one smartctl can ask
];

const diskFile = (disk) => join(paths.run, `${disk.name}.img`);

function qemuArguments({ accelerator, port, incoming }) {
  // A comma separates QEMU's options; doubled, it is part of a path.
  const escaped = (path) => path.replaceAll(',', ',,');
  const drive = (file, format, id) =>
    `file=${escaped(file)},format=${format},if=none,id=${id},cache=unsafe,discard=unmap`;
  return [
    ...['-name', 'holdfast-lab', '-machine', 'pc', ...ACCELERATORS[accelerator].flags],
    ...['-smp', '2', '-m', String(MEMORY_MIB), '-nodefaults', '-display', 'none', '-no-reboot'],
    ...['-rtc', 'base=utc,clock=host'],
    ...['-serial', `file:${paths.consoleLog}`, '-qmp', `unix:${escaped(paths.qmpSocket)},server=on,wait=off`],
    ...['-kernel', join(paths.image, 'vmlinux'), '-initrd', join(paths.image, 'initrd.cpio')],
    ...['-append', KERNEL_COMMAND_LINE],
    ...['-drive', drive(join(paths.run, 'root.qcow2'), 'qcow2', 'root')],
    ...['-device', 'virtio-blk-pci,drive=root,serial=LABROOT'],
    ...BLANK_DISKS.flatMap((disk) => [
      ...['-drive', drive(diskFile(disk), 'raw', disk.name)],
      ...['-device', `${disk.device},drive=${disk.name},${disk.extra}`],
    ]),
    // restrict=on: the guest reaches nothing, only we reach its sshd.
    ...['-netdev', `user,id=net,restrict=on,hostfwd=tcp:${SSH_HOST}:${port}-:22`],
    ...['-device', 'virtio-net-pci,netdev=net,romfile=', '-device', 'virtio-rng-pci'],
    ...(incoming ? ['-incoming', incoming] : []),
  ];
}

// ---- start and stop ----

/** Fresh, empty disks and a root disk that keeps all changes apart from `backing` (relative to the run folder). */
function prepareDisks(backing, backingFormat) {
  rmSync(paths.run, { recursive: true, force: true });
  mkdirSync(paths.run);
  for (const disk of BLANK_DISKS) {
    writeFileSync(diskFile(disk), '');
    truncateSync(diskFile(disk), DISK_BYTES);
  }
  const overlay = join(paths.run, 'root.qcow2');
  capture('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', backing, '-F', backingFormat, overlay]);
}

function spawnQemu(settings) {
  const output = openSync(paths.qemuLog, 'w');
  const child = spawn('qemu-system-x86_64', qemuArguments(settings), {
    detached: true,
    cwd: paths.run,
    stdio: ['ignore', output, output],
  });
  child.on('error', () => {}); // without a pid: reported below
  child.unref();
  closeSync(output);
  const identity = child.pid && identify(child.pid);
  if (!identity) throw new LabError(`QEMU did not start: ${tailOf(paths.qemuLog)}`);
  writeFileSync(paths.pidFile, `${identity}\n`);
}

export function runningPid() {
  try {
    const identity = readFileSync(paths.pidFile, 'utf8').trim();
    return isAlive(identity) ? Number(identity.split(' ')[0]) : null;
  } catch {
    return null;
  }
}

const stillRunning = () => runningPid() !== null;

/** End the machine named by the pid file, and nothing else. Its disks are thrown away by the next start. */
export async function stopMachine() {
  const pid = runningPid();
  rmSync(paths.labJson, { force: true });
  if (pid === null) return false;
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    if (stillRunning()) process.kill(pid, signal);
    for (let wait = 0; wait < 60 && stillRunning(); wait += 1) await sleep(50);
  }
  if (stillRunning()) throw new LabError(`QEMU (pid ${pid}) does not end`);
  rmSync(paths.pidFile, { force: true });
  return true;
}

async function withConsole(work) {
  try {
    return await work();
  } catch (error) {
    const details = [tailOf(paths.qemuLog), tailOf(paths.consoleLog)].filter(Boolean).join('\n');
    throw details ? new LabError(`${error.message}\n${details}`) : error;
  }
}

async function freePort(preferred) {
  const probe = (port) =>
    new Promise((done) => {
      const server = createServer();
      server.on('error', () => done(null));
      server.listen(port, SSH_HOST, () => {
        const chosen = server.address().port;
        server.close(() => done(chosen));
      });
    });
  return (await probe(preferred)) ?? (await probe(0));
}

// ---- the saved state ----

const savedStampFile = join(paths.saved, 'stamp.json');

function readSavedStamp() {
  try {
    return JSON.parse(readFileSync(savedStampFile, 'utf8'));
  } catch {
    return null;
  }
}

/** A saved state fits one image, one QEMU and one shape of the machine. */
function savedStateKey() {
  const qemu = capture('qemu-system-x86_64', ['--version']);
  const shape = readFileSync(join(SOURCE_DIR, 'machine.mjs'));
  return createHash('sha256').update(`${readImageStamp()?.id} ${qemu}`).update(shape).digest('hex');
}

/** True when the machine can be resumed; an explicit HOLDFAST_LAB_ACCEL must match too. */
export function isSavedStateCurrent() {
  const stamp = readSavedStamp();
  const wanted = process.env.HOLDFAST_LAB_ACCEL;
  return stamp !== null && stamp.key === savedStateKey() && (!wanted || wanted === stamp.accelerator);
}

export const savedAccelerator = () => readSavedStamp()?.accelerator ?? null;

function acceleratorsToTry() {
  const wanted = process.env.HOLDFAST_LAB_ACCEL;
  if (wanted && !ACCELERATORS[wanted]) throw new LabError('HOLDFAST_LAB_ACCEL must be kvm or tcg');
  if (wanted) return [wanted];
  const canKvm = isAccessible('/dev/kvm', constants.R_OK | constants.W_OK);
  return canKvm ? ['kvm', 'tcg'] : ['tcg'];
}

// Load what the backends need and let each tool start once, so that tests meet a warm machine.
const PRIME = `
  set -e
  systemctl is-system-running --wait > /dev/null || true
  sudo modprobe -a zfs dm_mod dm_snapshot dm_thin_pool dm_mirror dm_raid raid1 raid10 raid456 btrfs loop
  sudo systemctl start dm-event.service
  sudo udevadm settle
  sudo sync; echo 3 | sudo tee /proc/sys/vm/drop_caches > /dev/null
  for tool in vgs 'zpool list' 'zfs list' 'lsblk --json' 'btrfs filesystem show' 'dmsetup ls' 'smartctl -i /dev/sda'; do
    sudo $tool > /dev/null 2>&1 || true
  done
  command -v findmnt wipefs mdadm thin_check rsync > /dev/null; cat /proc/mdstat > /dev/null; sudo sync`;

/** Boot cold with the first accelerator that works, make the machine ready, and save it running. */
export async function saveState() {
  const candidates = acceleratorsToTry();
  for (const accelerator of candidates) {
    try {
      await withConsole(() => bootAndSave(accelerator));
      return;
    } catch (error) {
      await stopMachine();
      if (accelerator === candidates.at(-1)) throw error;
      progress(`${accelerator} does not work here (${error.message.split('\n')[0]})`);
    }
  }
}

async function bootAndSave(accelerator) {
  progress(`booting once with ${accelerator}`);
  const port = await freePort(DEFAULT_PORT);
  prepareDisks('../image/rootfs.ext4', 'raw');
  writeKnownHosts(port);
  spawnQemu({ accelerator, port });
  await waitForSsh(port, { timeoutMs: ACCELERATORS[accelerator].bootTimeoutMs, stillRunning });
  progress('preparing and saving the running state');
  const primed = await sshRun(port, PRIME);
  if (primed.code !== 0) throw new LabError(`preparing the machine failed: ${primed.stderr.trim()}`);

  const draft = `${paths.saved}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  await qmp(paths.qmpSocket, 'stop');
  await qmp(paths.qmpSocket, 'migrate-set-parameters', { 'max-bandwidth': 2 ** 33 });
  await qmp(paths.qmpSocket, 'migrate', {
    uri: `exec:zstd -q -1 -T0 > ${shellQuote(join(draft, 'memory.zst'))}`,
  });
  const isOver = ({ status }) => ['completed', 'failed', 'cancelled'].includes(status);
  const result = await qmpUntil(paths.qmpSocket, 'query-migrate', isOver, {
    timeoutMs: 180_000,
    stillRunning,
  });
  if (result.status !== 'completed')
    throw new LabError(`saving the state: ${result.status} ${result['error-desc'] ?? ''}`);
  await stopMachine();
  refuseUsedDisks();
  renameSync(join(paths.run, 'root.qcow2'), join(draft, 'root.qcow2')); // its backing path is the same from here
  writeFileSync(join(draft, 'stamp.json'), `${JSON.stringify({ key: savedStateKey(), accelerator })}\n`);
  rmSync(paths.saved, { recursive: true, force: true });
  renameSync(draft, paths.saved);
  const { size } = statSync(join(paths.saved, 'memory.zst'));
  progress(`state saved with ${accelerator}, memory ${(size / 2 ** 20).toFixed(0)} MiB`);
}

/** A resume starts on blank disks, so the saved machine must not have written to them. */
function refuseUsedDisks() {
  const used = BLANK_DISKS.filter((disk) => statSync(diskFile(disk)).blocks > 0);
  if (used.length > 0) throw new LabError(`disks written before saving: ${used.map((disk) => disk.name)}`);
}

const shellQuote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** Resume the saved state; returns what lab.json says. `port` is only a preference. */
export async function resumeMachine(port = DEFAULT_PORT) {
  await stopMachine();
  return withConsole(async () => {
    const chosenPort = await freePort(port);
    const accelerator = savedAccelerator();
    prepareDisks('../saved/root.qcow2', 'qcow2');
    writeKnownHosts(chosenPort);
    const incoming = `exec:zstd -q -dc ${shellQuote(join(paths.saved, 'memory.zst'))}`;
    spawnQemu({ accelerator, port: chosenPort, incoming });
    const isLoaded = ({ status }) => status !== 'inmigrate';
    await qmpUntil(paths.qmpSocket, 'query-status', isLoaded, { timeoutMs: RESUME_TIMEOUT_MS, stillRunning });
    await qmp(paths.qmpSocket, 'cont');
    await waitForSsh(chosenPort, { timeoutMs: RESUME_TIMEOUT_MS, stillRunning });
    return writeLabJson(chosenPort, accelerator);
  });
}

/** Is the machine up and answering? Sets its clock on the way. */
export async function isHealthy() {
  const lab = readLabJson();
  if (!lab || lab.pid !== runningPid()) return false;
  return waitForSsh(lab.port, { timeoutMs: 20_000, stillRunning }).then(
    () => true,
    () => false,
  );
}

// ---- what tests read ----

function writeLabJson(port, accelerator) {
  const lab = {
    host: SSH_HOST,
    port,
    user: ADMIN,
    privateKeyPath: paths.userKey,
    hostKeySha256: hostKeyFingerprint(),
    pid: runningPid(),
    accelerator,
  };
  const draft = `${paths.labJson}.new`;
  writeFileSync(draft, `${JSON.stringify(lab, null, 2)}\n`);
  renameSync(draft, paths.labJson);
  return lab;
}

export function readLabJson() {
  return existsSync(paths.labJson) ? JSON.parse(readFileSync(paths.labJson, 'utf8')) : null;
}
