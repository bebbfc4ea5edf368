import { setTimeout as wait } from 'node:timers/promises';
import type { PlanStep, Retry } from '../../../src-preload/contract/operations';
import { toAppError } from '../errors/app-error';
import type { AnyStepDraft } from './action';
import type { Link, SendOptions, StepAnswer } from './link';

/**
 * Errors after which a command did not run. Anything not listed counts as "may have run".
 * `sudo-refused`, `command-missing`, `forbidden` and `refused` are answers of the host's sudo, shell, API and forced command (or of
 * our own list of commands), which then start no tool.
 */
export const provenNotRun: ReadonlySet<string> = new Set([
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

export interface SentStep {
  answer: StepAnswer;
  /** How often it was sent. */
  tries: number;
  /** The person stopped it: between two tries, or on its way where it can be. */
  stopped: boolean;
}

/** True when one line of what a command said on standard error is what its step may be sent again for. */
export function asksForAnotherTry({ stderrHas }: Retry, stderr: string): boolean {
  return stderr.split('\n').some((line) => stderrHas.every((words) => line.includes(words)));
}

/**
 * Sends a step, and again as long as the plan says so and the tool answers so. An answer that never came is not
 * asked for twice: it throws, as does everything else that `send` throws.
 */
export async function sendStep(
  link: Link,
  draft: AnyStepDraft,
  step: PlanStep,
  options: SendOptions,
): Promise<SentStep> {
  const retry = step.kind === 'ssh' ? step.retry : undefined;
  let last: StepAnswer | null = null;
  for (let tries = 1; ; tries += 1) {
    let answer: StepAnswer;
    try {
      answer = await link.send(draft, step, options);
    } catch (thrown) {
      const { code } = toAppError(thrown);
      // This try did not run, so what the one before said still stands.
      if (last !== null && provenNotRun.has(code)) {
        return { answer: last, tries: tries - 1, stopped: code === 'cancelled' };
      }
      throw thrown;
    }
    const again =
      !answer.accepted &&
      retry !== undefined &&
      tries < retry.tries &&
      asksForAnotherTry(retry, answer.stderr);
    if (!again) return { answer, tries, stopped: answer.stopped !== undefined };
    last = answer;
    try {
      await wait(retry.waitMs, undefined, { signal: options.signal });
    } catch (thrown) {
      if (!options.signal.aborted) throw thrown;
      return { answer, tries, stopped: true };
    }
  }
}
