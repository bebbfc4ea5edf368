import type { z } from 'zod';
import type {
  Blocker,
  Consequence,
  Risk,
  Verification,
} from '../../../../../src-preload/contract/operations';
import type { ApiCall } from '../../../proxmox/requests';
import type {
  ActionTraits,
  ApiActionDefinition,
  ApiContext,
  ApiStepDraft,
  ClusterSubject,
  ClusterWorld,
  Follow,
  OfferDraft,
} from '../../action';
import { bindApiAction, type BoundAction } from '../../bound-action';
import { explainGuestFailure } from './failures';

/** What one call means, made of the input and of what was read for it. */
export interface ChangeDraft {
  target: { kind: string; name: string };
  /** What is done first. */
  before?: ApiStepDraft[];
  title: string;
  call: ApiCall;
  explain: string;
  /** Left out: the call does its work before it answers. */
  timeoutSeconds?: number;
  follow?: Follow;
  /** Left out: that of the action. */
  risk?: Risk;
  consequences?: Consequence[];
  blockers?: Blocker[];
  undo: string | null;
  /** What must be the same when the plan runs. */
  restsOn: Record<string, unknown>;
}

/** An action of one call: it looks, says what it would do, does it, and looks again. */
export interface SingleChange<Input, Found> extends ActionTraits {
  backend: null;
  input: z.ZodType<Input>;
  offer(subject: ClusterSubject, world: ClusterWorld): OfferDraft | null;
  look(context: ApiContext, input: Input): Promise<Found>;
  draft(input: Input, found: Found): ChangeDraft;
  /** @param before what the plan rested on */
  judge(input: Input, found: Found, before: Record<string, unknown>): Verification;
  explainFailure?: ApiActionDefinition<Input>['explainFailure'];
}

const answeredAtOnceSeconds = 120;

export function bindChange<Input, Found>(change: SingleChange<Input, Found>): BoundAction<ApiStepDraft> {
  const { look, draft, judge, explainFailure = explainGuestFailure, ...traits } = change;
  return bindApiAction<Input>({
    ...traits,
    async plan(context, input) {
      const drafted = draft(input, await look(context, input));
      const {
        target,
        before = [],
        title,
        call,
        explain,
        follow,
        timeoutSeconds = answeredAtOnceSeconds,
      } = drafted;
      return {
        risk: drafted.risk ?? change.risk,
        target,
        steps: [
          ...before,
          { title, call, explain, timeoutSeconds, ...(follow === undefined ? {} : { follow }) },
        ],
        consequences: drafted.consequences ?? [],
        blockers: drafted.blockers ?? [],
        undo: drafted.undo,
        preconditions: drafted.restsOn,
      };
    },
    async verify(context, input, { preconditions }) {
      return judge(input, await look(context, input), preconditions);
    },
    explainFailure,
  });
}

export const info = (text: string, items: Consequence['items'] = []): Consequence => ({
  severity: 'info',
  text,
  items,
});
export const warning = (text: string, items: Consequence['items'] = []): Consequence => ({
  severity: 'warning',
  text,
  items,
});
export const loss = (text: string, items: Consequence['items'] = []): Consequence => ({
  severity: 'loss',
  text,
  items,
});

export const confirmed = (text: string): Verification => ({ status: 'confirmed', text });
export const notThere = (text: string): Verification => ({ status: 'not-there', text });
export const pendingStill = (text: string): Verification => ({ status: 'pending', text });
