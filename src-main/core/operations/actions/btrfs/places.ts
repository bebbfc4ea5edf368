import type { Mount } from '../../../storage/btrfs/mounts';
import type { Subvolume } from '../../../storage/btrfs/subvolumes';
import type { Blocker } from '../../../../../src-preload/contract/operations';
import { holderOf, pathInFilesystem, shownPath, type Filesystem } from './reads';

/** The folder part of an absolute path. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** Something new must lie on the file system it belongs to, in a folder that is there. */
export function parentBlockers(mount: Mount | null, folder: string, filesystem: Filesystem): Blocker[] {
  if (mount === null) {
    return [
      {
        text: `There is no folder ${folder} on this host.`,
        remedy: `Create it on the host (mkdir ${folder}), or choose another place.`,
      },
    ];
  }
  if (mount.uuid !== filesystem.uuid || mount.type !== 'btrfs') {
    return [
      {
        text: `${folder} lies on another file system (${mount.type} mounted at ${mount.target}).`,
        remedy: `Choose a place below ${filesystem.mounts.map(({ target }) => target).join(' or ')}.`,
      },
    ];
  }
  return [];
}

/** Nothing can be made inside a read-only subvolume. */
export function holderBlockers(
  path: string,
  mount: Mount,
  all: readonly Subvolume[],
  filesystem: Filesystem,
): Blocker[] {
  const holder = holderOf(pathInFilesystem(path, mount), all);
  return holder?.readOnly === true
    ? [
        {
          text: `${path} would lie in ${shownPath(holder, filesystem)}, which is read-only.`,
          remedy: 'Choose a place outside of read-only snapshots.',
        },
      ]
    : [];
}
