import { listedBelow, type KnownFailure } from '../failures';
import { listed } from '../words';

const refresh = 'Refresh the host to see what is there now.';

const notAllowed: KnownFailure = {
  pattern: /permission denied/,
  explain: () => ({
    message: 'ZFS refused: the login may not change this. Nothing was changed.',
    remedy: 'Turn on "Use sudo" for this host, or delegate the right with "zfs allow".',
  }),
};
const suspended: KnownFailure = {
  pattern: /pool I\/O is currently suspended/,
  explain: () => ({
    message: 'The pool is suspended because its devices cannot be reached. Nothing was changed.',
    remedy: 'Bring the devices back, then run "zpool clear".',
  }),
};
const notLoaded: KnownFailure = {
  pattern: /The ZFS modules are not loaded/,
  explain: () => ({
    message: 'The ZFS kernel module is not loaded on this host. Nothing was changed.',
    remedy: 'Run "modprobe zfs" on the host; after a kernel update the module may have to be built again.',
  }),
};
const noSpace: KnownFailure = {
  pattern: /out of space/,
  explain: () => ({
    message: 'The pool or a quota has no space left for this. Nothing was changed.',
    remedy: 'Free space or raise the quota first.',
  }),
};
const quota: KnownFailure = {
  pattern: /[Dd]isk quota exceeded|quota exceeded/,
  explain: () => ({
    message: 'The quota of the dataset is used up. Nothing more was written.',
    remedy: 'Raise the quota, or free space in the dataset: its snapshots count as well.',
  }),
};
const readOnly: KnownFailure = {
  pattern: /pool is read-only|read-only file system|Read-only file system/,
  explain: () => ({
    message: 'The pool is imported read-only. Nothing was changed.',
    remedy: 'Import it writable first.',
  }),
};
/** What any command of ZFS may say. */
export const commonFailures: readonly KnownFailure[] = [
  notAllowed,
  suspended,
  notLoaded,
  readOnly,
  noSpace,
  quota,
];

export const createFailures: readonly KnownFailure[] = [
  {
    pattern: /cannot create snapshot '([^']*)': dataset already exists/,
    explain: (match) => ({
      message: `There is a snapshot ${match[1] ?? ''} already. No snapshot was created.`,
      remedy: 'Choose another name, or destroy the old snapshot first.',
    }),
  },
  {
    pattern: /cannot open '([^']*)': dataset does not exist/,
    explain: (match) => ({
      message: `There is no dataset ${match[1] ?? ''} on this host. No snapshot was created.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /cannot create snapshot '[^']*': invalid character (\S+) in name/,
    explain: (match) => ({
      message: `ZFS does not allow "${match[1] ?? ''}" in a snapshot's name. No snapshot was created.`,
      remedy: 'Use letters, digits, "_", "-", "." and ":".',
    }),
  },
  ...commonFailures,
];

export const destroyFailures: readonly KnownFailure[] = [
  {
    pattern: /snapshot has dependent clones/,
    explain: (_match, stderr) => {
      const clones = listedBelow(stderr, /use '-R' to destroy the following datasets/);
      return {
        message: `Clones depend on the snapshot: ${listed(clones)}. Nothing was destroyed.`,
        remedy: 'Destroy the clones first, or make one independent with "zfs promote".',
      };
    },
  },
  {
    pattern: /cannot destroy snapshot (.+): dataset is busy/,
    explain: (match) => ({
      message: `Snapshot ${match[1] ?? ''} is held, or being sent or received. Nothing was destroyed.`,
      remedy: 'List its holds with "zfs holds", then lift each with "zfs release".',
    }),
  },
  {
    pattern: /could not find any snapshots to destroy|dataset does not exist/,
    explain: () => ({
      message: 'The snapshot is not there any more. Nothing was destroyed.',
      remedy: refresh,
    }),
  },
  {
    pattern: /filesystem has children/,
    explain: () => ({
      message: 'ZFS took the name for a dataset with children and refused. Nothing was destroyed.',
      remedy: refresh,
    }),
  },
  ...commonFailures,
];

export const rollbackFailures: readonly KnownFailure[] = [
  {
    pattern: /more recent snapshots or bookmarks exist/,
    explain: (_match, stderr) => {
      const newer = listedBelow(stderr, /use '-r' to force deletion/);
      return {
        message: `Newer snapshots or bookmarks appeared: ${listed(newer)}. Nothing was rolled back or destroyed.`,
        remedy: 'Plan it again: the plan then lists them.',
      };
    },
  },
  {
    pattern: /clones of previous snapshots exist/,
    explain: (_match, stderr) => {
      const clones = listedBelow(stderr, /use '-R' to force deletion/);
      return {
        message: `Clones of newer snapshots exist: ${listed(clones)}. Nothing was rolled back or destroyed.`,
        remedy:
          'Destroy the clones first, or make one independent with "zfs promote". Holdfast never uses -R.',
      };
    },
  },
  {
    // -r destroys the newer snapshots one after another and stops at the first that is held (2.1.11).
    pattern: /cannot destroy '([^']*)': dataset is busy/,
    explain: (match) => ({
      message: `Newer snapshot ${match[1] ?? ''} is held, so the dataset was not rolled back. Other newer snapshots may already be destroyed.`,
      remedy: 'Refresh to see which are left. Lift the holds with "zfs release", then plan it again.',
    }),
  },
  {
    pattern: /dataset does not exist/,
    explain: () => ({
      message: 'The snapshot is not there any more. Nothing was rolled back.',
      remedy: refresh,
    }),
  },
  {
    pattern: /(?:pool or dataset|dataset) is busy/,
    explain: () => ({
      message: 'The dataset is in use in a way that ZFS does not roll back under. Nothing was rolled back.',
      remedy: 'Stop what uses it (a receive, a share, a mount in another namespace), then plan it again.',
    }),
  },
  ...commonFailures,
];
