import type { CleanUpStep, StepResult } from '../../../src-preload/contract/operations';
import { toAppError } from '../errors/app-error';
import { quoteArgv } from '../ssh/quote';
import type { AnyStepDraft, CleanUpDraft } from './action';
import type { Link } from './link';
import type { PreparedPlan } from './plan';
import type { ProgressReporter } from './progress';
import { sendStep } from './send-step';

interface PlacedCleanUp {
  of: number;
  after: CleanUpStep['after'];
  step: CleanUpDraft;
}

/** What takes back the steps of a plan, in the order it runs: newest first. */
export function cleanUpDrafts(steps: readonly AnyStepDraft[]): PlacedCleanUp[] {
  return steps
    .flatMap((step, of): PlacedCleanUp[] => {
      const cleanUp = 'argv' in step ? step.cleanUp : undefined;
      return cleanUp === undefined ? [] : [{ of, after: cleanUp.after ?? 'done', step: cleanUp }];
    })
    .toReversed();
}

export interface CleanUpRun {
  link: Link;
  prepared: PreparedPlan;
  progress: ProgressReporter;
  /** Of the steps of the plan, in order. */
  results: readonly StepResult[];
  /** The step at which it ended; of a bulk plan only what belongs to the same object is taken back. */
  endedAt: number;
}

/**
 * Takes back what the steps of a plan made, as the plan showed. It is not cancelled and goes on after one of its
 * commands failed: what can be taken back is. Never throws. null: nothing was due.
 */
export async function cleanUpAfter(run: CleanUpRun): Promise<StepResult[] | null> {
  const { link, prepared, progress, results, endedAt } = run;
  const shown = prepared.plan.cleanUp ?? [];
  const drafts = cleanUpDrafts(prepared.draft.steps);
  const item = prepared.draft.steps[endedAt]?.item;
  const done: StepResult[] = shown.map(() => notRun);
  let due = false;
  for (const [index, { of, after, step }] of shown.entries()) {
    const draft = drafts[index];
    if (draft === undefined) throw new Error('A plan shows more clean-up than it has.');
    const status = results[of]?.status;
    const owed = status === 'done' || (after === 'tried' && status === 'failed');
    if (!owed || prepared.draft.steps[of]?.item !== item || isTakenBack(run, of, step.argv)) continue;
    due = true;
    const startedAt = performance.now();
    try {
      const { answer, tries } = await sendStep(link, draft.step, step, {
        operation: `${prepared.plan.title}: ${step.title}`,
        operationId: progress.operationId,
        signal: never,
        onOutput: (stream, chunk) => progress.output(endedAt, stream, chunk),
      });
      done[index] = {
        status: answer.accepted ? 'done' : 'failed',
        exitCode: answer.exitCode,
        durationMs: answer.durationMs,
        stdout: answer.stdout,
        stderr: answer.stderr,
        ...(tries > 1 ? { tries } : {}),
      };
    } catch (thrown) {
      const durationMs = performance.now() - startedAt;
      const stderr = toAppError(thrown).message;
      done[index] = { status: 'unknown', exitCode: null, durationMs, stdout: '', stderr };
    }
  }
  return due ? done : null;
}

/** The plan itself did it already: a later step of it was the very command. */
function isTakenBack({ prepared, results }: CleanUpRun, of: number, argv: readonly string[]): boolean {
  return prepared.plan.steps.some(
    (step, index) =>
      index > of &&
      results[index]?.status === 'done' &&
      step.kind === 'ssh' &&
      quoteArgv(step.argv) === quoteArgv(argv),
  );
}

const never = new AbortController().signal;
const notRun: StepResult = { status: 'not-run', exitCode: null, durationMs: 0, stdout: '', stderr: '' };
