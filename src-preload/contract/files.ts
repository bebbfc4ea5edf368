import { z } from 'zod';
import { bytesSchema, hostIdSchema, timestampMsSchema, uuidSchema } from './primitives';

/** One step down a path: never a path itself, so that nothing can climb out of where browsing began. */
export const pathPartSchema = z
  .string()
  .min(1)
  .max(255)
  .refine((part) => part !== '.' && part !== '..' && !part.includes('/') && !part.includes('\0'), {
    error: 'is not the name of one file or folder',
  });
export const insidePathSchema = z.array(pathPartSchema).max(64);

export const fileEntrySchema = z.strictObject({
  name: z.string(),
  kind: z.enum(['file', 'folder', 'link', 'other']),
  sizeBytes: bytesSchema,
  modifiedAtMs: timestampMsSchema.nullable(),
  /** The name is no UTF-8, so it cannot be asked for. */
  unreadableName: z.boolean(),
});
export type FileEntry = z.infer<typeof fileEntrySchema>;

export const fileProgressSchema = z.strictObject({
  transferId: uuidSchema,
  doneBytes: bytesSchema,
  totalBytes: bytesSchema,
});

const place = {
  hostId: hostIdSchema,
  snapshotId: z.string().max(1024),
  /** From the root of the snapshot down. */
  path: insidePathSchema,
};

export const filesContract = {
  /** Files of a snapshot, over SFTP as the login user. Changes nothing. */
  list: {
    request: z.strictObject(place),
    response: z.strictObject({
      entries: z.array(fileEntrySchema),
      /** There are more than are listed. */
      truncated: z.boolean(),
    }),
  },
  /** Native save dialog, then streamed; the file appears under its name only when it is whole. null: cancelled. */
  download: {
    request: z.strictObject({ ...place, transferId: uuidSchema }),
    response: z.strictObject({
      saved: z.strictObject({ displayPath: z.string(), sizeBytes: bytesSchema }).nullable(),
    }),
  },
  /** What to plan so that one file comes back beside its original. Changes nothing. */
  restore: {
    request: z.strictObject(place),
    response: z.strictObject({
      action: z.literal('file.restore'),
      input: z.strictObject({ source: z.string(), destination: z.string() }),
    }),
  },
} as const;
