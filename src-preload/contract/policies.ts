import { z } from 'zod';
import { backendKindSchema } from './inventory';
import { hostIdSchema, nothingSchema, timestampMsSchema, uuidSchema } from './primitives';

/** Names a schedule may have instead of its five fields. */
export const scheduleAliases = ['@hourly', '@daily', '@weekly', '@monthly'] as const;

/** Five fields of cron(5), or an alias. Only the core knows whether such a moment ever comes. */
export const scheduleSchema = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .regex(/^(?:@[a-z]+|[0-9A-Za-z*/,\- ]+)$/, 'must be five fields of cron, or an alias such as @daily');

export const policySettingsSchema = z.strictObject({
  hostId: hostIdSchema,
  backend: backendKindSchema,
  /** A pool, volume group or file system: all of its volumes; else one dataset, volume or subvolume. */
  poolName: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[^\p{C}]+$/u, 'must not contain control characters'),
  /** Of a dataset: also those below it. */
  recursive: z.boolean(),
  schedule: scheduleSchema,
  /** Snapshots of each volume that stay; older ones are pruned. */
  retentionCount: z.int().min(1).max(1000),
  enabled: z.boolean(),
});
export type PolicySettings = z.infer<typeof policySettingsSchema>;

export const policySchema = policySettingsSchema.extend({
  id: uuidSchema,
  createdAtMs: timestampMsSchema,
  updatedAtMs: timestampMsSchema,
});
export type Policy = z.infer<typeof policySchema>;

/**
 * `off`: disabled. `waiting`: no moment has come since it was made or changed. `met`: every volume has a snapshot since
 * the last moment. `due`: some have none. `unknown`: that can't be told, and `reason` says why.
 */
export const policyStates = ['off', 'waiting', 'met', 'due', 'unknown'] as const;

export const policyRowSchema = policySchema.extend({
  hostName: z.string(),
  /** The schedule in words, by the clock of this computer: `Every hour`. */
  words: z.string(),
  nextAtMs: timestampMsSchema.nullable(),
  /** The last moment at which a snapshot was due. */
  lastDueAtMs: timestampMsSchema.nullable(),
  state: z.enum(policyStates),
  reason: z.string().nullable(),
  poolId: z.string().nullable(),
  /** The volumes it is about, as last read. */
  volumeCount: z.int(),
  /** Ids of those without a snapshot since the last moment. */
  dueVolumeIds: z.array(z.string()),
  /** When the host was last read; null: never. */
  readAtMs: timestampMsSchema.nullable(),
});
export type PolicyRow = z.infer<typeof policyRowSchema>;

export const policiesContract = {
  list: { request: nothingSchema, response: z.strictObject({ policies: z.array(policyRowSchema) }) },
  create: { request: z.strictObject({ settings: policySettingsSchema }), response: policySchema },
  update: {
    request: z.strictObject({ policyId: uuidSchema, settings: policySettingsSchema }),
    response: policySchema,
  },
  /** Our own record only; no snapshot is touched. */
  delete: { request: z.strictObject({ policyId: uuidSchema }), response: nothingSchema },
  /** A schedule in words, with the next moments it names, in milliseconds. */
  describe: {
    request: z.strictObject({ schedule: z.string().max(120) }),
    response: z.strictObject({ words: z.string(), nextAtMs: z.array(timestampMsSchema).max(10) }),
  },
} as const;
