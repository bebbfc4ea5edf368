import { explain, type KnownFailure } from '../failures';

export const refresh = 'Refresh the host to see what is there now.';

const notAllowed: KnownFailure = {
  pattern: /Operation not permitted|Permission denied/,
  explain: () => ({
    message: 'btrfs refused: the login may not change this. Nothing was changed.',
    remedy: 'Turn on "Use sudo" for this host.',
  }),
};
const readOnly: KnownFailure = {
  pattern: /Read-only file system/,
  explain: () => ({
    message:
      'The place is read-only: a read-only snapshot, or the file system is mounted so. Nothing was changed.',
    remedy: 'Choose another place, or make the file system writable first.',
  }),
};
const noSpace: KnownFailure = {
  pattern: /No space left on device/,
  explain: () => ({
    message: 'btrfs found no space for it: data, metadata or unallocated space has run out.',
    remedy: 'Delete snapshots, run a balance of nearly empty data chunks, or add a device.',
  }),
};
const exclusive: KnownFailure = {
  pattern: /unable to start ([a-z ]+), another exclusive operation '([^']+)' in progress/,
  explain: (match) => ({
    message: `btrfs did not start the ${match[1] ?? 'work'}: "${match[2] ?? 'another operation'}" is under way on this file system. Nothing was changed.`,
    remedy: 'Wait for its end, or cancel it, then plan this again.',
  }),
};
const notBtrfs: KnownFailure = {
  pattern: /not a btrfs filesystem: (\S.*)/i,
  explain: (match) => ({
    message: `${match[1] ?? 'The path'} is not on a btrfs file system. Nothing was changed.`,
    remedy: 'Choose a path on the file system; it may have been unmounted.',
  }),
};
const common: readonly KnownFailure[] = [exclusive, noSpace, readOnly, notAllowed, notBtrfs];

const noParent: KnownFailure = {
  pattern: /cannot access '([^']*)': No such file or directory/,
  explain: (match) => ({
    message: `There is no folder ${match[1] ?? ''} on this host. Nothing was created.`,
    remedy: 'Create it first, or choose another destination.',
  }),
};
const sourceGone: KnownFailure = {
  pattern: /Could not (?:statfs|open): No such file or directory/,
  explain: () => ({
    message: 'The subvolume is not there any more. Nothing was changed.',
    remedy: refresh,
  }),
};
const notSubvolume: KnownFailure = {
  pattern: /Not a Btrfs subvolume/i,
  explain: () => ({
    message: 'The path is an ordinary folder, not a subvolume. Nothing was changed.',
    remedy: refresh,
  }),
};

export const createFailures: readonly KnownFailure[] = [
  {
    pattern: /target path already exists: (.*)/,
    explain: (match) => ({
      message: `There is something at ${match[1] ?? 'this path'} already. No subvolume was created.`,
      remedy: 'Choose another name.',
    }),
  },
  noParent,
  ...common,
];

export const snapshotFailures: readonly KnownFailure[] = [
  {
    pattern: /'([^']*)' exists and it is not a directory/,
    explain: (match) => ({
      message: `There is a file at ${match[1] ?? 'the destination'}. No snapshot was taken.`,
      remedy: 'Choose another destination.',
    }),
  },
  {
    pattern: /cannot snapshot '([^']*)': (?:Read-only file system|File exists)/,
    explain: (match) => ({
      message: `The destination is taken or lies in a read-only snapshot. No snapshot of ${match[1] ?? 'it'} was taken.`,
      remedy: 'Choose another destination.',
    }),
  },
  {
    pattern: /cannot snapshot '([^']*)': Invalid cross-device link/,
    explain: (match) => ({
      message: `The destination lies on another btrfs file system than ${match[1] ?? 'the source'}. No snapshot was taken.`,
      remedy: 'Choose a destination on the file system of the source, or send it: btrfs send.',
    }),
  },
  {
    pattern: /cannot snapshot '([^']*)': Text file busy/,
    explain: (match) => ({
      message: `${match[1] ?? 'The subvolume'} holds an active swap file. No snapshot was taken.`,
      remedy: 'Turn the swap file off (swapoff), or move it to a subvolume of its own.',
    }),
  },
  noParent,
  sourceGone,
  notSubvolume,
  ...common,
];

export const deleteFailures: readonly KnownFailure[] = [
  {
    pattern: /Directory not empty/,
    explain: () => ({
      message: 'Other subvolumes lie within it. Nothing was deleted.',
      remedy: 'Delete those first.',
    }),
  },
  {
    pattern: /not deleting default subvolume id (\d+) '([^']*)'/,
    explain: (match) => ({
      message: `${match[2] ?? 'It'} is the default subvolume of the file system. Nothing was deleted.`,
      remedy: 'Make another one the default first: btrfs subvolume set-default.',
    }),
  },
  {
    pattern: /deletion failed with EPERM, you don't have permissions or send may be in progress/,
    explain: () => ({
      message:
        'btrfs refused: the login may not delete it, or it is being sent (btrfs send). Nothing was deleted.',
      remedy: 'Wait for the send to end, or turn on "Use sudo" for this host.',
    }),
  },
  sourceGone,
  notSubvolume,
  ...common,
];

export const writeAccessFailures: readonly KnownFailure[] = [
  {
    pattern: /cannot flip ro->rw with received_uuid set/,
    explain: () => ({
      message: 'It was received from another host, and incremental receives rest on it. Nothing was changed.',
      remedy: 'Take a writable snapshot of it instead.',
    }),
  },
  {
    pattern: /Text file busy/,
    explain: () => ({
      message: 'It is in use: a file in it is open for writing, or it is being sent. Nothing was changed.',
      remedy: 'Stop what uses it, then plan it again.',
    }),
  },
  sourceGone,
  notSubvolume,
  ...common,
];

export const scrubStartFailures: readonly KnownFailure[] = [
  {
    pattern: /Scrub is already running/,
    explain: () => ({ message: 'A scrub is running already. No other was started.', remedy: refresh }),
  },
  ...common,
];
export const scrubCancelFailures: readonly KnownFailure[] = [
  {
    pattern: /scrub cancel failed on .*: not running/,
    explain: () => ({ message: 'No scrub is running, so none was cancelled.', remedy: refresh }),
  },
  ...common,
];

export const balanceFailures: readonly KnownFailure[] = [
  {
    pattern: /balance pause on '.*' failed: Not running/,
    explain: () => ({ message: 'No balance is running, so none was paused.', remedy: refresh }),
  },
  {
    pattern: /balance (cancel|resume) on '.*' failed: Not in progress/,
    explain: (match) => ({
      message: `There is no balance, so none was ${match[1] === 'cancel' ? 'cancelled' : 'resumed'}.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /error during balancing '([^']*)': No space left on device/,
    explain: (match) => ({
      message: `The balance of ${match[1] ?? 'the file system'} stopped: no device had room for a further chunk. What was moved stays moved.`,
      remedy:
        'Start it again with lower percentages (-dusage=0 needs no room), delete data, or add a device.',
    }),
  },
  {
    pattern: /Operation canceled|Interrupted/i,
    explain: () => ({
      message: 'The balance was cancelled or paused. What was moved stays moved.',
      remedy: refresh,
    }),
  },
  ...common,
];

const holdsData: KnownFailure = {
  pattern: /(\S+) appears to contain an existing filesystem \(([^)]*)\)/,
  explain: (match) => ({
    message: `${match[1] ?? 'The disk'} holds data (${match[2] ?? 'unknown'}). Nothing was changed: Holdfast never forces.`,
    remedy: 'Choose another disk, or clear this one on the host if nothing on it is needed: wipefs -a.',
  }),
};
const hasPartitions: KnownFailure = {
  pattern: /(\S+) appears to contain a partition table \(([^)]*)\)/,
  explain: (match) => ({
    message: `${match[1] ?? 'The disk'} has a partition table (${match[2] ?? 'unknown'}). Nothing was changed: Holdfast never forces.`,
    remedy: 'Choose another disk, or clear this one on the host if nothing on it is needed: wipefs -a.',
  }),
};
const diskMounted: KnownFailure = {
  pattern: /(\S+) is mounted/,
  explain: (match) => ({
    message: `${match[1] ?? 'The disk'} is mounted. Nothing was changed.`,
    remedy: 'Unmount it, or choose another disk.',
  }),
};
const noDisk: KnownFailure = {
  pattern: /checking status of (\S+): No such file or directory/,
  explain: (match) => ({
    message: `There is no device ${match[1] ?? ''} on this host. Nothing was changed.`,
    remedy: refresh,
  }),
};
const deviceBusy: KnownFailure = {
  pattern: /Device or resource busy/,
  explain: () => ({
    message: 'The disk is in use by something else. Nothing was changed.',
    remedy: 'Take it out of use (mount, swap, RAID, LVM), or choose another one.',
  }),
};

export const addDeviceFailures: readonly KnownFailure[] = [
  holdsData,
  hasPartitions,
  diskMounted,
  noDisk,
  deviceBusy,
  ...common,
];

export const removeDeviceFailures: readonly KnownFailure[] = [
  {
    pattern: /unable to go below (\w+) devices? on (\w+)/,
    explain: (match) => ({
      message: `Profile ${match[2] ?? ''} needs at least ${match[1] ?? ''} devices. Nothing was removed.`,
      remedy: 'Add or replace a device instead, or convert to another profile first.',
    }),
  },
  {
    pattern: /error removing (?:device|devid) '?([^':]+)'?: (?:No data available|No such file or directory)/,
    explain: (match) => ({
      message: `The file system has no device ${match[1] ?? ''}. Nothing was removed.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /error removing (?:device|devid) '?([^':]+)'?: No space left on device/,
    explain: (match) => ({
      message: `The other devices have no room for what is on device ${match[1] ?? ''}. It was not removed; what was moved stays moved.`,
      remedy: 'Free space or add a device, then plan it again.',
    }),
  },
  ...common,
];

export const replaceFailures: readonly KnownFailure[] = [
  {
    pattern: /device replace on '([^']*)' already started/,
    explain: (match) => ({
      message: `A replacement is under way on ${match[1] ?? 'this file system'} already. Nothing more was begun.`,
      remedy: 'Wait for its end, or cancel it.',
    }),
  },
  holdsData,
  hasPartitions,
  diskMounted,
  noDisk,
  {
    pattern: /'(\d+)' is not a valid devid for filesystem/,
    explain: (match) => ({
      message: `The file system has no device with the id ${match[1] ?? ''}. Nothing was replaced.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /target device smaller than source device \(required (\d+) bytes\)/,
    explain: (match) => ({
      message: `The new disk is too small: ${match[1] ?? ''} bytes are needed. Nothing was replaced.`,
      remedy: 'Choose a disk at least as large as the old one.',
    }),
  },
  deviceBusy,
  ...common,
];

export const resizeFailures: readonly KnownFailure[] = [
  {
    pattern: /cannot find devid: (\d+)/,
    explain: (match) => ({
      message: `The file system has no device with the id ${match[1] ?? ''}. Nothing was resized.`,
      remedy: refresh,
    }),
  },
  ...common,
];

export const labelFailures: readonly KnownFailure[] = [
  {
    pattern: /label .* is too long \(max (\d+)\)/,
    explain: (match) => ({
      message: `The label is longer than ${match[1] ?? '255'} characters. It was not changed.`,
      remedy: 'Choose a shorter one.',
    }),
  },
  ...common,
];

/** Verbs that exit 2 and print why on stdout, or not at all: the code alone says that there was nothing to do. */
export function explainOrNothing(
  failures: readonly KnownFailure[],
  nothing: string,
): (exitCode: number, stderr: string) => { message: string; remedy: string } | null {
  return (exitCode, stderr) =>
    explain(failures, exitCode, stderr) ??
    (exitCode === 2 && stderr.trim() === '' ? { message: nothing, remedy: refresh } : null);
}
export const otherFailures = common;
