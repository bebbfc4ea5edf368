// The official Electron binary: fetched by the `electron` package's own installer, where the network lets it.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './process.mjs';
import { say } from './say.mjs';
import { cacheDirectory, nodeBinary, root } from './workspace.mjs';

const packageFolder = join(root, 'node_modules', 'electron');

const refusalLastsMs = 24 * 60 * 60_000;

/** Path of the executable inside a dist folder, as in electron/install.js. */
export function executableIn(dist, platform = process.platform) {
  if (platform === 'darwin') return join(dist, 'Electron.app', 'Contents', 'MacOS', 'Electron');
  return join(dist, platform === 'win32' ? 'electron.exe' : 'electron');
}

const electronVersion = () => JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')).version;

/** The installed official binary of the version in package.json, else undefined. */
export function installedElectron() {
  const dist = join(packageFolder, 'dist');
  const versionFile = join(dist, 'version');
  if (!existsSync(versionFile) || !existsSync(executableIn(dist))) return undefined;
  const version = readFileSync(versionFile, 'utf8').trim().replace(/^v/, '');
  return version === electronVersion() ? { executable: executableIn(dist), version } : undefined;
}

/** Where @electron/get fetches from; it honours the same two variables. */
export function downloadUrl(version, env = process.env, platform = process.platform, arch = process.arch) {
  const mirror = env.ELECTRON_MIRROR ?? 'https://github.com/electron/electron/releases/download/';
  const folder = (env.ELECTRON_CUSTOM_DIR ?? `v${version}`).replace('{{ version }}', version);
  return `${mirror.replace(/\/*$/, '/')}${folder}/electron-v${version}-${platform}-${arch}.zip`;
}

/** True when @electron/get's own cache holds the archive, so that no network is needed. */
function archiveIsCached(version) {
  const cache = {
    linux: join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'electron'),
    darwin: join(homedir(), 'Library', 'Caches', 'electron'),
    win32: join(process.env.LOCALAPPDATA ?? homedir(), 'electron', 'Cache'),
  }[process.platform];
  if (!cache || !existsSync(cache)) return false;
  const name = `electron-v${version}-${process.platform}-${process.arch}.zip`;
  return readdirSync(cache).some((folder) => existsSync(join(cache, folder, name)));
}

const networkEnvironment = () => {
  const proxied = process.env.HTTPS_PROXY ?? process.env.https_proxy;
  return proxied ? { ...process.env, NODE_USE_ENV_PROXY: '1', ELECTRON_GET_USE_PROXY: '1' } : process.env;
};

/** Asks for the first byte of the archive, through redirects: 8 s tell a refusing network from a slow one. */
async function isReachable(url) {
  const script = `fetch(${JSON.stringify(url)}, { headers: { range: 'bytes=0-0' }, signal: AbortSignal.timeout(8000) })
    .then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1));`;
  const { code } = await run(nodeBinary, ['-e', script], {
    capture: true,
    timeoutMs: 10_000,
    env: networkEnvironment(),
  });
  return code === 0;
}

const refusalFile = (version) => join(cacheDirectory(), `electron-${version}-refused`);

function refusedLately(version) {
  const file = refusalFile(version);
  return existsSync(file) && Date.now() - statSync(file).mtimeMs < refusalLastsMs;
}

function rememberRefusal(version) {
  mkdirSync(cacheDirectory(), { recursive: true });
  writeFileSync(refusalFile(version), '');
}

/**
 * Fetches the official binary; undefined where the network refuses. A refusal is remembered for a day,
 * so that only the first start pays for finding out; `npx install-electron` tries at once.
 */
export async function fetchElectron() {
  const version = electronVersion();
  if (!archiveIsCached(version)) {
    if (refusedLately(version)) return undefined;
    if (!(await isReachable(downloadUrl(version)))) {
      rememberRefusal(version);
      return undefined;
    }
    say(`fetching Electron ${version} (about 110 MB) ...`);
  }
  const { code } = await run(nodeBinary, [join(packageFolder, 'install.js')], {
    capture: true,
    timeoutMs: 15 * 60_000,
    env: networkEnvironment(),
  });
  const installed = installedElectron();
  if (code !== 0 || !installed) {
    rememberRefusal(version);
    return undefined;
  }
  rmSync(refusalFile(version), { force: true });
  return installed;
}
