import type { AuditEvent } from '../../../src-preload/contract/audit';
import type { Outcome, Plan, StepResult } from '../../../src-preload/contract/operations';
import type { AuditDraft } from '../audit/types';
import type { Verdict } from './finish';
import type { PreparedPlan } from './plan';

/** A row about nothing but a message; the rest is filled in by the caller. */
export function emptyDraft(
  event: AuditEvent,
  operationId: string,
  hostName: string,
  action: string,
): AuditDraft {
  return {
    event,
    operationId,
    hostName,
    action,
    target: '',
    risk: null,
    outcome: null,
    message: '',
    commands: [],
    planDigest: null,
    exitCode: null,
    durationMs: null,
    stdoutSnippet: '',
    stderrSnippet: '',
    recovery: null,
  };
}

/** A row about one run of a plan. */
export function planDraft(
  event: AuditEvent,
  operationId: string,
  { plan }: PreparedPlan,
  outcome: Outcome | null,
  message: string,
): AuditDraft {
  return {
    ...emptyDraft(event, operationId, plan.host.name, plan.action),
    target: plan.target.name,
    risk: plan.risk,
    planDigest: plan.digest,
    outcome,
    message,
  };
}

/** All that a plan may send, as its `started` row names it. */
export function plannedCommands({ steps, cleanUp = [] }: Plan): string[] {
  return [
    ...steps.map(({ commandLine }) => commandLine),
    ...cleanUp.map(({ step }) => `if it does not end well: ${step.commandLine}`),
  ];
}

/** The row that ends a run: the commands that may have run, as often as they were sent, with what they said. */
export function finishedDraft(
  prepared: PreparedPlan,
  operationId: string,
  verdict: Verdict,
  { steps, cleanUp }: { steps: readonly StepResult[]; cleanUp: readonly StepResult[] },
  durationMs: number,
): AuditDraft {
  const { plan } = prepared;
  const ran = steps.flatMap((step, index) => sentLines(step, plan.steps[index]?.commandLine));
  const takenBack = cleanUp.flatMap((step, index) =>
    sentLines(step, plan.cleanUp?.[index]?.step.commandLine),
  );
  const sent = [...ran, ...takenBack];
  return {
    ...planDraft('finished', operationId, prepared, verdict.outcome, verdict.message),
    commands: sent.flatMap(({ lines }) => lines),
    exitCode: ran.at(-1)?.step.exitCode ?? null,
    durationMs: Math.round(durationMs),
    stdoutSnippet: sent.map(({ step }) => recorded(step, step.stdout)).join(''),
    stderrSnippet: sent.map(({ step }) => recorded(step, step.stderr)).join(''),
  };
}

function sentLines(step: StepResult, line: string | undefined): { step: StepResult; lines: string[] }[] {
  if (step.status === 'not-run' || line === undefined) return [];
  return [{ step, lines: Array.from({ length: step.tries ?? 1 }, () => line) }];
}

/** SECURITY: what a guest said may hold its secrets; only that it said something is recorded. */
function recorded({ confidential }: StepResult, text: string): string {
  return confidential !== true || text === '' ? text : `(${text.length} characters, not recorded)\n`;
}
