import { z } from 'zod';
import { insidePathSchema } from './files';
import { bytesSchema, hostIdSchema, timestampMsSchema, uuidSchema } from './primitives';

/** One entry of a folder of a sandbox volume. A link is a link, whatever it leads to. */
export const volumeFileSchema = z.strictObject({
  name: z.string(),
  /** `other`: a device, socket or pipe, or what the server could not read. */
  kind: z.enum(['file', 'folder', 'link', 'other']),
  sizeBytes: bytesSchema,
  /** As stat(2) has it, with the kind; null: the server does not say. */
  mode: z.int().nonnegative().nullable(),
  uid: z.int().nonnegative().nullable(),
  gid: z.int().nonnegative().nullable(),
  accessedAtMs: timestampMsSchema.nullable(),
  modifiedAtMs: timestampMsSchema.nullable(),
  /** Nobody may write it. */
  readOnly: z.boolean(),
  /** The name is no UTF-8, so it cannot be asked for. */
  unreadableName: z.boolean(),
});
export type VolumeFile = z.infer<typeof volumeFileSchema>;

export const volumeFileDetailsSchema = volumeFileSchema.extend({
  createdAtMs: timestampMsSchema.nullable(),
  /** Why it is not known when it was created; null: it is. */
  createdExcuse: z.string().nullable(),
});
export type VolumeFileDetails = z.infer<typeof volumeFileDetailsSchema>;

const place = {
  hostId: hostIdSchema,
  /** Of the host's inventory. */
  volumeId: z.string().min(1).max(1024),
  /** From the root of the volume down. */
  path: insidePathSchema,
};

export const sandboxFilesContract = {
  /** What is directly in a folder, over SFTP as the login user. Changes nothing. */
  list: {
    request: z.strictObject(place),
    response: z.strictObject({
      /** Where the volume is on the host. */
      root: z.string(),
      /** Of a disk volume only its image is a file. */
      kind: z.enum(['directory', 'disk']),
      entries: z.array(volumeFileSchema),
      /** Of all that is there; the first ones are listed. */
      total: z.int().nonnegative(),
    }),
  },
  /** One file, fresh. null: it is not there. A link is not followed. */
  stat: {
    request: z.strictObject(place),
    response: z.strictObject({ file: volumeFileDetailsSchema.nullable() }),
  },
  /** A small file as text; what is no UTF-8 is an error. */
  text: {
    request: z.strictObject(place),
    response: z.strictObject({ text: z.string(), sizeBytes: bytesSchema }),
  },
  /** Native save dialog, then streamed; the file appears under its name only when it is whole. null: cancelled. */
  download: {
    request: z.strictObject({ ...place, transferId: uuidSchema }),
    response: z.strictObject({
      saved: z.strictObject({ displayPath: z.string(), sizeBytes: bytesSchema }).nullable(),
    }),
  },
  /** Native open dialog; what to upload is then planned by this id. null: cancelled. */
  chooseUpload: {
    request: z.strictObject({ hostId: hostIdSchema, volumeId: z.string().min(1).max(1024) }),
    response: z.strictObject({
      file: z.strictObject({ fileId: uuidSchema, name: z.string(), sizeBytes: bytesSchema }).nullable(),
    }),
  },
} as const;
