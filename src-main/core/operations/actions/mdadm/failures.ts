import type { KnownFailure } from '../failures';

const refresh = 'Refresh the host to see what is there now.';
const nothing = 'Nothing was changed.';

const common: readonly KnownFailure[] = [
  {
    pattern: /must be super-user|error opening \S+: Permission denied/,
    explain: () => ({
      message: `Arrays can only be changed as root. ${nothing}`,
      remedy: 'Turn on "Use sudo" for this host, or log in as root.',
    }),
  },
  {
    pattern: /(?:error opening|cannot open|couldn't open) (\/dev\/md\S*?):? No such file or directory/i,
    explain: (match) => ({
      message: `There is no array ${match[1] ?? ''} any more. ${nothing}`,
      remedy: refresh,
    }),
  },
  {
    pattern: /(\/dev\/\S+) does not appear to be an md device/,
    explain: (match) => ({ message: `${match[1] ?? 'It'} is no array. ${nothing}`, remedy: refresh }),
  },
  {
    pattern: /(?:cannot open|stat failed for) (\/dev\/\S+?):? No such file or directory/i,
    explain: (match) => ({
      message: `The disk ${match[1] ?? ''} is not there any more. ${nothing}`,
      remedy: 'Check its cable and power, then refresh the host.',
    }),
  },
  {
    pattern: /(?:cannot open|couldn't open) (\/dev\/\S+?):? Device or resource busy/i,
    explain: (match) => ({
      message: `${match[1] ?? 'A disk'} is in use by something else. ${nothing}`,
      remedy: 'Choose a disk that nothing uses, or free it first.',
    }),
  },
];

export const createFailures: readonly KnownFailure[] = [
  {
    pattern: /Continue creating array\?/,
    explain: (_match, stderr) =>
      /appears to (?:contain|be part)/.test(stderr)
        ? {
            message:
              'mdadm found data on a disk that was blank when the plan was made. No array was created.',
            remedy: 'Refresh the host and see what is on the disk now.',
          }
        : {
            message: 'mdadm asked a question that nobody could answer. No array was created.',
            remedy: 'Report this: Holdfast sends --run where mdadm asks.',
          },
  },
  {
    pattern: /(\/dev\/md\d+) is already in use/,
    explain: (match) => ({
      message: `There is an array ${match[1] ?? ''} already. No array was created.`,
      remedy: 'Choose another name.',
    }),
  },
  {
    pattern: /at least (\d+) raid-devices needed for level (\d+)/,
    explain: (match) => ({
      message: `RAID ${match[2] ?? ''} needs at least ${match[1] ?? ''} disks. No array was created.`,
      remedy: 'Choose more disks, or another level.',
    }),
  },
  {
    pattern: /You haven't given enough devices/,
    explain: () => ({
      message: 'There were fewer disks than places. No array was created.',
      remedy: 'Plan it again with the disks that are there.',
    }),
  },
  {
    pattern: /failed to open (\/dev\/\S+) after earlier success/,
    explain: (match) => ({
      message: `${match[1] ?? 'A disk'} was given twice, or something took it meanwhile. No array was created.`,
      remedy: 'Refresh the host and choose each disk once.',
    }),
  },
  ...common,
];

export const assembleFailures: readonly KnownFailure[] = [
  {
    pattern: /Not enough devices to start|not enough to start|failed to RUN_ARRAY/,
    explain: () => ({
      message:
        'Too few of its disks hold the data: the array was not started. It may stand there as inactive; no data was changed.',
      remedy: 'Connect the missing disks and assemble it again. If they are lost, restore from a backup.',
    }),
  },
  {
    pattern: /(\/dev\/md\d+) is already in use/,
    explain: (match) => ({
      message: `There is another array ${match[1] ?? ''} already. Nothing was assembled.`,
      remedy: 'Choose another name.',
    }),
  },
  {
    pattern: /is busy - skipping|already active/,
    explain: () => ({
      message: 'Its disks are held by an array that is there already. Nothing was assembled.',
      remedy: 'Refresh the host: it may be running, or inactive under another name. Stop that one first.',
    }),
  },
  ...common,
  {
    // mdadm 4.2 says nothing at all where no device carries the UUID, or all of them are taken: exit code 2.
    pattern: /^$/,
    explain: () => ({
      message: 'mdadm found no free disk of this array. Nothing was assembled.',
      remedy: 'Refresh the host: it may be running already, or its disks are gone.',
    }),
  },
];

export const stopFailures: readonly KnownFailure[] = [
  {
    pattern: /Cannot get exclusive access to (\/dev\/md\d+)/,
    explain: (match) => ({
      message: `${match[1] ?? 'The array'} is in use: mounted, part of a volume group, or open in a process. It was not stopped.`,
      remedy: 'Unmount it (umount), deactivate its volume group (vgchange -an), then plan it again.',
    }),
  },
  ...common,
];

export const syncFailures: readonly KnownFailure[] = [
  {
    // "Count not set" is how mdadm 4.2 spells it.
    pattern: /Cou(?:nt|ld) not set action for (\S+) to (\w+): Device or resource busy/,
    explain: (match) => ({
      message: `${match[1] ?? 'The array'} is busy with a check, a rebuild or a reshape. No ${match[2] ?? 'check'} was started.`,
      remedy: 'Wait for it to end, or stop the running check.',
    }),
  },
  {
    pattern: /Cou(?:nt|ld) not set action for (\S+) to (\w+): No such file or directory/,
    explain: (match) => ({
      message: `${match[1] ?? 'The array'} has no redundancy: there is nothing to compare. Nothing was started.`,
      remedy: 'Only RAID 1, 5, 6 and 10 can be checked.',
    }),
  },
  ...common,
];

export const growFailures: readonly KnownFailure[] = [
  {
    pattern: /Need (\d+) spares? to avoid degraded array, and only have (\d+)/,
    explain: (match) => ({
      message: `Growing takes ${match[1] ?? ''} more disks and the array has ${match[2] ?? '0'} spare. ${nothing}`,
      remedy: 'Choose that many new disks.',
    }),
  },
  {
    pattern: /is performing resync\/recovery and cannot be reshaped/,
    explain: () => ({
      message: `The array is being checked, synchronised or rebuilt, and cannot be changed meanwhile. ${nothing}`,
      remedy: 'Wait for it to end, or stop the running check.',
    }),
  },
  {
    pattern: /this change will reduce the size of the array/,
    explain: () => ({
      message: `That would make the array smaller and cut off what is at its end. ${nothing}`,
      remedy: 'Holdfast does not shrink arrays.',
    }),
  },
  {
    pattern: /add new device failed for (\S+) as \d+: Read-only file system/,
    explain: (match) => ({
      message: `The array is read-only, so ${match[1] ?? 'the disk'} was not added. ${nothing}`,
      remedy: 'Make it writable on the host (mdadm --readwrite), then plan it again.',
    }),
  },
  {
    pattern: /[Bb]ackup.file|critical section/,
    explain: () => ({
      message: `mdadm wants a backup file outside the array for this reshape. ${nothing}`,
      remedy: 'Add a spare to the array first; with one more disk it needs no file.',
    }),
  },
  ...common,
];

export const bitmapFailures: readonly KnownFailure[] = [
  {
    pattern: /no bitmap found on (\S+)/,
    explain: (match) => ({
      message: `${match[1] ?? 'The array'} has no bitmap already. ${nothing}`,
      remedy: refresh,
    }),
  },
  {
    pattern: /bitmap already present on (\S+)/,
    explain: (match) => ({
      message: `${match[1] ?? 'The array'} has a bitmap already. ${nothing}`,
      remedy: refresh,
    }),
  },
  {
    pattern: /Bitmaps not meaningful with level (\S+)/,
    explain: (match) => ({
      message: `A ${match[1] ?? 'raid0'} has nothing that a bitmap could speed up. ${nothing}`,
      remedy: 'Only RAID 1, 5, 6 and 10 have one.',
    }),
  },
  {
    pattern: /failed to (?:remove|set|create) internal bitmap/,
    explain: () => ({
      message: `The kernel did not change the bitmap, because the array is busy or has failed. ${nothing}`,
      remedy: 'Wait for what is running on it to end, then plan it again.',
    }),
  },
  ...common,
];

export const addFailures: readonly KnownFailure[] = [
  {
    pattern: /(\S+) not large enough to join array/,
    explain: (match) => ({
      message: `${match[1] ?? 'The disk'} is too small for this array. It was not added.`,
      remedy: 'Choose a disk at least as large as the smallest member.',
    }),
  },
  {
    pattern: /add new device failed for (\S+) as \d+: Read-only file system/,
    explain: (match) => ({
      message: `The array is read-only, so ${match[1] ?? 'the disk'} was not added. ${nothing}`,
      remedy: 'Make it writable on the host (mdadm --readwrite), then plan it again.',
    }),
  },
  {
    pattern: /add new device failed for (\S+) as \d+: Invalid argument/,
    explain: (match) => ({
      message: `The array takes no more members: ${match[1] ?? 'the disk'} was not added.`,
      remedy: 'A RAID 0 has no spares; other levels take one that is at least as large as their members.',
    }),
  },
  ...common,
];

export const failFailures: readonly KnownFailure[] = [
  {
    // Not harmless: RAID1 (kernel 6.1) then fails every write, RAID5 is FAILED, though mdadm exits with "busy".
    pattern: /set device faulty failed for (\S+):\s+Device or resource busy/,
    explain: (match) => ({
      message: `The kernel refused to fail ${match[1] ?? 'the member'}, because the array cannot do without it. The array may have turned broken all the same.`,
      remedy: 'Refresh the host and look at the state of the array before anything else is changed.',
    }),
  },
  {
    pattern: /set device faulty failed for (\S+):\s+No such device/,
    explain: (match) => ({
      message: `${match[1] ?? 'The disk'} is not a member of this array. ${nothing}`,
      remedy: refresh,
    }),
  },
  ...common,
];

const removals: readonly KnownFailure[] = [
  {
    pattern: /hot remove failed for (\S+): Device or resource busy/,
    explain: (match) => ({
      message: `${match[1] ?? 'The member'} is at work in the array. It was not removed.`,
      remedy: 'Set it faulty first, or replace it, which keeps the redundancy.',
    }),
  },
  {
    pattern: /hot remove failed for (\S+): No such device/,
    explain: (match) => ({
      message: `${match[1] ?? 'The disk'} is not a member of this array. ${nothing}`,
      remedy: refresh,
    }),
  },
];

export const removeFailures: readonly KnownFailure[] = [...removals, ...common];

export const replaceFailures: readonly KnownFailure[] = [
  {
    pattern: /(\S+) not found in \S+ so cannot --replace it/,
    explain: (match) => ({
      message: `${match[1] ?? 'The disk'} is not a member of this array. It was not replaced.`,
      remedy: refresh,
    }),
  },
  {
    pattern:
      /(\S+) (?:not found in \S+ so cannot make it preferred replacement|is active and cannot be a replacement)/,
    explain: (match) => ({
      message: `${match[1] ?? 'The new disk'} is not a spare of this array. The old member is marked for replacement and gives its place to the next spare.`,
      remedy: 'Refresh the host. Add a disk as a spare to go on with the replacement.',
    }),
  },
  ...removals,
  ...addFailures,
];
