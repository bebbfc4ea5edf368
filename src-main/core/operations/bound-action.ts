import { z } from 'zod';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import type { ActionId, Consequence, Offer, Verification } from '../../../src-preload/contract/operations';
import { AppError } from '../errors/app-error';
import type {
  ActionContext,
  ActionDefinition,
  ActionTraits,
  AnyStepDraft,
  ApiActionDefinition,
  ApiContext,
  ApiStepDraft,
  ClusterSubject,
  ClusterWorld,
  FileActionDefinition,
  FileContext,
  FileStepDraft,
  OfferDraft,
  OfferWorld,
  PlanDraft,
  RoadContext,
  StepDraft,
  Subject,
} from './action';
import { bulkInputSchema, bulkOf } from './bulk';

/** An input that its action's schema accepted, with what the action can do with it. */
export interface BoundInput<Step extends AnyStepDraft = AnyStepDraft> {
  plan(context: RoadContext): Promise<PlanDraft<Step>>;
  verify(context: RoadContext, preconditions: Record<string, unknown>): Promise<Verification>;
}

/** An action whose input type is closed over, so that actions with different inputs stand in one catalogue. */
export interface BoundAction<Step extends AnyStepDraft = AnyStepDraft> extends ActionTraits {
  /** What it is done over; a target of the other kind refuses it. */
  over: 'ssh' | 'pve';
  /** For objects of a host; null from actions on clusters. */
  offer(subject: Subject, world: OfferWorld): OfferDraft | null;
  /** Of upkeep on a host: what it is due for. Left out: it is none. */
  due?: (inventory: HostInventory) => Offer['input'] | null;
  /** For objects of a cluster; null from actions on hosts. */
  offerOnCluster(subject: ClusterSubject, world: ClusterWorld): OfferDraft | null;
  /** `exitCode` is null for a call of the API, whose message stands in `stderr`. */
  explainFailure(exitCode: number | null, stderr: string): { message: string; remedy: string } | null;
  /** Throws AppError `invalid-request` naming the fields, never their values. */
  parse(raw: unknown): BoundInput<Step>;
}

/** The static catalogue: what is not in it does not run. */
export type Catalogue = ReadonlyMap<string, BoundAction>;

function traitsOf({
  id,
  title,
  backend,
  minimumAccess,
  risk,
  bulk,
  secrets,
  onlyNow,
  stageFirst,
}: ActionTraits): ActionTraits {
  return { id, title, backend, minimumAccess, risk, bulk, secrets, onlyNow, stageFirst };
}

type Together<Input> = (
  inputs: readonly Input[],
) => (context: RoadContext, places: readonly number[]) => Promise<Consequence[]>;

/** One input, or several under one plan where the action can be asked for many. */
function parser<Input, Step extends AnyStepDraft>(
  definition: ActionTraits & { input: z.ZodType<Input> },
  bind: (input: Input) => BoundInput<Step>,
  together: Together<Input> | null,
): BoundAction<Step>['parse'] {
  const refuse = (error: z.ZodError): AppError =>
    new AppError('invalid-request', `${definition.title}: the input is not valid, so nothing was done.`, {
      detail: z.prettifyError(error).slice(0, 2000),
    });
  const parseInput = (raw: unknown): Input => {
    const parsed = definition.input.safeParse(raw);
    if (!parsed.success) throw refuse(parsed.error);
    return parsed.data;
  };
  const { bulk } = definition;
  return (raw) => {
    if (bulk === undefined || typeof raw !== 'object' || raw === null || !('items' in raw)) {
      return bind(parseInput(raw));
    }
    const parsed = bulkInputSchema.safeParse(raw);
    if (!parsed.success) throw refuse(parsed.error);
    const { most = parsed.data.items.length, many } = bulk;
    if (parsed.data.items.length > most) {
      throw new AppError(
        'invalid-request',
        `${definition.title}: at most ${most} ${many} at a time, so nothing was done.`,
        { remedy: 'Choose fewer of them.' },
      );
    }
    const inputs = parsed.data.items.map(parseInput);
    return bulkOf(inputs.map(bind), bulk, parsed.data.goOn, together?.(inputs) ?? null);
  };
}

function overSsh(context: RoadContext): ActionContext {
  if ('read' in context) return context;
  throw new Error('An action on a host was asked of a cluster.');
}

function overApi(context: RoadContext): ApiContext {
  if ('get' in context) return context;
  throw new Error('An action on a cluster was asked of a host.');
}

export function bindAction<Input>(definition: ActionDefinition<Input>): BoundAction<StepDraft> {
  const bind = (input: Input): BoundInput<StepDraft> => ({
    plan: (context) => definition.plan(overSsh(context), input),
    verify: (context, preconditions) => definition.verify(overSsh(context), input, { preconditions }),
  });
  const together = definition.together?.bind(definition);
  return {
    ...traitsOf(definition),
    over: 'ssh',
    offer: (subject, world) => definition.offer(subject, world),
    due: definition.due?.bind(definition),
    offerOnCluster: () => null,
    explainFailure: (exitCode, stderr) => definition.explainFailure(exitCode ?? 1, stderr),
    parse: parser(
      definition,
      bind,
      together === undefined
        ? null
        : (inputs) => (context, places) =>
            together(
              overSsh(context),
              inputs.filter((_, place) => places.includes(place)),
            ),
    ),
  };
}

function overFiles(context: RoadContext): FileContext {
  if ('volumeFiles' in context) return context;
  throw new Error('An action on files of a sandbox volume was asked of what has none.');
}

export function bindFileAction<Input>(definition: FileActionDefinition<Input>): BoundAction<FileStepDraft> {
  const bind = (input: Input): BoundInput<FileStepDraft> => ({
    plan: (context) => definition.plan(overFiles(context), input),
    verify: (context, preconditions) => definition.verify(overFiles(context), input, { preconditions }),
  });
  return {
    ...traitsOf(definition),
    over: 'ssh',
    offer: () => null,
    offerOnCluster: () => null,
    // What the server or the guard answered is a sentence already.
    explainFailure: () => null,
    parse: parser(definition, bind, null),
  };
}

export function bindApiAction<Input>(definition: ApiActionDefinition<Input>): BoundAction<ApiStepDraft> {
  const bind = (input: Input): BoundInput<ApiStepDraft> => ({
    plan: (context) => definition.plan(overApi(context), input),
    verify: (context, preconditions) => definition.verify(overApi(context), input, { preconditions }),
  });
  return {
    ...traitsOf(definition),
    over: 'pve',
    offer: () => null,
    offerOnCluster: (subject, world) => definition.offer(subject, world),
    explainFailure: (_exitCode, message) => definition.explainFailure(message),
    parse: parser(definition, bind, null),
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
