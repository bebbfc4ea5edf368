// Where things are: this checkout, its Node, the shared cache.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout; looked for upwards, because the benchmarks bundle these modules into out/bench. */
function findRoot(folder) {
  if (existsSync(join(folder, 'package-lock.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('scripts/lib runs outside a checkout of Holdfast');
  return findRoot(parent);
}

export const root = findRoot(dirname(fileURLToPath(import.meta.url)));

export const localBin = join(root, 'node_modules', '.bin');

/** The Node 24 that the npm package `node` brings; missing before the first set-up. */
export const nodeBinary = join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/** Shared by all checkouts of this person, `${XDG_CACHE_HOME:-~/.cache}/holdfast`. */
export function cacheDirectory(env = process.env) {
  const base = env.XDG_CACHE_HOME;
  return join(base && isAbsolute(base) ? base : join(homedir(), '.cache'), 'holdfast');
}

/** Belongs to this checkout; lies in node_modules, which every tool that walks the tree skips. */
export const checkoutCache = join(root, 'node_modules', '.cache', 'holdfast');

const isLocalBin = (entry) => /[\\/]node_modules[\\/]\.bin[\\/]?$/.test(entry);

/** PATH with Node 24 first, so that `#!/usr/bin/env node` tools run on it. */
export function pathWithLocalBin(path = process.env.PATH ?? '') {
  return [localBin, ...path.split(delimiter).filter((entry) => entry !== localBin)].join(delimiter);
}

/**
 * PATH with no node_modules/.bin: npm must not run on the Node it is about to replace.
 * (`npm run` puts these folders first, also those of parent folders.)
 */
export function pathWithoutLocalBin(path = process.env.PATH ?? '') {
  return path
    .split(delimiter)
    .filter((entry) => !isLocalBin(entry))
    .join(delimiter);
}
