import { z } from 'zod';
import { bytesSchema, hostIdSchema, nothingSchema, timestampMsSchema } from './primitives';

/** Volumes of one answer, those whose snapshots hold most. */
export const mostSpaceRows = 1_000;

export const volumeSpaceSchema = z.strictObject({
  hostId: hostIdSchema,
  hostName: z.string(),
  poolId: z.string(),
  /** null: snapshots whose volume is gone. */
  volumeName: z.string().nullable(),
  count: z.int(),
  /** What all of them hold together, shared blocks included, by the tool's own word; null: it gives none. */
  heldBytes: bytesSchema.nullable(),
  /** What each holds alone, added up: never more than all hold together. null: of some it is not known. */
  aloneBytes: bytesSchema.nullable(),
  oldestAtMs: timestampMsSchema.nullable(),
  newestAtMs: timestampMsSchema.nullable(),
  /** Made long ago, with none since: whoever made them may have forgotten them. */
  forgotten: z.boolean(),
});
export type VolumeSpace = z.infer<typeof volumeSpaceSchema>;

export const spaceContract = {
  /** Which volumes' snapshots hold how much, over all hosts as last read. */
  space: {
    request: nothingSchema,
    response: z.strictObject({ total: z.int(), volumes: z.array(volumeSpaceSchema).max(mostSpaceRows) }),
  },
} as const;
