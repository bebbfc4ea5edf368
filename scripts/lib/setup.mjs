// The packages of package-lock.json in node_modules, and with them Node 24, from a fresh clone on.
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { run, runOrFail } from './process.mjs';
import { say, SetupError } from './say.mjs';
import { nodeBinary, pathWithoutLocalBin, root } from './workspace.mjs';

/**
 * The first package of the lock that the installed tree lacks or has in another version, else undefined.
 * Compared with npm's own record of what it put there (node_modules/.package-lock.json), so that a
 * developer's `npm install` counts as well. Optional packages are left out by npm on other platforms.
 */
export function firstMismatch(lock, installed) {
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '' || wanted.link) continue;
    const found = installed.packages[path];
    if (!found) {
      if (wanted.optional || wanted.devOptional || wanted.peer) continue;
      return path;
    }
    if (found.version !== wanted.version || found.integrity !== wanted.integrity) return path;
  }
  return undefined;
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

function installedAsLocked() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  return firstMismatch(readJson(join(root, 'package-lock.json')), readJson(record)) === undefined;
}

async function nodeIsThere() {
  if (!existsSync(nodeBinary)) return false;
  const wanted = readJson(join(root, 'package.json')).devDependencies.node;
  const { code, stdout } = await run(nodeBinary, ['--version'], { capture: true });
  return code === 0 && stdout.trim() === `v${wanted}`;
}

/** Every npm_* of the outer `npm run` stays away: they describe that run, not this one. */
function npmEnvironment() {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^npm_(lifecycle|package|command|execpath|node_execpath|config_ignore_scripts)/i.test(name),
    ),
  );
  return { ...env, PATH: pathWithoutLocalBin() };
}

const npm = (what, args) =>
  runOrFail(what, 'npm', args, {
    cwd: root,
    env: npmEnvironment(),
    capture: true,
    shell: process.platform === 'win32',
  });

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
    if (!installedAsLocked()) {
      say('installing the packages of package-lock.json (npm ci) ...');
      await npm('npm ci', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
    }
    if (!(await nodeIsThere())) {
      say('installing Node 24 into node_modules ...');
      await npm('Installing Node 24 (npm rebuild node)', ['rebuild', 'node', '--loglevel=error']);
      if (!(await nodeIsThere())) {
        throw new SetupError(
          `node_modules/node/bin/node does not run here. Holdfast's tools need Node 24; see package.json, "node".`,
        );
      }
    }
  });
}
