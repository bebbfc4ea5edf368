import { AppError } from '../../errors/app-error';
import type { RemoteFiles, RemoteStat } from '../../ssh/remote-files';
import { isInside, partsOf, shownPath, traversal } from './guard';

/** A place in a volume: `path` is where it is on the host, without links in its folders. */
export interface Place {
  /** From the root of the volume, as people write it. */
  shown: string;
  path: string;
  /** Of the last step; empty: the root itself. */
  name: string;
  /** Folders of it that are not there yet, outermost first. */
  missing: readonly string[];
}

export async function lstatOrNull(files: RemoteFiles, path: string): Promise<RemoteStat | null> {
  try {
    return await files.lstat(path);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'not-found') return null;
    throw thrown;
  }
}

/**
 * Where a path leads when all its links are followed, the last one too.
 *
 * SECURITY: the host resolves the whole path, and what then lies outside of the volume is not touched, whoever put the
 * link there. SFTP version 3 knows no way to do this and the following request in one step (docs/security.md).
 * @param root without links
 * @throws AppError `refused`, `not-found`
 */
export async function followed(files: RemoteFiles, root: string, path: string): Promise<string> {
  const parts = partsOf(path);
  const resolved = await files.resolve([root, ...parts].join('/'));
  if (!isInside(root, resolved)) throw traversal(shownPath(parts));
  return resolved;
}

/**
 * Where a name itself is, which may be a link or not be there: only its folders are followed.
 * @throws AppError `refused`; `command-failed` where a step on the way is no folder
 */
export async function placeOf(files: RemoteFiles, root: string, path: string): Promise<Place> {
  const parts = partsOf(path);
  const shown = shownPath(parts);
  const name = parts.at(-1) ?? '';
  let folder = root;
  for (const [index, part] of parts.slice(0, -1).entries()) {
    const next = `${folder}/${part}`;
    const found = await lstatOrNull(files, next);
    if (found === null) {
      const missing = parts
        .slice(index, -1)
        .map((_, depth) => [folder, ...parts.slice(index, index + depth + 1)].join('/'));
      return { shown, path: [missing.at(-1) ?? folder, name].join('/'), name, missing };
    }
    if (found.kind === 'folder') {
      folder = next;
      continue;
    }
    if (found.kind === 'link') {
      const resolved = await files.resolve(next);
      if (!isInside(root, resolved)) throw traversal(shown);
      const target = await lstatOrNull(files, resolved);
      if (target?.kind === 'folder') {
        folder = resolved;
        continue;
      }
    }
    throw new AppError('command-failed', `Not a directory: ${shownPath(parts.slice(0, index + 1))}`, {
      remedy: 'A file stands where a folder is needed. Choose another place.',
    });
  }
  return { shown, path: parts.length === 0 ? root : `${folder}/${name}`, name, missing: [] };
}
