import { z } from 'zod';
import { bytesSchema, hostIdSchema, percentSchema, timestampMsSchema } from './primitives';

/** When a pool will be full, from its own past. Never a guess: too short a past is told as such. */
export const forecastSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('too-little-history'),
    spanSeconds: z.number().nonnegative(),
    neededSeconds: z.number().positive(),
    /** A single large change before which the past says nothing about the future; null: there was none. */
    sinceChangeAtMs: timestampMsSchema.nullable(),
  }),
  /** It shrinks, stays, or goes up and down without a trend. */
  z.strictObject({ kind: z.literal('not-growing') }),
  z.strictObject({
    kind: z.literal('growing'),
    /** Bytes a day; for metadata percent points a day. */
    perDay: z.number().positive(),
    fullAtMs: timestampMsSchema,
    /** The bounds that nine of ten such pasts would stay within. */
    earliestAtMs: timestampMsSchema,
    latestAtMs: timestampMsSchema,
  }),
  z.strictObject({ kind: z.literal('full') }),
]);
export type Forecast = z.infer<typeof forecastSchema>;

/** One thing that can fill up: a pool, or the metadata of a thin pool. */
export const capacityTrendSchema = z.strictObject({
  hostId: hostIdSchema,
  hostName: z.string(),
  poolId: z.string(),
  poolName: z.string(),
  /** A volume group: what counts is given to volumes, written or not. Full is no trouble by itself. */
  allocated: z.boolean(),
  measure: z.enum(['data', 'metadata']),
  /** At the newest point. */
  atMs: timestampMsSchema,
  percent: percentSchema,
  /** null: metadata, known in percent only. */
  usedBytes: bytesSchema.nullable(),
  sizeBytes: bytesSchema.nullable(),
  forecast: forecastSchema,
  /** Oldest first, some sixty at most. */
  points: z.array(z.strictObject({ atMs: timestampMsSchema, percent: percentSchema })),
});
export type CapacityTrend = z.infer<typeof capacityTrendSchema>;

export const capacityContract = {
  /** From what was recorded at earlier readings, soonest full first. Never touches the network. null: all hosts. */
  capacity: {
    request: z.strictObject({ hostId: hostIdSchema.nullable() }),
    response: z.strictObject({ trends: z.array(capacityTrendSchema) }),
  },
} as const;
