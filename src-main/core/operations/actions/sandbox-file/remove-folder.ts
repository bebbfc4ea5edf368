import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { VolumeReads } from '../../../sandbox/volume-fs/read';
import type { FileActionDefinition } from '../../action';
import { bytes, plural } from '../words';
import { gone, lookAt, mountNotes, pathText, seen, subject, verifyReads, volumeBlockers } from './shared';

const input = z.strictObject(subject);

/** Beyond it the plan says "at least"; reading on would keep a person waiting. */
const mostCounted = 20_000;
const foldersAtOnce = 8;

interface Content {
  files: number;
  folders: number;
  sizeBytes: number;
  /** Not all of it was counted. */
  more: boolean;
  /** Over names, kinds, sizes and times of all that was counted. */
  digest: string;
  /** What is directly in it. */
  items: { name: string; sizeBytes: number | null }[];
}

/** Counts all that is in a folder, breadth first; links count as files and are not followed. */
async function countBelow(fs: VolumeReads, path: string): Promise<Content> {
  const hash = createHash('sha256');
  const content: Content = { files: 0, folders: 0, sizeBytes: 0, more: false, digest: '', items: [] };
  let level = [path];
  while (level.length > 0 && !content.more) {
    const next: string[] = [];
    for (let at = 0; at < level.length && !content.more; at += foldersAtOnce) {
      const folders = level.slice(at, at + foldersAtOnce);
      for (const entries of await Promise.all(folders.map((folder) => fs.list(folder)))) {
        for (const { path: each, kind, sizeBytes, modifiedSeconds } of entries.toSorted((a, b) =>
          a.path < b.path ? -1 : 1,
        )) {
          hash.update(`${each}\0${kind}\0${sizeBytes}\0${modifiedSeconds ?? ''}\n`);
          if (kind === 'folder') {
            content.folders += 1;
            next.push(each);
          } else {
            content.files += 1;
            content.sizeBytes += sizeBytes;
          }
          if (level.length === 1 && level[0] === path) {
            content.items.push({ name: each, sizeBytes: kind === 'file' ? sizeBytes : null });
          }
        }
      }
      content.more = content.files + content.folders >= mostCounted;
    }
    level = next;
  }
  return { ...content, digest: hash.digest('hex') };
}

export const sandboxFileRemoveFolder: FileActionDefinition<z.infer<typeof input>> = {
  id: 'sandbox.file.removeFolder',
  title: 'Delete folder in sandbox volume',
  backend: null,
  minimumAccess: 'administer',
  risk: 'destructive',
  input,

  async plan(context, { volumeId, path }) {
    const place = await context.volumePlace(volumeId);
    const shown = pathText(path);
    const { looked, content } = await context.volumeFiles(place, async (fs) => {
      const at = await lookAt(fs, shown);
      return { looked: at, content: at.found?.kind === 'folder' ? await countBelow(fs, shown) : null };
    });
    const { found, blockers } = looked;
    return {
      risk: 'destructive',
      target: { kind: 'folder', name: `${place.name}:${shown}` },
      steps: [
        {
          title: `Delete ${shown} with all that is in it`,
          files: { root: place.root, verb: 'rmdir', path: shown },
          explain:
            'Removes what is in the folder, the deepest first, then the folder. Links are removed, not followed. Stopped half-way, the rest stays.',
        },
      ],
      consequences: [
        ...(content === null
          ? []
          : [
              {
                severity: 'loss' as const,
                text: `${content.more ? 'At least ' : ''}${plural(content.files, 'file')} in ${plural(content.folders + 1, 'folder')} are lost, ${bytes(content.sizeBytes)} in all.${content.more ? ` Only ${mostCounted.toLocaleString('en')} were counted.` : ''}`,
                items: content.items,
              },
            ]),
        ...(await mountNotes(context, place)),
      ],
      blockers: [
        ...volumeBlockers(place),
        ...blockers,
        ...(found === null && blockers.length === 0 ? [gone(shown)] : []),
        ...(found !== null && found.kind !== 'folder'
          ? [{ text: `Not a directory: ${shown}`, remedy: 'Delete it as a file.' }]
          : []),
      ],
      undo: null,
      preconditions: {
        root: place.root,
        there: seen(found)?.kind ?? null,
        content: content === null ? null : content.digest,
      },
    };
  },

  async verify(context, { volumeId, path }) {
    const shown = pathText(path);
    const found = await verifyReads(context, volumeId, async (fs) => (await fs.look(shown)).found, null);
    return found === null
      ? { status: 'confirmed', text: `${shown} is gone.` }
      : { status: 'not-there', text: `${shown} is still there, with what was not removed.` };
  },
};
