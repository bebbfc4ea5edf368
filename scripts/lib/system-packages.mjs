// What Electron and the tests need from a Debian or Ubuntu machine, and how to get it.
import { existsSync, readFileSync } from 'node:fs';
import { run, runOrFail } from './process.mjs';
import { say, SetupError } from './say.mjs';

/** Shared libraries of Electron 25 to 45 that a bare Debian 12 lacks. */
export const libraryPackages = [
  ...['libgtk-3-0', 'libnss3', 'libnspr4', 'libgbm1', 'libasound2', 'libatk1.0-0', 'libatk-bridge2.0-0'],
  ...['libatspi2.0-0', 'libcups2', 'libdrm2', 'libxkbcommon0', 'libxcomposite1', 'libxdamage1', 'libxfixes3'],
  ...['libxrandr2', 'libxext6', 'libx11-6', 'libxcb1', 'libpango-1.0-0', 'libcairo2', 'libexpat1'],
  'libdbus-1-3',
];

/** For a machine without a display: a screen, its access cookie, fonts (or text is boxes), a session bus. */
export const headlessPackages = ['xvfb', 'xauth', 'fonts-dejavu-core', 'dbus'];

/**
 * What the tests drive: OpenSSH's own tools as oracle, agent and file server, a session bus with a real keyring, and the
 * SQLite shell that the benchmarks measure against.
 */
export const testPackages = ['openssh-client', 'openssh-sftp-server', 'dbus', 'gnome-keyring', 'sqlite3'];

/** Debian 13 and Ubuntu 24.04 renamed libraries in their move to 64-bit time: libgtk-3-0t64. */
const names = (base) => (base.startsWith('lib') ? [base, `${base}t64`] : [base]);

/** Base names of which neither spelling is installed. `installed` is a set of package names. */
export function missingPackages(wanted, installed) {
  return wanted.filter((base) => !names(base).some((name) => installed.has(name)));
}

/** The spelling this release has: its t64 one when apt offers it as a real package, else the plain one. */
export function chooseNames(missing, offered) {
  return missing.map((base) => names(base).findLast((name) => offered.has(name)) ?? base);
}

/** From `dpkg-query -W -f '${db:Status-Status} ${Package}\n'`. */
export function parseInstalled(text) {
  return new Set(
    text
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([status]) => status === 'installed')
      .map(([, name]) => name),
  );
}

/** Real packages in the answer of `apt-cache show --no-all-versions`; virtual ones have no record. */
export function parseOffered(text) {
  return new Set([...text.matchAll(/^Package: (\S+)$/gm)].map(([, name]) => name));
}

/** Libraries that `ldd` could not find. */
export function parseMissingLibraries(text) {
  return [...text.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name]) => name);
}

export function isDebianFamily() {
  if (process.platform !== 'linux' || !existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

const isRoot = () => process.getuid?.() === 0;

async function installedPackages(wanted) {
  // Exit code 1 means that some are unknown; those that are known are printed all the same.
  const { stdout } = await run(
    'dpkg-query',
    ['-W', '-f', '${db:Status-Status} ${Package}\n', ...wanted.flatMap(names)],
    { capture: true },
  );
  return parseInstalled(stdout);
}

async function offeredPackages(missing) {
  const { stdout } = await run('apt-cache', ['show', '--no-all-versions', ...missing.flatMap(names)], {
    capture: true,
  });
  return parseOffered(stdout);
}

const aptOptions = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', '--no-install-recommends'];

async function aptInstall(missing) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  let offered = await offeredPackages(missing);
  const install = () =>
    run('apt-get', [...aptOptions, 'install', ...chooseNames(missing, offered)], { capture: true, env });
  if (missingPackages(missing, offered).length === 0 && (await install()).code === 0) return;
  // A bare image has no package lists, or old ones that name files no longer there.
  await runOrFail('apt-get update', 'apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', 'update'], {
    capture: true,
    env,
  });
  offered = await offeredPackages(missing);
  const packages = chooseNames(missing, offered);
  await runOrFail('apt-get install', 'apt-get', [...aptOptions, 'install', ...packages], {
    capture: true,
    env,
  });
}

/** The one line for a person who is not root. */
export const aptLine = (packages) => `sudo apt-get install --no-install-recommends ${packages.join(' ')}`;

/**
 * Debian or Ubuntu as root: installs what is missing. Elsewhere it changes nothing and stays quiet:
 * `checkRuntime` and the display say what they really lack.
 */
export async function ensureSystemPackages({ window = false, headless = false, tests = false }) {
  if (!isDebianFamily() || !isRoot()) return;
  const wanted = [
    ...(window ? libraryPackages : []),
    ...(window && headless ? headlessPackages : []),
    ...(tests ? testPackages : []),
  ];
  if (wanted.length === 0) return;
  const missing = missingPackages(wanted, await installedPackages(wanted));
  if (missing.length === 0) return;
  say(`installing ${missing.length} system packages: ${missing.join(' ')} ...`);
  await aptInstall(missing);
}

/** Asks the dynamic linker whether `executable` finds all its libraries; names what to install when not. */
export async function checkRuntime(executable) {
  if (process.platform !== 'linux') return;
  const { code, stdout } = await run('ldd', [executable], { capture: true });
  if (code !== 0) return; // No ldd (musl, NixOS): the start itself will tell.
  const libraries = parseMissingLibraries(stdout);
  if (libraries.length === 0) return;
  throw new SetupError(
    `Electron lacks these shared libraries: ${libraries.join(', ')}.\n` +
      (await howToInstall(libraryPackages)),
  );
}

/** A sentence that ends in the line to run, for whoever has the rights. */
export async function howToInstall(wanted) {
  if (!isDebianFamily()) return `Install your distribution's packages of: ${wanted.join(' ')}`;
  const missing = missingPackages(wanted, await installedPackages(wanted));
  const list = missing.length > 0 ? missing : wanted;
  return `Run this once: ${aptLine(chooseNames(list, await offeredPackages(list)))}`;
}
