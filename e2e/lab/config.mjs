// Where the lab lives and what it is made of.
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const SOURCE_DIR = dirname(fileURLToPath(import.meta.url));

/** A Debian release other than that of this machine, `trixie`: its tools print other forms. null: this machine's. */
export const RELEASE = process.env.HOLDFAST_LAB_RELEASE || null;

function chooseLabDir() {
  if (process.env.HOLDFAST_LAB_DIR) return resolve(process.env.HOLDFAST_LAB_DIR);
  const name = RELEASE === null ? 'holdfast-lab' : `holdfast-lab-${RELEASE}`;
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), name);
}

const labDir = chooseLabDir();
const at = (...parts) => join(labDir, ...parts);

export const paths = {
  labDir,
  labJson: at('lab.json'),
  lock: at('lock'),
  buildLog: at('build.log'),
  knownHosts: at('known_hosts'),
  keys: at('keys'),
  userKey: at('keys', 'id_ed25519'),
  hostKey: at('keys', 'ssh_host_ed25519_key'),
  trees: at('trees'), // unpacked Debian trees, only needed to build
  zfsModules: at('zfs-modules'), // compiled .ko files, one folder per kernel and ZFS version
  image: at('image'), // vmlinux, initrd.cpio, rootfs.ext4, stamp.json
  saved: at('saved'), // the running state that `up` and `reset` resume
  run: at('run'), // what the running machine writes: overlay, disks, pid, socket, logs
  pidFile: at('run', 'vm.pid'),
  qmpSocket: at('run', 'qmp.sock'),
  consoleLog: at('run', 'console.log'),
  qemuLog: at('run', 'qemu.log'),
};

export const DEFAULT_PORT = Number(process.env.HOLDFAST_LAB_PORT || 2222);
export const SSH_HOST = '127.0.0.1';
export const ADMIN = 'admin';
export const DISK_COUNT = 8;
export const DISK_BYTES = 512 * 1024 * 1024;

/** Packages of the machine that builds and runs the lab: command to look for -> Debian package. */
export const HOST_TOOLS = {
  debootstrap: 'debootstrap',
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  mke2fs: 'e2fsprogs',
  zstd: 'zstd',
  lz4: 'lz4',
  strip: 'binutils',
  'dpkg-deb': 'dpkg',
  ssh: 'openssh-client',
  unshare: 'util-linux',
};

/** Packages of the guest: what a real storage host has. */
export const GUEST_PACKAGES = [
  ...['systemd-sysv', 'udev', 'dbus', 'kmod', 'iproute2', 'procps', 'cron', 'openssh-server', 'sudo'],
  ...['lvm2', 'thin-provisioning-tools', 'dmsetup', 'dmeventd', 'mdadm', 'btrfs-progs', 'zfsutils-linux'],
  ...['smartmontools', 'nvme-cli', 'e2fsprogs', 'xfsprogs', 'util-linux', 'fdisk', 'parted', 'gdisk'],
  ...['rsync', 'python3-minimal', 'lsof', 'psmisc', 'less'],
  // What msb of microsandbox is linked against.
  'libcap-ng0',
];

export function ensureLabDir() {
  if (!existsSync(labDir)) mkdirSync(labDir, { recursive: true, mode: 0o755 });
  // QEMU's monitor is a unix socket, whose path the kernel limits to 107 bytes.
  if (Buffer.byteLength(paths.qmpSocket) > 107) {
    throw new Error(`HOLDFAST_LAB_DIR is too long for a unix socket: ${labDir}`);
  }
}
