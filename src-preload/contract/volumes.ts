import { z } from 'zod';
import { offerSchema } from './operations';
import { bytesSchema, hostIdSchema, timestampMsSchema } from './primitives';

export const contentKinds = ['images', 'rootdir', 'iso', 'vztmpl', 'backup', 'snippets', 'import'] as const;

/** One volume of a storage of a cluster. */
export const storageVolumeSchema = z.strictObject({
  /** `local:iso/debian.iso` */
  volid: z.string().max(1024),
  content: z.string(),
  format: z.string(),
  sizeBytes: bytesSchema.nullable(),
  createdAtMs: timestampMsSchema.nullable(),
  vmid: z.int().nullable(),
  /** Of backups: `qemu` or `lxc`. */
  subtype: z.string().nullable(),
  notes: z.string(),
  protected: z.boolean(),
});
export type StorageVolume = z.infer<typeof storageVolumeSchema>;

export const storageRefSchema = z.strictObject({
  clusterId: hostIdSchema,
  node: z.string().min(1).max(63),
  storage: z.string().min(1).max(63),
});

export const volumesContract = {
  /** What a storage holds, read now; null: everything. */
  list: {
    request: storageRefSchema.extend({ content: z.enum(contentKinds).nullable() }),
    response: z.strictObject({ volumes: z.array(storageVolumeSchema) }),
  },
  /** Native file dialog; the form for what was chosen. null: cancelled. */
  chooseUpload: {
    request: storageRefSchema,
    response: z.strictObject({ offer: offerSchema.nullable() }),
  },
} as const;
