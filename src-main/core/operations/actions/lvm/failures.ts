import type { KnownFailure } from '../failures';

const refresh = 'Refresh the host to see what is there now.';

export const commonFailures: readonly KnownFailure[] = [
  {
    pattern: /Running as a non-root user|open failed: Permission denied/,
    explain: () => ({
      message: 'LVM can only be changed as root. Nothing was changed.',
      remedy: 'Turn on "Use sudo" for this host, or log in as root.',
    }),
  },
  {
    pattern: /Cannot change VG (\S+) while PVs are missing/,
    explain: (match) => ({
      message: `Volume group ${match[1] ?? ''} misses a disk, and LVM changes nothing in it until it is back. Nothing was changed.`,
      remedy: 'Bring the disk back (vgextend --restoremissing) or give it up (vgreduce --removemissing).',
    }),
  },
  {
    pattern: /Volume group "([^"]*)" not found/,
    explain: (match) => ({
      message: `There is no volume group ${match[1] ?? ''} on this host. Nothing was changed.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /Failed to find logical volume "([^"]*)"/,
    explain: (match) => ({
      message: `There is no volume ${match[1] ?? ''} any more. Nothing was changed.`,
      remedy: refresh,
    }),
  },
];

export const createFailures: readonly KnownFailure[] = [
  ...commonFailures,
  {
    pattern: /Logical Volume "([^"]*)" already exists in volume group "([^"]*)"/i,
    explain: (match) => ({
      message: `There is a volume ${match[2] ?? ''}/${match[1] ?? ''} already. No snapshot was created.`,
      remedy: 'Choose another name.',
    }),
  },
  {
    pattern: /insufficient free space \((\d+) extents\): (\d+) required/,
    explain: (match) => ({
      message: `The volume group has ${match[1] ?? ''} free extents and the snapshot needs ${match[2] ?? ''}. No snapshot was created.`,
      remedy: 'Choose a smaller size, or extend the volume group.',
    }),
  },
  {
    pattern: /Snapshot origin LV (\S+) not found in Volume group (\S+?)\.?$/m,
    explain: (match) => ({
      message: `There is no volume ${match[2] ?? ''}/${match[1] ?? ''} any more. No snapshot was created.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /Snapshots of snapshots are not supported/,
    explain: () => ({
      message: 'LVM takes no snapshot of a snapshot that has its own size. No snapshot was created.',
      remedy: 'Take the snapshot of the volume itself.',
    }),
  },
  {
    pattern: /Snapshots of an origin that has a merging snapshot are not supported/,
    explain: () => ({
      message: 'A rollback of this volume is still under way. No snapshot was created.',
      remedy: 'Wait for the merge to end, or activate the volume anew so that it starts.',
    }),
  },
  {
    pattern: /Snapshots of (.+) type volumes are not supported/,
    explain: (match) => ({
      message: `LVM takes no snapshot of a ${match[1] ?? ''}. No snapshot was created.`,
      remedy: 'Choose a volume that holds data.',
    }),
  },
  {
    pattern: /Please specify either size or extents with snapshots/,
    explain: () => ({
      message: 'A snapshot of this volume needs a size of its own. No snapshot was created.',
      remedy: 'Plan it again with a size.',
    }),
  },
  {
    pattern: /free space in thin pool (\S+) reached threshold/,
    explain: (match) => ({
      message: `Thin pool ${match[1] ?? ''} has too little space left. No snapshot was created.`,
      remedy: 'Extend the thin pool, or destroy something in it.',
    }),
  },
];

export const destroyFailures: readonly KnownFailure[] = [
  ...commonFailures,
  {
    pattern: /contains a filesystem in use|\bin use\.?$|is used by another device/m,
    explain: () => ({
      message: 'The snapshot is mounted or used by something else. Nothing was destroyed.',
      remedy: 'Unmount it, or stop what uses it, then plan it again.',
    }),
  },
  {
    pattern: /Can't remove merging snapshot|volume is merged to/,
    explain: () => ({
      message: 'The snapshot is being merged into its volume and goes away by itself. Nothing was destroyed.',
      remedy: 'Wait for the merge to end, or activate the volume anew so that it starts.',
    }),
  },
  {
    pattern: /Do you really want to remove|not removed/,
    explain: () => ({
      message: 'LVM asked a question that nobody could answer. Nothing was destroyed.',
      remedy: 'Report this: Holdfast sends -y so that LVM does not ask.',
    }),
  },
];

export const rollbackFailures: readonly KnownFailure[] = [
  ...commonFailures,
  {
    pattern: /Unable to merge invalidated snapshot LV (\S+?)\.?$/m,
    explain: (match) => ({
      message: `Snapshot ${match[1] ?? ''} overflowed: it no longer holds the old state. Nothing was rolled back.`,
      remedy: 'Restore from a backup. The snapshot can only be destroyed.',
    }),
  },
  {
    pattern: /Cannot merge snapshot \S+ into the origin (\S+) with merging snapshot/,
    explain: (match) => ({
      message: `Another snapshot is being merged into ${match[1] ?? 'the volume'}. Nothing was rolled back.`,
      remedy: 'Wait for that merge to end, or activate the volume anew so that it starts.',
    }),
  },
  {
    pattern: /lv_is_merging_cow|lv_is_merging/,
    explain: () => ({
      message: 'This snapshot is being merged already. Nothing more was done.',
      remedy: 'Wait for the merge to end, or activate the volume anew so that it starts.',
    }),
  },
  {
    pattern: /cannot be merged because --trackchanges was not used|is not a (?:mergeable|snapshot)/,
    explain: () => ({
      message: 'This is a volume, not a snapshot, so there is nothing to roll back to. Nothing was changed.',
      remedy: refresh,
    }),
  },
];
