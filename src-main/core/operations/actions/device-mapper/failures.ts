import type { KnownFailure } from '../failures';
import { explain } from '../failures';

/** Sentences for what dmsetup 1.02.185, util-linux 2.38, e2fsprogs 1.47 and coreutils 9.1 say. */
const failures: readonly KnownFailure[] = [
  {
    pattern: /remove ioctl on (\S+)\s+failed: Device or resource busy/,
    explain: ([, name = '']) => ({
      message: `Something still holds ${name} open, so it was not removed.`,
      remedy: `Find it with: dmsetup info ${name}; fuser -vm /dev/mapper/${name}. End the virtual machine or the mount, then plan again.`,
    }),
  },
  {
    pattern: /create ioctl on (\S+)\s+failed: Device or resource busy/,
    explain: ([, name = '']) => ({
      message: `There is a device ${name} already, so none was made. Waiting would not help.`,
      remedy:
        'Refresh the host. Where the device is stale, restore the volume or clean up what is left over.',
    }),
  },
  {
    pattern: /remove ioctl on (\S+)\s+failed: No such device or address/,
    explain: ([, name = '']) => ({
      message: `There is no device ${name} any more; somebody else removed it.`,
      remedy: 'Refresh the host: what it still has of it is shown there.',
    }),
  },
  {
    pattern: /reload ioctl on (\S+) .*failed: No such device$/m,
    explain: ([, name = '']) => ({
      message: `A device that ${name} stands on is not there, so it was not made.`,
      remedy: 'Refresh the host and plan again: the loop devices changed.',
    }),
  },
  {
    pattern: /reload ioctl on (\S+) .*failed: Invalid argument/,
    explain: ([, name = '']) => ({
      message: `The kernel refused the table of ${name}: the template is smaller than the volume expects, or the chunk size is none.`,
      remedy:
        'Compare the size of the template with that of the volume. A template that was replaced does not fit.',
    }),
  },
  {
    pattern: /resume ioctl on (\S+)\s+failed: Invalid argument/,
    explain: ([, name = '']) => ({
      message: `Another device uses the same copy-on-write file, so ${name} was not made: two would destroy it.`,
      remedy: 'Refresh the host and look which device has the file.',
    }),
  },
  {
    pattern:
      /(?:create|reload|remove) ioctl on (\S+) .*failed: (?:Operation not permitted|Permission denied)/,
    explain: () => ({
      message: 'This login may not change devices of the kernel. Nothing was changed.',
      remedy: 'Turn on "Use sudo" for this host, or log in as root.',
    }),
  },
  {
    pattern: /Device does not exist\./,
    explain: () => ({
      message: 'The device is not there any more.',
      remedy: 'Refresh the host and plan again.',
    }),
  },
  {
    pattern: /Name ".*" (?:too long|invalid)/,
    explain: () => ({
      message: 'device-mapper takes no such name.',
      remedy: 'Choose a shorter id of letters, digits, dots, dashes and underscores.',
    }),
  },
  {
    pattern: /losetup: (\S+): failed to set up loop device: Device or resource busy/,
    explain: () => ({
      message: 'Somebody took the loop device since the plan was made, so the file was not attached.',
      remedy: 'Plan it again: another number is chosen.',
    }),
  },
  {
    pattern: /losetup: (\S+): failed to set up loop device: No such file or directory/,
    explain: ([, path = '']) => ({
      message: `${path} is not there any more, so it was not attached.`,
      remedy: 'Refresh the host.',
    }),
  },
  {
    pattern: /losetup: (\S+): overlapping loop device exists/,
    explain: ([, path = '']) => ({
      message: `Another loop device has ${path}, so it was not attached a second time: two writers would destroy it.`,
      remedy: 'Refresh the host and plan again.',
    }),
  },
  {
    pattern: /losetup: (\S+): detach failed: No such device or address/,
    explain: ([, loop = '']) => ({
      message: `${loop} has no file any more; somebody else detached it.`,
      remedy: 'Refresh the host.',
    }),
  },
  {
    pattern: /e2fsck: Bad magic number|resize2fs: Bad magic number|dumpe2fs: Bad magic number/,
    explain: () => ({
      message: 'The image holds no ext2, ext3 or ext4 file system, so nothing was done to it.',
      remedy: 'Use a raw image of one ext4 file system, without a partition table.',
    }),
  },
  {
    pattern: /resize2fs: New size smaller than minimum/,
    explain: () => ({
      message: 'The file system holds more than that size.',
      remedy: 'Choose a larger size.',
    }),
  },
  {
    pattern: /blockdev: cannot open (\S+): No such file or directory/,
    explain: ([, path = '']) => ({ message: `There is no device ${path}.`, remedy: 'Refresh the host.' }),
  },
  {
    pattern: /dd: failed to open '(.*)': File exists/,
    explain: ([, path = '']) => ({
      message: `There is a file ${path} already, so it was left alone.`,
      remedy: 'Refresh the host. Choose another name, or clean up what is left over.',
    }),
  },
  {
    pattern: /ln: failed to create hard link '(.*?)'.*: File exists/,
    explain: ([, path = '']) => ({
      message: `There is a template at ${path} by now; it was left alone.`,
      remedy: 'Choose another name.',
    }),
  },
  {
    pattern: /dd: .*Input\/output error/,
    explain: () => ({
      message:
        'The device answers with input/output errors: its snapshot is lost (a copy-on-write file that ran full stays lost for good).',
      remedy: 'Destroy the volume and make a new one, with a larger copy-on-write file.',
    }),
  },
  {
    pattern: /No space left on device|Disk quota exceeded/,
    explain: () => ({
      message: 'The file system of the sandbox volumes is full.',
      remedy:
        'Make room there, then plan again. A volume that meets a full file system while it runs is lost.',
    }),
  },
  {
    pattern: /(?:truncate|tee|mkdir|dd|mv|rm|ln): .*Permission denied|Read-only file system/,
    explain: () => ({
      message: 'The folder of the sandbox volumes cannot be written to.',
      remedy: 'Turn on "Use sudo" for this host, or look how the folder is mounted.',
    }),
  },
  {
    pattern: /(?:mv|rm|ln|rmdir): .*No such file or directory/,
    explain: () => ({
      message: 'A file of the volume is not there any more.',
      remedy: 'Refresh the host: what is left of it is shown there.',
    }),
  },
  {
    pattern: /rmdir: failed to remove '(.*)': Directory not empty/,
    explain: ([, path = '']) => ({
      message: `${path} holds other files, so it stays.`,
      remedy: 'Look what is in it.',
    }),
  },
  {
    pattern: /mkdir: cannot create directory .(.*?).: File exists/,
    explain: ([, path = '']) => ({
      message: `${path} is there already: the sandbox seems to be paused.`,
      remedy: 'Refresh the host.',
    }),
  },
];

export function explainDm(exitCode: number, stderr: string): { message: string; remedy: string } | null {
  // e2fsck and resize2fs print their banner on stderr also when all is well.
  return explain(failures, exitCode, stderr);
}
