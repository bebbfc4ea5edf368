// Which Electron runs the app on this machine, and how it is called.
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ensureFallback, fallback, fallbackSupported, linkRuntime } from './fallback-runtime.mjs';
import { executableIn, fetchElectron, installedElectron } from './official-electron.mjs';
import { say, SetupError } from './say.mjs';
import { nodeBinary, root } from './workspace.mjs';

/** The Electron that ELECTRON_OVERRIDE_DIST_PATH names, if it names one. */
export function overriddenElectron() {
  const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (!dist) return undefined;
  const executable = executableIn(resolve(dist));
  if (!existsSync(executable)) {
    throw new SetupError(`ELECTRON_OVERRIDE_DIST_PATH names no Electron: ${executable} does not exist.`);
  }
  const versionFile = join(dist, 'version');
  const version = existsSync(versionFile)
    ? readFileSync(versionFile, 'utf8').trim().replace(/^v/, '')
    : 'unknown';
  return { kind: 'override', executable, version };
}

/**
 * In this order: ELECTRON_OVERRIDE_DIST_PATH, the official binary (fetched when the network lets it), the
 * pinned fallback runtime, on which the core is hosted by Node 24 because its own Node 18 is too old.
 */
export async function resolveElectron() {
  const official = overriddenElectron() ?? installed() ?? (await fetched());
  if (official) return official;
  if (!fallbackSupported()) {
    throw new SetupError(
      `Electron could not be fetched, and the evaluation runtime is for Linux x64 only. Set ELECTRON_MIRROR to a mirror you trust, or ELECTRON_OVERRIDE_DIST_PATH to an unpacked Electron, and try again.`,
    );
  }
  return { kind: 'fallback', executable: await ensureFallback(), version: fallback.electronVersion };
}

const withKind = (found) => (found ? { kind: 'official', ...found } : undefined);
const installed = () => withKind(installedElectron());
const fetched = async () => withKind(await fetchElectron());

/**
 * The same Electron for another app folder (the empty window that benchmarks compare with).
 * The fallback gets a folder of its own below `workFolder`, because it loads its own `resources/app`.
 */
export function withApp(runtime, app, workFolder) {
  if (runtime.kind !== 'fallback') return { ...runtime, app };
  const copy = join(workFolder, 'runtime');
  linkRuntime(dirname(runtime.executable), copy, app);
  return { ...runtime, app, executable: join(copy, 'electron') };
}

/** Said once by whoever starts the app. */
export function announce(runtime) {
  if (runtime.kind !== 'fallback') return;
  say(
    `the official Electron is out of reach here; using Electron ${runtime.version} out of ${fallback.package}, for evaluation and tests only (npx install-electron tries again).`,
  );
}

/** Chromium keeps bitmaps in /dev/shm; containers often give it 64 MB, on which it crashes. */
function sharedMemoryIsSmall() {
  if (!existsSync('/dev/shm')) return true;
  const { bsize, blocks } = statfsSync('/dev/shm');
  return bsize * blocks < 256 * 1024 * 1024;
}

/**
 * Where there is no GPU, Electron 25 starts three GPU processes, of which two end, until it draws in software, and says of
 * a page that came in between that it could not create its command buffer. Told at once, it starts one.
 */
const withoutGpu = () => (existsSync('/dev/dri') ? [] : ['--disable-gpu']);

/**
 * Arguments after the executable. The fallback finds the app in its `resources/app`.
 * SECURITY: `--no-sandbox` is added for root on Linux alone, where Chromium will not start without;
 * the app itself never adds it.
 */
export function electronArguments(runtime, { demo = false, extra = [] } = {}) {
  const linux = process.platform === 'linux';
  return [
    ...(linux && process.getuid() === 0 ? ['--no-sandbox'] : []),
    ...(linux && sharedMemoryIsSmall() ? ['--disable-dev-shm-usage'] : []),
    ...(runtime.kind === 'fallback' ? withoutGpu() : [runtime.app ?? root]),
    ...(demo ? ['--demo'] : []),
    ...extra,
  ];
}

/** What the shell reads at its start; `userData` is the profile folder. */
export function electronEnvironment(runtime, { demo = false, userData } = {}) {
  return {
    ...(demo ? { HOLDFAST_DEMO: '1' } : {}),
    ...(userData ? { HOLDFAST_USER_DATA: userData } : {}),
    ...(runtime.kind === 'fallback'
      ? { HOLDFAST_EVALUATION_RUNTIME: '1', HOLDFAST_CORE_NODE: nodeBinary }
      : {}),
  };
}
