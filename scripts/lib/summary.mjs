// Counts of the two test runners, added up to the one line that people and CI read.
import { existsSync, readFileSync, rmSync } from 'node:fs';

const LINES_OF_A_FAILURE = 24;

/**
 * From vitest's JSON report. A file that does not load has no tests in it and counts as one failure.
 */
export function countVitest(report) {
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

/** The failed tests of vitest's JSON report, each with its message; a file that does not load stands for itself. */
export function vitestFailures(report) {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [{ name, message: message ?? '' }] : [];
    return failed.map((test) => ({
      name: `${name} > ${test.fullName}`,
      message: test.failureMessages?.[0] ?? '',
    }));
  });
}

/** The failed tests of Playwright's JSON report, each with the message of its first error. */
export function playwrightFailures(report) {
  const within = ({ title, file, specs = [], suites = [] }) => [
    ...specs
      .filter(({ ok }) => !ok)
      .map((spec) => ({
        name: `${file} > ${spec.title}`,
        message: spec.tests.flatMap(({ results }) => results).find(({ error }) => error)?.error.message ?? '',
      })),
    ...suites.flatMap((suite) => within({ ...suite, file: suite.file ?? file ?? title })),
  ];
  return [
    ...(report.suites ?? []).flatMap(within),
    ...report.errors.map(({ message }) => ({ name: 'outside any test', message: message ?? '' })),
  ];
}

/** How one failed test reads at the end of a log: its name, and the first lines of its message. */
export function failureLines({ name, message }, root) {
  const plain = message.replaceAll(/\u001b\[[0-9;]*m/g, '');
  const lines = plain.split('\n').filter((line) => line.trim() !== '');
  const told = lines.slice(0, LINES_OF_A_FAILURE).map((line) => `failed:   ${line.slice(0, 300)}`);
  return [`failed: ${name.replace(`${root}/`, '')}`, ...told];
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
export function countRun(exitCode, report, count, listFailures) {
  const counts = report ? count(report) : { passed: 0, failed: 0 };
  const hidden = (exitCode !== 0 && counts.failed === 0) || (exitCode === 0 && counts.passed === 0);
  const failures = report ? listFailures(report) : [];
  return { ...counts, failed: counts.failed + (hidden ? 1 : 0), failures };
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
  all.reduce(
    (a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      failures: [...a.failures, ...(b.failures ?? [])],
    }),
    { passed: 0, failed: 0, failures: [] },
  );

export const summaryLine = ({ passed, failed }) => `${passed} passed, ${failed} failed`;

/** The last summary line in a log, for CI, which adds up several commands. */
export function parseSummaryLine(text) {
  const found = [...text.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return found ? { passed: Number(found[1]), failed: Number(found[2]) } : undefined;
}
