import { z } from 'zod';
import type { FileActionDefinition } from '../../action';
import {
  folderNotes,
  lookAt,
  mountNotes,
  pathText,
  seen,
  subject,
  verifyReads,
  volumeBlockers,
} from './shared';

const input = z.strictObject(subject);

export const sandboxFileMkdir: FileActionDefinition<z.infer<typeof input>> = {
  id: 'sandbox.file.mkdir',
  title: 'Make folder in sandbox volume',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  async plan(context, { volumeId, path }) {
    const place = await context.volumePlace(volumeId);
    const shown = pathText(path);
    const { found, missing, blockers } = await context.volumeFiles(place, (fs) => lookAt(fs, shown));
    return {
      risk: 'safe',
      target: { kind: 'folder', name: `${place.name}:${shown}` },
      steps: [
        {
          title: `Make ${shown}`,
          files: { root: place.root, verb: 'mkdir', path: shown },
          explain: 'Makes the folder and those on the way to it, as this login.',
        },
      ],
      consequences: [...folderNotes(missing), ...(await mountNotes(context, place))],
      blockers: [
        ...volumeBlockers(place),
        ...blockers,
        ...(found === null
          ? []
          : [
              {
                text: found.kind === 'folder' ? `${shown} is there already.` : `File exists: ${shown}`,
                remedy: 'Choose another name.',
              },
            ]),
      ],
      undo: 'Delete the folder.',
      preconditions: { root: place.root, there: seen(found), missing },
    };
  },

  async verify(context, { volumeId, path }) {
    const shown = pathText(path);
    const found = await verifyReads(context, volumeId, async (fs) => (await fs.look(shown)).found, null);
    return found?.kind === 'folder'
      ? { status: 'confirmed', text: `${shown} is there.` }
      : { status: 'not-there', text: `${shown} is not there.` };
  },
};
