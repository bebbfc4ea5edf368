import { z } from 'zod';
import type { FileActionDefinition } from '../../action';
import {
  describe,
  gone,
  lookAt,
  mountNotes,
  pathText,
  sameSeen,
  seen,
  subject,
  verifyReads,
  volumeBlockers,
} from './shared';

const input = z.strictObject(subject);

export const sandboxFileRemove: FileActionDefinition<z.infer<typeof input>> = {
  id: 'sandbox.file.remove',
  title: 'Delete file in sandbox volume',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input,

  async plan(context, { volumeId, path }) {
    const place = await context.volumePlace(volumeId);
    const shown = pathText(path);
    const { found, blockers } = await context.volumeFiles(place, (fs) => lookAt(fs, shown));
    const now = seen(found);
    return {
      risk: 'destructive',
      target: { kind: 'file', name: `${place.name}:${shown}` },
      steps: [
        {
          title: `Delete ${shown}`,
          files: { root: place.root, verb: 'rm', path: shown },
          explain: 'Removes this one name. A link is removed, not what it leads to.',
        },
      ],
      consequences: [
        ...(now === null
          ? []
          : [
              {
                severity: 'loss' as const,
                text:
                  now.kind === 'link'
                    ? 'The link is lost. What it leads to is not touched.'
                    : `It is lost: a ${describe(now)}.`,
                items: [{ name: shown, sizeBytes: now.kind === 'file' ? now.sizeBytes : null }],
              },
            ]),
        ...(await mountNotes(context, place)),
      ],
      blockers: [
        ...volumeBlockers(place),
        ...blockers,
        ...(now === null && blockers.length === 0 ? [gone(shown)] : []),
        ...(now?.kind === 'folder'
          ? [{ text: `Is a directory: ${shown}`, remedy: 'Delete it as a folder, with all that is in it.' }]
          : []),
      ],
      undo: null,
      preconditions: { root: place.root, there: now },
    };
  },

  async verify(context, { volumeId, path }, { preconditions }) {
    const shown = pathText(path);
    const now = await verifyReads(context, volumeId, async (fs) => seen((await fs.look(shown)).found), null);
    if (now === null) return { status: 'confirmed', text: `${shown} is gone.` };
    return sameSeen(now, preconditions['there'])
      ? { status: 'not-there', text: `${shown} is still there.` }
      : { status: 'confirmed', text: `It is gone; another ${shown} was made since.` };
  },
};
