import { z } from 'zod';
import { partsOf } from '../../../sandbox/volume-fs/guard';
import type { FileActionDefinition } from '../../action';
import { bytes } from '../words';
import { planNewFile, verifyNewFile, wholeFirst } from './put';
import { gone, lookAt, pathText, seen, subject, typedPath } from './shared';

const input = z.strictObject({ ...subject, to: typedPath });

export const sandboxFileCopy: FileActionDefinition<z.infer<typeof input>> = {
  id: 'sandbox.file.copy',
  title: 'Copy file in sandbox volume',
  backend: null,
  minimumAccess: 'administer',
  risk: 'safe',
  input,

  async plan(context, { volumeId, path, to }) {
    const place = await context.volumePlace(volumeId);
    const from = pathText(path);
    const target = partsOf(to);
    const { looked, followed } = await context.volumeFiles(place, async (fs) => {
      const at = await lookAt(fs, from);
      // Through a link, where it stays in the volume.
      const through =
        at.found === null
          ? null
          : await fs.readStream(from, async ({ sizeBytes }) => sizeBytes).catch(notAFile);
      return { looked: at, followed: through };
    });
    const draft = await planNewFile(context, {
      volumeId,
      path: target,
      sizeBytes: followed ?? 0,
      change: (root, path) => ({ root, verb: 'cp', path: from, to: path }),
      title: (path) => `Copy ${from} to ${path}`,
      explain: `The host copies it by itself where its SFTP server can; else the bytes pass through this laptop. Permissions are kept. ${wholeFirst}`,
      consequences: [{ severity: 'info', text: `${bytes(followed ?? 0)} are copied.`, items: [] }],
      preconditions: { from: seen(looked.found) },
    });
    const onto = pathText(target) === from;
    return {
      ...draft,
      blockers: [
        ...draft.blockers,
        ...looked.blockers,
        ...(looked.found === null && looked.blockers.length === 0 ? [gone(from)] : []),
        ...(looked.found !== null && followed === null
          ? [
              {
                text: 'the source path is neither a regular file nor a symlink to a regular file',
                remedy: 'Only single files are copied.',
              },
            ]
          : []),
        ...(onto ? [{ text: 'A file is not copied onto itself.', remedy: 'Choose another name.' }] : []),
        ...(target.length === 0
          ? [{ text: 'copy cannot target the volume root', remedy: 'Say a name too.' }]
          : []),
      ],
    };
  },

  verify: (context, { volumeId, to }, { preconditions }) =>
    verifyNewFile(context, { volumeId, path: partsOf(to) }, preconditions),
};

/** Folders and special files are told in the plan; what cannot be read, or leads out, is an error. */
function notAFile(thrown: unknown): null {
  const message = thrown instanceof Error ? thrown.message : '';
  if (message.startsWith('Is a directory') || message.includes('no regular file')) return null;
  throw thrown;
}
