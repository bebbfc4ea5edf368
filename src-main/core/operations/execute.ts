import type { StepResult } from '../../../src-preload/contract/operations';
import type { AppError } from '../errors/app-error';
import { toAppError } from '../errors/app-error';
import type { SshSession } from '../ssh/types';
import type { PreparedPlan } from './plan';
import type { ProgressReporter } from './progress';

export interface StepFailure {
  index: number;
  exitCode: number;
  stderr: string;
}

/** How executing ended. `index` is the step concerned. */
export type ExecutionEnd =
  | { kind: 'done' }
  /** The tool answered with an exit code that is not acceptable. */
  | { kind: 'exit'; index: number; exitCode: number; stderr: string }
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
}

/** Output of a change that is kept, per step; beyond it the transport drops what comes. */
const maxOutputBytes = 1024 * 1024;
/** Characters of each stream in the answer to the page. */
const shownOutput = 64 * 1024;

/** Every exit code is an answer here: the road judges it by the plan, with the tool's own words at hand. */
const anyExitCode: readonly number[] = Array.from({ length: 256 }, (_, code) => code);

const notRun: StepResult = { status: 'not-run', exitCode: null, durationMs: 0, stdout: '', stderr: '' };

function shown(text: string): string {
  return text.length <= shownOutput ? text : `${text.slice(0, shownOutput)}\n… the rest is not shown`;
}

/**
 * Errors after which a command did not run. Anything not listed counts as "may have run".
 * `sudo-refused`, `command-missing` and `refused` are answers of the host's sudo, shell and forced command (or of our
 * own list of commands), which then start no tool.
 */
const provenNotRun: ReadonlySet<string> = new Set([
  'unreachable',
  'untrusted-host',
  'unauthorized',
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
  session: SshSession,
  prepared: PreparedPlan,
  progress: ProgressReporter,
  signal: AbortSignal,
): Promise<Execution> {
  const { steps, title } = prepared.plan;
  const results: StepResult[] = steps.map(() => notRun);
  const failures: StepFailure[] = [];
  /** The object whose step failed: its further steps rest on that one. */
  let failedItem: number | null = null;

  for (const [index, step] of steps.entries()) {
    const draft = prepared.draft.steps[index];
    if (draft === undefined) throw new Error('A plan shows more steps than it has.');
    if (failedItem !== null && draft.item === failedItem) continue;
    if (signal.aborted) return { steps: results, end: { kind: 'cancelled', index } };
    progress.phase('executing', index);
    const startedAt = performance.now();
    let output = { stdout: '', stderr: '' };
    try {
      const result = await session.exec({
        operation: `${title}: ${step.title}`,
        argv: draft.argv,
        privileged: draft.privileged ?? true,
        mutates: true,
        acceptExitCodes: anyExitCode,
        timeoutSeconds: step.timeoutSeconds,
        maxOutputBytes,
        detachAfterSeconds: draft.detachAfterSeconds,
        signal,
        onOutput: (stream, chunk) => {
          output = { ...output, [stream]: shown(output[stream] + chunk) };
          progress.output(index, stream, chunk);
        },
      });
      const { exitCode, stdout, stderr, durationMs, leftRunning = false } = result;
      const accepted = leftRunning || step.acceptExitCodes.includes(exitCode);
      results[index] = {
        status: accepted ? 'done' : 'failed',
        exitCode: leftRunning ? null : exitCode,
        durationMs,
        stdout: shown(stdout),
        stderr: shown(stderr),
      };
      if (!accepted && prepared.draft.onFailure === 'next-item' && draft.item !== undefined) {
        failures.push({ index, exitCode, stderr });
        failedItem = draft.item;
        continue;
      }
      if (!accepted) return { steps: results, end: { kind: 'exit', index, exitCode, stderr } };
    } catch (thrown) {
      const error = toAppError(thrown);
      const durationMs = performance.now() - startedAt;
      if (error.code === 'cancelled') return { steps: results, end: { kind: 'cancelled', index } };
      if (provenNotRun.has(error.code)) {
        return { steps: results, end: { kind: 'not-sent', index, error } };
      }
      results[index] = { status: 'unknown', exitCode: null, durationMs, ...output };
      return { steps: results, end: { kind: 'unknown', index, error } };
    }
  }
  return {
    steps: results,
    end: failures.length === 0 ? { kind: 'done' } : { kind: 'some-failed', failures },
  };
}

/** True when at least one step may have changed the host. */
export function anythingSent(execution: Execution): boolean {
  return execution.steps.some(({ status }) => status !== 'not-run');
}
