// Counts of the two test runners, added up to the one line that people and CI read.
import { existsSync, readFileSync, rmSync } from 'node:fs';

/**
 * From vitest's JSON report. A file that does not load has no tests in it and counts as one failure.
 */
export function countVitest(report) {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

/** From Playwright's JSON report; errors outside any test (a spec that does not load) count as failures. */
export function countPlaywright(report) {
  const { expected, unexpected, flaky } = report.stats;
  return { passed: expected, failed: unexpected + flaky + report.errors.length };
}

/**
 * Counts of one runner. A runner that failed without a failed test (it crashed, was killed, or met an
 * error between tests), or that passed without a test, is one failure: the sum never hides it.
 */
export function countRun(exitCode, report, count) {
  const counts = report ? count(report) : { passed: 0, failed: 0 };
  const hidden = (exitCode !== 0 && counts.failed === 0) || (exitCode === 0 && counts.passed === 0);
  return hidden ? { ...counts, failed: counts.failed + 1 } : counts;
}

/** Reads and removes a report file; undefined when the runner wrote none or an incomplete one. */
export function takeReport(path) {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  } finally {
    rmSync(path, { force: true });
  }
}

export const sum = (all) =>
  all.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }), {
    passed: 0,
    failed: 0,
  });

export const summaryLine = ({ passed, failed }) => `${passed} passed, ${failed} failed`;

/** The last summary line in a log, for CI, which adds up several commands. */
export function parseSummaryLine(text) {
  const found = [...text.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return found ? { passed: Number(found[1]), failed: Number(found[2]) } : undefined;
}
