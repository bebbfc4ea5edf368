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

/** One day of a dry run, over all volumes of the policy. */
export const foreseenDaySchema = z.strictObject({
  endMs: timestampMsSchema,
  taken: z.int(),
  removed: z.int(),
  /** At its end. */
  there: z.int(),
  /** Of these, what the rule would let go but can't: held, cloned, of unknown age. */
  stay: z.int(),
});
export type ForeseenDay = z.infer<typeof foreseenDaySchema>;

export const foreseenSnapshotSchema = z.strictObject({
  volumeName: z.string(),
  /** null: not taken yet. */
  name: z.string().nullable(),
  createdAtMs: timestampMsSchema.nullable(),
  /** Why it is still there although the rule would let it go; null: the rule keeps it. */
  reason: z.string().nullable(),
});
export type ForeseenSnapshot = z.infer<typeof foreseenSnapshotSchema>;

export const foreseenSchema = z.strictObject({
  /** When the host was last read: what is there now is of then. */
  readAtMs: timestampMsSchema,
  volumeCount: z.int(),
  /** There now, of those that the pruning of the policy judges. */
  presentCount: z.int(),
  days: z.array(foreseenDaySchema),
  shownDay: z.int(),
  /** What is there at the end of that day, cut at a number nobody reads. */
  shown: z.array(foreseenSnapshotSchema),
  shownCount: z.int(),
});
export type Foreseen = z.infer<typeof foreseenSchema>;

export const policiesContract = {
  list: { request: nothingSchema, response: z.strictObject({ policies: z.array(policyRowSchema) }) },
  create: { request: z.strictObject({ settings: policySettingsSchema }), response: policySchema },
  update: {
    request: z.strictObject({ policyId: uuidSchema, settings: policySettingsSchema }),
    response: policySchema,
  },
  /** Our own record only; no snapshot is touched. */
  delete: { request: z.strictObject({ policyId: uuidSchema }), response: nothingSchema },
  /** What would exist when, if it were taken and pruned at each of its moments. Touches no host. */
  dryRun: {
    request: z.strictObject({
      policyId: uuidSchema,
      days: z.int().min(1).max(366),
      /** The day of which what is there is listed, by its place. */
      shownDay: z.int().min(0).max(365),
    }),
    response: foreseenSchema,
  },
  /** A schedule in words, with the next moments it names, in milliseconds. */
  describe: {
    request: z.strictObject({ schedule: z.string().max(120) }),
    response: z.strictObject({ words: z.string(), nextAtMs: z.array(timestampMsSchema).max(10) }),
  },
} as const;
