// What `npm run demo`, `start`, `setup`, `test...` and `bench` do. Each returns an exit code.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ensureBuild } from './build.mjs';
import { hasDisplay } from './display.mjs';
import { announce, electronArguments, electronEnvironment, resolveElectron } from './electron.mjs';
import { packageApp } from './package.mjs';
import { run } from './process.mjs';
import { say, SetupError } from './say.mjs';
import { ensurePackages } from './setup.mjs';
import { chooseSuites, runPlaywright, runVitest, tool } from './suites.mjs';
import { failureLines, sum, summaryLine } from './summary.mjs';
import { checkRuntime, ensureSystemPackages } from './system-packages.mjs';
import { nodeBinary, pathWithLocalBin, root } from './workspace.mjs';

async function setUp({ window, tests = false }) {
  await ensurePackages();
  await ensureSystemPackages({ window, headless: !hasDisplay(), tests });
  if (!window) return undefined;
  const runtime = await resolveElectron();
  await checkRuntime(runtime.executable);
  return runtime;
}

/** Starts the app and waits for its end. */
async function openApp(runtime, { demo, extra }) {
  await ensureBuild();
  const { code, signal, error } = await run(runtime.executable, electronArguments(runtime, { demo, extra }), {
    cwd: root,
    env: { ...process.env, ...electronEnvironment(runtime, { demo }) },
  });
  if (error) throw error;
  if (signal) say(`the app was ended by ${signal}`);
  return code ?? 1;
}

/** Without a display there is no window to show: walk through the screens instead and keep pictures. */
async function tour(runtime) {
  announce(runtime);
  await ensureBuild();
  const folder = join(root, 'screenshots');
  say('no display here: walking through the demo under Xvfb ...');
  const counts = await runPlaywright(['e2e/tour.spec.ts'], {
    env: { HOLDFAST_SCREENSHOTS: folder, HOLDFAST_TOUR: '1' },
  });
  const pictures = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.png')) : [];
  if (pictures.length === 0) throw new SetupError('The tour left no screenshots; see above.');
  say(`${pictures.length} screenshots are in ${folder}`);
  for (const name of pictures.sort()) console.log(relative(process.cwd(), join(folder, name)));
  return counts.failed === 0 ? 0 : 1;
}

async function demo(args) {
  const runtime = await setUp({ window: true });
  if (!hasDisplay()) return tour(runtime);
  announce(runtime);
  say('opening the demo fleet');
  return openApp(runtime, { demo: true, extra: args });
}

async function start(args) {
  const evaluation = '--evaluation-runtime';
  if (!hasDisplay()) {
    throw new SetupError(
      'There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open. On a server, npm run demo walks through the screens and saves pictures.',
    );
  }
  const runtime = await setUp({ window: true });
  if (runtime.kind === 'fallback' && !args.includes(evaluation)) {
    announce(runtime);
    throw new SetupError(
      `Electron ${runtime.version} is years behind on security fixes. To use it with your own hosts all the same: npm start -- ${evaluation}`,
    );
  }
  announce(runtime);
  return openApp(runtime, { demo: false, extra: args.filter((arg) => arg !== evaluation) });
}

const finish = (...counts) => {
  const total = sum(counts);
  // Said once more where a person looks first: at the end.
  for (const failure of total.failures) console.log(`\n${failureLines(failure, root).join('\n')}`);
  console.log(`\n${summaryLine(total)}`);
  return total.failed === 0 ? 0 : 1;
};

async function unit(args) {
  await setUp({ window: false, tests: true });
  return runVitest(args);
}

async function e2e(args) {
  const runtime = await setUp({ window: true, tests: true });
  announce(runtime);
  await ensureBuild();
  return runPlaywright(args);
}

async function test(args) {
  const suites = chooseSuites(args);
  const counts = [];
  if (suites.unit) counts.push(await unit(suites.unit));
  if (suites.e2e) counts.push(await e2e(suites.e2e));
  return finish(...counts);
}

/** A lab that does not start fails the suite; it never skips it. */
async function live(args) {
  await setUp({ window: false, tests: true });
  const up = await run(nodeBinary, [join(root, 'e2e', 'lab', 'lab.mjs'), 'up'], {
    cwd: root,
    env: { ...process.env, PATH: pathWithLocalBin() },
  });
  if (up.code !== 0) {
    say('the lab machine did not start, so nothing was proved');
    return finish({ passed: 0, failed: 1 });
  }
  // A run of the whole suite notes what was carried out, and looks back on it (e2e/live/coverage.live.ts).
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-live-notes-'));
  const env = args.length === 0 ? { HOLDFAST_LIVE_NOTES: join(folder, 'done') } : {};
  try {
    return finish(await runVitest(args, { config: 'vitest.live.config.ts', env }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    if (process.env.CI) {
      await run(nodeBinary, [join(root, 'e2e', 'lab', 'lab.mjs'), 'down'], { cwd: root });
    } else {
      say('the lab machine keeps running; npm run lab:down stops it');
    }
  }
}

/** See bench/README.md. */
async function bench(args) {
  await setUp({ window: true, tests: true });
  await ensureBuild();
  const built = await tool('vite/bin/vite.js', [
    'build',
    '--config',
    'vite.bench.config.ts',
    '--logLevel',
    'warn',
  ]);
  if (built.code !== 0) return 1;
  const { code } = await run(nodeBinary, ['--expose-gc', join(root, 'out', 'bench', 'index.cjs'), ...args], {
    cwd: root,
    env: { ...process.env, PATH: pathWithLocalBin() },
  });
  return code ?? 1;
}

/** All that can be prepared before anything runs: what CI does first, and a person before going offline. */
async function prepare() {
  announce(await setUp({ window: true, tests: true }));
  return 0;
}

export const commands = {
  demo,
  start,
  setup: prepare,
  test,
  'test:unit': async (args) => finish(await unit(args)),
  'test:e2e': async (args) => finish(await e2e(args)),
  'test:live': live,
  bench,
  package: packageApp,
};
