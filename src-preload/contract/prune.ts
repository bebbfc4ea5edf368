import { z } from 'zod';
import { snapshotRowSchema } from './inventory';
import { bytesSchema, hostIdSchema, searchSchema, uuidSchema } from './primitives';

export const retentionPeriods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type RetentionPeriod = (typeof retentionPeriods)[number];

const countSchema = z.int().min(0).max(1000);

/** How many are kept: the newest, and the newest of each of so many hours, days … back from now. */
export const retentionRuleSchema = z
  .strictObject({
    last: countSchema,
    hourly: countSchema,
    daily: countSchema,
    weekly: countSchema,
    monthly: countSchema,
    yearly: countSchema,
  })
  .refine((rule) => Object.values(rule).some((count) => count > 0), {
    error: 'keeps nothing at all; name at least one that stays',
  });
export type RetentionRule = z.infer<typeof retentionRuleSchema>;

/** Rows of one preview. */
export const mostVerdicts = 5_000;

export const verdictRowSchema = z.strictObject({
  snapshot: snapshotRowSchema,
  /** `stay`: the rule does not want it, but it can't go or can't be judged. */
  verdict: z.enum(['keep', 'remove', 'stay']),
  reasons: z.array(z.string()),
});
export type VerdictRow = z.infer<typeof verdictRowSchema>;

export const pruneContract = {
  /** What a rule would keep and remove among the last known snapshots of a host. Changes nothing. */
  prune: {
    request: z.strictObject({
      hostId: hostIdSchema,
      poolId: z.string().max(512).nullable(),
      /** Only those that are found by it are judged at all. */
      search: searchSchema,
      /** Only those of the volumes that this snapshot policy is about. */
      policyId: uuidSchema.nullable(),
      rule: retentionRuleSchema,
    }),
    response: z.strictObject({
      keep: z.int(),
      remove: z.int(),
      stay: z.int(),
      /** What each of those that go holds alone; what they share comes on top. */
      removeUsedBytes: bytesSchema,
      /** By volume, newest first; those that go come first when there are more than fit. */
      rows: z.array(verdictRowSchema).max(mostVerdicts),
    }),
  },
} as const;
