import { z } from 'zod';
import { environmentSchema } from './hosts';
import { actionIdSchema } from './operations';
import { hostIdSchema, nothingSchema, timestampMsSchema, uuidSchema } from './primitives';

/** What a rule waits for, on one host or cluster. */
export const triggerSchema = z.discriminatedUnion('kind', [
  /** An operation of Holdfast ended well. `action` null: any. */
  z.strictObject({ kind: z.literal('operation'), hostId: hostIdSchema, action: actionIdSchema.nullable() }),
  /** Trouble began or ended, as enough readings in a row say. */
  z.strictObject({
    kind: z.literal('trouble'),
    hostId: hostIdSchema,
    what: z.enum(['reach', 'quorum', 'node', 'health']),
    state: z.enum(['begun', 'ended']),
  }),
  /** The first whole reading since Holdfast was started. */
  z.strictObject({ kind: z.literal('contact'), hostId: hostIdSchema }),
  /** A reading met an object in another state. `to` null: whichever. */
  z.strictObject({
    kind: z.literal('state'),
    hostId: hostIdSchema,
    /** `pool:zfs:tank`, `node:atlas-1`, `guest:110`. */
    object: z.string().min(1).max(1100),
    to: z.string().min(1).max(100).nullable(),
  }),
]);
export type Trigger = z.infer<typeof triggerSchema>;

export const automationNameSchema = z.string().trim().min(1).max(80);

/** "When this happened, stage that change": it only ever stages; a person applies. */
export const automationSchema = z.strictObject({
  id: uuidSchema,
  name: automationNameSchema,
  enabled: z.boolean(),
  trigger: triggerSchema,
  /** Of the trigger; null: no longer in the list. */
  triggerHostName: z.string().nullable(),
  /** What is staged. */
  hostId: hostIdSchema,
  hostName: z.string(),
  environment: environmentSchema,
  action: z.string(),
  title: z.string(),
  target: z.string(),
  /** In place of the guest that it was made of: the guests that the operation was about. */
  sameGuests: z.boolean(),
  /** In place of what it was made of: all that the action is due for on the host, as just read. */
  allDue: z.boolean(),
  createdAtMs: timestampMsSchema,
  /** When it last had something to do, and what came of that. */
  lastAtMs: timestampMsSchema.nullable(),
  lastMessage: z.string().nullable(),
});
export type Automation = z.infer<typeof automationSchema>;

export const automationsContract = {
  list: { request: nothingSchema, response: z.strictObject({ automations: z.array(automationSchema) }) },
  /** Takes the request of a staged change, whatever became of it. */
  create: {
    request: z.strictObject({
      changeId: uuidSchema,
      name: automationNameSchema,
      trigger: triggerSchema,
      sameGuests: z.boolean(),
      allDue: z.boolean(),
    }),
    response: z.strictObject({ automation: automationSchema }),
  },
  enable: {
    request: z.strictObject({ automationId: uuidSchema, enabled: z.boolean() }),
    response: nothingSchema,
  },
  delete: { request: z.strictObject({ automationId: uuidSchema }), response: nothingSchema },
} as const;
