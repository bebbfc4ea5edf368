// Builds the machine's image: Debian tree -> packages -> ZFS modules -> kernel, initrd and root file system.
// Each step writes into a `.new` path and renames it when complete, so an interrupted step starts afresh.
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { currentKernel, debianMirror, debianSources, ensureHostTools, refreshHostApt } from './apt.mjs';
import { GUEST_PACKAGES, SOURCE_DIR, paths } from './config.mjs';
import { extractVmlinux, writeCpio } from './formats.mjs';
import { fetchMicrosandbox } from './microsandbox.mjs';
import { LabError, capture, log, progress, runLogged } from './process.mjs';

const GUEST_DIR = join(SOURCE_DIR, 'guest');
const BUILD_SOURCES = ['apt.mjs', 'config.mjs', 'formats.mjs', 'image.mjs', 'microsandbox.mjs'];
const ROOT_IMAGE_SIZE = '1G';
const INITRD_MODULES = [
  'virtio',
  'virtio_ring',
  'virtio_pci_modern_dev',
  'virtio_pci_legacy_dev',
  'virtio_pci',
];
// Drivers no virtual machine needs: two thirds of the modules.
const UNUSED_MODULES = [
  ...['sound', 'net/wireless', 'drivers/gpu', 'drivers/infiniband', 'drivers/media', 'drivers/usb'],
  ...['drivers/hid', 'drivers/input', 'drivers/net/wireless', 'drivers/net/ethernet', 'drivers/net/hyperv'],
  ...['drivers/staging', 'drivers/iio', 'drivers/hwmon', 'drivers/video'],
];

/** Build the image unless the one we have was made by these scripts for the current kernel. */
export async function ensureImage({ beforeReplacing }) {
  if (isImageCurrent()) return;
  if (process.getuid() !== 0) {
    throw new LabError(
      'building the lab needs root (chroot, debootstrap); run this once as root: node e2e/lab/lab.mjs build',
    );
  }
  const sources = hashBuildSources(); // before the build: an edit made meanwhile must lead to another
  writeFileSync(paths.buildLog, '');
  progress(`building the lab in ${paths.labDir}, log in ${paths.buildLog}`);
  await ensureHostTools();
  await refreshHostApt();
  ensureKeys();
  mkdirSync(paths.trees, { recursive: true });
  const base = await ensureBaseTree();
  const kernel = currentKernel() ?? currentKernel(base);
  if (!kernel) throw new LabError('apt does not know linux-image-cloud-amd64');
  progress(`kernel ${kernel}`);
  const kernelTree = await ensureUnpackedPackage(base, `linux-image-${kernel}`);
  const busybox = await ensureUnpackedPackage(base, 'busybox-static');
  // Side by side: each only reads the base tree, and spends half its time on one core or waiting for the mirror.
  const [zfsModules, packages, microsandbox] = await Promise.all([
    ensureZfsModules(base, kernel),
    ensurePackagesTree(base, kernel),
    ensureMicrosandbox(),
  ]);
  await beforeReplacing();
  await assembleImage({ sources, kernel, zfsModules, packages, microsandbox, kernelTree, busybox });
}

function isImageCurrent() {
  const built = readImageStamp();
  if (!built) return false;
  return built.sources === hashBuildSources() && built.kernel === (currentKernel() ?? built.kernel);
}

/** `{ sources, kernel, id }` of the image we have, or null. */
export function readImageStamp() {
  try {
    return JSON.parse(readFileSync(join(paths.image, 'stamp.json'), 'utf8'));
  } catch {
    return null;
  }
}

function hashBuildSources() {
  const hash = createHash('sha256');
  for (const name of BUILD_SOURCES) hash.update(readFileSync(join(SOURCE_DIR, name)));
  for (const name of listFiles(GUEST_DIR))
    hash.update(`${name}\0`).update(readFileSync(join(GUEST_DIR, name)));
  return hash.digest('hex');
}

function listFiles(folder, prefix = '') {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const name = join(prefix, entry.name);
      return entry.isDirectory() ? listFiles(folder, name) : [name];
    })
    .sort();
}

/** The login key and the machine's host key outlive rebuilds, so that a known host stays known. */
function ensureKeys() {
  mkdirSync(paths.keys, { recursive: true, mode: 0o700 });
  for (const key of [paths.userKey, paths.hostKey]) {
    if (!existsSync(`${key}.pub`)) {
      capture('sh', ['-c', 'rm -f "$0"; exec ssh-keygen -q -t ed25519 -N "" -C holdfast-lab -f "$0"', key]);
    }
  }
}

/** Make a tree complete or not at all. */
async function ensureTree(tree, make) {
  if (existsSync(tree)) return tree;
  const draft = `${tree}.new`;
  await removeTree(draft);
  await make(draft);
  renameSync(draft, tree);
  return tree;
}

async function removeTree(tree) {
  if (existsSync(tree)) await runLogged('rm', ['-rf', '--one-file-system', tree]);
}

// Namespaces of its own for mounts and processes: however a step ends, even by SIGKILL, the kernel takes both
// away, and no later `rm -rf` can reach the real /dev.
const ISOLATION = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];

/** Run a shell script inside a tree, with /proc, /sys and /dev in place. */
async function runInTree(tree, script, args = []) {
  const enter = `
    mount -t proc proc "$0/proc"; mount -t sysfs sysfs "$0/sys"; mount --rbind /dev "$0/dev"
    script=$1; shift
    exec chroot "$0" /bin/sh -euc "$script" sh "$@"`;
  await runLogged('unshare', [...ISOLATION, 'sh', '-euc', enter, tree, script, ...args], {
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      TMPDIR: '/tmp',
      HOME: '/root',
    },
  });
}

const readGuestScript = (name) => readFileSync(join(GUEST_DIR, name), 'utf8');

async function ensureBaseTree() {
  const { uri, codename } = debianMirror();
  const base = await ensureTree(join(paths.trees, `base-${codename}`), async (draft) => {
    progress(`debootstrap ${codename}`);
    const options = ['--variant=minbase', '--components=main,contrib', '--include=ca-certificates'];
    // Isolated too: debootstrap mounts /proc in the tree, and its children would outlive it.
    await runLogged('unshare', [
      ...ISOLATION,
      '--mount-proc',
      'debootstrap',
      ...options,
      codename,
      draft,
      uri,
    ]);
  });
  writeFileSync(join(base, 'etc/apt/sources.list'), debianSources());
  await runInTree(base, 'apt-get -q update -o Acquire::Retries=3');
  return base;
}

async function ensureZfsModules(base, kernel) {
  const policy = capture('chroot', [base, 'apt-cache', 'policy', 'zfs-dkms']);
  const version = policy.match(/Candidate: (\S+)/)?.[1];
  if (!version || version === '(none)') throw new LabError('this mirror has no zfs-dkms (component contrib)');
  return ensureTree(
    join(paths.zfsModules, `${kernel}_${version.replace(/[^\w.+-]/g, '_')}`),
    async (draft) => {
      progress(`compiling ZFS ${version} for ${kernel}: 5 to 12 minutes, once per kernel`);
      const tree = join(paths.trees, 'zfs.new');
      await removeTree(tree);
      await runLogged('cp', ['-a', base, tree]);
      await runInTree(tree, readGuestScript('compile-zfs.sh'), [kernel]);
      mkdirSync(draft, { recursive: true });
      const built = join(tree, 'lib/modules', kernel, 'updates/dkms');
      await runLogged('sh', [
        '-euc',
        'cp "$0"/*.ko* "$1"; if ls "$1"/*.ko > /dev/null 2>&1; then strip --strip-debug "$1"/*.ko; fi',
        built,
        draft,
      ]);
      await removeTree(tree);
      progress('ZFS modules compiled');
    },
  );
}

async function ensurePackagesTree(base, kernel) {
  const key = createHash('sha256').update(
    `${kernel} ${GUEST_PACKAGES} ${readGuestScript('install-packages.sh')}`,
  );
  return ensureTree(join(paths.trees, `packages-${key.digest('hex').slice(0, 12)}`), async (draft) => {
    progress('installing the packages of the guest');
    await runLogged('cp', ['-a', base, draft]);
    await runInTree(draft, readGuestScript('install-packages.sh'), GUEST_PACKAGES);
    progress('packages installed');
  });
}

/** msb and its library; the same file for every release. */
async function ensureMicrosandbox() {
  return ensureTree(join(paths.trees, 'microsandbox'), fetchMicrosandbox);
}

/** Files of one package, unpacked without installing it. */
async function ensureUnpackedPackage(base, name) {
  return ensureTree(join(paths.trees, name), async (draft) => {
    const downloads = `/var/cache/${name}`;
    await runInTree(
      base,
      'rm -rf "$2"; mkdir "$2"; cd "$2"; apt-get -q download -o APT::Sandbox::User=root -o Acquire::Retries=3 "$1"',
      [name, downloads],
    );
    const [archive] = readdirSync(join(base, downloads));
    await runLogged('dpkg-deb', ['-x', join(base, downloads, archive), draft]);
    await removeTree(join(base, downloads));
  });
}

/** A path within an unpacked package; from Debian 13 on packages hold it where /bin and /lib lead to. */
function unpackedPath(tree, path) {
  return [join(tree, path), join(tree, 'usr', path)].find((each) => existsSync(each)) ?? join(tree, path);
}

async function assembleImage({ sources, kernel, zfsModules, packages, microsandbox, kernelTree, busybox }) {
  progress('assembling the image');
  const draft = `${paths.image}.new`;
  await removeTree(draft);
  mkdirSync(draft);
  const modules = await ensureModules(kernelTree, zfsModules, kernel);
  extractVmlinux(join(kernelTree, 'boot', `vmlinuz-${kernel}`), join(draft, 'vmlinux'));
  await writeInitrd({ modules, busybox, outputFile: join(draft, 'initrd.cpio') });
  await writeRootImage({ packages, microsandbox, modules, kernel, outputFile: join(draft, 'rootfs.ext4') });

  const id = createHash('sha256').update(`${sources} ${kernel} ${Date.now()}`).digest('hex').slice(0, 16);
  writeFileSync(join(draft, 'stamp.json'), `${JSON.stringify({ sources, kernel, id })}\n`);
  await removeTree(paths.image);
  renameSync(draft, paths.image);
  const { blocks } = statSync(join(paths.image, 'rootfs.ext4'));
  progress(`image ready, root file system ${((blocks * 512) / 2 ** 20).toFixed(0)} MiB`);
}

/** The kernel's modules, trimmed, with ZFS among them. */
async function ensureModules(kernelTree, zfsModules, kernel) {
  const tree = join(paths.trees, 'modules.new');
  await removeTree(tree);
  await runLogged('cp', ['-a', unpackedPath(kernelTree, `lib/modules/${kernel}`), tree]);
  await unpackModules(tree);
  for (const unused of UNUSED_MODULES) await removeTree(join(tree, 'kernel', unused));
  cpSync(zfsModules, join(tree, 'updates/dkms'), { recursive: true });
  await unpackModules(join(tree, 'updates'));
  return tree;
}

/** From Debian 13 on modules are packed, which the insmod of the initrd does not read. */
async function unpackModules(tree) {
  await runLogged('sh', ['-euc', 'find "$0" -name "*.ko.xz" -print0 | xargs -0 -r xz -d', tree]);
}

async function writeInitrd({ modules, busybox, outputFile }) {
  const tree = join(paths.trees, 'initrd.new');
  await removeTree(tree);
  for (const folder of ['bin', 'dev', 'proc', 'root', 'modules'])
    mkdirSync(join(tree, folder), { recursive: true });
  copyFileSync(unpackedPath(busybox, 'bin/busybox'), join(tree, 'bin/busybox'));
  copyFileSync(join(GUEST_DIR, 'initrd-init'), join(tree, 'init'));
  await runLogged('chmod', ['755', join(tree, 'init'), join(tree, 'bin/busybox')]);
  const wanted = [
    ...INITRD_MODULES.map((name) => `drivers/virtio/${name}.ko`),
    'drivers/block/virtio_blk.ko',
  ];
  for (const path of wanted) {
    const source = join(modules, 'kernel', path);
    const copy = join(tree, 'modules', path.split('/').at(-1));
    if (existsSync(source)) await runLogged('strip', ['--strip-debug', '-o', copy, source]);
    else log(`${path} is not a module of this kernel\n`);
  }
  writeCpio(tree, outputFile);
  await removeTree(tree);
}

async function writeRootImage({ packages, microsandbox, modules, kernel, outputFile }) {
  const tree = join(paths.trees, 'root.new');
  await removeTree(tree);
  await runLogged('cp', ['-a', packages, tree]);
  await runLogged('cp', ['-rT', '--no-preserve=ownership', join(GUEST_DIR, 'root'), tree]);
  mkdirSync(join(tree, 'opt'), { recursive: true });
  await runLogged('cp', ['-a', microsandbox, join(tree, 'opt/microsandbox')]);
  symlinkSync('/opt/microsandbox/bin/msb', join(tree, 'usr/local/bin/msb'));
  mkdirSync(join(tree, 'lib/modules'), { recursive: true });
  renameSync(modules, join(tree, 'lib/modules', kernel));
  // A package's own host keys would differ from the fingerprint in lab.json.
  await runLogged('sh', ['-c', 'rm -f "$0"/etc/ssh/ssh_host_*', tree]);
  for (const suffix of ['', '.pub']) {
    copyFileSync(`${paths.hostKey}${suffix}`, join(tree, `etc/ssh/ssh_host_ed25519_key${suffix}`));
  }
  copyFileSync(`${paths.userKey}.pub`, join(tree, 'etc/ssh/lab_authorized_keys'));
  await runInTree(tree, readGuestScript('configure.sh'), [kernel]);
  const options = ['-q', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-L', 'root', '-d', tree];
  await runLogged('mke2fs', [...options, outputFile, ROOT_IMAGE_SIZE]);
  await removeTree(tree);
}
