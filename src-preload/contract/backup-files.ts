import { z } from 'zod';
import { bytesSchema, hostIdSchema, timestampMsSchema, uuidSchema } from './primitives';

/**
 * A place in a backup as the API names it: base64 of its path, which may be no UTF-8. null: what the backup is made of.
 * It is nothing but a parameter of the two calls below, and never a path of this computer.
 */
export const backupPathSchema = z
  .string()
  .min(4)
  .max(16_384)
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'is no place in a backup')
  .nullable();

export const backupFileSchema = z.strictObject({
  path: z.string(),
  name: z.string(),
  /** `part`: a disk, a partition or a tree of files that the backup is made of. */
  kind: z.enum(['part', 'folder', 'file', 'link', 'other']),
  /** null: it is not told. */
  sizeBytes: bytesSchema.nullable(),
  modifiedAtMs: timestampMsSchema.nullable(),
});
export type BackupFile = z.infer<typeof backupFileSchema>;

/** A backup on a Proxmox Backup Server, and a place in it. */
const place = {
  clusterId: hostIdSchema,
  node: z.string().min(1).max(63),
  storage: z.string().min(1).max(63),
  volid: z.string().max(512),
  path: backupPathSchema,
};

export const backupFilesContract = {
  /** What lies there, read now by the node. Changes nothing; for a machine's backup the node starts a small helper. */
  list: {
    request: z.strictObject(place),
    response: z.strictObject({ entries: z.array(backupFileSchema), total: z.int() }),
  },
  /** One file: native save dialog, then streamed. null: cancelled. */
  download: {
    request: z.strictObject({ ...place, transferId: uuidSchema }),
    response: z.strictObject({
      saved: z
        .strictObject({
          displayPath: z.string(),
          sizeBytes: bytesSchema,
          /** false: the backup does not tell its size, so nothing says whether all of it came. */
          compared: z.boolean(),
        })
        .nullable(),
    }),
  },
} as const;
