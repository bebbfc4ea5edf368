import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { isAbsolutePath } from '../../../storage/absolute-path';
import { fileStatArgv, isRestoredPath, restoreFileArgv } from '../../../storage/files/commands';
import { parseFileStat, type FileStat } from '../../../storage/files/file-stat';
import type { Blocker, Consequence } from '../../../../../src-preload/contract/operations';
import type { ActionContext, ActionDefinition } from '../../action';
import { explain, type KnownFailure } from '../failures';
import { bytes, hint, moment } from '../words';

const input = z.strictObject({
  /** In the snapshot. */
  source: z.string().refine(isAbsolutePath, 'must be an absolute path'),
  /** Beside the original, by a name that says so. */
  destination: z
    .string()
    .refine(isRestoredPath, 'must be an absolute path that ends with .restored-YYYYMMDD-HHMMSS'),
});
type Input = z.infer<typeof input>;

/** null: it is not there. `hidden`: this login may not look. */
async function statOf(context: ActionContext, path: string): Promise<FileStat | 'hidden' | null> {
  const { exitCode, stdout, stderr } = await context.read('look at a file', fileStatArgv(path), {
    acceptExitCodes: [0, 1],
    privileged: false,
  });
  if (exitCode !== 0) return /Permission denied/.test(stderr) ? 'hidden' : null;
  return parseFileStat(stdout);
}

/** coreutils calls an empty one `regular empty file`. */
const isRegular = ({ kind }: FileStat): boolean => /^regular (?:empty )?file$/.test(kind);

const failures: readonly KnownFailure[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    explain: () => ({
      message: 'There is no room for the copy. A part of it may be there.',
      remedy: 'Remove what was begun, make room, and restore it again.',
    }),
  },
  {
    pattern: /Permission denied|Operation not permitted/,
    explain: () => ({
      message:
        'This login may not read the file, or may not write beside the original. Nothing was restored.',
      remedy: 'Copy it on the host as root, or log in as the owner of the file.',
    }),
  },
  {
    pattern: /Read-only file system/,
    explain: () => ({
      message: 'The folder of the original is read-only. Nothing was restored.',
      remedy: 'Download the file instead.',
    }),
  },
  {
    pattern: /No such file or directory/,
    explain: () => ({
      message: 'The file in the snapshot, or the folder of the original, is not there any more.',
      remedy: 'Refresh the host and look again.',
    }),
  },
];

/** One file out of a snapshot, beside the original and never over it. */
export const fileRestore: ActionDefinition<Input> = {
  id: 'file.restore',
  title: 'Restore file from snapshot',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  /** Offered by the files of a snapshot, not by a menu. */
  offer: () => null,

  async plan(context, { source, destination }) {
    const folder = dirname(destination);
    const [from, to, around] = await Promise.all([
      statOf(context, source),
      statOf(context, destination),
      statOf(context, folder),
    ]);
    const blockers: Blocker[] = [];
    const byHand = hint('sudo', ...restoreFileArgv(source, destination));
    if (from === 'hidden' || to === 'hidden' || around === 'hidden') {
      blockers.push({
        text: `This login may not see ${from === 'hidden' ? source : `what is in ${folder}`}.`,
        remedy: `Log in as a user that may, or copy it as root on the host: ${byHand}`,
      });
    } else if (from === null) {
      blockers.push({ text: `${source} is not there any more.`, remedy: 'Refresh the host and look again.' });
    } else if (!isRegular(from)) {
      blockers.push({ text: `${source} is a ${from.kind}.`, remedy: 'Choose a file.' });
    }
    if (to !== null && to !== 'hidden') {
      blockers.push({
        text: `${destination} is there already.`,
        remedy: 'Move it away, or use it: it may be this very file, restored before.',
      });
    }
    if (around !== 'hidden' && around?.kind !== 'directory') {
      blockers.push({
        text: `The folder ${folder} is not there any more.`,
        remedy: `Make it first, or download the file instead. As root on the host: ${hint('sudo', 'mkdir', '-p', folder)}`,
      });
    }
    const consequences: Consequence[] =
      from === null || from === 'hidden' || blockers.length > 0
        ? []
        : [
            {
              severity: 'info',
              text: `${bytes(from.sizeBytes)}, last changed ${moment(from.changedSeconds * 1000)}, are copied beside the original. The original is not touched.`,
              items: [],
            },
          ];
    return {
      risk: 'safe',
      target: { kind: 'file', name: destination },
      steps: [
        {
          title: `Restore ${destination}`,
          argv: restoreFileArgv(source, destination),
          explain:
            'cp copies it as this login, not as root. --preserve keeps mode and times, --no-clobber overwrites nothing, --no-target-directory takes the name as it stands.',
          acceptExitCodes: [0],
          timeoutSeconds: 3600,
          privileged: false,
        },
      ],
      consequences,
      blockers,
      undo: hint('rm', '--', destination),
      preconditions: { from, to, folder: around === 'hidden' ? around : (around?.kind ?? null) },
    };
  },

  async verify(context, { source, destination }) {
    const [from, to] = await Promise.all([statOf(context, source), statOf(context, destination)]);
    if (to === 'hidden' || from === 'hidden') {
      return { status: 'unreadable', text: `This login may not look at ${destination}.` };
    }
    if (to === null) return { status: 'not-there', text: `${destination} is not there.` };
    return from !== null && to.sizeBytes === from.sizeBytes && to.changedSeconds === from.changedSeconds
      ? { status: 'confirmed', text: `${destination} is there with ${bytes(to.sizeBytes)}.` }
      : {
          status: 'not-there',
          text: `${destination} has ${bytes(to.sizeBytes)}, not what the snapshot holds.`,
        };
  },

  explainFailure: (exitCode, stderr) => explain(failures, exitCode, stderr),
};
