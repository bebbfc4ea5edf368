import type { StepResult } from '../../../src-preload/contract/operations';
import type { AppError } from '../errors/app-error';
import { toAppError } from '../errors/app-error';
import { cleanUpAfter } from './clean-up';
import type { Link } from './link';
import type { PreparedPlan } from './plan';
import type { ProgressReporter } from './progress';
import { provenNotRun, sendStep } from './send-step';

export interface StepFailure {
  index: number;
  /** null: a call of the API, which has none. */
  exitCode: number | null;
  stderr: string;
  /** In a sentence, where the answer itself said what was wrong. */
  failure?: string;
}

/** How executing ended. `index` is the step concerned. */
export type ExecutionEnd =
  | { kind: 'done' }
  /** The tool or the API answered that it was not done. */
  | ({ kind: 'exit' } & StepFailure)
  /** A bulk plan went on after steps that failed, in order; everything else was done. */
  | { kind: 'some-failed'; failures: readonly StepFailure[] }
  /** Proved: this step did not reach the host's tool. */
  | { kind: 'not-sent'; index: number; error: AppError }
  /** Stopped before this step, which was not sent; or between two tries of it, all of which failed. */
  | { kind: 'cancelled'; index: number }
  /** The step was, or may have been, sent and no answer came. */
  | { kind: 'unknown'; index: number; error: AppError };

export interface Execution {
  /** One per step of the plan, in order. */
  steps: StepResult[];
  end: ExecutionEnd;
  /** Of steps that were done, in sentences. */
  warnings: string[];
  /** One per clean-up step of the plan, in order; null: none was due. */
  cleanUp: StepResult[] | null;
}

/** Characters of each stream in the answer to the page. */
const shownOutput = 64 * 1024;

const notRun: StepResult = { status: 'not-run', exitCode: null, durationMs: 0, stdout: '', stderr: '' };

function shown(text: string): string {
  return text.length <= shownOutput ? text : `${text.slice(0, shownOutput)}\n… the rest is not shown`;
}

/**
 * Sends the plan's steps in order and stops at the first that does not end well, then takes back what the plan says.
 * Never throws: after `started` every ending has to be told apart and recorded.
 *
 * After a step without answer nothing is taken back: it may still be running on what the steps before made.
 */
export async function executeSteps(
  link: Link,
  prepared: PreparedPlan,
  progress: ProgressReporter,
  signal: AbortSignal,
): Promise<Execution> {
  const execution = await sendSteps(link, prepared, progress, signal);
  const { end, steps: results } = execution;
  if (end.kind === 'done' || end.kind === 'unknown') return execution;
  const parts: (StepResult[] | null)[] = [];
  const ends = end.kind === 'some-failed' ? end.failures.map(({ index }) => index) : [end.index];
  for (const endedAt of ends) {
    parts.push(await cleanUpAfter({ link, prepared, progress, results, endedAt }));
  }
  return { ...execution, cleanUp: joined(parts) };
}

/** Of several objects of a bulk plan each has its own clean-up: what any of them did. */
function joined(parts: readonly (StepResult[] | null)[]): StepResult[] | null {
  const due = parts.filter((part) => part !== null);
  const [first] = due;
  if (first === undefined) return null;
  return first.map(
    (result, index) => due.map((part) => part[index]).find((each) => each?.status !== 'not-run') ?? result,
  );
}

type Sent = Execution & { cleanUp: null };

async function sendSteps(
  link: Link,
  prepared: PreparedPlan,
  progress: ProgressReporter,
  signal: AbortSignal,
): Promise<Sent> {
  const { steps, title } = prepared.plan;
  const results: StepResult[] = steps.map(() => notRun);
  const failures: StepFailure[] = [];
  const warnings: string[] = [];
  /** The object whose step failed: its further steps rest on that one. */
  let failedItem: number | null = null;
  const ended = (end: ExecutionEnd): Sent => ({ steps: results, warnings, end, cleanUp: null });

  for (const [index, step] of steps.entries()) {
    const draft = prepared.draft.steps[index];
    if (draft === undefined) throw new Error('A plan shows more steps than it has.');
    if (failedItem !== null && draft.item === failedItem) continue;
    if (signal.aborted) return ended({ kind: 'cancelled', index });
    progress.phase('executing', index);
    const startedAt = performance.now();
    let output = { stdout: '', stderr: '' };
    try {
      const { answer, tries, stopped } = await sendStep(link, draft, step, {
        operation: `${title}: ${step.title}`,
        operationId: progress.operationId,
        signal,
        onOutput: (stream, chunk) => {
          output = { ...output, [stream]: shown(output[stream] + chunk) };
          progress.output(index, stream, chunk);
        },
      });
      const { accepted, exitCode, stdout, stderr, durationMs, failure, warning, confidential } = answer;
      results[index] = {
        status: accepted ? 'done' : 'failed',
        exitCode,
        durationMs,
        stdout: shown(stdout),
        stderr: shown(stderr),
        ...(tries > 1 ? { tries } : {}),
        ...(confidential === undefined ? {} : { confidential }),
      };
      if (stopped) return ended({ kind: 'cancelled', index });
      if (warning !== undefined) warnings.push(warning);
      if (accepted) continue;
      const failed: StepFailure = { index, exitCode, stderr: confidential === true ? '' : stderr, failure };
      if (prepared.draft.onFailure === 'next-item' && draft.item !== undefined) {
        failures.push(failed);
        failedItem = draft.item;
        continue;
      }
      return ended({ kind: 'exit', ...failed });
    } catch (thrown) {
      const error = toAppError(thrown);
      const durationMs = performance.now() - startedAt;
      if (error.code === 'cancelled') return ended({ kind: 'cancelled', index });
      if (provenNotRun.has(error.code)) return ended({ kind: 'not-sent', index, error });
      results[index] = { status: 'unknown', exitCode: null, durationMs, ...output };
      return ended({ kind: 'unknown', index, error });
    }
  }
  return ended(failures.length === 0 ? { kind: 'done' } : { kind: 'some-failed', failures });
}

/** True when at least one step may have changed the host. */
export function anythingSent(execution: Execution): boolean {
  return execution.steps.some(({ status }) => status !== 'not-run');
}
