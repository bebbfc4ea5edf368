import type { StepResult } from '../../../src-preload/contract/operations';
import type { AppError } from '../errors/app-error';
import { toAppError } from '../errors/app-error';
import type { Link } from './link';
import type { PreparedPlan } from './plan';
import type { ProgressReporter } from './progress';

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
  /** Stopped before this step; it was not sent. */
  | { kind: 'cancelled'; index: number }
  /** The step was, or may have been, sent and no answer came. */
  | { kind: 'unknown'; index: number; error: AppError };

export interface Execution {
  /** One per step of the plan, in order. */
  steps: StepResult[];
  end: ExecutionEnd;
  /** Of steps that were done, in sentences. */
  warnings: string[];
}

/** Characters of each stream in the answer to the page. */
const shownOutput = 64 * 1024;

const notRun: StepResult = { status: 'not-run', exitCode: null, durationMs: 0, stdout: '', stderr: '' };

function shown(text: string): string {
  return text.length <= shownOutput ? text : `${text.slice(0, shownOutput)}\n… the rest is not shown`;
}

/**
 * Errors after which a command did not run. Anything not listed counts as "may have run".
 * `sudo-refused`, `command-missing`, `forbidden` and `refused` are answers of the host's sudo, shell, API and forced command (or of
 * our own list of commands), which then start no tool.
 */
const provenNotRun: ReadonlySet<string> = new Set([
  'unreachable',
  'untrusted-host',
  'unauthorized',
  'forbidden',
  'vault-unavailable',
  'sudo-refused',
  'refused',
  'command-missing',
  'cancelled',
]);

/**
 * Sends the plan's steps in order and stops at the first that does not end well. Never throws:
 * after `started` every ending has to be told apart and recorded.
 */
export async function executeSteps(
  link: Link,
  prepared: PreparedPlan,
  progress: ProgressReporter,
  signal: AbortSignal,
): Promise<Execution> {
  const { steps, title } = prepared.plan;
  const results: StepResult[] = steps.map(() => notRun);
  const failures: StepFailure[] = [];
  const warnings: string[] = [];
  /** The object whose step failed: its further steps rest on that one. */
  let failedItem: number | null = null;

  for (const [index, step] of steps.entries()) {
    const draft = prepared.draft.steps[index];
    if (draft === undefined) throw new Error('A plan shows more steps than it has.');
    if (failedItem !== null && draft.item === failedItem) continue;
    if (signal.aborted) return { steps: results, warnings, end: { kind: 'cancelled', index } };
    progress.phase('executing', index);
    const startedAt = performance.now();
    let output = { stdout: '', stderr: '' };
    try {
      const { accepted, exitCode, stdout, stderr, durationMs, failure, warning } = await link.send(
        draft,
        step,
        {
          operation: `${title}: ${step.title}`,
          signal,
          onOutput: (stream, chunk) => {
            output = { ...output, [stream]: shown(output[stream] + chunk) };
            progress.output(index, stream, chunk);
          },
        },
      );
      results[index] = {
        status: accepted ? 'done' : 'failed',
        exitCode,
        durationMs,
        stdout: shown(stdout),
        stderr: shown(stderr),
      };
      if (warning !== undefined) warnings.push(warning);
      if (accepted) continue;
      const failed: StepFailure = { index, exitCode, stderr, failure };
      if (prepared.draft.onFailure === 'next-item' && draft.item !== undefined) {
        failures.push(failed);
        failedItem = draft.item;
        continue;
      }
      return { steps: results, warnings, end: { kind: 'exit', ...failed } };
    } catch (thrown) {
      const error = toAppError(thrown);
      const durationMs = performance.now() - startedAt;
      if (error.code === 'cancelled') return { steps: results, warnings, end: { kind: 'cancelled', index } };
      if (provenNotRun.has(error.code)) {
        return { steps: results, warnings, end: { kind: 'not-sent', index, error } };
      }
      results[index] = { status: 'unknown', exitCode: null, durationMs, ...output };
      return { steps: results, warnings, end: { kind: 'unknown', index, error } };
    }
  }
  return {
    steps: results,
    warnings,
    end: failures.length === 0 ? { kind: 'done' } : { kind: 'some-failed', failures },
  };
}

/** True when at least one step may have changed the host. */
export function anythingSent(execution: Execution): boolean {
  return execution.steps.some(({ status }) => status !== 'not-run');
}
