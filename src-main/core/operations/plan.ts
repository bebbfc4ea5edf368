import { randomUUID } from 'node:crypto';
import {
  risks,
  type CleanUpStep,
  type Consequence,
  type Plan,
  type PlanStep,
  type Risk,
  type SshStep,
} from '../../../src-preload/contract/operations';
import type { AnyStepDraft, PlanDraft, RoadContext } from './action';
import type { BoundAction, BoundInput } from './bound-action';
import { canonicalJson } from './canonical';
import { cleanUpDrafts } from './clean-up';
import { commandLength, commandRoom } from './confirm-words';
import { addressOf, kindOf, type Link, type Managed } from './link';
import { planDigest } from './plan-digest';
import { onlyNow } from './staged/only-now';
import type { ShownPlan } from './staged/shown-then';

/** A plan older than this must be made anew, in milliseconds. */
export const planLifetimeMs = 10 * 60_000;

/** A plan with all that running it needs and the page never sees. */
export interface PreparedPlan {
  readonly plan: Plan;
  readonly action: BoundAction;
  readonly input: BoundInput;
  /** As it came from the page and passed the action's schema; what recovery parses again. */
  readonly rawInput: unknown;
  readonly draft: PlanDraft<AnyStepDraft>;
  /** The record of the host or cluster as it was when the plan was made. */
  readonly host: Managed;
}

function worse(a: Risk, b: Risk): Risk {
  return risks.indexOf(a) >= risks.indexOf(b) ? a : b;
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
function typedWords(risk: Risk, host: Managed, targetName: string): Plan['typed'] {
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
  host: Managed;
  link: Link;
  context: RoadContext;
  action: BoundAction;
  input: BoundInput;
  rawInput: unknown;
  /** The staged change that is planned anew. Left out: none. */
  change?: PlannedChange;
}

/** A staged change as its new plan tells of it. */
export interface PlannedChange {
  id: string;
  stagedAtMs: number;
  note: string;
  /** How the plan compares with the one that was staged. */
  compare(plan: ShownPlan): Consequence;
}

/** Reads fresh state through the action and builds the plan, frozen and digested. */
export async function buildPlan(request: PlanRequest): Promise<PreparedPlan> {
  const { host, link, context, action, input, rawInput, change } = request;
  const only = onlyNow(action, rawInput);
  const draft = await input.plan(context);
  const { steps, cleanUp } = await renderDraft(link, draft);
  const risk = worse(action.risk, draft.risk);
  const createdAtMs = context.nowMs();
  const plan: Plan = {
    id: randomUUID(),
    action: action.id,
    title: action.title,
    host: {
      kind: kindOf(host),
      id: host.id,
      name: host.name,
      address: addressOf(host),
      environment: { ...host.environment },
      accessLevel: host.accessLevel,
    },
    risk,
    target: { ...draft.target },
    steps,
    ...(cleanUp.length === 0 ? {} : { cleanUp }),
    consequences: draft.consequences.map((consequence) => ({
      ...consequence,
      items: consequence.items.map((item) => ({ ...item })),
    })),
    blockers: draft.blockers.map((blocker) => ({ ...blocker })),
    undo: draft.undo,
    typed: typedWords(risk, host, draft.target.name),
    ...(only === null ? {} : { onlyNow: only }),
    ...(change === undefined
      ? {}
      : { change: { id: change.id, stagedAtMs: change.stagedAtMs, note: change.note } }),
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
  if (change !== undefined) plan.consequences.push(change.compare(plan));
  plan.digest = planDigest(plan);
  return deepFreeze({ plan, action, input, rawInput, draft, host: structuredClone(host) });
}

/** Everything of a draft that may be sent, as this link would send it now. */
export async function renderDraft(
  link: Link,
  draft: PlanDraft<AnyStepDraft>,
): Promise<{ steps: PlanStep[]; cleanUp: CleanUpStep[] }> {
  const drafts = cleanUpDrafts(draft.steps);
  const [steps, rendered] = [
    await link.render(draft.steps),
    drafts.length === 0 ? [] : await link.render(drafts.map(({ step }) => step)),
  ];
  const cleanUp = drafts.map(({ of, after }, index): CleanUpStep => {
    const step = rendered[index];
    if (step?.kind !== 'ssh') throw new Error('Only commands are taken back by commands.');
    return { of, after, step };
  });
  return { steps, cleanUp };
}

/**
 * What must be the same between plan and execution: the commands, the state they rest on, what stops them.
 * Of a command its arguments, not its line: on hosts with noisy start-up files the line begins with a marker that
 * every connection draws anew.
 */
export function worldOf(
  draft: PlanDraft<AnyStepDraft>,
  { steps, cleanUp = [] }: Pick<Plan, 'steps' | 'cleanUp'>,
): string {
  const command = ({ argv, acceptExitCodes, timeoutSeconds, stdin, retry }: SshStep) => ({
    argv,
    acceptExitCodes,
    timeoutSeconds,
    stdin: stdin ?? null,
    retry: retry ?? null,
  });
  return canonicalJson({
    steps: steps.map((step) =>
      step.kind === 'ssh'
        ? command(step)
        : step.kind === 'sftp'
          ? { verb: step.verb, paths: step.paths, content: step.content ?? null }
          : {
              method: step.method,
              path: step.path,
              parameters: step.parameters,
              timeoutSeconds: step.timeoutSeconds,
            },
    ),
    cleanUp: cleanUp.map(({ of, after, step }) => ({ of, after, ...command(step) })),
    risk: draft.risk,
    target: draft.target,
    preconditions: draft.preconditions,
    blockers: draft.blockers.map(({ text }) => text),
  });
}
