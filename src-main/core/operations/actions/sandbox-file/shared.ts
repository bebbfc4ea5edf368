import { z } from 'zod';
import { insidePathSchema } from '../../../../../src-preload/contract/files';
import type { ErrorCode } from '../../../../../src-preload/contract';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import { AppError, toAppError } from '../../../errors/app-error';
import { shownPath } from '../../../sandbox/volume-fs/guard';
import type { VolumeReads } from '../../../sandbox/volume-fs/read';
import type { RemoteStat } from '../../../ssh/remote-files';
import type { FileContext, VolumePlace } from '../../action';
import { readUses } from '../microsandbox/reads';
import { bytes, listed, moment, plural } from '../words';

/** A file or folder of a sandbox volume, never its root. */
export const subject = {
  volumeId: z.string().min(1).max(1024),
  path: insidePathSchema.min(1),
};

/** As a person types it: from the root of the volume; a leading slash says the same. */
export const typedPath = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes('\0'), 'is no path');

export const pathText = (parts: readonly string[]): string => shownPath(parts);

/** What stands at a name, as preconditions and plans hold it. */
export interface Seen {
  kind: RemoteStat['kind'];
  sizeBytes: number;
  modifiedSeconds: number | null;
}

export function seen(found: RemoteStat | null): Seen | null {
  return found === null
    ? null
    : { kind: found.kind, sizeBytes: found.sizeBytes, modifiedSeconds: found.modifiedSeconds };
}

export const sameSeen = (a: Seen | null, b: unknown): boolean =>
  JSON.stringify(a) === JSON.stringify(b ?? null);

/** What stands in the way of any change in this volume. */
export function volumeBlockers({ kind, name }: VolumePlace): Blocker[] {
  return kind === 'directory'
    ? []
    : [
        {
          text: `${name} is a disk volume: its files are inside the image disk.raw, which only a sandbox can open.`,
          remedy: 'Change them from inside a sandbox that mounts it. The image itself can be downloaded.',
        },
      ];
}

/** Who sees the change while it is made, read afresh; where msb can't tell, that is said. */
export async function mountNotes(context: FileContext, { name }: VolumePlace): Promise<Consequence[]> {
  let mountedBy: string[];
  try {
    const uses = await readUses(context, name);
    mountedBy = uses.flatMap(({ sandbox, active, state }) => (active ? [`${sandbox}, ${state}`] : []));
  } catch (thrown) {
    const { code, message } = toAppError(thrown);
    if (!unanswered.has(code)) throw thrown;
    return [
      {
        severity: 'warning',
        text: `Which sandboxes have the volume mounted is not known: ${message} One that runs would see the change at once.`,
        items: [],
      },
    ];
  }
  if (mountedBy.length === 0) return [];
  return [
    {
      severity: 'warning',
      text: `Mounted in ${plural(mountedBy.length, 'active sandbox', 'active sandboxes')} (${listed(mountedBy)}): what runs there sees the change at once, and may change the same files meanwhile.`,
      items: [],
    },
  ];
}

/** msb is not there, failed, or is not understood: the files are changed without it all the same. */
const unanswered: ReadonlySet<string> = new Set<ErrorCode>([
  'command-missing',
  'command-failed',
  'unexpected-output',
  'timed-out',
]);

/** Folders that are made on the way. */
export function folderNotes(missing: readonly string[]): Consequence[] {
  if (missing.length === 0) return [];
  return [
    {
      severity: 'info',
      text: missing.length === 1 ? 'This folder is made first.' : 'These folders are made first.',
      items: missing.map((name) => ({ name, sizeBytes: null })),
    },
  ];
}

export function describe({ kind, sizeBytes, modifiedSeconds }: Seen): string {
  const what = { file: 'file', folder: 'folder', link: 'link', other: 'special file' }[kind];
  const size = kind === 'file' ? `, ${bytes(sizeBytes)}` : '';
  const changed = modifiedSeconds === null ? '' : `, last changed ${moment(modifiedSeconds * 1000)}`;
  return `${what}${size}${changed}`;
}

export interface Replacing {
  blockers: Blocker[];
  consequences: Consequence[];
  /** A file is lost to it. */
  loses: boolean;
}

/** What a new file means for what has its name, and for what is left of an upload that ended early. */
export async function replacing(
  fs: VolumeReads,
  path: string,
  old: Seen | null,
  withPart: boolean,
): Promise<Replacing> {
  const blockers: Blocker[] = [];
  const consequences: Consequence[] = [];
  if (old?.kind === 'folder') {
    blockers.push({
      text: `Is a directory: ${path}`,
      remedy: 'A folder of that name is there. Choose another name.',
    });
  } else if (old !== null) {
    consequences.push({
      severity: 'loss',
      text: `What is there by that name is replaced: a ${describe(old)}.`,
      items: [{ name: path, sizeBytes: old.kind === 'file' ? old.sizeBytes : null }],
    });
  }
  const part = withPart ? seen((await fs.look(`${path}.part`)).found) : null;
  if (part?.kind === 'folder') {
    blockers.push({
      text: `Is a directory: ${path}.part`,
      remedy: 'The new file is written by that name until it is whole. Move the folder away.',
    });
  } else if (part !== null) {
    consequences.push({
      severity: 'loss',
      text: 'What is there by the name that the new file has until it is whole is overwritten; it may be left of a transfer that ended early.',
      items: [{ name: `${path}.part`, sizeBytes: part.sizeBytes }],
    });
  }
  return { blockers, consequences, loses: consequences.length > 0 };
}

export interface Looked {
  found: RemoteStat | null;
  missing: readonly string[];
  blockers: Blocker[];
}

/** Looks at a name; a file that stands where a folder is needed is a blocker. */
export async function lookAt(fs: VolumeReads, path: string): Promise<Looked> {
  try {
    return { ...(await fs.look(path)), blockers: [] };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code !== 'command-failed' || !error.message.startsWith('Not a directory')) throw error;
    return {
      found: null,
      missing: [],
      blockers: [{ text: error.message, remedy: error.remedy ?? 'Choose another place.' }],
    };
  }
}

export const gone = (path: string): Blocker => ({
  text: `${path} is not there any more.`,
  remedy: 'Read the folder again.',
});

/** Reads for verifying: a volume whose folder is gone has none of its files. */
export async function verifyReads<T>(
  context: FileContext,
  volumeId: string,
  work: (fs: VolumeReads) => Promise<T>,
  whenGone: T,
): Promise<T> {
  const place = await context.volumePlace(volumeId);
  try {
    return await context.volumeFiles(place, work);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'not-found') return whenGone;
    throw thrown;
  }
}
