import type { StepDraft } from '../action';
import type { BoundAction } from '../bound-action';

/** Every action that one file of the contract names, and no other: `tsc` fails on both sides. */
export type ActionsOf<Ids extends readonly string[]> = Readonly<Record<Ids[number], BoundAction<StepDraft>>>;
