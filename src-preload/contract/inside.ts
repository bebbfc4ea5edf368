import { z } from 'zod';
import { bytesSchema, hostIdSchema } from './primitives';

/** What a guest tells of itself from inside. */
export const guestInsideSchema = z.discriminatedUnion('told', [
  z.strictObject({
    told: z.literal(false),
    /** In a sentence. */
    why: z.string(),
  }),
  z.strictObject({
    told: z.literal(true),
    /** `Debian GNU/Linux 13 (trixie)`; null: containers do not say. */
    system: z.string().nullable(),
    kernel: z.string().nullable(),
    interfaces: z.array(
      z.strictObject({ name: z.string(), hardwareAddress: z.string(), addresses: z.array(z.string()) }),
    ),
    fileSystems: z.array(
      z.strictObject({
        mountPoint: z.string(),
        type: z.string(),
        usedBytes: bytesSchema.nullable(),
        totalBytes: bytesSchema.nullable(),
      }),
    ),
  }),
]);
export type GuestInside = z.infer<typeof guestInsideSchema>;

export const insideContract = {
  /** Read now, and never kept. */
  read: {
    request: z.strictObject({ clusterId: hostIdSchema, vmid: z.int().positive() }),
    response: guestInsideSchema,
  },
} as const;
