import type { Outcome, StepResult, Verification } from '../../../src-preload/contract/operations';
import { assertNever } from '../errors/assert-never';
import { AppError } from '../errors/app-error';
import type { Execution, StepFailure } from './execute';
import type { PreparedPlan } from './plan';

/** What executing and reading again amount to. */
export interface Verdict {
  outcome: Outcome;
  message: string;
  error: AppError | null;
}

/** What was taken back, and what was not: two sentences at most, with a space before each. */
function takenBack({ plan }: PreparedPlan, results: readonly StepResult[] | null): string {
  const titles = (statuses: readonly StepResult['status'][]): string =>
    (results ?? [])
      .flatMap(({ status }, index) =>
        statuses.includes(status) ? (plan.cleanUp?.[index]?.step.title ?? []) : [],
      )
      .join('; ');
  const done = titles(['done']);
  const left = titles(['failed', 'unknown']);
  return [
    done === '' ? '' : ` Taken back: ${done}.`,
    left === ''
      ? ''
      : ` Could not be taken back: ${left}. Refresh the host: what is left over is named there.`,
  ].join('');
}

function stepsSoFar(prepared: PreparedPlan, index: number, results: readonly StepResult[]): string {
  const { steps } = prepared.plan;
  if (steps.length === 1) return '';
  if ((prepared.draft.sideBySide ?? 1) > 1) return othersSideBySide(prepared, index, results);
  const done = steps.slice(0, index).map(({ title }) => title);
  const left = steps.slice(index + 1).map(({ title }) => title);
  return [
    done.length === 0 ? '' : ` Done before: ${done.join('; ')}.`,
    left.length === 0 ? '' : ` Not done: ${left.join('; ')}.`,
  ].join('');
}

/** Side by side the place of a step says nothing of the others: what came of each does. */
function othersSideBySide(
  prepared: PreparedPlan,
  index: number | null,
  results: readonly StepResult[],
): string {
  const told: readonly (readonly [StepResult['status'], string])[] = [
    ['done', 'Done'],
    ...(index === null ? [] : [['failed', 'Failed'] as const, ['unknown', 'Without answer'] as const]),
    ['not-run', 'Not done'],
  ];
  return told
    .map(([wanted, word]) => {
      const titles = prepared.plan.steps.flatMap(({ title }, at) =>
        at !== index && results[at]?.status === wanted ? [title] : [],
      );
      return titles.length === 0 ? '' : ` ${word}: ${titles.join('; ')}.`;
    })
    .join('');
}

function stepTitle(prepared: PreparedPlan, index: number): string {
  return prepared.plan.steps[index]?.title ?? prepared.plan.title;
}

function afterDone(prepared: PreparedPlan, verification: Verification, warnings: readonly string[]): Verdict {
  const { title, target } = prepared.plan;
  switch (verification.status) {
    case 'confirmed':
    case 'skipped':
      if (warnings.length > 0) {
        return {
          outcome: 'warning',
          message: `${title}: ${target.name}. ${warnings.join(' ')} ${verification.text}`.trim(),
          error: null,
        };
      }
      return { outcome: 'ok', message: `${title}: ${target.name}. ${verification.text}`.trim(), error: null };
    case 'pending':
      return {
        outcome: 'warning',
        message: `${title}: ${target.name} was accepted and takes effect later. ${verification.text}`,
        error: null,
      };
    case 'unreadable':
      return {
        outcome: 'warning',
        message: `${title}: ${target.name}. The tool reported success, but reading the host again failed, so the effect is not confirmed. ${verification.text}`,
        error: null,
      };
    case 'not-there': {
      const message = `${title}: ${target.name}. The tool reported success, but reading the host again does not show the effect. ${verification.text}`;
      return {
        outcome: 'failed',
        message,
        error: new AppError('command-failed', message),
      };
    }
    default:
      return assertNever(verification.status);
  }
}

function afterExit(
  prepared: PreparedPlan,
  verification: Verification,
  end: StepFailure,
  { steps, cleanUp }: Pick<Execution, 'steps' | 'cleanUp'>,
): Verdict {
  const tries = steps[end.index]?.tries;
  const known = prepared.action.explainFailure(end.exitCode, end.stderr);
  const what =
    known?.message ??
    end.failure ??
    `"${stepTitle(prepared, end.index)}" ended with exit code ${end.exitCode}, which means it failed.`;
  const times = tries === undefined ? '' : ` It was tried ${tries} times.`;
  const rest = `${times}${stepsSoFar(prepared, end.index, steps)}${takenBack(prepared, cleanUp)}`;
  if (verification.status === 'confirmed' || verification.status === 'pending') {
    return {
      outcome: 'warning',
      message: `${what} Yet reading the host again shows the effect: ${verification.text}${rest}`,
      error: null,
    };
  }
  const message = `${what} ${verification.text}${rest}`.trim();
  return {
    outcome: 'failed',
    message,
    error: new AppError('command-failed', message, {
      detail: end.stderr.slice(0, 4000),
      remedy: known?.remedy,
    }),
  };
}

/** Failures of a bulk plan that are told one by one; the rest are in the result of each step. */
const failuresTold = 10;

function afterSomeFailed(
  prepared: PreparedPlan,
  verification: Verification,
  failures: readonly StepFailure[],
  { steps: results, cleanUp }: Pick<Execution, 'steps' | 'cleanUp'>,
): Verdict {
  const { steps, title } = prepared.plan;
  const told = failures.slice(0, failuresTold).map(({ index, exitCode, stderr, failure }) => {
    const known = prepared.action.explainFailure(exitCode, stderr);
    return `"${stepTitle(prepared, index)}": ${known?.message ?? failure ?? `exit code ${exitCode}.`}`;
  });
  const more = failures.length - told.length;
  const message = [
    `${title}: ${failures.length} of ${steps.length} failed.`,
    ...told,
    more > 0 ? `${more} more failed.` : '',
    // Told where it stopped: with “go on” what is not done belongs to what failed.
    prepared.draft.onFailure === 'stop' ? othersSideBySide(prepared, null, results).trim() : '',
    takenBack(prepared, cleanUp).trim(),
    verification.text,
  ]
    .filter((part) => part !== '')
    .join(' ');
  return {
    outcome: 'failed',
    message,
    error: new AppError('command-failed', message, {
      detail: failures
        .map(({ stderr }) => stderr)
        .join('')
        .slice(0, 4000),
    }),
  };
}

function afterUnknown(
  prepared: PreparedPlan,
  verification: Verification,
  end: { index: number; error: AppError },
  steps: readonly StepResult[],
): Verdict {
  const last = end.index === prepared.plan.steps.length - 1;
  const kept =
    prepared.plan.cleanUp === undefined || last
      ? ''
      : ' Nothing was taken back, because it may still be running on what was made before; what is left over is named when the host is read.';
  const rest = `${stepsSoFar(prepared, end.index, steps)}${kept}`;
  if (verification.status === 'confirmed' || verification.status === 'pending') {
    return {
      outcome: last && verification.status === 'confirmed' ? 'ok' : 'warning',
      message: `No answer came to "${stepTitle(prepared, end.index)}" (${end.error.message}), but reading the host again shows the effect: ${verification.text}${rest}`,
      error: null,
    };
  }
  if (verification.status === 'skipped') {
    const message = `"${stepTitle(prepared, end.index)}" was sent, and its outcome is unknown. ${end.error.message} ${verification.text}${rest}`;
    return {
      outcome: 'unknown',
      message,
      error: new AppError('outcome-unknown', message, { detail: end.error.detail }),
    };
  }
  const seen =
    verification.status === 'not-there'
      ? 'Reading the host again shows no effect so far, but the command may still be running there.'
      : 'The host could not be read again.';
  const message = `"${stepTitle(prepared, end.index)}" was sent and no answer came, so its outcome is unknown. ${seen} Holdfast reads the host again at the next contact and records what it finds.${rest}`;
  return {
    outcome: 'unknown',
    message,
    error: new AppError('outcome-unknown', message, { detail: end.error.message }),
  };
}

function cancelledWords(
  prepared: PreparedPlan,
  { steps, cleanUp }: Execution,
  { index, stopped }: { index: number; stopped?: string },
): string {
  if (stopped !== undefined)
    return `${stopped}${stepsSoFar(prepared, index, steps)}${takenBack(prepared, cleanUp)}`;
  const tried = steps[index]?.status === 'failed';
  if (index === 0 && !tried) return 'Cancelled before anything was sent.';
  const title = stepTitle(prepared, index);
  const where = tried
    ? `Stopped after "${title}" failed ${steps[index]?.tries ?? 1} times; it was not tried again.`
    : `Cancelled before "${title}".`;
  return `${where}${stepsSoFar(prepared, index, steps)}${takenBack(prepared, cleanUp)}`;
}

/**
 * The outcome of an operation.
 *
 * | execution                 | reading again       | outcome                |
 * | all steps done            | confirmed, skipped  | ok                     |
 * | … but one with warnings   | confirmed, skipped  | warning                |
 * | all steps done            | pending, unreadable | warning                |
 * | all steps done            | not-there           | failed                 |
 * | a step failed             | confirmed, pending  | warning                |
 * | a step failed             | anything else       | failed                 |
 * | some of a bulk failed     | any                 | failed                 |
 * | a step without answer     | confirmed, was last | ok                     |
 * | a step without answer     | confirmed, pending  | warning                |
 * | a step without answer     | anything else       | unknown                |
 * | a step not sent           | any                 | failed                 |
 * | cancelled before a step   | any                 | cancelled              |
 *
 * A step without answer and "not there" stays unknown: sshd leaves a command running when its connection drops,
 * so what is not there yet may still come. recover.ts decides it once the command's time is over.
 */
export function judge(prepared: PreparedPlan, execution: Execution, verification: Verification): Verdict {
  const { end } = execution;
  switch (end.kind) {
    case 'done':
      return afterDone(prepared, verification, execution.warnings);
    case 'exit':
      return afterExit(prepared, verification, end, execution);
    case 'some-failed':
      return afterSomeFailed(prepared, verification, end.failures, execution);
    case 'unknown':
      return afterUnknown(prepared, verification, end, execution.steps);
    case 'not-sent': {
      const { code, detail = '' } = end.error;
      // A 403 of the API is known by its words too, where it names no privilege that could be given.
      const known = code === 'forbidden' ? prepared.action.explainFailure(null, detail) : null;
      const message = `"${stepTitle(prepared, end.index)}" did not run. ${known?.message ?? end.error.message}${stepsSoFar(prepared, end.index, execution.steps)}${takenBack(prepared, execution.cleanUp)}`;
      return {
        outcome: 'failed',
        message,
        error: new AppError(end.error.code, message, {
          detail: end.error.detail,
          hostKey: end.error.hostKey,
          certificate: end.error.certificate,
          remedy: known?.remedy ?? end.error.remedy,
          cause: end.error,
        }),
      };
    }
    case 'cancelled':
      return {
        outcome: 'cancelled',
        message: cancelledWords(prepared, execution, end),
        error: null,
      };
    default:
      return assertNever(end);
  }
}
