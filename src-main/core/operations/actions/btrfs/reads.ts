import { isAbsolutePath } from '../../../storage/absolute-path';
import { z } from 'zod';
import { AppError } from '../../../errors/app-error';
import {
  parseBalance,
  parseExclusive,
  parseReplace,
  parseScrub,
  type Balance,
  type ExclusiveOperation,
  type Replacement,
  type Scrub,
} from '../../../storage/btrfs/activity';
import {
  balanceExitCodes,
  devicePathPattern,
  isLabel,
  mountOfArgv,
  quotaExitCodes,
  readBalanceArgv,
  readDefaultArgv,
  readDevicesArgv,
  readExclusiveArgv,
  readMountsArgv,
  readQuotasArgv,
  readReadOnlyArgv,
  readReplaceArgv,
  readScrubArgv,
  readSnapshotsArgv,
  readStatsArgv,
  readSubvolumesArgv,
  readUsageArgv,
  showSubvolumeArgv,
  statArgv,
  uuidPattern,
} from '../../../storage/btrfs/commands';
import {
  parseDevices,
  parseStats,
  parseUsage,
  type DeviceErrors,
  type DeviceUsage,
  type Usage,
} from '../../../storage/btrfs/filesystems';
import {
  chooseMount,
  hostPathOf,
  isReadOnlyMount,
  parseMounts,
  subvolumeIdOf,
  type Mount,
} from '../../../storage/btrfs/mounts';
import {
  parseDefault,
  parseQuotas,
  parseSubvolumes,
  parseSubvolumeShow,
  type Quotas,
  type Subvolume,
  type SubvolumeDetails,
} from '../../../storage/btrfs/subvolumes';
import { unexpectedOutput } from '../../../storage/unexpected';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import type { ActionContext } from '../../action';

export const filesystemSchema = z.string().max(36).regex(uuidPattern, 'must be the UUID of a file system');
/** SECURITY: absolute, so never an option, and without `..`: a path means what it says. */
export const pathSchema = z
  .string()
  .min(1)
  .max(1024)
  .regex(
    /^(?:\/|(?:\/[\p{L}\p{N}\p{M}+_.:@ -]+)+)$/u,
    'must be an absolute path of letters, digits, spaces and "+", "_", ".", ":", "@", "-"',
  )
  .refine(isAbsolutePath, 'may not hold "." or ".." as a part');
/** Name of something new: one part of a path. */
export const newNameSchema = z
  .string()
  .min(1)
  .max(255)
  .regex(
    /^(?!\.{1,2}$)[A-Za-z0-9_.@][A-Za-z0-9+_.:@-]*$/,
    'may hold letters, digits, "+", "_", ".", ":", "@" and "-", and may not start with "-"',
  );
export const labelSchema = z
  .string()
  .min(1)
  .max(255)
  .refine(isLabel, 'may hold letters, digits, spaces and "._:@+-", and must start with a letter or digit');
export const devicePathSchema = z
  .string()
  .max(300)
  .regex(devicePathPattern, 'must be a device such as /dev/disk/by-id/…');
export const deviceIdSchema = z.int().min(1).max(1_000_000);

/** Whether a path of the host can be sent back to it in an input. */
export const isSendablePath = (path: string): boolean => pathSchema.safeParse(path).success;
export const unsendable =
  'Its path holds characters that Holdfast does not send, or no mount reaches it. Mount the top level: mount -o subvolid=5.';

/** The fresh reads of one mounted file system. */
export interface Filesystem {
  uuid: string;
  label: string | null;
  mounts: Mount[];
  /** The mount that commands go through. */
  through: Mount;
}

function readFailure(operation: string, stderr: string): AppError {
  return /Operation not permitted|Permission denied|run as root/.test(stderr)
    ? new AppError('unauthorized', 'btrfs can only be read as root, so nothing was planned.', {
        detail: stderr.slice(0, 2000),
        remedy: 'Turn on "Use sudo" for this host.',
      })
    : new AppError('command-failed', `Holdfast could not ${operation}, so nothing was planned.`, {
        detail: stderr.slice(0, 2000),
      });
}

async function readText(context: ActionContext, operation: string, argv: readonly string[]): Promise<string> {
  const { stdout, stderr } = await context.read(operation, argv);
  if (/cannot read detailed chunk info/.test(stderr)) throw readFailure(operation, stderr);
  return stdout;
}

/** null: it is not mounted. */
export async function readFilesystem(context: ActionContext, uuid: string): Promise<Filesystem | null> {
  const { stdout, exitCode } = await context.read('read the mounts', readMountsArgv(), {
    acceptExitCodes: [0, 1],
  });
  const mounts = parseMounts(stdout, exitCode).filter((mount) => mount.uuid === uuid);
  const through = chooseMount(mounts);
  return through === null ? null : { uuid, label: through.label, mounts, through };
}

export function filesystemBlockers(filesystem: Filesystem | null, uuid: string): Blocker[] {
  if (filesystem === null) {
    return [
      {
        text: `The btrfs file system ${uuid} is not mounted on this host.`,
        remedy: 'Mount it, then refresh the host.',
      },
    ];
  }
  if (isReadOnlyMount(filesystem.through)) {
    return [
      {
        text: `The file system is mounted read-only at ${filesystem.through.target}.`,
        remedy: 'The kernel does that after an error: read its log, then mount the file system writable.',
      },
    ];
  }
  return [];
}

/** What plans name it: the label, else where it is mounted. */
export function filesystemName(filesystem: Filesystem | null, uuid: string): string {
  if (filesystem === null) return uuid;
  const { label, through } = filesystem;
  return label === null || label === '' ? through.target : label;
}

export const readScrub = async (context: ActionContext, { through }: Filesystem): Promise<Scrub> =>
  parseScrub(await readText(context, 'read the scrub', readScrubArgv(through.target)));

export const readReplace = async (context: ActionContext, { through }: Filesystem): Promise<Replacement> =>
  parseReplace(await readText(context, 'read the replacement', readReplaceArgv(through.target)));

export const readUsage = async (context: ActionContext, { through }: Filesystem): Promise<Usage> =>
  parseUsage(await readText(context, 'read the usage', readUsageArgv(through.target)));

export const readDevices = async (context: ActionContext, { through }: Filesystem): Promise<DeviceUsage[]> =>
  parseDevices(await readText(context, 'read the devices', readDevicesArgv(through.target)));

/** At least one line, or the file system has no devices. */
export async function readStats(
  context: ActionContext,
  { through }: Filesystem,
): Promise<Map<string, DeviceErrors>> {
  const stdout = await readText(context, 'read the error counters', readStatsArgv(through.target));
  return parseStats(stdout);
}

export async function readBalance(context: ActionContext, { through }: Filesystem): Promise<Balance> {
  const { stdout } = await context.read('read the balance', readBalanceArgv(through.target), {
    acceptExitCodes: balanceExitCodes,
  });
  return parseBalance(stdout);
}

/** What the kernel does to the whole file system now; null: it does not say. */
export async function readExclusive(
  context: ActionContext,
  { uuid }: Filesystem,
): Promise<ExclusiveOperation | null> {
  const { stdout, exitCode } = await context.read('read what is under way', readExclusiveArgv(uuid), {
    acceptExitCodes: [0, 1],
  });
  return parseExclusive(stdout, exitCode);
}

const endings: Record<Exclude<ExclusiveOperation, 'none'>, string> = {
  balance: 'Wait for it, pause or cancel it.',
  'balance paused': 'Resume it and wait for its end, or cancel it.',
  'device add': 'Wait for its end.',
  'device remove': 'Wait for its end.',
  'device replace': 'Wait for its end, or cancel the replacement.',
  resize: 'Wait for its end.',
  'swap activate': 'Turn the swap file off: swapoff.',
};

/** btrfs does one thing at a time to the whole of a file system. */
export function exclusiveBlockers(
  running: ExclusiveOperation | null,
  allowed: readonly ExclusiveOperation[] = [],
): Blocker[] {
  if (running === null || running === 'none' || allowed.includes(running)) return [];
  return [
    {
      text: `Another operation on the whole file system is under way: ${running}.`,
      remedy: endings[running],
    },
  ];
}

/** All subvolumes of a file system with what else plans need of them. */
export interface Subvolumes {
  all: Subvolume[];
  defaultId: number;
}

export async function readSubvolumes(context: ActionContext, { through }: Filesystem): Promise<Subvolumes> {
  const { target } = through;
  const [all, snapshots, readOnly, standard] = await Promise.all([
    readText(context, 'list the subvolumes', readSubvolumesArgv(target)),
    readText(context, 'list the snapshots', readSnapshotsArgv(target)),
    readText(context, 'list the read-only subvolumes', readReadOnlyArgv(target)),
    readText(context, 'read the default subvolume', readDefaultArgv(target)),
  ]);
  return {
    all: parseSubvolumes({ all, snapshots, readOnly, throughId: subvolumeIdOf(through) }),
    defaultId: parseDefault(standard),
  };
}

/** null: quotas are off. */
export async function readQuotas(context: ActionContext, { through }: Filesystem): Promise<Quotas | null> {
  return parseQuotas(
    await context.read('read the quotas', readQuotasArgv(through.target), {
      acceptExitCodes: quotaExitCodes,
    }),
  );
}

/** The subvolume at a path of the host; null: there is nothing, or it is no subvolume. */
export async function readSubvolumeAt(
  context: ActionContext,
  path: string,
): Promise<SubvolumeDetails | null> {
  const operation = 'read the subvolume';
  const { exitCode, stdout, stderr } = await context.read(operation, showSubvolumeArgv(path), {
    acceptExitCodes: [0, 1],
  });
  if (exitCode === 0) return parseSubvolumeShow(stdout);
  if (/No such file or directory|Not a Btrfs (?:subvolume|filesystem)|not a btrfs filesystem/i.test(stderr)) {
    return null;
  }
  throw readFailure(operation, stderr);
}

const kinds =
  /^(?:directory|regular(?: empty)? file|symbolic link|block special file|character special file|fifo|socket)$/;

/** What is at a path: `directory`, `regular file`; null: nothing. */
export async function readKind(context: ActionContext, path: string): Promise<string | null> {
  const operation = 'look at the path';
  const { exitCode, stdout, stderr } = await context.read(operation, statArgv(path), {
    acceptExitCodes: [0, 1],
  });
  const kind = stdout.trim();
  if (exitCode === 0 && kinds.test(kind)) return kind;
  if (exitCode === 0) throw unexpectedOutput('stat', 'it is no kind of file', stdout);
  if (/No such file or directory|Not a directory/.test(stderr)) return null;
  throw readFailure(operation, stderr);
}

/** The mount that a path lies in; null: the path is not there. */
export async function readMountOf(context: ActionContext, path: string): Promise<Mount | null> {
  const { stdout, exitCode } = await context.read('read what the path lies on', mountOfArgv(path), {
    acceptExitCodes: [0, 1],
  });
  return parseMounts(stdout, exitCode)[0] ?? null;
}

/** Subvolumes within another, as deep as they go. */
export function nestedIn(subvolume: Pick<Subvolume, 'path'>, all: readonly Subvolume[]): Subvolume[] {
  const prefix = subvolume.path === '/' ? '/' : `${subvolume.path}/`;
  return all.filter(({ path }) => path !== subvolume.path && path.startsWith(prefix));
}

/** What people see of a subvolume: its path on the host, else in the file system. */
export function shownPath(subvolume: Pick<Subvolume, 'path'>, { mounts }: Filesystem): string {
  return hostPathOf(subvolume.path, mounts)?.path ?? subvolume.path;
}

/** The innermost subvolume that holds a path, by its place in the file system. */
export function holderOf(path: string, all: readonly Subvolume[]): Subvolume | null {
  return (
    all
      .filter((subvolume) => path === subvolume.path || path.startsWith(`${subvolume.path}/`))
      .sort((a, b) => b.path.length - a.path.length)[0] ?? null
  );
}

/** Place in the file system of a path of the host that lies in this mount. */
export function pathInFilesystem(path: string, mount: Mount): string {
  const rest = mount.target === '/' ? path : path.slice(mount.target.length);
  const joined = `${mount.root === '/' ? '' : mount.root}${rest}`;
  return joined === '' ? '/' : joined;
}
