import type { AuditEvent } from '../../../src-preload/contract/audit';
import type { Outcome } from '../../../src-preload/contract/operations';
import type { AuditDraft } from '../audit/types';
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
