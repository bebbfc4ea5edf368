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

/** A file that was being written when Holdfast, or the connection, ended. */
export const cutOffTransferSchema = z.strictObject({
  id: uuidSchema,
  /** Where the part lies: `host` for one in a sandbox volume, `laptop` for a download. */
  side: z.enum(['host', 'laptop']),
  /** Of the transfer; a download may outlive its host here. */
  hostId: hostIdSchema,
  hostName: z.string(),
  partPath: z.string(),
  /** The name that it would have got. */
  targetPath: z.string(),
  startedAtMs: timestampMsSchema,
  /** What lies there; null: nobody could look since. */
  found: z.strictObject({ sizeBytes: bytesSchema, modifiedAtMs: timestampMsSchema.nullable() }).nullable(),
  /** On a host: what to plan so that it goes. null: it is in no volume that can be named, or lies on this computer. */
  remove: z
    .strictObject({
      action: z.literal('sandbox.file.remove'),
      input: z.strictObject({ volumeId: z.string(), path: insidePathSchema }),
    })
    .nullable(),
});
export type CutOffTransfer = z.infer<typeof cutOffTransferSchema>;

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
  /** What transfers that were cut off left behind, oldest first. Changes nothing. */
  cutOff: {
    request: z.strictObject({}),
    response: z.strictObject({ transfers: z.array(cutOffTransferSchema) }),
  },
  /** Deletes what a download left on this computer, after a native question. false: the person said no. */
  deletePart: {
    request: z.strictObject({ transferId: uuidSchema }),
    response: z.strictObject({ deleted: z.boolean() }),
  },
} as const;
