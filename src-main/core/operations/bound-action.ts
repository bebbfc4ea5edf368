import { z } from 'zod';
import type { ActionId, Verification } from '../../../src-preload/contract/operations';
import { AppError } from '../errors/app-error';
import type { ActionContext, ActionDefinition, PlanDraft } from './action';
import { bulkInputSchema, bulkOf } from './bulk';

/** An input that its action's schema accepted, with what the action can do with it. */
export interface BoundInput {
  plan(context: ActionContext): Promise<PlanDraft>;
  verify(context: ActionContext, preconditions: Record<string, unknown>): Promise<Verification>;
}

/** An action whose input type is closed over, so that actions with different inputs stand in one catalogue. */
export interface BoundAction extends Pick<
  ActionDefinition<never>,
  'id' | 'title' | 'backend' | 'minimumAccess' | 'risk' | 'bulk' | 'offer' | 'explainFailure'
> {
  /** Throws AppError `invalid-request` naming the fields, never their values. */
  parse(raw: unknown): BoundInput;
}

/** The static catalogue: what is not in it does not run. */
export type Catalogue = ReadonlyMap<string, BoundAction>;

export function bindAction<Input>(definition: ActionDefinition<Input>): BoundAction {
  const refuse = (error: z.ZodError): AppError =>
    new AppError('invalid-request', `${definition.title}: the input is not valid, so nothing was done.`, {
      detail: z.prettifyError(error).slice(0, 2000),
    });
  const parseInput = (raw: unknown): Input => {
    const parsed = definition.input.safeParse(raw);
    if (!parsed.success) throw refuse(parsed.error);
    return parsed.data;
  };
  const bind = (input: Input): BoundInput => ({
    plan: (context) => definition.plan(context, input),
    verify: (context, preconditions) => definition.verify(context, input, { preconditions }),
  });
  const { bulk } = definition;
  return {
    id: definition.id,
    title: definition.title,
    backend: definition.backend,
    minimumAccess: definition.minimumAccess,
    risk: definition.risk,
    bulk,
    offer: (subject, world) => definition.offer(subject, world),
    explainFailure: (exitCode, stderr) => definition.explainFailure(exitCode, stderr),
    parse: (raw) => {
      if (bulk === undefined || typeof raw !== 'object' || raw === null || !('items' in raw)) {
        return bind(parseInput(raw));
      }
      const parsed = bulkInputSchema.safeParse(raw);
      if (!parsed.success) throw refuse(parsed.error);
      const inputs = parsed.data.items.map(parseInput);
      const together = definition.together?.bind(definition);
      return bulkOf(
        inputs.map(bind),
        bulk,
        parsed.data.goOn,
        together === undefined
          ? null
          : (context, places) =>
              together(
                context,
                inputs.filter((_, place) => places.includes(place)),
              ),
      );
    },
  };
}

export function catalogueOf(actions: Iterable<BoundAction>): Catalogue {
  const catalogue = new Map<ActionId, BoundAction>();
  for (const action of actions) {
    if (catalogue.has(action.id)) throw new Error(`The action ${action.id} is in the catalogue twice.`);
    catalogue.set(action.id, action);
  }
  return catalogue;
}
