import { describe, expect, it } from 'vitest';
import type { Outcome, StepResult, Verification } from '../../../src-preload/contract/operations';
import { AppError } from '../errors/app-error';
import type { ExecutionEnd } from './execute';
import { judge } from './finish';
import type { PreparedPlan } from './plan';

const step = (title: string, status: StepResult['status']): StepResult & { title: string } => ({
  title,
  status,
  exitCode: null,
  durationMs: 1,
  stdout: '',
  stderr: '',
});

/** Only what judge() reads of a plan. */
function prepared(titles: string[]): PreparedPlan {
  return {
    plan: {
      title: 'Destroy ZFS snapshot',
      target: { kind: 'ZFS snapshot', name: 'tank@a' },
      steps: titles.map((title) => ({ title })),
    },
    draft: { onFailure: 'next-item' },
    action: {
      explainFailure: (exitCode: number | null, stderr: string) =>
        stderr.includes('busy') ? { message: `It is busy (${exitCode}).`, remedy: 'Unmount it.' } : null,
    },
  } as unknown as PreparedPlan;
}

function judged(
  end: ExecutionEnd,
  status: Verification['status'],
  titles = ['One'],
  warnings: string[] = [],
): ReturnType<typeof judge> {
  return judge(
    prepared(titles),
    { end, steps: titles.map((title) => step(title, 'done')), warnings, cleanUp: null },
    { status, text: 'What reading showed.' },
  );
}

const lost = new AppError('outcome-unknown', 'The connection dropped.');
const ends = {
  done: { kind: 'done' },
  exit: { kind: 'exit', index: 0, exitCode: 1, stderr: 'cannot' },
  'some-failed': { kind: 'some-failed', failures: [{ index: 0, exitCode: 1, stderr: 'cannot' }] },
  unknown: { kind: 'unknown', index: 0, error: lost },
  'not-sent': {
    kind: 'not-sent',
    index: 0,
    error: new AppError('sudo-refused', 'No rule.', { remedy: 'line' }),
  },
  cancelled: { kind: 'cancelled', index: 0 },
} as const satisfies Record<ExecutionEnd['kind'], ExecutionEnd>;

/** The table in finish.ts, cell by cell. */
const table: Record<ExecutionEnd['kind'], Record<Verification['status'], Outcome>> = {
  done: { confirmed: 'ok', skipped: 'ok', pending: 'warning', unreadable: 'warning', 'not-there': 'failed' },
  exit: {
    confirmed: 'warning',
    pending: 'warning',
    skipped: 'failed',
    unreadable: 'failed',
    'not-there': 'failed',
  },
  'some-failed': {
    confirmed: 'failed',
    pending: 'failed',
    skipped: 'failed',
    unreadable: 'failed',
    'not-there': 'failed',
  },
  unknown: {
    confirmed: 'ok',
    pending: 'warning',
    skipped: 'unknown',
    unreadable: 'unknown',
    'not-there': 'unknown',
  },
  'not-sent': {
    confirmed: 'failed',
    pending: 'failed',
    skipped: 'failed',
    unreadable: 'failed',
    'not-there': 'failed',
  },
  cancelled: {
    confirmed: 'cancelled',
    pending: 'cancelled',
    skipped: 'cancelled',
    unreadable: 'cancelled',
    'not-there': 'cancelled',
  },
};

describe('the outcome of an operation', () => {
  for (const [kind, row] of Object.entries(table)) {
    for (const [status, outcome] of Object.entries(row)) {
      it(`${kind}, then ${status}: ${outcome}`, () => {
        const verdict = judged(ends[kind as ExecutionEnd['kind']], status as Verification['status']);
        expect(verdict.outcome).toBe(outcome);
        expect(verdict.message).not.toBe('');
        if (outcome === 'ok' || outcome === 'warning') expect(verdict.error).toBeNull();
        if (outcome === 'failed' || outcome === 'unknown') expect(verdict.error).not.toBeNull();
      });
    }
  }

  it('is a warning when the effect is there but steps after the silent one did not run', () => {
    const verdict = judged(ends.unknown, 'confirmed', ['One', 'Two']);
    expect(verdict.outcome).toBe('warning');
    expect(verdict.message).toContain('Not done: Two.');
  });

  it('names what was done and what was not', () => {
    const end: ExecutionEnd = { kind: 'exit', index: 1, exitCode: 2, stderr: 'cannot' };
    const { message, error } = judged(end, 'not-there', ['One', 'Two', 'Three']);
    expect(message).toContain('"Two" ended with exit code 2');
    expect(message).toContain('Done before: One.');
    expect(message).toContain('Not done: Three.');
    expect(error).toMatchObject({ code: 'command-failed', detail: 'cannot' });
  });

  it("uses the action's own sentence and remedy for a failure that it knows", () => {
    const end: ExecutionEnd = { kind: 'exit', index: 0, exitCode: 1, stderr: 'dataset is busy' };
    const { message, error } = judged(end, 'not-there');
    expect(message).toContain('It is busy (1).');
    expect(error?.remedy).toBe('Unmount it.');
  });

  it('never calls a silent command failed because its effect is not there yet', () => {
    const { outcome, message, error } = judged(ends.unknown, 'not-there');
    expect(outcome).toBe('unknown');
    expect(message).toContain('may still be running');
    expect(error?.code).toBe('outcome-unknown');
  });

  it('keeps the code and the remedy of what kept a step from being sent', () => {
    const { error } = judged(ends['not-sent'], 'skipped');
    expect(error).toMatchObject({ code: 'sudo-refused', remedy: 'line' });
  });

  it('asks the action what a 403 of the API means, and no other answer that kept a step from running', () => {
    const refused = (code: 'forbidden' | 'sudo-refused') => {
      const error = new AppError(code, 'It may not.', { detail: 'it is busy', remedy: 'Look.' });
      return judged({ kind: 'not-sent', index: 0, error }, 'skipped');
    };
    expect(refused('forbidden').message).toContain('"One" did not run. It is busy (null).');
    expect(refused('forbidden').error).toMatchObject({ code: 'forbidden', remedy: 'Unmount it.' });
    expect(refused('sudo-refused').message).toContain('It may not.');
    expect(refused('sudo-refused').error?.remedy).toBe('Look.');
  });
});
