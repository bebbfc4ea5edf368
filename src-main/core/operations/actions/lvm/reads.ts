import { z } from 'zod';
import { AppError } from '../../../errors/app-error';
import {
  groupReport,
  isLvmName,
  lvmNameLimit,
  readGroupArgv,
  readVolumesArgv,
  reservedWord,
  sizePattern,
} from '../../../storage/lvm/commands';
import { parseVolumes, type LogicalVolume } from '../../../storage/lvm/volumes';
import { unexpectedOutput } from '../../../storage/unexpected';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionContext } from '../../action';

export type GroupRow = ReturnType<typeof groupReport.parse>[number];

export const lvmNameSchema = z
  .string()
  .min(1)
  .max(lvmNameLimit)
  .refine(
    isLvmName,
    'may hold letters, digits, "+", "_", "." and "-", may not start with "-" and may not be "." or ".."',
  );
export const newLvmNameSchema = lvmNameSchema.refine((name) => reservedWord(name) === null, {
  error:
    'is kept by LVM for its own volumes: no "snapshot" or "pvmove" in front, no "_tdata", "_mlog" … within',
});
export const sizeSchema = z
  .string()
  .max(8)
  .regex(sizePattern, 'must be a whole number with K, M, G or T, such as 512M');

/** `vg0/data` in its two parts; neither may hold a slash. */
export function splitVolumeName(fullName: string): [group: string, volume: string] {
  const slash = fullName.indexOf('/');
  return [fullName.slice(0, slash), fullName.slice(slash + 1)];
}

/** stdout, or null when the group is not there. lvm2 exits 5 for both "not found" and "not allowed". */
async function readIfThere(
  context: ActionContext,
  operation: string,
  argv: readonly string[],
): Promise<string | null> {
  const { exitCode, stdout, stderr } = await context.read(operation, argv, { acceptExitCodes: [0, 5] });
  if (exitCode === 0 && !/Running as a non-root user/.test(stderr)) return stdout;
  if (/Volume group "[^"]*" not found/.test(stderr)) return null;
  if (/non-root user|Permission denied/.test(stderr)) {
    throw new AppError('unauthorized', 'LVM can only be read as root, so nothing was planned.', {
      detail: stderr.slice(0, 2000),
      remedy: 'Turn on "Use sudo" for this host.',
    });
  }
  throw new AppError('command-failed', `Holdfast could not ${operation}, so nothing was planned.`, {
    detail: stderr.slice(0, 2000),
  });
}

export async function readGroup(context: ActionContext, group: string): Promise<GroupRow | null> {
  const stdout = await readIfThere(context, 'read the volume group', readGroupArgv(group));
  if (stdout === null) return null;
  const rows = groupReport.parse('vgs', stdout);
  const [row] = rows;
  if (row === undefined || rows.length !== 1 || row.name !== group) {
    throw unexpectedOutput('vgs', `it is not about ${group} alone`, stdout);
  }
  return row;
}

/** All volumes of the group, hidden ones included. Empty: the group has none, or is not there. */
export async function readVolumes(context: ActionContext, group: string): Promise<LogicalVolume[]> {
  const stdout = await readIfThere(context, 'list the volumes', readVolumesArgv(group));
  if (stdout === null) return [];
  const volumes = parseVolumes('lvs', stdout);
  const strange = volumes.find(({ groupName }) => groupName !== group);
  if (strange !== undefined) throw unexpectedOutput('lvs', `${strange.name} is not of ${group}`, stdout);
  return volumes;
}

/** What stops every change of a group. */
export function groupBlockers(group: GroupRow | null, name: string): Blocker[] {
  if (group === null) {
    return [
      {
        text: `There is no volume group ${name} on this host.`,
        remedy: 'Refresh the host and choose one that is there.',
      },
    ];
  }
  const blockers: Blocker[] = [];
  if (group.attributes[3] === 'p' || (group.missingCount ?? 0) > 0) {
    blockers.push({
      text: `Volume group ${name} misses a physical volume, and LVM changes nothing in it until it is back.`,
      remedy: `Bring the disk back, then: vgextend --restoremissing ${name} DEVICE. If it is lost for good, give it up from the menu of the group.`,
    });
  }
  if (group.attributes[2] === 'x') {
    blockers.push({ text: `Volume group ${name} is exported.`, remedy: `vgimport ${name}` });
  }
  if (!group.attributes.startsWith('w')) {
    blockers.push({
      text: `Volume group ${name} is read-only.`,
      remedy: 'Find out why (vgs -o +vg_permissions, lvm.conf), and make it writable first.',
    });
  }
  return blockers;
}
