import type { KnownFailure } from '../failures';
import { commonFailures } from './failures';

const refresh = 'Refresh the host to see what is there now.';
const nothing = 'Nothing was changed.';

const known = (pattern: RegExp, message: string, remedy: string): KnownFailure => ({
  pattern,
  // $1 and $2 stand for what the tool named.
  explain: (match) => ({
    message: message.replace(/\$(\d)/g, (_all, group: string) => match[Number(group)] ?? ''),
    remedy,
  }),
});

const noPool = known(
  /cannot open '([^']*)': no such pool/,
  `There is no pool $1 on this host. ${nothing}`,
  refresh,
);
const noDevice = known(/no such device in pool/, `The pool has no such device any more. ${nothing}`, refresh);

/** Of everything that takes a new disk: create, replace, attach. */
export const deviceFailures: readonly KnownFailure[] = [
  known(
    /(\S+) is in use and contains an? (?:(unknown)|(\S+)) filesystem/,
    `Disk $1 is in use: another pool, a mount, a volume group or an array holds it. ${nothing}`,
    'Choose a disk that nothing uses.',
  ),
  known(
    /(\S+) contains a filesystem of type '([^']*)'/,
    `Disk $1 holds a $2 and ZFS does not write over it unasked. ${nothing}`,
    'Choose another disk; when nothing on it is needed, clear it on the host with "wipefs -a".',
  ),
  known(
    /(\S+) is part of exported pool '([^']*)'/,
    `Disk $1 belongs to the exported pool $2. ${nothing}`,
    'Import that pool, or choose another disk. When it is not needed any more, clear it with "zpool labelclear".',
  ),
  known(
    /(\S+) is part of (?:potentially )?active pool '([^']*)'/,
    `Disk $1 belongs to pool $2. ${nothing}`,
    'Choose another disk.',
  ),
  known(
    /(\S+) does not contain an EFI label/,
    `Disk $1 has an old partition table, and ZFS does not write over it unasked. ${nothing}`,
    'Choose another disk; when nothing on it is needed, clear it on the host with "wipefs -a".',
  ),
  known(
    /cannot resolve path '([^']*)'|cannot open '([^']*)': No such (?:file|device)/,
    `There is no disk $1$2 on this host. ${nothing}`,
    refresh,
  ),
  known(
    /mountpoint '([^']*)' exists and is not empty/,
    `Folder $1, where the pool would be mounted, is not empty. ${nothing}`,
    'Empty the folder on the host, or choose another name for the pool.',
  ),
  known(
    /cannot create '([^']*)': name is reserved/,
    `zpool keeps the name $1 for itself. ${nothing}`,
    'Choose another name.',
  ),
  known(
    /cannot create '([^']*)': pool already exists/,
    `There is a pool $1 already. ${nothing}`,
    'Choose another name.',
  ),
  known(
    /(raidz\d?|mirror|draid\d?) requires at least (\d+) devices/,
    `Level $1 takes at least $2 disks. ${nothing}`,
    'Choose more disks or another level.',
  ),
  known(
    /one or more vdevs refer to the same device/,
    `Two of the disks are the same one, or one is part of an array or volume group. ${nothing}`,
    'Choose every disk once, and only disks that nothing uses.',
  ),
  known(
    /less than the minimum size \((\S+)\)/,
    `A disk is smaller than ZFS takes ($1). ${nothing}`,
    'Choose a larger disk.',
  ),
  known(
    /device is too small/,
    `The new disk is smaller than the one it stands beside or replaces. ${nothing}`,
    'Choose a disk at least as large as the smallest member.',
  ),
  known(
    /can only be replaced by another hot spare|new device must be a single disk|device is already in use/,
    `ZFS does not take this disk for that place. ${nothing}`,
    refresh,
  ),
  known(
    /can only attach to mirrors and top-level disks/,
    `Only a mirror or a single disk takes another disk beside it. ${nothing}`,
    'Replace the disk, or make a new pool.',
  ),
  known(
    /new device has a different optimal sector size/,
    `The new disk has larger sectors than the pool was made for. ${nothing}`,
    'Choose a disk with the same sector size.',
  ),
  known(
    /checkpoint exists|operation not supported while.*checkpoint/i,
    `The pool has a checkpoint, and while it stands no device is attached, detached or removed. ${nothing}`,
    'Discard the checkpoint first.',
  ),
  known(
    /currently resilvering|resilver.*in progress/i,
    `The pool copies data to a device right now. ${nothing}`,
    'Wait for the resilver to end.',
  ),
  known(
    /can't replace active log device|cannot replace a replacing device/,
    `This device is being replaced already. ${nothing}`,
    'Wait for the resilver to end.',
  ),
  noDevice,
  noPool,
  ...commonFailures,
];

/** Of detach, online, offline, clear. */
export const memberFailures: readonly KnownFailure[] = [
  known(
    /cannot (?:offline|detach) (.+): no valid replicas/,
    `Without $1 the pool would lose data, so it stays. ${nothing}`,
    'Bring another member of its group online first.',
  ),
  known(
    /cannot detach (.+): only applicable to mirror and replacing vdevs/,
    `$1 stands in no mirror, so it cannot be taken out. ${nothing}`,
    'Replace it instead.',
  ),
  known(
    /cannot (?:online|offline|detach|clear errors for) (.+): device is reserved as a hot spare/,
    `$1 is a hot spare. ${nothing}`,
    'Take it out of the spares instead.',
  ),
  ...deviceFailures,
];

export const scrubFailures: readonly KnownFailure[] = [
  known(
    /cannot (?:cancel|pause) scrubbing (\S+): there is no active scrub/,
    'No scrub of pool $1 is under way, so there is nothing to stop.',
    refresh,
  ),
  known(
    /cannot scrub (.+): currently scrubbing/,
    'A scrub of pool $1 is under way already.',
    'Follow it on the pool.',
  ),
  known(
    /cannot (?:scrub|pause scrubbing|cancel scrubbing) (.+): currently resilvering/,
    'Pool $1 copies data to a device right now, and a scrub has to wait for that.',
    'Wait for the resilver to end; it reads the same data.',
  ),
  known(/scrub is (?:already )?paused/, 'The scrub is paused already.', 'Resume it, or stop it.'),
  noPool,
  ...commonFailures,
];

export const trimFailures: readonly KnownFailure[] = [
  known(
    /no devices in pool support trim operations|trim operations? (?:are |is )?not supported|: trim not supported/i,
    'None of the devices of this pool supports trimming.',
    'Trimming is for SSDs, and controllers often do not pass it on.',
  ),
  known(/: currently trimming/, 'A device of this pool trims already.', 'Follow it on the pool.'),
  known(
    /: there is no active trim/,
    'No device of this pool trims now, so there is nothing to stop.',
    refresh,
  ),
  noPool,
  ...commonFailures,
];

export const checkpointFailures: readonly KnownFailure[] = [
  known(
    /cannot checkpoint '([^']*)': checkpoint exists/,
    'Pool $1 has a checkpoint already, and there is only one at a time.',
    'Discard the old one first.',
  ),
  known(
    /cannot discard checkpoint in '([^']*)': checkpoint does not exist/,
    'Pool $1 has no checkpoint any more.',
    refresh,
  ),
  known(
    /cannot checkpoint '([^']*)': device removal in progress/,
    'A device is being removed from pool $1, and a checkpoint has to wait for that.',
    'Wait for the removal to end.',
  ),
  known(
    /checkpoint is being discarded|currently discarding/i,
    'The old checkpoint is still being discarded.',
    'Wait a moment, then plan it again.',
  ),
  noPool,
  ...commonFailures,
];

export const exportFailures: readonly KnownFailure[] = [
  known(
    /cannot unmount '([^']*)': (?:pool or dataset|dataset|target) is busy/,
    '$1 is in use, so the pool stays where it is. Some of its other file systems may be unmounted now.',
    'Stop the programs that use it (fuser -vm names them), then plan it again. "zfs mount -a" mounts what was unmounted.',
  ),
  known(
    /cannot export '([^']*)': pool is busy|'([^']*)': pool is busy/,
    'Pool $1$2 is in use: a volume of it is open, or a receive is under way. It stays where it is.',
    'Stop what uses its volumes, then plan it again.',
  ),
  known(
    /could not destroy '([^']*)': could not unmount datasets/,
    `The file systems of pool $1 could not be unmounted. ${nothing}`,
    'Stop the programs that use them, then plan it again.',
  ),
  known(
    /has an active shared spare/,
    `A hot spare of this pool serves another one. ${nothing}`,
    'Detach the spare there first.',
  ),
  noPool,
  ...commonFailures,
];

export const importFailures: readonly KnownFailure[] = [
  known(
    /cannot import '([^']*)': a pool with that name already exists/,
    `A pool $1 is imported already. ${nothing}`,
    'When it is another one, import it on the host under a new name: zpool import ID NEWNAME.',
  ),
  known(
    /cannot import '([^']*)': no such pool available/,
    `No disk of this host holds a pool $1 that could be imported. ${nothing}`,
    'Plug its disks in, then plan it again.',
  ),
  known(
    /cannot import '([^']*)': pool was previously in use from another system/,
    `Pool $1 was last used by another host and was not exported there. ${nothing}`,
    'Make sure that the other host does not use it, export it there, then plan it again.',
  ),
  known(
    /cannot import '([^']*)': (?:one or more devices is currently unavailable|insufficient replicas|I\/O error)/,
    `Too many disks of pool $1 are missing or damaged. ${nothing}`,
    'Plug the missing disks in, then plan it again.',
  ),
  known(
    /cannot mount '([^']*)'/,
    'The pool was imported, but $1 could not be mounted.',
    'Look at what is in its mount point, then mount it on the host with "zfs mount -a".',
  ),
  noPool,
  ...commonFailures,
];
