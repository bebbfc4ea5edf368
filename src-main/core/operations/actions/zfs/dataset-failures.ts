import { listedBelow, type KnownFailure } from '../failures';
import { listed } from '../words';
import { commonFailures } from './failures';

const refresh = 'Refresh the host to see what is there now.';

const known = (pattern: RegExp, message: string, remedy: string): KnownFailure => ({
  pattern,
  // $1 and $2 stand for what the tool named.
  explain: (match) => ({
    message: message.replace(/\$(\d)/g, (_all, group: string) => match[Number(group)] ?? ''),
    remedy,
  }),
});

const missing = known(
  /cannot open '([^']*)': dataset does not exist/,
  '$1 is not there any more. Nothing was changed.',
  refresh,
);

/** Of `zfs create`, `zfs clone`: a new dataset. */
export const newDatasetFailures: readonly KnownFailure[] = [
  known(
    /cannot create '([^']*)': dataset already exists/,
    'There is a dataset $1 already. Nothing was created.',
    'Choose another name.',
  ),
  known(
    /cannot create '([^']*)': parent does not exist/,
    'The parent of $1 is not there. Nothing was created.',
    'Create the parent first, or choose another place.',
  ),
  known(
    /cannot create '([^']*)': parent is not a filesystem/,
    'The parent of $1 is a volume, and nothing can stand below it. Nothing was created.',
    'Choose a file system to stand below.',
  ),
  known(
    /cannot create '([^']*)': (?:out of space|no space left)/,
    'The pool has no room for $1. Nothing was created.',
    'Choose a smaller size, make it sparse, or free space first.',
  ),
  known(
    /cannot create '([^']*)': (?:invalid character|name is too long|empty component|'@' delimiter)/,
    'ZFS does not allow the name $1. Nothing was created.',
    'Use letters, digits, "_", "-", "." and ":".',
  ),
  known(
    /destination '([^']*)' exists/,
    'Dataset $1 exists already, and a full stream does not write over it. Nothing was received.',
    'Choose another name, or send only what changed since a common snapshot.',
  ),
  known(
    /volume size must be a multiple of volume block size|'volsize' must be a multiple/,
    'The size of a volume must be a multiple of its block size. Nothing was created.',
    'Choose a size in whole M or G.',
  ),
  known(
    /cannot mount '([^']*)'/,
    'The dataset was made, but $1 could not be mounted.',
    'Look at what is in that folder, then mount it on the host with "zfs mount".',
  ),
  known(
    /mountpoint '([^']*)' exists and is not empty|cannot mount [^:]*: directory is not empty/,
    'The dataset was made, but its mount point is not empty.',
    'Empty the folder on the host, then mount it with "zfs mount".',
  ),
  missing,
  ...commonFailures,
];

/** Of `zfs set`. */
export const propertyFailures: readonly KnownFailure[] = [
  known(
    /cannot set property for '([^']*)': '([^']*)' must be (.*)/,
    '$1: the property $2 must be $3. Nothing was changed.',
    'Choose one of these values.',
  ),
  known(
    /cannot set property for '([^']*)': '([^']*)' is readonly/,
    '$1: the property $2 cannot be set. Nothing was changed.',
    'Choose another property.',
  ),
  known(
    /cannot set property for '([^']*)': '([^']*)' does not apply to datasets of this type/,
    'The property $2 does not fit $1. Nothing was changed.',
    'Choose a property of its kind.',
  ),
  known(
    /cannot set property for '([^']*)': size is (greater|less) than/,
    '$1: the size does not fit what is used or free now. Nothing was changed.',
    'Choose another size.',
  ),
  known(
    /cannot set property for '([^']*)': '?volsize/,
    '$1 cannot get that size. Nothing was changed.',
    'Choose a size in whole M or G, larger than now.',
  ),
  known(
    /cannot set property for '([^']*)': out of space/,
    'The pool has no room for that reservation of $1. Nothing was changed.',
    'Choose a smaller size, or free space first.',
  ),
  known(
    /property may be set but unable to (?:remount|reshare)/,
    'The property was set, but the file system could not be mounted anew with it.',
    'Stop the programs that use it, then mount it anew on the host.',
  ),
  missing,
  ...commonFailures,
];

export const renameFailures: readonly KnownFailure[] = [
  known(
    /cannot rename '([^']*)': (?:dataset already exists|a dataset with that name already exists)/,
    'The new name of $1 is taken. Nothing was renamed.',
    'Choose another name.',
  ),
  known(
    /cannot unmount '([^']*)': (?:pool or dataset|dataset|target) is busy/,
    '$1 is in use, so nothing was renamed.',
    'Stop the programs that use it (fuser -vm names them), then plan it again.',
  ),
  known(
    /cannot rename '([^']*)': dataset is busy/,
    '$1 is in use, so nothing was renamed.',
    'Stop what uses it, then plan it again.',
  ),
  known(
    /(?:cannot create|cannot rename) '([^']*)': (?:parent does not exist|.*parent)/,
    'The new place of $1 is not there. Nothing was renamed.',
    'Create the parent first, or choose another place.',
  ),
  known(
    /New dataset name cannot be a descendant of current dataset name/,
    'A dataset cannot move below itself. Nothing was renamed.',
    'Choose another place.',
  ),
  known(
    /cannot open '([^']*)': dataset does not exist/,
    '$1 is not there any more. Nothing was renamed.',
    refresh,
  ),
  ...commonFailures,
];

export const destroyDatasetFailures: readonly KnownFailure[] = [
  {
    pattern: /cannot destroy '([^']*)': (?:filesystem|volume) has dependent clones/,
    explain: (match, stderr) => ({
      message: `Clones elsewhere depend on snapshots of ${match[1] ?? ''}: ${listed(listedBelow(stderr, /use '-R'/))}. Nothing was destroyed.`,
      remedy: 'Destroy the clones first, or make one independent with "zfs promote".',
    }),
  },
  {
    pattern: /cannot destroy '([^']*)': (?:filesystem|volume) has children/,
    explain: (match, stderr) => ({
      message: `${match[1] ?? ''} has children or snapshots: ${listed(listedBelow(stderr, /use '-r'/))}. Nothing was destroyed.`,
      remedy: 'Choose to destroy everything below it as well; the plan lists it.',
    }),
  },
  known(
    /cannot unmount '([^']*)': (?:pool or dataset|dataset|target) is busy/,
    '$1 is in use, so it was not destroyed. With everything below chosen, some of that may be gone.',
    'Refresh to see what is left. Stop the programs that use it (fuser -vm names them), then plan it again.',
  ),
  known(
    /cannot destroy snapshot (.+): dataset is busy/,
    'Snapshot $1 is held, so its dataset was not destroyed. With everything below chosen, some of that may be gone.',
    'Refresh to see what is left. Lift its holds with "zfs release", then plan it again.',
  ),
  known(
    /cannot destroy '([^']*)': dataset is busy/,
    '$1 is in use: a volume that is open, or a send or receive. It was not destroyed.',
    'Stop what uses it, then plan it again.',
  ),
  known(
    /cannot destroy '([^']*)': operation does not apply to pools/,
    '$1 is a pool, not a dataset in one. Nothing was destroyed.',
    'Choose a dataset below it.',
  ),
  known(
    /cannot open '([^']*)': dataset does not exist/,
    '$1 is not there any more. Nothing was destroyed.',
    refresh,
  ),
  ...commonFailures,
];

export const holdFailures: readonly KnownFailure[] = [
  known(
    /cannot hold snapshot '([^']*)': tag already exists on this dataset/,
    '$1 has a hold of that name already.',
    'Choose another name.',
  ),
  known(
    /cannot release hold from snapshot '([^']*)': no such tag on this dataset/,
    '$1 has no hold of that name any more.',
    refresh,
  ),
  known(
    /cannot (?:hold|release)[^:]*: (?:dataset|snapshot) does not exist|cannot open '[^']*': (?:dataset|snapshot) does not exist/,
    'The snapshot is not there any more. Nothing was changed.',
    refresh,
  ),
  ...commonFailures,
];

export const promoteFailures: readonly KnownFailure[] = [
  known(
    /cannot promote '([^']*)': not a cloned filesystem/,
    '$1 is no clone, so there is nothing to make independent.',
    refresh,
  ),
  {
    pattern: /snapshot name[s]? .*conflict|conflicting snapshot '([^']*)'|already exists/,
    explain: (match) => ({
      message: `A snapshot of that name is on both sides${match[1] === undefined ? '' : `: ${match[1]}`}. Nothing was changed.`,
      remedy: 'Rename or destroy the snapshot of the clone first.',
    }),
  },
  missing,
  ...commonFailures,
];

export const bookmarkFailures: readonly KnownFailure[] = [
  known(
    /cannot create bookmark '([^']*)': bookmark exists/,
    'There is a bookmark $1 already.',
    'Choose another name.',
  ),
  known(
    /cannot create bookmark '([^']*)': (?:dataset does not exist|.*not an ancestor)/,
    'The snapshot for $1 is not there any more. No bookmark was made.',
    refresh,
  ),
  known(
    /bookmark '([^']*)' does not exist/,
    'Bookmark $1 is not there any more. Nothing was destroyed.',
    refresh,
  ),
  missing,
  ...commonFailures,
];
