import { z } from 'zod';
import { environmentSchema } from './hosts';
import { blockerSchema, consequenceSchema, planSchema, riskSchema } from './operations';
import { hostIdSchema, nothingSchema, timestampMsSchema, uuidSchema } from './primitives';

/**
 * `pending -> applying -> applied | failed | unknown`, `pending | unknown -> discarded`. What was not sent is pending again;
 * `unknown` becomes applied or failed when reading the host tells.
 */
export const changeStates = ['pending', 'applying', 'applied', 'failed', 'unknown', 'discarded'] as const;
export const changeStateSchema = z.enum(changeStates);
export type ChangeState = z.infer<typeof changeStateSchema>;

/** Characters of a note. */
export const mostNoteCharacters = 2_000;

/** A change that was planned and is kept to be applied later. It is planned anew then. */
export const stagedChangeSchema = z.strictObject({
  id: uuidSchema,
  hostId: hostIdSchema,
  hostKind: z.enum(['host', 'cluster']),
  /** Of host or cluster, as they were when it was staged. */
  hostName: z.string(),
  environment: environmentSchema,
  /** Not the enum: an older version may have staged what this one no longer has. */
  action: z.string(),
  title: z.string(),
  target: z.strictObject({ kind: z.string(), name: z.string() }),
  risk: riskSchema,
  state: changeStateSchema,
  note: z.string(),
  stagedAtMs: timestampMsSchema,
  /** `user@laptop`, or the automation by its name. */
  stagedBy: z.string(),
  /** Of the automation that staged it; null: a person did. */
  automationId: uuidSchema.nullable(),
  /** When its state last changed; null: it waits since it was staged. */
  changedAtMs: timestampMsSchema.nullable(),
  /** What came of the last try, or why it was discarded. */
  message: z.string().nullable(),
  /** Of the last try, as the audit names it. */
  operationId: uuidSchema.nullable(),
});
export type StagedChange = z.infer<typeof stagedChangeSchema>;

/** The plan as it was shown when it was staged, without secrets. */
export const shownThenSchema = z.strictObject({
  /** `same`: two steps with the same value send the same, whatever their lines look like. */
  commands: z.array(z.strictObject({ title: z.string(), line: z.string(), same: z.string() })),
  consequences: z.array(consequenceSchema),
  blockers: z.array(blockerSchema),
  undo: z.string().nullable(),
});
export type ShownThen = z.infer<typeof shownThenSchema>;

export const changesContract = {
  /** Newest first: all that wait, and the last that ended. */
  list: { request: nothingSchema, response: z.strictObject({ changes: z.array(stagedChangeSchema) }) },
  read: {
    request: z.strictObject({ changeId: uuidSchema }),
    response: z.strictObject({ change: stagedChangeSchema, shown: shownThenSchema }),
  },
  /** Keeps a plan that was just shown, to be applied later. Nothing is sent. */
  stage: {
    request: z.strictObject({ planId: uuidSchema, note: z.string().max(mostNoteCharacters) }),
    response: z.strictObject({ change: stagedChangeSchema }),
  },
  /** Plans it anew from fresh state. `operations:run` of that plan applies the change. */
  plan: { request: z.strictObject({ changeId: uuidSchema }), response: planSchema },
  /** Of one that waits, or whose outcome stayed unknown. */
  discard: {
    request: z.strictObject({ changeId: uuidSchema }),
    response: z.strictObject({ change: stagedChangeSchema }),
  },
  /** Takes what was applied, failed or discarded off the list; the audit keeps it. */
  clear: { request: nothingSchema, response: z.strictObject({ cleared: z.int().nonnegative() }) },
} as const;
