import type { StepResult } from '../../../src-preload/contract/operations';
import type { AppError } from '../errors/app-error';
import { cleanUpAfter } from './clean-up';
import type { Link } from './link';
import type { PreparedPlan } from './plan';
import type { ProgressReporter } from './progress';
import { runStep, type StepsRun } from './run-step';
import { sendSideBySide } from './side-by-side';

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
  /** Stopped before this step, which was not sent; between two tries of it, all of which failed; or on its way. */
  | { kind: 'cancelled'; index: number; stopped?: string }
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

const notRun: StepResult = { status: 'not-run', exitCode: null, durationMs: 0, stdout: '', stderr: '' };

/**
 * Sends the plan's steps in order, or those of a few objects side by side, and stops at the first that does not end
 * well, then takes back what the plan says.
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
  const results: StepResult[] = prepared.plan.steps.map(() => notRun);
  const run: StepsRun = { link, prepared, progress, signal, results, warnings: [] };
  const { sideBySide = 1 } = prepared.draft;
  const end = sideBySide > 1 ? await sendSideBySide(run, sideBySide) : await sendInOrder(run);
  return { steps: results, warnings: run.warnings, end, cleanUp: null };
}

async function sendInOrder(run: StepsRun): Promise<ExecutionEnd> {
  const { prepared, signal } = run;
  const failures: StepFailure[] = [];
  /** The object whose step failed: its further steps rest on that one. */
  let failedItem: number | null = null;
  for (const [index, { item }] of prepared.draft.steps.entries()) {
    if (failedItem !== null && item === failedItem) continue;
    if (signal.aborted) return { kind: 'cancelled', index };
    const end = await runStep(run, index);
    if (end.kind === 'done') continue;
    if (end.kind !== 'failed') return { ...end, index };
    if (prepared.draft.onFailure !== 'next-item' || item === undefined)
      return { ...end.failure, kind: 'exit' };
    failures.push(end.failure);
    failedItem = item;
  }
  return failures.length === 0 ? { kind: 'done' } : { kind: 'some-failed', failures };
}

/** True when at least one step may have changed the host. */
export function anythingSent(execution: Execution): boolean {
  return execution.steps.some(({ status }) => status !== 'not-run');
}
