import { z } from 'zod';
import { healthSchema } from './hosts';
import { bytesSchema, factSchema, percentSchema, timestampMsSchema } from './primitives';
import { wireErrorSchema } from './result';

export const sandboxDrivers = ['microsandbox', 'device-mapper'] as const;
export const sandboxDriverSchema = z.enum(sandboxDrivers);
export type SandboxDriverKind = z.infer<typeof sandboxDriverSchema>;

export const sandboxProblemSchema = z.strictObject({
  severity: z.enum(['warning', 'critical']),
  text: z.string(),
  advice: z.string(),
});
export type SandboxProblem = z.infer<typeof sandboxProblemSchema>;

/** What one kind of sandbox volume is on one host. */
export const sandboxDriverStatusSchema = z.strictObject({
  driver: sandboxDriverSchema,
  title: z.string(),
  available: z.boolean(),
  version: z.string().nullable(),
  /** Shown where it is missing: what to install, and how. */
  howToInstall: z.string(),
  /** Why it is unavailable, or could not be read. */
  error: wireErrorSchema.nullable(),
  facts: z.array(factSchema),
  /** What of it could not be read. Left out in what older versions kept. */
  problems: z.array(sandboxProblemSchema).optional(),
});
export type SandboxDriverStatus = z.infer<typeof sandboxDriverStatusSchema>;

/** A sandbox that a volume is attached to. */
export const sandboxUseSchema = z.strictObject({
  sandbox: z.string(),
  /** The tool's own word: Running, Paused, Stopped. */
  state: z.string(),
  /** It holds the volume now: it cannot be removed. */
  active: z.boolean(),
  guestPath: z.string().nullable(),
  readOnly: z.boolean().nullable(),
  /** As the tool takes it, with its options: `cache:/data:ro,noexec`. Left out where it has no such words. */
  mount: z.string().optional(),
});
export type SandboxUse = z.infer<typeof sandboxUseSchema>;

export const sandboxVolumeSchema = z.strictObject({
  /** `msb:cache`, `dm:sbx-web`: unique on its host. */
  id: z.string(),
  driver: sandboxDriverSchema,
  kind: z.enum(['directory', 'disk', 'dm-snapshot']),
  name: z.string(),
  /**
   * `whole`: recorded and there. `orphan`: there, but not recorded. `missing`: recorded, but its data is gone.
   * `leftover`: what an interrupted operation left behind. `elsewhere`: the tool keeps it on another backend than this
   * host.
   */
  presence: z.enum(['whole', 'orphan', 'missing', 'leftover', 'elsewhere']),
  /** In words: `in use`, `ready`, `Invalid`. */
  state: z.string(),
  health: healthSchema,
  /** Size as a file system inside it sees it; of a directory what its files add up to. null: not measured. */
  apparentSizeBytes: bytesSchema.nullable(),
  /** What it takes on the host's disk. null: not measured. */
  actualSizeBytes: bytesSchema.nullable(),
  capacityBytes: bytesSchema.nullable(),
  /** null: none is set, or this kind has none. */
  quotaBytes: bytesSchema.nullable(),
  /** Of its capacity or quota. */
  percentFull: percentSchema.nullable(),
  createdAtMs: timestampMsSchema.nullable(),
  /** When anything in it was last changed. null: not read. Left out where this kind has none, and by older versions. */
  changedAtMs: timestampMsSchema.nullable().optional(),
  /** The directory, image or device on the host. null: not known. */
  path: z.string().nullable(),
  /** null: this kind has none, or they were not read. */
  labels: z.array(z.strictObject({ key: z.string(), value: z.string() })).nullable(),
  /** null: it could not be read which sandboxes use it. */
  usedBy: z.array(sandboxUseSchema).nullable(),
  /** Base image of a device-mapper volume. */
  templateId: z.string().nullable(),
  problems: z.array(sandboxProblemSchema),
  facts: z.array(factSchema),
});
export type SandboxVolume = z.infer<typeof sandboxVolumeSchema>;

export const sandboxSchema = z.strictObject({
  /** `msb:web`. */
  id: z.string(),
  driver: sandboxDriverSchema,
  name: z.string(),
  image: z.string().nullable(),
  state: z.string(),
  active: z.boolean(),
  createdAtMs: timestampMsSchema.nullable(),
  facts: z.array(factSchema),
});
export type Sandbox = z.infer<typeof sandboxSchema>;

export const sandboxImageSchema = z.strictObject({
  id: z.string(),
  driver: sandboxDriverSchema,
  name: z.string(),
  sizeBytes: bytesSchema.nullable(),
  createdAtMs: timestampMsSchema.nullable(),
  facts: z.array(factSchema),
});
export type SandboxImage = z.infer<typeof sandboxImageSchema>;

export const sandboxSnapshotSchema = z.strictObject({
  /** `msb:web:base1`, as the tool takes it behind the driver's prefix; `msb-archive:FILE` of an archive. */
  id: z.string(),
  driver: sandboxDriverSchema,
  /** `archive`: a file that a snapshot was saved to, or that one or an image can be loaded from. Left out: a snapshot. */
  kind: z.enum(['archive', 'unfinished-archive']).optional(),
  name: z.string(),
  sizeBytes: bytesSchema.nullable(),
  createdAtMs: timestampMsSchema.nullable(),
  state: z.string(),
  health: healthSchema,
  facts: z.array(factSchema),
});
export type SandboxSnapshot = z.infer<typeof sandboxSnapshotSchema>;

/** A base image that volumes are made from. */
export const sandboxTemplateSchema = z.strictObject({
  id: z.string(),
  driver: sandboxDriverSchema,
  name: z.string(),
  path: z.string(),
  apparentSizeBytes: bytesSchema.nullable(),
  actualSizeBytes: bytesSchema.nullable(),
  createdAtMs: timestampMsSchema.nullable(),
  /** `platform` for all, `team` for one. null: not told. */
  visibility: z.string().nullable(),
  /** Whose it is, a UUID; null: not told. Left out in what older versions kept. */
  team: z.string().nullable().optional(),
  health: healthSchema,
  problems: z.array(sandboxProblemSchema),
  facts: z.array(factSchema),
});
export type SandboxTemplate = z.infer<typeof sandboxTemplateSchema>;

export const sandboxInventorySchema = z.strictObject({
  drivers: z.array(sandboxDriverStatusSchema),
  volumes: z.array(sandboxVolumeSchema),
  sandboxes: z.array(sandboxSchema),
  images: z.array(sandboxImageSchema),
  snapshots: z.array(sandboxSnapshotSchema),
  templates: z.array(sandboxTemplateSchema),
});
export type SandboxInventory = z.infer<typeof sandboxInventorySchema>;
