import { z } from 'zod';
import { nothingSchema } from './primitives';

export const settingsSchema = z.strictObject({
  colourScheme: z.enum(['light', 'dark', 'auto']),
  /** App-wide read-only switch, on at first start. Turning it off asks natively. */
  readOnly: z.boolean(),
  /** Deleting volumes and backups, restoring and pruning run from Changes only (F187). Turning it off asks natively. */
  stageFirst: z.boolean(),
  /** Seconds between refreshes of online hosts; 0: only by hand. */
  refreshSeconds: z.union([z.literal(0), z.int().min(30).max(3600)]),
  /** Seconds between readings of clusters that answer; 0: only by hand. */
  clusterRefreshSeconds: z.union([z.literal(0), z.int().min(30).max(3600)]),
  /** Readings in a row that show trouble of a host, cluster or node before it is told. */
  troubleReadings: z.int().min(1).max(100),
  /** Readings in a row without it before its end is told. */
  recoveryReadings: z.int().min(1).max(100),
  /** Templates stand among the guests. */
  showTemplates: z.boolean(),
});
export type Settings = z.infer<typeof settingsSchema>;

/** Settings that a config file or the environment decides. A guard can be locked that way, and never unlocked. */
export const fixedSettingsSchema = settingsSchema
  .extend({ readOnly: z.literal(true), stageFirst: z.literal(true) })
  .partial();
export type FixedSettings = z.infer<typeof fixedSettingsSchema>;

export const settingsContract = {
  /** Names of settings that the window cannot change. */
  fixed: { request: nothingSchema, response: z.strictObject({ names: z.array(settingsSchema.keyof()) }) },
  read: { request: nothingSchema, response: settingsSchema },
  update: { request: settingsSchema.partial(), response: settingsSchema },
} as const;
