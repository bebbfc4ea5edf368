import { randomUUID } from 'node:crypto';
import type { Host } from '../../../src-preload/contract/hosts';
import { risks, type Plan, type PlanStep, type Risk } from '../../../src-preload/contract/operations';
import type { SshSession } from '../ssh/types';
import type { ActionContext, PlanDraft, StepDraft } from './action';
import type { BoundAction, BoundInput } from './bound-action';
import { canonicalJson } from './canonical';
import { commandLength, commandRoom } from './confirm-words';
import { planDigest } from './plan-digest';

/** A plan older than this must be made anew, in milliseconds. */
export const planLifetimeMs = 10 * 60_000;

/** A plan with all that running it needs and the page never sees. */
export interface PreparedPlan {
  readonly plan: Plan;
  readonly action: BoundAction;
  readonly input: BoundInput;
  /** As it came from the page and passed the action's schema; what recovery parses again. */
  readonly rawInput: unknown;
  readonly draft: PlanDraft;
  /** The host's record as it was when the plan was made. */
  readonly host: Host;
}

function worse(a: Risk, b: Risk): Risk {
  return risks.indexOf(a) >= risks.indexOf(b) ? a : b;
}

function renderStep(session: SshSession, step: StepDraft): PlanStep {
  const { argv, commandLine } = session.render(step.argv, step.privileged ?? true);
  return {
    kind: 'ssh',
    title: step.title,
    argv,
    commandLine,
    explain: step.explain,
    acceptExitCodes: [...step.acceptExitCodes],
    timeoutSeconds: step.timeoutSeconds,
  };
}

/** The steps as this session would send them now. */
export async function renderSteps(session: SshSession, steps: readonly StepDraft[]): Promise<PlanStep[]> {
  const tools = [...new Set(steps.flatMap((step) => step.argv.slice(0, 1)))];
  await session.locate(tools);
  return steps.map((step) => renderStep(session, step));
}

/**
 * Which words the person must type.
 *
 * | risk         | host        | target | host name |
 * | safe         | any         | no     | no        |
 * | destructive  | other       | yes    | no        |
 * | destructive  | production  | yes    | yes       |
 * | catastrophic | any         | yes    | yes       |
 */
function typedWords(risk: Risk, host: Host, targetName: string): Plan['typed'] {
  return {
    target: risk === 'safe' ? null : targetName,
    host:
      risk === 'catastrophic' || (risk === 'destructive' && host.environment.production) ? host.name : null,
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

export interface PlanRequest {
  host: Host;
  session: SshSession;
  context: ActionContext;
  action: BoundAction;
  input: BoundInput;
  rawInput: unknown;
}

/** Reads fresh state through the action and builds the plan, frozen and digested. */
export async function buildPlan(request: PlanRequest): Promise<PreparedPlan> {
  const { host, session, context, action, input, rawInput } = request;
  const draft = await input.plan(context);
  const steps = await renderSteps(session, draft.steps);
  const risk = worse(action.risk, draft.risk);
  const createdAtMs = context.nowMs();
  const plan: Plan = {
    id: randomUUID(),
    action: action.id,
    title: action.title,
    host: {
      id: host.id,
      name: host.name,
      address: host.address,
      environment: { ...host.environment },
      accessLevel: host.accessLevel,
    },
    risk,
    target: { ...draft.target },
    steps,
    consequences: draft.consequences.map((consequence) => ({
      ...consequence,
      items: consequence.items.map((item) => ({ ...item })),
    })),
    blockers: draft.blockers.map((blocker) => ({ ...blocker })),
    undo: draft.undo,
    typed: typedWords(risk, host, draft.target.name),
    createdAtMs,
    expiresAtMs: createdAtMs + planLifetimeMs,
    digest: '',
  };
  if (plan.steps.length === 0 && plan.blockers.length === 0) {
    throw new Error(`${action.id} planned neither a step nor a blocker.`);
  }
  // SECURITY: what the native dialog cannot show in full does not run.
  const length = commandLength(plan);
  if (length > commandRoom) {
    plan.blockers.push({
      text: `The commands are ${length} characters long and the confirmation shows at most ${commandRoom}.`,
      remedy: 'Choose fewer objects at a time.',
    });
  }
  plan.digest = planDigest(plan);
  return deepFreeze({ plan, action, input, rawInput, draft, host: structuredClone(host) });
}

/**
 * What must be the same between plan and execution: the commands, the state they rest on, what stops them.
 * Of a command its arguments, not its line: on hosts with noisy start-up files the line begins with a marker that
 * every connection draws anew.
 */
export function worldOf(draft: PlanDraft, steps: readonly PlanStep[]): string {
  return canonicalJson({
    steps: steps.map(({ argv, acceptExitCodes, timeoutSeconds }) => ({
      argv,
      acceptExitCodes,
      timeoutSeconds,
    })),
    risk: draft.risk,
    target: draft.target,
    preconditions: draft.preconditions,
    blockers: draft.blockers.map(({ text }) => text),
  });
}
