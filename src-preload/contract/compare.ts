import { z } from 'zod';
import { bytesSchema, hostIdSchema, timestampMsSchema } from './primitives';

/** Differences of one answer. */
export const mostDifferences = 10_000;

export const differenceSchema = z.strictObject({
  /** `written`: new or changed; the tool does not tell which. */
  change: z.enum(['created', 'removed', 'modified', 'renamed', 'written']),
  kind: z.enum(['file', 'folder', 'link', 'device', 'pipe', 'socket', 'other']),
  path: z.string(),
  /** Renamed: where it is now. */
  newPath: z.string().nullable(),
  changedAtMs: timestampMsSchema.nullable(),
  /** Bytes that were written anew; null where the tool does not tell. */
  writtenBytes: bytesSchema.nullable(),
});
export type Difference = z.infer<typeof differenceSchema>;

export const compareContract = {
  /** What changed since a snapshot. Reads on the host; minutes on a large volume. */
  compare: {
    request: z.strictObject({
      hostId: hostIdSchema,
      snapshotId: z.string().max(1024),
      /** A later snapshot of the same volume; null: the volume as it is now. */
      laterId: z.string().max(1024).nullable(),
    }),
    response: z.strictObject({
      total: z.int(),
      /** What the tool of this backend leaves untold; null: nothing. */
      note: z.string().nullable(),
      differences: z.array(differenceSchema).max(mostDifferences),
    }),
  },
} as const;
