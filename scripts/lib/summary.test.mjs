import { mkdtempSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  countPlaywright,
  countRun,
  countVitest,
  failureLines,
  parseSummaryLine,
  playwrightFailures,
  sum,
  summaryLine,
  takeReport,
  vitestFailures,
} from './summary.mjs';

const vitestReport = (testResults, passed, failed) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  testResults,
});

describe('countVitest', () => {
  it('counts a file that does not load as one failure', () => {
    const report = vitestReport(
      [
        { status: 'passed', assertionResults: [{ status: 'passed' }] },
        { status: 'failed', assertionResults: [] },
      ],
      1,
      0,
    );
    expect(countVitest(report)).toEqual({ passed: 1, failed: 1 });
  });

  it('does not count a file twice whose tests failed', () => {
    const report = vitestReport([{ status: 'failed', assertionResults: [{ status: 'failed' }] }], 0, 1);
    expect(countVitest(report)).toEqual({ passed: 0, failed: 1 });
  });
});

describe('countPlaywright', () => {
  it('counts flaky tests and errors outside tests as failures', () => {
    const report = {
      stats: { expected: 4, unexpected: 1, flaky: 1, skipped: 2 },
      errors: [{ message: 'x' }],
    };
    expect(countPlaywright(report)).toEqual({ passed: 4, failed: 3 });
  });
});

describe('the failed tests', () => {
  it('are those of vitest, and files that did not load', () => {
    const report = vitestReport(
      [
        {
          name: '/clone/a.test.ts',
          status: 'failed',
          assertionResults: [
            { status: 'passed', fullName: 'a passes', failureMessages: [] },
            {
              status: 'failed',
              fullName: 'a fails',
              failureMessages: ['Error: because\n    at a.test.ts:1'],
            },
          ],
        },
        { name: '/clone/b.test.ts', status: 'failed', message: 'cannot find module', assertionResults: [] },
        { name: '/clone/c.test.ts', status: 'passed', message: '', assertionResults: [] },
      ],
      1,
      1,
    );
    expect(vitestFailures(report)).toEqual([
      { name: '/clone/a.test.ts > a fails', message: 'Error: because\n    at a.test.ts:1' },
      { name: '/clone/b.test.ts', message: 'cannot find module' },
    ]);
  });

  it('are those of Playwright at any depth, and errors outside tests', () => {
    const spec = (title, ok, message) => ({
      title,
      ok,
      tests: [{ results: [message === undefined ? {} : { error: { message } }] }],
    });
    const report = {
      suites: [
        {
          title: 'tour.spec.ts',
          file: 'tour.spec.ts',
          specs: [spec('walks', true), spec('stands', false, 'it fell')],
          suites: [{ title: 'deeper', file: 'tour.spec.ts', specs: [spec('digs', false, 'no spade')] }],
        },
      ],
      errors: [{ message: 'no window' }],
    };
    expect(playwrightFailures(report)).toEqual([
      { name: 'tour.spec.ts > stands', message: 'it fell' },
      { name: 'tour.spec.ts > digs', message: 'no spade' },
      { name: 'outside any test', message: 'no window' },
    ]);
  });

  it('are told in plain lines, without the path of the clone, and in short', () => {
    const lines = failureLines(
      { name: '/clone/a.test.ts > a fails', message: `\u001b[31mred\u001b[39m\n\n${'more\n'.repeat(100)}` },
      '/clone',
    );
    expect(lines.slice(0, 3)).toEqual(['failed: a.test.ts > a fails', 'failed:   red', 'failed:   more']);
    expect(lines.length).toBeLessThan(40);
  });
});

describe('countRun', () => {
  const count = (report) => report;
  it.each([
    ['a runner that ends badly without a failed test', 1, { passed: 3, failed: 0 }, { passed: 3, failed: 1 }],
    ['a runner that was killed and left no report', null, undefined, { passed: 0, failed: 1 }],
    ['a good end without any test', 0, { passed: 0, failed: 0 }, { passed: 0, failed: 1 }],
    ['failed tests', 1, { passed: 3, failed: 2 }, { passed: 3, failed: 2 }],
    ['all well', 0, { passed: 3, failed: 0 }, { passed: 3, failed: 0 }],
  ])('%s', (_name, code, report, expected) => {
    expect(countRun(code, report, count, () => [])).toEqual({ ...expected, failures: [] });
  });
});

describe('takeReport', () => {
  let folder;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'holdfast-summary-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('reads once and removes the file', () => {
    const path = join(folder, 'report.json');
    writeFileSync(path, '{"a":1}');
    expect(takeReport(path)).toEqual({ a: 1 });
    expect(existsSync(path)).toBe(false);
    expect(takeReport(path)).toBeUndefined();
  });

  it('takes a report cut short for none', () => {
    const path = join(folder, 'report.json');
    writeFileSync(path, '{"numPassedTests":12,"testRes');
    expect(takeReport(path)).toBeUndefined();
  });
});

describe('the summary line', () => {
  it('is found again in a log, the last one winning', () => {
    const line = summaryLine(
      sum([
        { passed: 10, failed: 0 },
        { passed: 5, failed: 2 },
      ]),
    );
    expect(line).toBe('15 passed, 2 failed');
    expect(parseSummaryLine(`1 passed, 0 failed\nnoise 3 passed, 3 failed\n${line}\n`)).toEqual({
      passed: 15,
      failed: 2,
    });
  });

  it('is not taken from within a line', () => {
    expect(parseSummaryLine('ran: 3 passed, 0 failed')).toBeUndefined();
  });
});
