import { z } from 'zod';
import { partsOf } from '../../../sandbox/volume-fs/guard';
import type { FileActionDefinition } from '../../action';
import {
  describe,
  folderNotes,
  gone,
  lookAt,
  mountNotes,
  pathText,
  replacing,
  sameSeen,
  seen,
  subject,
  typedPath,
  verifyReads,
  volumeBlockers,
} from './shared';

const input = z.strictObject({ ...subject, to: typedPath });

export const sandboxFileRename: FileActionDefinition<z.infer<typeof input>> = {
  id: 'sandbox.file.rename',
  title: 'Rename in sandbox volume',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  async plan(context, { volumeId, path, to }) {
    const place = await context.volumePlace(volumeId);
    const from = pathText(path);
    const target = pathText(partsOf(to));
    const root = target === '/';
    const { source, at, replaced } = await context.volumeFiles(place, async (fs) => {
      const [moved, there] = [await lookAt(fs, from), await lookAt(fs, root ? from : target)];
      const fits = !root && target !== from && there.blockers.length === 0 && there.missing.length === 0;
      return {
        source: moved,
        at: there,
        replaced: fits
          ? await replacing(fs, target, seen(there.found), false)
          : { blockers: [], consequences: [], loses: false },
      };
    });
    const now = seen(source.found);
    const say = (text: string, remedy: string, when: boolean) => (when ? [{ text, remedy }] : []);
    return {
      risk: replaced.loses ? 'destructive' : 'safe',
      target: { kind: now?.kind ?? 'file', name: `${place.name}:${from}` },
      steps: [
        {
          title: `Rename ${from} to ${target}`,
          files: { root: place.root, verb: 'rename', path: from, to: target },
          explain:
            'Moves the name in one step; folders on the way are made. A link is moved, not what it leads to.',
        },
      ],
      consequences: [
        ...replaced.consequences,
        ...(now === null
          ? []
          : [
              {
                severity: 'info' as const,
                text: `It is a ${describe(now)}. Its content stays as it is.`,
                items: [],
              },
            ]),
        ...folderNotes(at.missing),
        ...(await mountNotes(context, place)),
      ],
      blockers: [
        ...volumeBlockers(place),
        ...source.blockers,
        ...(now === null && source.blockers.length === 0 ? [gone(from)] : []),
        ...say('rename cannot target the volume root', 'Say a name too.', root),
        ...say('That is its name already.', 'Choose another name.', target === from),
        ...say('A folder is not moved into itself.', 'Choose another place.', target.startsWith(`${from}/`)),
        ...(root || target === from ? [] : at.blockers),
        ...replaced.blockers,
        ...say(
          `Not a directory: ${target}`,
          'A folder does not take the place of a file. Choose another name.',
          now?.kind === 'folder' && replaced.loses,
        ),
      ],
      undo: replaced.loses ? null : `Rename ${target} back to ${from}.`,
      preconditions: { root: place.root, from: now, to: seen(at.found), missing: at.missing },
    };
  },

  async verify(context, { volumeId, path, to }, { preconditions }) {
    const from = pathText(path);
    const target = pathText(partsOf(to));
    const [old, now] = await verifyReads(
      context,
      volumeId,
      async (fs) => [seen((await fs.look(from)).found), seen((await fs.look(target)).found)] as const,
      [null, null] as const,
    );
    return old === null && sameSeen(now, preconditions['from'])
      ? { status: 'confirmed', text: `It is ${target} now.` }
      : {
          status: 'not-there',
          text: `${from} is ${old === null ? 'gone, and' : 'still there;'} ${target} is ${now === null ? 'not there' : 'something else'}.`,
        };
  },
};
