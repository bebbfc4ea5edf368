import { z } from 'zod';
import { hostIdSchema, timestampMsSchema } from './primitives';

/** Changes of one answer. */
export const mostStateChanges = 200;

/** What readings tell the state of: by its id in the inventory, a guest by its number. */
export const statefulObjectSchema = z.union([
  z.strictObject({ kind: z.literal('guest'), vmid: z.int().min(1).max(999_999_999) }),
  z.strictObject({ kind: z.enum(['pool', 'sandbox-volume', 'node']), id: z.string().min(1).max(1024) }),
]);
export type StatefulObject = z.infer<typeof statefulObjectSchema>;

/** That a reading found an object in another state than the reading before. */
export const stateChangeSchema = z.strictObject({
  /** When it was read: it changed between that reading and the one before. */
  atMs: timestampMsSchema,
  /** In the tool's own words; null: it was not there. */
  from: z.string().nullable(),
  /** null: it is gone. */
  to: z.string().nullable(),
});
export type StateChange = z.infer<typeof stateChangeSchema>;

export const historyContract = {
  /** Changes of state that readings met, newest first. Kept on this computer, so also told offline. */
  states: {
    request: z.strictObject({ sourceId: hostIdSchema, object: statefulObjectSchema }),
    response: z.strictObject({ changes: z.array(stateChangeSchema).max(mostStateChanges) }),
  },
} as const;
