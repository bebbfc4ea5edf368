import { z } from 'zod';
import { risks, type Consequence, type Verification } from '../../../src-preload/contract/operations';
import { AppError } from '../errors/app-error';
import type { AnyStepDraft, BulkTraits, PlanDraft, RoadContext } from './action';
import type { BoundInput } from './bound-action';
import { canonicalJson } from './canonical';

/** Objects in one bulk operation; the room of the native dialog may allow fewer. */
const mostItems = 200;
/** Ways back that are still read; of more than these the audit has the commands. */
const mostUndos = 20;
/** Items planned or verified side by side; the session queues beyond what the host allows. */
const atOnce = 8;

/** One action asked for many objects of one host. */
export const bulkInputSchema = z.strictObject({
  items: z
    .array(z.record(z.string().max(64), z.json()))
    .min(1)
    .max(mostItems)
    .refine((items) => new Set(items.map((item) => canonicalJson(item))).size === items.length, {
      error: 'names an object twice',
    }),
  /** After one failed, go on with the others; else stop there. */
  goOn: z.boolean(),
});

const preconditionsSchema = z.object({
  /** null: left out because something stood in its way. */
  items: z.array(z.record(z.string(), z.unknown()).nullable()),
});

async function eachOf<T, R>(
  values: readonly T[],
  work: (value: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < values.length; at += atOnce) {
    const part = values.slice(at, at + atOnce);
    results.push(...(await Promise.all(part.map((value, index) => work(value, at + index)))));
  }
  return results;
}

/** The items' own consequences, those of the same words once, with the items of all. */
function mergeConsequences(drafts: readonly PlanDraft<AnyStepDraft>[]): Consequence[] {
  const losses = drafts.flatMap(({ consequences }) =>
    consequences.filter(({ severity }) => severity === 'loss'),
  );
  const lost: Consequence[] =
    losses.length === 0
      ? []
      : [
          {
            severity: 'loss',
            text: `What is lost, one by one: ${losses.length === 1 ? '1 object' : `${losses.length} objects`}.`,
            items: losses.flatMap(({ items, text }) =>
              items.length > 0 ? items : [{ name: text, sizeBytes: null }],
            ),
          },
        ];
  const warnings = new Map<string, Consequence>();
  for (const consequence of drafts.flatMap(({ consequences }) => consequences)) {
    if (consequence.severity !== 'warning') continue;
    const same = warnings.get(consequence.text);
    warnings.set(consequence.text, {
      ...consequence,
      items: [...(same?.items ?? []), ...consequence.items],
    });
  }
  return [...lost, ...warnings.values()];
}

function worst(drafts: readonly PlanDraft<AnyStepDraft>[]): PlanDraft['risk'] {
  return drafts.reduce<PlanDraft['risk']>(
    (risk, draft) => (risks.indexOf(draft.risk) > risks.indexOf(risk) ? draft.risk : risk),
    'safe',
  );
}

/** What these objects of the bulk, by their place in it, mean together. */
export type Together = (context: RoadContext, places: readonly number[]) => Promise<Consequence[]>;

/** What several objects need alike, such as a folder to be made first, is done once: for the first of them. */
function withoutRepeats<Step extends AnyStepDraft>(steps: readonly Step[]): Step[] {
  const seen = new Set<string>();
  return steps.filter((step) => {
    // Calls of an API are each about their own object, and two that are alike are meant.
    if (!('argv' in step)) return true;
    const command = canonicalJson(step.argv);
    return !seen.has(command) && seen.add(command);
  });
}

async function planAll<Step extends AnyStepDraft>(
  context: RoadContext,
  inputs: readonly BoundInput<Step>[],
  traits: BulkTraits,
  goOn: boolean,
  together: Together | null,
): Promise<PlanDraft<Step>> {
  const drafts = await eachOf(inputs, (input) => input.plan(context));
  const possible = drafts.filter(({ blockers }) => blockers.length === 0);
  const stopped = drafts.filter(({ blockers }) => blockers.length > 0);
  const things = (count: number): string => `${count} ${count === 1 ? traits.one : traits.many}`;
  const leftOut: Consequence[] =
    stopped.length === 0 || possible.length === 0
      ? []
      : [
          {
            severity: 'warning',
            text: `${things(stopped.length)} of ${drafts.length} cannot be done and ${stopped.length === 1 ? 'is' : 'are'} left out.`,
            items: stopped.map(({ target, blockers }) => ({
              name: `${target.name}: ${blockers[0]?.text ?? ''}`,
              sizeBytes: null,
            })),
          },
        ];
  const places = drafts.flatMap(({ blockers }, place) => (blockers.length > 0 ? [] : [place]));
  const shared = together === null || places.length < 2 ? [] : await together(context, places);
  const undone = possible.flatMap(({ undo }) => (undo === null ? [] : [undo]));
  const undos = undone.length < possible.length ? [] : [...new Set(undone)];
  return {
    risk: worst(drafts),
    target: { kind: traits.many, name: things(possible.length === 0 ? drafts.length : possible.length) },
    steps: withoutRepeats(
      drafts.flatMap((draft, item) =>
        draft.blockers.length > 0 ? [] : draft.steps.map((step) => ({ ...step, item })),
      ),
    ),
    consequences: [...mergeConsequences(possible), ...shared, ...leftOut],
    // Something can be done: then what cannot is left out and said. Nothing can: then all of it stands in the way.
    blockers: possible.length === 0 ? stopped.flatMap(({ blockers }) => blockers) : [],
    undo: undos.length === 0 || undos.length > mostUndos ? null : undos.join('; '),
    preconditions: {
      items: drafts.map(({ blockers, preconditions }) => (blockers.length > 0 ? null : preconditions)),
    },
    onFailure: goOn ? 'next-item' : 'stop',
    ...(traits.atOnce === undefined ? {} : { sideBySide: traits.atOnce }),
  };
}

async function verifyAll(
  context: RoadContext,
  inputs: readonly BoundInput[],
  preconditions: Record<string, unknown>,
): Promise<Verification> {
  const { items } = preconditionsSchema.parse(preconditions);
  if (items.length !== inputs.length) {
    throw new AppError('internal', 'The plan of a bulk operation does not fit its input.');
  }
  const seen = await eachOf(inputs, async (input, index) => {
    const own = items[index] ?? null;
    return own === null ? null : input.verify(context, own);
  });
  const read = seen.filter((verification) => verification !== null);
  const those = (status: Verification['status']): Verification[] =>
    read.filter((verification) => verification.status === status);
  const confirmed = those('confirmed').length;
  const summary = `Reading again confirms ${confirmed} of ${read.length}.`;
  const others = read
    .filter(({ status }) => status !== 'confirmed')
    .slice(0, 10)
    .map(({ text }) => text);
  const text = [summary, ...others].join(' ');
  // The worst of them speaks for all: none is called done that is not.
  for (const status of ['unreadable', 'not-there', 'pending', 'skipped'] as const) {
    if (those(status).length > 0) return { status, text };
  }
  return { status: 'confirmed', text };
}

/** One plan over many objects: the steps of each, in order, under one confirmation, each with its own result. */
export function bulkOf<Step extends AnyStepDraft>(
  inputs: readonly BoundInput<Step>[],
  traits: BulkTraits,
  goOn: boolean,
  together: Together | null = null,
): BoundInput<Step> {
  return {
    plan: (context) => planAll(context, inputs, traits, goOn, together),
    verify: (context, preconditions) => verifyAll(context, inputs, preconditions),
  };
}
