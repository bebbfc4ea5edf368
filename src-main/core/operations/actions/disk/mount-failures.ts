import { explain, type KnownFailure } from '../failures';
import { hint } from '../words';

const refresh = 'Refresh the host to see what is mounted now.';

/** mount, umount (util-linux 2.38.1), mkdir, rmdir (coreutils 9.1), sed 4.9 and systemctl (252), under LC_ALL=C. */
const failures: readonly KnownFailure[] = [
  {
    pattern: /umount: (\S+): target is busy/,
    explain: (match) => ({
      message: `${match[1] ?? 'It'} is in use: a program has a file or a folder of it open, or something is mounted below it. It stays mounted.`,
      remedy: `See who: ${hint('fuser', '-vm', match[1] ?? '')}. End that program, then try again.`,
    }),
  },
  {
    pattern: /umount: (\S+): (?:not mounted|no mount point specified)/,
    explain: (match) => ({
      message: `Nothing is mounted at ${match[1] ?? 'this place'} any more.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /mount: (\S+): (\S+) already mounted/,
    explain: (match) => ({
      message: `${match[2] ?? 'It'} is mounted already. It was not mounted a second time.`,
      remedy: refresh,
    }),
  },
  {
    pattern: /mount: (\S+): can't find (UUID=\S+?)\.?$/m,
    explain: (match) => ({
      message: `No disk of this host carries ${match[2] ?? 'this UUID'} any more. Nothing was mounted.`,
      remedy: 'Plug it in and refresh the host.',
    }),
  },
  {
    pattern: /mount: \S+: mount point does not exist/,
    explain: () => ({
      message: 'The folder for the mount is not there any more. Nothing was mounted.',
      remedy: 'Plan it again: the folder is made then.',
    }),
  },
  {
    pattern: /mount: \S+: unknown filesystem type '([^']*)'/,
    explain: (match) => ({
      message: `The kernel of this host knows no ${match[1] ?? 'such file system'}. Nothing was mounted.`,
      remedy: `Load its module on the host (${hint('modprobe', match[1] ?? 'NAME')}), or install a kernel that has it.`,
    }),
  },
  {
    pattern: /mount: (\S+): wrong fs type, bad option, bad superblock on (\S+?),/,
    explain: (match) => ({
      message: `The kernel takes what is on ${match[2] ?? 'the disk'} for no whole file system of this type. Nothing was mounted.`,
      remedy:
        'dmesg on the host says why. Check the file system with its own tool before anything is written to it.',
    }),
  },
  {
    pattern: /mount: \S+: mount\(2\) system call failed: Structure needs cleaning/,
    explain: () => ({
      message: 'The file system is damaged. Nothing was mounted.',
      remedy: 'Check it with its own tool on the host, such as e2fsck or xfs_repair.',
    }),
  },
  {
    pattern: /mkdir: cannot create directory \S+: File exists/,
    explain: () => ({
      message: 'Somebody made a folder or file of this name just now. Nothing was mounted.',
      remedy: 'Plan it again.',
    }),
  },
  {
    pattern: /mkdir: cannot create directory \S+: No such file or directory/,
    explain: () => ({
      message: 'The folder above it is not on this host. Nothing was mounted.',
      remedy: 'Choose another place: /mnt is on every host.',
    }),
  },
  {
    pattern:
      /sed: (?:couldn't (?:open temporary file|readlink)|cannot rename|can't read) [^\n]*: ([^\n:]+)$/m,
    explain: (match) => ({
      message: `/etc/fstab could not be written: ${match[1] ?? ''}. It is as it was.`,
      remedy: 'See whether the file is there, and whether the root file system is read-only or full.',
    }),
  },
  {
    pattern: /System has not been booted with systemd/,
    explain: () => ({
      message: 'This host does not run systemd, which Holdfast has to tell of a change of /etc/fstab.',
      remedy: 'Mount it without the line in /etc/fstab, or write that line by hand.',
    }),
  },
];

export const explainMount = (exitCode: number, stderr: string): { message: string; remedy: string } | null =>
  explain(failures, exitCode, stderr);
