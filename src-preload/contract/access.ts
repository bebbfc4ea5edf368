import { z } from 'zod';
import { accessLevelSchema } from './hosts';
import { hostIdSchema } from './primitives';

/** What an administrator installs on a host so that it refuses what Holdfast would not send. */
export const accessFileKinds = ['sudoers', 'gate', 'authorized-keys'] as const;
export const accessFileKindSchema = z.enum(accessFileKinds);
export type AccessFileKind = z.infer<typeof accessFileKindSchema>;

export const accessFileSchema = z.strictObject({
  kind: accessFileKindSchema,
  /** Where it belongs on the host. */
  remotePath: z.string(),
  text: z.string(),
  /** Lines for a root shell of the host, once the file was copied there. */
  install: z.array(z.string()),
});
export type AccessFile = z.infer<typeof accessFileSchema>;

export const accessFilesSchema = z.strictObject({
  files: z.array(accessFileSchema),
  /** As `sudo -V` tells it; null: no sudo there, or none is used. */
  sudoVersion: z.string().nullable(),
  /** Tools Holdfast knows and that are not on the host; their rules are left out. */
  missingTools: z.array(z.string()),
  /** What the administrator has to know, in sentences. */
  notes: z.array(z.string()),
});
export type AccessFiles = z.infer<typeof accessFilesSchema>;

export const accessCheckSchema = z.strictObject({
  tool: z.string(),
  /** With samples for names, as sudo was asked. */
  command: z.string(),
  expected: z.boolean(),
  /** sudo would run it without a password. */
  allowed: z.boolean(),
});
export type AccessCheck = z.infer<typeof accessCheckSchema>;

export const selfTestSchema = z.strictObject({
  checks: z.array(accessCheckSchema),
  /** Needed and refused. */
  missing: z.int().nonnegative(),
  /** Allowed beyond the level. */
  tooMuch: z.int().nonnegative(),
  /** The login may run anything as root. */
  unlimited: z.boolean(),
  /**
   * Whether this key may change files over SFTP, beside what was chosen. null: the host offers no SFTP, or does not say.
   * Left out: nobody asked.
   */
  files: z.strictObject({ expected: z.boolean(), writable: z.boolean().nullable() }).optional(),
});
export type SelfTest = z.infer<typeof selfTestSchema>;

/** What the forced command lets this key do over SFTP: `write` also changes, for the files of sandbox volumes. */
export const fileAccessSchema = z.enum(['read', 'write']);
export type FileAccess = z.infer<typeof fileAccessSchema>;

const hostAndLevel = z.strictObject({
  hostId: hostIdSchema,
  level: accessLevelSchema,
  /** Left out: read. Only at “administer” there is more. */
  files: fileAccessSchema.optional(),
});

export const accessContract = {
  files: { request: hostAndLevel, response: accessFilesSchema },
  saveFile: {
    request: hostAndLevel.extend({ kind: accessFileKindSchema }),
    response: z.strictObject({ saved: z.strictObject({ displayPath: z.string() }).nullable() }),
  },
  /**
   * Asks sudo of the host about each command, both what must work and what must not, and SFTP for a folder that is there
   * already; nothing is run or changed.
   */
  selfTest: { request: hostAndLevel, response: selfTestSchema },
} as const;
