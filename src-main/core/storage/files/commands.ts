import { checkedPath, isAbsolutePath } from '../absolute-path';

/** Commands about single files, by the login user and never as root. coreutils 9.1. Pure. */

/** What a restored file is called: its own name, and the moment it is from. */
const restoredPattern = /\.restored-\d{8}-\d{6}$/;

export function isRestoredPath(path: string): boolean {
  return isAbsolutePath(path) && restoredPattern.test(path);
}

/** `report.txt.restored-20261101-063000`, by UTC. */
export function restoredName(name: string, takenAtMs: number): string {
  const [date = '', time = ''] = new Date(takenAtMs).toISOString().split('T');
  return `${name}.restored-${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`;
}

/** Kind, size in bytes and time of the last change in seconds. Exit 1: it is not there, or may not be seen. */
export const fileStatArgv = (path: string): string[] => ['stat', '-c', '%F/%s/%Y', '--', checkedPath(path)];

/**
 * When a name was made, in seconds since the epoch, with what tells whether it is still the file that was looked at:
 * mode, size, owner and time of the last change. A link is not followed. 0 or `-`: the file system, the kernel or a
 * coreutils before 8.31 does not tell.
 */
export const fileBirthArgv = (path: string): string[] => [
  'stat',
  '-c',
  '%W/%f/%s/%u/%g/%Y',
  '--',
  checkedPath(path),
];

/** Mode, owner and times come along; what is there already is left alone. */
export const restoreFileArgv = (source: string, destination: string): string[] => {
  if (!isRestoredPath(destination)) throw new RangeError('Not the path of a restored file.');
  return [
    'cp',
    '--preserve',
    '--no-clobber',
    '--no-target-directory',
    '--',
    checkedPath(source),
    destination,
  ];
};
