import type { FileContext, FileStepDraft, PlanDraft } from '../../action';
import type { Consequence, Verification } from '../../../../../src-preload/contract/operations';
import type { FileChange } from '../../../sandbox/volume-fs/file-change';
import { bytes } from '../words';
import {
  folderNotes,
  lookAt,
  mountNotes,
  pathText,
  replacing,
  sameSeen,
  seen,
  verifyReads,
  volumeBlockers,
} from './shared';

interface NewFile {
  volumeId: string;
  path: readonly string[];
  /** Of the whole new file. */
  sizeBytes: number;
  change: (root: string, path: string) => FileChange;
  title: (path: string) => string;
  explain: string;
  consequences: Consequence[];
  preconditions: Record<string, unknown>;
}

/** Under its name only when it is whole, with what that name had before. */
export async function planNewFile(context: FileContext, file: NewFile): Promise<PlanDraft<FileStepDraft>> {
  const { volumeId, path, sizeBytes } = file;
  const place = await context.volumePlace(volumeId);
  const shown = pathText(path);
  const { looked, replaced, freeBytes } = await context.volumeFiles(place, async (fs) => {
    const at = await lookAt(fs, shown);
    return {
      looked: at,
      replaced:
        at.blockers.length > 0 || at.missing.length > 0
          ? { blockers: [], consequences: [], loses: false }
          : await replacing(fs, shown, seen(at.found), true),
      freeBytes: await fs.freeBytes(),
    };
  });
  const room: Consequence[] =
    freeBytes === null || freeBytes >= sizeBytes
      ? []
      : [
          {
            severity: 'warning',
            text: `The file takes up to ${bytes(sizeBytes)}, and ${bytes(freeBytes)} are free there. Without room it ends early, and what is there now stays.`,
            items: [],
          },
        ];
  return {
    risk: replaced.loses ? 'destructive' : 'safe',
    target: { kind: 'file', name: `${place.name}:${shown}` },
    steps: [
      {
        title: file.title(shown),
        files: file.change(place.root, shown),
        explain: file.explain,
        totalBytes: sizeBytes,
      },
    ],
    consequences: [
      ...replaced.consequences,
      ...file.consequences,
      ...folderNotes(looked.missing),
      ...room,
      ...(await mountNotes(context, place)),
    ],
    blockers: [...volumeBlockers(place), ...looked.blockers, ...replaced.blockers],
    undo: replaced.loses ? null : 'Delete the file.',
    preconditions: {
      root: place.root,
      old: seen(looked.found),
      missing: looked.missing,
      lost: replaced.consequences,
      sizeBytes,
      ...file.preconditions,
    },
  };
}

export async function verifyNewFile(
  context: FileContext,
  { volumeId, path }: { volumeId: string; path: readonly string[] },
  preconditions: Record<string, unknown>,
): Promise<Verification> {
  const shown = pathText(path);
  const now = await verifyReads(context, volumeId, async (fs) => seen((await fs.look(shown)).found), null);
  if (now === null) return { status: 'not-there', text: `${shown} is not there.` };
  // A file replaced by one of the same size within the second it was last changed in could be either.
  const old = preconditions['old'];
  if (now.kind !== 'file' || now.sizeBytes !== preconditions['sizeBytes'] || sameSeen(now, old)) {
    return {
      status: 'not-there',
      text: sameSeen(now, old)
        ? `${shown} is as it was before.`
        : `${shown} has ${bytes(now.sizeBytes)}, not what was sent.`,
    };
  }
  return { status: 'confirmed', text: `${shown} is there with ${bytes(now.sizeBytes)}.` };
}

export const wholeFirst =
  'It is written as NAME.part beside its place and takes the name in one step when it is whole and on the disk; folders on the way are made. Ended early, the .part is removed and what is there now stays.';
