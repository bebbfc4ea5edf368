// Builds the app when its sources changed since the last build.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { withLock } from './lock.mjs';
import { runOrFail } from './process.mjs';
import { say } from './say.mjs';
import { checkoutCache, nodeBinary, pathWithLocalBin, root } from './workspace.mjs';

const sources = [
  ...['src-main', 'src-preload', 'src-renderer', 'resources'],
  ...['electron.vite.config.ts', 'scripts/lib/externals.mjs', 'tsconfig.base.json'],
  ...['package.json', 'package-lock.json'],
];

const isTest = (name) => /\.test\.tsx?$/.test(name);

function* filesUnder(path) {
  if (!existsSync(path)) return;
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error.code !== 'ENOTDIR') throw error;
    yield path;
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory()) yield* filesUnder(join(path, entry.name));
    else if (entry.isFile() && !isTest(entry.name)) yield join(path, entry.name);
  }
}

/** Digest over names and bytes of all that goes into the build; tests excepted. */
export function sourceDigest(folder = root, paths = sources) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of filesUnder(join(folder, path))) {
      const bytes = readFileSync(file);
      hash.update(`${relative(folder, file).split(sep).join('/')}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest('hex');
}

const outputs = ['main/index.cjs', 'main/core.cjs', 'preload/index.cjs', 'renderer/index.html'];
const stampFile = join(root, 'out', '.stamp');

function isFresh(digest) {
  return (
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === digest &&
    outputs.every((path) => existsSync(join(root, 'out', path)))
  );
}

export async function ensureBuild() {
  if (isFresh(sourceDigest())) return;
  await withLock(join(checkoutCache, 'build.lock'), 'another build of this checkout', async () => {
    const digest = sourceDigest();
    if (isFresh(digest)) return;
    say('building the app ...');
    const tool = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
    await runOrFail('The build', nodeBinary, [tool, 'build', '--logLevel', 'warn'], {
      cwd: root,
      capture: true,
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', PATH: pathWithLocalBin() },
    });
    mkdirSync(join(root, 'out'), { recursive: true });
    writeFileSync(stampFile, digest);
  });
}
