// The test suites and how each is called. All run on Node 24.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './process.mjs';
import { SetupError } from './say.mjs';
import {
  countPlaywright,
  countRun,
  countVitest,
  playwrightFailures,
  takeReport,
  vitestFailures,
} from './summary.mjs';
import { nodeBinary, pathWithLocalBin, root } from './workspace.mjs';

/** Runs `script` of a package on Node 24, in this checkout, on our terminal. */
export function tool(path, args, env = {}) {
  return run(nodeBinary, [join(root, 'node_modules', ...path.split('/')), ...args], {
    cwd: root,
    env: { ...process.env, PATH: pathWithLocalBin(), ...env },
  });
}

async function withReport(work) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-report-'));
  try {
    return await work(join(folder, 'report.json'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Unit and integration tests, or the live ones with another `config`. */
export function runVitest(args = [], { config = 'vitest.config.ts', env } = {}) {
  return withReport(async (report) => {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { code } = await tool('vitest/vitest.mjs', ['run', '--config', config, ...reporters, ...args], env);
    return countRun(code, takeReport(report), countVitest, vitestFailures);
  });
}

/** The built app in a real window; e2e/global-setup.ts builds it and finds Electron and a display. */
export function runPlaywright(args = [], { env } = {}) {
  return withReport(async (report) => {
    const { code } = await tool('@playwright/test/cli.js', ['test', ...args], {
      ...env,
      HOLDFAST_PLAYWRIGHT_REPORT: report,
    });
    return countRun(code, takeReport(report), countPlaywright, playwrightFailures);
  });
}

const isSpec = (filter) => /(^|[\\/])e2e([\\/]|$)|\.spec(\.ts)?(:\d+)?$/.test(filter);

/**
 * Sorts the arguments of `npm test -- ...`: paths of e2e specs go to Playwright, all others to vitest;
 * a suite without a path is not run, unless there is no path at all. Options need exactly one suite,
 * because the two runners do not share any.
 */
export function chooseSuites(args) {
  const firstOption = args.findIndex((arg) => arg.startsWith('-'));
  const filters = firstOption < 0 ? args : args.slice(0, firstOption);
  const options = firstOption < 0 ? [] : args.slice(firstOption);
  const e2e = filters.filter(isSpec);
  const unit = filters.filter((filter) => !isSpec(filter));
  if (options.length > 0 && e2e.length > 0 === unit.length > 0) {
    throw new SetupError(
      `${options.join(' ')}: options belong to one test runner. Use npm run test:unit or test:e2e, or give a path before them.`,
    );
  }
  return {
    unit:
      unit.length > 0 || filters.length === 0 ? [...unit, ...(unit.length > 0 ? options : [])] : undefined,
    e2e: e2e.length > 0 || filters.length === 0 ? [...e2e, ...(e2e.length > 0 ? options : [])] : undefined,
  };
}
