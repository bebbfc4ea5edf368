import type { KnownFailure } from '../failures';
import { commonFailures } from './failures';

const refresh = 'Refresh the host to see what is there now.';

/** vgcreate and vgextend, as lvm2 2.03.16 words them. */
export const groupFailures: readonly KnownFailure[] = [
  {
    pattern: /A volume group called (\S+) already exists/,
    explain: (match) => ({
      message: `There is a volume group ${match[1] ?? ''} already. Nothing was changed.`,
      remedy: 'Choose another name.',
    }),
  },
  {
    pattern: /physical volume '([^']*)' is already in volume group '([^']*)'/i,
    explain: (match) => ({
      message: `${match[1] ?? 'A disk'} belongs to volume group ${match[2] ?? ''}. Nothing was changed.`,
      remedy: 'Choose another disk.',
    }),
  },
  {
    pattern: /Can't open (\S+) exclusively/,
    explain: (match) => ({
      message: `${match[1] ?? 'A disk'} is mounted or used by something else. Nothing was changed.`,
      remedy: 'Choose another disk, or stop what uses it.',
    }),
  },
  {
    pattern: /No device found for (\S+?)\.?$/m,
    explain: (match) => ({
      message: `There is no device ${match[1] ?? ''} on this host. Nothing was changed.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /Wipe it\? \[y\/n\]|signature detected on (\S+)|Aborted wiping of/,
    explain: () => ({
      message:
        'LVM found data on a disk and asked whether to erase it. Nobody answered, so nothing was changed.',
      remedy: 'Look at the disk; if nothing of it is needed, clear it on the host with "wipefs -a DEVICE".',
    }),
  },
  {
    pattern: /\/dev\/(\S+): already exists in filesystem/,
    explain: (match) => ({
      message: `There is a volume group or something else by the name of ${match[1] ?? ''} in /dev already. Nothing was changed.`,
      remedy: 'Choose another name.',
    }),
  },
  {
    pattern: /New volume group name "([^"]*)" is invalid/,
    explain: () => ({
      message: 'LVM does not take this name. Nothing was changed.',
      remedy: 'Choose another name.',
    }),
  },
  {
    pattern: /partitioned|is used by another device|Device \S+ excluded/,
    explain: () => ({
      message: 'A disk is partitioned, used by something else or shut out by lvm.conf. Nothing was changed.',
      remedy: 'Choose another disk, or look at "lvmdiskscan" and the filter in lvm.conf.',
    }),
  },
  ...commonFailures,
];

/** vgextend labels its disks before it looks for the group (2.03.16), so "nothing was changed" would be a guess. */
export const extendGroupFailures: readonly KnownFailure[] = [
  {
    pattern: /Volume group "([^"]*)" not found/,
    explain: (match) => ({
      message: `There is no volume group ${match[1] ?? ''} any more. The disks belong to no group, but may carry LVM's label now.`,
      remedy: 'Look at them with "pvs"; what should carry none: pvremove DEVICE',
    }),
  },
  ...groupFailures,
];

/** lvcreate, lvextend, lvrename and lvremove, as lvm2 2.03.16 words them. */
export const volumeFailures: readonly KnownFailure[] = [
  {
    pattern: /Logical Volume "([^"]*)" already exists in volume group "([^"]*)"/i,
    explain: (match) => ({
      message: `There is a volume ${match[2] ?? ''}/${match[1] ?? ''} already. Nothing was changed.`,
      remedy: 'Choose another name.',
    }),
  },
  {
    pattern: /New logical volume name "?([^"\s]*)"? already exists|already exists in volume group/i,
    explain: () => ({
      message: 'There is a volume of that name already. Nothing was changed.',
      remedy: 'Choose another name.',
    }),
  },
  {
    pattern: /insufficient free space \((\d+) extents\): (\d+) required/i,
    explain: (match) => ({
      message: `The volume group has ${match[1] ?? ''} free extents and ${match[2] ?? ''} are needed. Nothing was changed.`,
      remedy: 'Choose a smaller size, or add a disk to the group.',
    }),
  },
  {
    pattern: /Insufficient free space: (\d+) extents needed, but only (\d+) available/i,
    explain: (match) => ({
      message: `${match[1] ?? ''} extents are needed and ${match[2] ?? ''} are free. Nothing was changed.`,
      remedy: 'Choose a smaller size, or add a disk to the group.',
    }),
  },
  {
    pattern: /contains a filesystem in use|in use\.?$|is used by another device/m,
    explain: () => ({
      message: 'The volume is mounted or used by something else. Nothing was changed.',
      remedy: 'Unmount it, or stop what uses it, then plan it again.',
    }),
  },
  {
    pattern: /free space in thin pool (\S+) reached threshold/,
    explain: (match) => ({
      message: `Thin pool ${match[1] ?? ''} has too little space left. Nothing was created.`,
      remedy: 'Extend the thin pool, or destroy something in it.',
    }),
  },
  {
    // lvextend -r looks at the file system before it extends (2.03.16).
    pattern: /Cannot get FSTYPE|Filesystem check failed/,
    explain: () => ({
      message:
        'There is no file system on it that LVM could grow, or its check failed. Nothing was extended.',
      remedy: 'Extend it without its file system, or look at what is on it: blkid, fsck.',
    }),
  },
  {
    pattern: /fsadm failed/,
    explain: () => ({
      message: 'The volume was extended, but its file system could not be grown with it.',
      remedy: 'Grow the file system by hand: resize2fs, or xfs_growfs.',
    }),
  },
  {
    pattern: /Pool (\S+) not found in Volume group (\S+?)\.?$/m,
    explain: (match) => ({
      message: `There is no thin pool ${match[2] ?? ''}/${match[1] ?? ''} any more. Nothing was created.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /Snapshot origin volumes can be resized only while inactive/,
    explain: () => ({
      message:
        'The volume has snapshots, and LVM resizes such a volume only while it is inactive. Nothing was changed.',
      remedy: 'Destroy its snapshots, or deactivate it first with "lvchange -an".',
    }),
  },
  {
    pattern: /Change of snapshot (\S+) will also change its origin (\S+?)\.?\s/,
    explain: (match) => ({
      message: `${match[1] ?? 'A snapshot'} is active whenever ${match[2] ?? 'its volume'} is. Nothing was changed.`,
      remedy: 'Activate or deactivate the volume.',
    }),
  },
  {
    pattern: /Logical volume (\S+) not found in volume group (\S+?)\.?$/m,
    explain: (match) => ({
      message: `There is no volume ${match[2] ?? ''}/${match[1] ?? ''} any more. Nothing was changed.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /Existing logical volume "([^"]*)" not found/,
    explain: (match) => ({
      message: `There is no volume ${match[1] ?? ''} any more. Nothing was changed.`,
      remedy: refresh,
    }),
  },
  ...commonFailures,
];

/** pvmove, as lvm2 2.03.16 words it. */
export const moveFailures: readonly KnownFailure[] = [
  {
    pattern: /Insufficient free space: (\d+) extents needed, but only (\d+) available/,
    explain: (match) => ({
      message: `${match[1] ?? ''} extents are to be moved and there is room for ${match[2] ?? ''}. Nothing was moved.`,
      remedy: 'Choose a larger disk, or add one to the group.',
    }),
  },
  {
    pattern: /No extents available for allocation/,
    explain: () => ({
      message: 'The other disks of the group have no room. Nothing was moved.',
      remedy: 'Add a disk to the group, or move to a new one.',
    }),
  },
  {
    pattern: /Detected pvmove in progress for (\S+?)\.?$/m,
    explain: (match) => ({
      message: `Data of ${match[1] ?? 'the disk'} is being moved already. Nothing new was started.`,
      remedy: 'Wait for its end, or stop the move.',
    }),
  },
  {
    pattern: /Physical Volume "([^"]*)" not found in Volume Group "([^"]*)"/i,
    explain: (match) => ({
      message: `${match[1] ?? 'The disk'} does not belong to ${match[2] ?? 'the group'}. Nothing was moved.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /All data on source PV skipped|No data to move/,
    explain: () => ({
      message: 'There was nothing on the disk that LVM would move: it is empty, or held by a move or merge.',
      remedy: refresh,
    }),
  },
  {
    pattern: /Failed to find physical volume "([^"]*)"/,
    explain: (match) => ({
      message: `${match[1] ?? 'The disk'} is no physical volume. Nothing was moved.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /No pvmove in progress/,
    explain: () => ({ message: 'No move is under way any more. Nothing was changed.', remedy: refresh }),
  },
  ...groupFailures,
];

/** vgreduce, vgrename, vgremove and pvremove, as lvm2 2.03.16 words them. */
export const changeGroupFailures: readonly KnownFailure[] = [
  {
    pattern: /New VG name "([^"]*)" already exists/,
    explain: (match) => ({
      message: `There is a volume group ${match[1] ?? ''} already. Nothing was changed.`,
      remedy: 'Choose another name.',
    }),
  },
  {
    pattern: /Physical volume "([^"]*)" still in use/,
    explain: (match) => ({
      message: `Volumes have parts on ${match[1] ?? 'the disk'}. It stays in the group.`,
      remedy: 'Move its data to other disks first.',
    }),
  },
  {
    pattern: /There are still partial LVs in VG (\S+?)\.?$/m,
    explain: (match) => ({
      message: `Volumes of ${match[1] ?? 'the group'} have parts on a missing disk, so it was not given up.`,
      remedy: 'Bring the disk back, or destroy what is left of these volumes on the host.',
    }),
  },
  {
    pattern: /Volume group "([^"]*)" not removed|containing \d+ logical volumes/,
    explain: () => ({
      message: 'The group has volumes, so LVM asked before destroying it. Nobody answered, and it stays.',
      remedy: 'Destroy its volumes first.',
    }),
  },
  {
    pattern: /is used by VG (\S+)/,
    explain: (match) => ({
      message: `A disk belongs to volume group ${match[1] ?? ''}, so its label stays.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /No PV found on device (\S+?)\.?$/m,
    explain: (match) => ({
      message: `${match[1] ?? 'A disk'} carries no label of LVM.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /Failed to find physical volume "([^"]*)"/,
    explain: (match) => ({
      message: `${match[1] ?? 'The disk'} is no physical volume. Nothing was changed.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /Can't remove locked logical volume|locked LV/,
    explain: () => ({
      message: 'Data of the group is being moved, which locks its volumes. Nothing was changed.',
      remedy: 'Wait for the end of the move, or stop it.',
    }),
  },
  ...groupFailures,
];
