// `npm run package`: installers, or with `-- --dir` the unpacked app, in dist/. See docs/packaging.md.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureBuild } from './build.mjs';
import { overriddenElectron } from './electron.mjs';
import { ensureCachedFallback, fallback, fallbackSupported } from './fallback-runtime.mjs';
import { run } from './process.mjs';
import { say, SetupError } from './say.mjs';
import { ensurePackages, ensurePackagesOf } from './setup.mjs';
import { nodeBinary, pathWithLocalBin, root } from './workspace.mjs';

const packaging = join(root, 'packaging');
const dist = join(root, 'dist');

/** Which unpacked Electron is packed; undefined: electron-builder fetches that of package.json. */
async function chosenElectron(evaluation) {
  const own = overriddenElectron();
  if (own) return { dist: dirname(own.executable), version: own.version };
  if (!evaluation) return undefined;
  if (!fallbackSupported()) throw new SetupError('The evaluation runtime is for Linux x64 only.');
  // Not the linked one of this checkout, in which resources/app leads to the sources.
  return { dist: await ensureCachedFallback(), version: fallback.electronVersion };
}

/** Folders of unpacked apps: electron-builder makes one for each platform, also on the way to an installer. */
const unpackedIn = (folder) =>
  existsSync(folder)
    ? readdirSync(folder).filter((name) => /^(?:(?:linux|win)(?:-\w+)?-unpacked|mac(?:-\w+)?)$/.test(name))
    : [];

const node = (args) =>
  run(nodeBinary, args, { cwd: root, env: { ...process.env, PATH: pathWithLocalBin() } });

/** Packs, and holds what was packed against what it is to be. */
export async function packageApp(args) {
  const evaluation = '--evaluation-runtime';
  const unknown = args.filter((arg) => arg !== evaluation && arg !== '--dir');
  if (unknown.length > 0) throw new SetupError(`npm run package does not know ${unknown.join(' ')}.`);
  await ensurePackages();
  await ensureBuild();
  await ensurePackagesOf(packaging);
  const electron = await chosenElectron(args.includes(evaluation));
  const packed = await node([
    join(packaging, 'pack.mjs'),
    ...(args.includes('--dir') ? ['--dir'] : []),
    ...(electron ? ['--dist', electron.dist, '--version', electron.version] : []),
  ]);
  if (packed.code !== 0) return 1;
  const folders = unpackedIn(dist);
  if (folders.length === 0) throw new SetupError('electron-builder left no unpacked app in dist.');
  for (const folder of folders) {
    const { code } = await node([join(packaging, 'verify.mjs'), join(dist, folder)]);
    if (code !== 0) return 1;
  }
  if (electron?.version === fallback.electronVersion)
    say('packed on the evaluation runtime: it shows how, and is not to be used.');
  return 0;
}
