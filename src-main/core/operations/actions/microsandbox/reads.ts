import { z } from 'zod';
import type { ErrorCode } from '../../../../../src-preload/contract';
import type { SandboxUse } from '../../../../../src-preload/contract/sandbox';
import { parseArchives, parseArtifacts, type MsbArchive } from '../../../sandbox/microsandbox/archives';
import {
  archivesProbe,
  artifactsProbe,
  diskFile,
  freeSpaceArgv,
  headProbe,
  listingProbe,
  lockFile,
  lockHeldExitCode,
  lockProbeArgv,
  msbProbes,
  sandboxProbe,
  snapshotProbe,
  usageProbe,
  volumesFolder,
} from '../../../sandbox/microsandbox/commands';
import { parseListing, parseUsage, type VolumesFolder } from '../../../sandbox/microsandbox/folder';
import { parseInspected, type MsbSandboxDetail } from '../../../sandbox/microsandbox/inspect';
import { isReference, isVolumeName, longestName, sizeMib } from '../../../sandbox/microsandbox/names';
import {
  localBackend,
  parseBackend,
  parseDoctor,
  parseHead,
  parseImages,
  parseSandboxes,
  parseSnapshotDetail,
  parseSnapshots,
  parseVolumes,
  type MsbDoctor,
  type MsbSandbox,
  type MsbSnapshot,
  type MsbSnapshotDetail,
  type MsbVolume,
} from '../../../sandbox/microsandbox/parse';
import { parseVersion, type MsbVersion } from '../../../sandbox/microsandbox/version';
import { AppError, toAppError } from '../../../errors/app-error';
import type { Probe } from '../../../storage/backend';
import type { ActionContext } from '../../action';

/** What msb says of a bad name, and the length that its lock file leaves. */
export const nameSchema = z
  .string()
  .min(1, 'volume name must not be empty')
  .max(longestName, `must be at most ${longestName} characters: its lock file needs the rest`)
  .refine(
    isVolumeName,
    'must start with an alphanumeric character and contain only alphanumeric characters, dots, hyphens, and underscores',
  );

/** Of a snapshot: msb takes 128 characters, and no dot at the end. */
export const memberSchema = nameSchema.refine(
  (name) => name.length <= 128 && !name.endsWith('.'),
  'must be at most 128 characters and not end with a dot',
);

export const referenceSchema = z
  .string()
  .max(300)
  .refine(isReference, 'must be a snapshot: group:member, or its name');

export const sizeSchema = z.string().superRefine((text, context) => {
  const size = sizeMib(text);
  if ('complaint' in size) context.addIssue({ code: 'custom', message: size.complaint });
});

async function run(
  context: ActionContext,
  operation: string,
  { argv, acceptExitCodes, timeoutSeconds }: Probe,
) {
  return context.read(operation, argv, { acceptExitCodes, timeoutSeconds, privileged: false });
}

export async function readVersion(context: ActionContext): Promise<MsbVersion> {
  return parseVersion((await run(context, 'read the version of msb', msbProbes.version)).stdout);
}

export async function readDoctor(context: ActionContext): Promise<MsbDoctor> {
  return parseDoctor(await run(context, 'ask msb doctor', msbProbes.doctor));
}

/** What a host may say instead of an answer: then the backend is not known, and that is why. */
const unanswered: ReadonlySet<string> = new Set<ErrorCode>([
  'refused',
  'command-failed',
  'unexpected-output',
  'timed-out',
]);

async function readBackend(context: ActionContext): Promise<string> {
  try {
    return parseBackend(await run(context, 'ask msb for its backend', msbProbes.context));
  } catch (thrown) {
    const error = toAppError(thrown);
    if (!unanswered.has(error.code)) throw thrown;
    throw new AppError(
      'refused',
      `Which backend msb works with is not known, so nothing is planned that works on its folders. ${error.message}`,
      { detail: error.detail, remedy: error.remedy ?? 'Refresh the host, then plan it again.', cause: error },
    );
  }
}

/** SECURITY: what works on folders of the host must not take those of one backend for volumes of another. */
async function checkLocal(context: ActionContext): Promise<void> {
  const backend = await readBackend(context);
  if (backend === localBackend) return;
  throw new AppError(
    'refused',
    `msb works with the backend “${backend}” on this host: its volumes don’t live on the host, so nothing is planned for them.`,
    { remedy: 'Set msb back to its local backend on the host, then refresh it.' },
  );
}

/** @throws AppError `refused` where volumes are not on the host; `unexpected-output` when msb does not say where its data is */
export async function readHome(context: ActionContext): Promise<string> {
  await checkLocal(context);
  const { home } = await readDoctor(context);
  if (home === null) {
    throw new AppError(
      'unexpected-output',
      'msb doctor did not say where its data home is, so what lies there can’t be checked. Nothing was changed.',
    );
  }
  return home;
}

export async function readVolumes(context: ActionContext): Promise<MsbVolume[]> {
  return parseVolumes((await run(context, 'list sandbox volumes', msbProbes.volumes)).stdout);
}

export async function readSandboxes(context: ActionContext): Promise<MsbSandbox[]> {
  return parseSandboxes((await run(context, 'list sandboxes', msbProbes.sandboxes)).stdout);
}

export async function readSnapshots(context: ActionContext): Promise<MsbSnapshot[]> {
  return parseSnapshots((await run(context, 'list snapshots of sandboxes', msbProbes.snapshots)).stdout);
}

/** null: it is not there. */
export async function readSnapshotDetail(
  context: ActionContext,
  reference: string,
): Promise<MsbSnapshotDetail | null> {
  const { exitCode, stdout, stderr } = await run(context, 'look at a snapshot', snapshotProbe(reference));
  if (exitCode === 0) return parseSnapshotDetail(stdout);
  if (/snapshot not found/.test(stderr)) return null;
  throw new AppError('command-failed', `msb could not look at ${reference}. Nothing was changed.`, {
    detail: stderr.slice(0, 1000),
    remedy: 'A file of the snapshot may be gone: see what msb says below.',
  });
}

/** Id of the head of a group; null: there is no such group. */
export async function readHead(context: ActionContext, group: string): Promise<string | null> {
  const { exitCode, stdout } = await run(context, 'read the head of a group', headProbe(group));
  return exitCode === 0 ? parseHead(stdout) : null;
}

export async function readArchives(context: ActionContext, home: string): Promise<MsbArchive[]> {
  return parseArchives(home, await run(context, 'list the archives', archivesProbe(home)));
}

/** Folders of the snapshots that lie in the data home, recorded or not. */
export async function readArtifacts(context: ActionContext, home: string): Promise<ReadonlySet<string>> {
  return parseArtifacts(home, await run(context, 'look for snapshots', artifactsProbe(home)));
}

export async function readImages(context: ActionContext): Promise<ReturnType<typeof parseImages>> {
  return parseImages((await run(context, 'list images', msbProbes.images)).stdout);
}

export async function readFolder(context: ActionContext, home: string): Promise<VolumesFolder> {
  return parseListing(home, await run(context, 'look into the folder of volumes', listingProbe(home)));
}

/** What its own record says; null: it went away. */
export async function readSandboxDetail(
  context: ActionContext,
  name: string,
): Promise<MsbSandboxDetail | null> {
  const { exitCode, stdout } = await run(context, 'look at a sandbox', sandboxProbe(name));
  return exitCode === 0 ? parseInspected(stdout) : null;
}

/** Which sandboxes mount it, as their own records say. One that went away meanwhile mounts nothing. */
export async function readUses(context: ActionContext, volume: string): Promise<SandboxUse[]> {
  const sandboxes = await readSandboxes(context);
  const uses = await Promise.all(
    sandboxes.map(async ({ name, state, active }): Promise<SandboxUse[]> => {
      if (!isVolumeName(name)) {
        throw new AppError('unexpected-output', `A sandbox has a name that can’t be asked for: ${name}.`);
      }
      const { exitCode, stdout } = await run(context, 'read the mounts of a sandbox', sandboxProbe(name));
      if (exitCode !== 0) return [];
      return parseInspected(stdout).mounts.flatMap(({ volume: mounted, guestPath, readOnly }) =>
        mounted === volume ? [{ sandbox: name, state, active, guestPath, readOnly }] : [],
      );
    }),
  );
  return uses.flat();
}

/** What a volume takes on disk; null: du could not tell. */
export async function readUsage(context: ActionContext, home: string, name: string): Promise<number | null> {
  const output = await run(context, 'measure the volumes', usageProbe(home, false));
  return parseUsage(home, output).get(name)?.bytes ?? null;
}

/** Bytes free where the volumes lie; null: not known, also when nothing was made there yet. */
export async function readFree(context: ActionContext, home: string): Promise<number | null> {
  const { exitCode, stdout } = await context.read('read the free space', freeSpaceArgv(volumesFolder(home)), {
    acceptExitCodes: [0, 1],
    privileged: false,
  });
  const match = /^\s*(\d+)\s*$/m.exec(stdout);
  return exitCode === 0 && match !== null ? Number(match[1]) : null;
}

async function isHeld(context: ActionContext, path: string): Promise<boolean> {
  const { exitCode } = await context.read('try a lock', lockProbeArgv(path), {
    acceptExitCodes: [0, lockHeldExitCode, 66],
    privileged: false,
  });
  return exitCode === lockHeldExitCode;
}

/** Another msb works on this name now. Only a lock file that exists is tried: trying makes one. */
export async function isNameLocked(
  context: ActionContext,
  home: string,
  folder: VolumesFolder,
  name: string,
): Promise<boolean> {
  return folder.locks.has(name) && isHeld(context, lockFile(home, name));
}

/** A sandbox holds the image of a disk volume, whatever the records say. */
export async function isDiskHeld(
  context: ActionContext,
  home: string,
  folder: VolumesFolder,
  name: string,
): Promise<boolean> {
  return folder.names.has(name) && isHeld(context, diskFile(home, name));
}
