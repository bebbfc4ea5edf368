import type { AuditEvent } from '../../../src-preload/contract/audit';
import type { Outcome, StepResult } from '../../../src-preload/contract/operations';
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

/** The row that ends a run: the commands that may have run, with what they said. */
export function finishedDraft(
  prepared: PreparedPlan,
  operationId: string,
  verdict: Verdict,
  steps: readonly StepResult[],
  durationMs: number,
): AuditDraft {
  const sent = steps.flatMap((step, index) => (step.status === 'not-run' ? [] : [{ step, index }]));
  return {
    ...planDraft('finished', operationId, prepared, verdict.outcome, verdict.message),
    commands: sent.flatMap(({ index }) => prepared.plan.steps[index]?.commandLine ?? []),
    exitCode: sent.at(-1)?.step.exitCode ?? null,
    durationMs: Math.round(durationMs),
    stdoutSnippet: sent.map(({ step }) => step.stdout).join(''),
    stderrSnippet: sent.map(({ step }) => step.stderr).join(''),
  };
}
