import type { StepResult } from '../../../src-preload/contract/operations';
import type { AppError } from '../errors/app-error';
import { toAppError } from '../errors/app-error';
import type { StepFailure } from './execute';
import type { Link } from './link';
import type { PreparedPlan } from './plan';
import type { ProgressReporter } from './progress';
import { provenNotRun, sendStep } from './send-step';

/** What a run of steps shares. */
export interface StepsRun {
  link: Link;
  prepared: PreparedPlan;
  progress: ProgressReporter;
  signal: AbortSignal;
  /** One per step of the plan, in order; filled as they end. */
  results: StepResult[];
  /** Of steps that were done, in sentences. */
  warnings: string[];
}

/** How one step ended. */
export type StepEnd =
  | { kind: 'done' }
  | { kind: 'failed'; failure: StepFailure }
  | { kind: 'cancelled'; stopped?: string }
  | { kind: 'not-sent'; error: AppError }
  | { kind: 'unknown'; error: AppError };

/** Characters of each stream in the answer to the page. */
const shownOutput = 64 * 1024;

function shown(text: string): string {
  return text.length <= shownOutput ? text : `${text.slice(0, shownOutput)}\n… the rest is not shown`;
}

/** Sends one step and writes down what came of it. Never throws. */
export async function runStep(run: StepsRun, index: number): Promise<StepEnd> {
  const { link, prepared, progress, signal, results, warnings } = run;
  const step = prepared.plan.steps[index];
  const draft = prepared.draft.steps[index];
  if (step === undefined || draft === undefined) throw new Error('A plan shows more steps than it has.');
  progress.phase('executing', index);
  const startedAt = performance.now();
  let output = { stdout: '', stderr: '' };
  try {
    const { answer, tries, stopped } = await sendStep(link, draft, step, {
      operation: `${prepared.plan.title}: ${step.title}`,
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
    if (stopped) return { kind: 'cancelled', stopped: answer.stopped };
    if (warning !== undefined) warnings.push(warning);
    if (accepted) return { kind: 'done' };
    return {
      kind: 'failed',
      failure: { index, exitCode, stderr: confidential === true ? '' : stderr, failure },
    };
  } catch (thrown) {
    const error = toAppError(thrown);
    const durationMs = performance.now() - startedAt;
    if (error.code === 'cancelled') return { kind: 'cancelled' };
    if (provenNotRun.has(error.code)) return { kind: 'not-sent', error };
    results[index] = { status: 'unknown', exitCode: null, durationMs, ...output };
    return { kind: 'unknown', error };
  }
}
