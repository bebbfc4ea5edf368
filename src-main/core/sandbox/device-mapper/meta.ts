import { z } from 'zod';
import { unexpectedOutput } from '../../storage/unexpected';
import { settingsPath } from './commands';
import { defaultSizeMib } from './sizes';
import { isRoot, isSandboxId, isTemplateName, platformTeam, prefixPattern } from './names';

/**
 * The small descriptions beside the files, one line of JSON each. They are written once, so the time of the file is when
 * what they describe was made; a time in them would make every plan differ from the one that was confirmed.
 */

export const teamSchema = z.uuid();

export const settingsSchema = z.strictObject({
  version: z.literal(1),
  /** Folder of templates and volumes. */
  root: z.string().refine(isRoot, 'must be an absolute path of plain letters'),
  /** Devices whose names begin so are Holdfast's; others are never touched. */
  prefix: z.string().regex(prefixPattern),
  /** What templates are expanded to, and what a new volume gets. */
  defaultSizeMib: z
    .int()
    .min(4)
    .max(64 * 1024 ** 2),
});
export type SandboxSettings = z.infer<typeof settingsSchema>;

export const defaultSettings: SandboxSettings = {
  version: 1,
  root: '/var/lib/holdfast/sandboxes',
  prefix: 'sbx-',
  defaultSizeMib,
};

export const templateMetaSchema = z.strictObject({
  version: z.literal(1),
  name: z.string().refine(isTemplateName),
  /** `base`: made elsewhere. `snapshot`: flattened from a sandbox. */
  type: z.enum(['base', 'snapshot']),
  /** What a sandbox of it starts with. */
  vcpus: z.int().min(1).max(256),
  memoryMib: z
    .int()
    .min(16)
    .max(16 * 1024 ** 2),
  team: teamSchema,
});
export type TemplateMeta = z.infer<typeof templateMetaSchema>;

export const volumeMetaSchema = z.strictObject({
  version: z.literal(1),
  id: z.string().refine(isSandboxId),
  template: z.string().refine(isTemplateName),
  team: teamSchema,
  /** Size of the template when the volume was made: its virtual size ever since. */
  originBytes: z.int().positive(),
  /** When the template was last written before that: another time means other data below the volume. */
  originChangedAtSeconds: z.int().nonnegative(),
});
export type VolumeMeta = z.infer<typeof volumeMetaSchema>;

/** `rootfs.meta` in the folder of a paused sandbox, as sandbox runtimes write it. */
export const pausedMetaSchema = z.object({
  base_template: z.string(),
  template_id: z.string().nullable().optional(),
});
export type PausedMeta = z.infer<typeof pausedMetaSchema>;

export function writeMeta(meta: TemplateMeta | VolumeMeta | SandboxSettings | PausedMeta): string {
  return `${JSON.stringify(meta)}\n`;
}

/** null: nothing that this version can read. */
export function readMeta<T>(schema: z.ZodType<T>, text: string): T | null {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return null;
    throw thrown;
  }
  const parsed = schema.safeParse(raw);
  return parsed.success ? parsed.data : null;
}

/**
 * The settings of a host from `cat`: its own, or the defaults where it has none. Throws `unexpected-output` on a file
 * that is there and not understood: guessing a prefix could touch the devices of somebody else.
 */
export function parseSettings(exitCode: number, stdout: string, stderr: string): SandboxSettings {
  if (exitCode !== 0) {
    if (/No such file or directory/.test(stderr)) return defaultSettings;
    throw unexpectedOutput(`cat ${settingsPath}`, 'it could not be read', stderr);
  }
  const settings = readMeta(settingsSchema, stdout);
  if (settings === null) {
    throw unexpectedOutput(`cat ${settingsPath}`, 'it is not the settings of sandbox volumes', stdout);
  }
  return settings;
}

export const isPlatform = (team: string): boolean => team === platformTeam;
