import { checkedGuestPath, checkedImage, checkedName, checkedSandbox, isSandboxName } from './names';

/** Argument vectors that make, drive and remove sandboxes, checked with 0.6.18 and 0.7.2. As the login user. Pure. */

export interface MountRequest {
  volume: string;
  guestPath: string;
  readOnly: boolean;
  /** Of a disk: msb mounts it only by its exact capacity. null: a directory. */
  capacityMib: number | null;
}

export interface SandboxRequest {
  name: string;
  image: string;
  cpus: number;
  memoryMib: number;
  rootDiskMib: number;
  mounts: readonly MountRequest[];
}

function wholeNumber(value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError('Not a whole number above zero.');
  return value;
}

/** One word, so that no mount can be read as an option or as the image. */
function mountWord({ volume, guestPath, readOnly, capacityMib }: MountRequest): string {
  const options = [
    ...(readOnly ? ['ro'] : []),
    ...(capacityMib === null ? [] : ['kind=disk', `size=${wholeNumber(capacityMib)}M`]),
  ];
  const place = [checkedName(volume), checkedGuestPath(guestPath)];
  return `--mount-named=${[...place, ...(options.length === 0 ? [] : [options.join(',')])].join(':')}`;
}

/** `--pull never`: nothing is downloaded. Not `--quiet`, which hides errors (start of 0.7.2). */
export const createSandboxArgv = (request: SandboxRequest): string[] => [
  ...['msb', 'create', '--pull', 'never', '--name', checkedSandbox(request.name)],
  ...['--cpus', String(wholeNumber(request.cpus))],
  ...['--memory', `${wholeNumber(request.memoryMib)}M`],
  ...['--root-disk', `${wholeNumber(request.rootDiskMib)}M`],
  ...request.mounts.map(mountWord),
  ...['--', checkedImage(request.image)],
];

export const startSandboxArgv = (name: string): string[] => ['msb', 'start', '--', checkedSandbox(name)];

/** Without `--timeout` msb 0.7.2 waits for it without an end. */
export const stopSandboxArgv = (name: string, seconds: number): string[] => [
  ...['msb', 'stop', '--timeout', String(wholeNumber(seconds)), '--'],
  checkedSandbox(name),
];

export const killSandboxArgv = (name: string): string[] => [
  ...['msb', 'stop', '--force', '--'],
  checkedSandbox(name),
];

/** Since 0.7. */
export const pauseSandboxArgv = (name: string): string[] => ['msb', 'pause', '--', checkedSandbox(name)];
export const resumeSandboxArgv = (name: string): string[] => ['msb', 'resume', '--', checkedSandbox(name)];

/** Never with `--force`, which would stop it. */
export const removeSandboxArgv = (name: string): string[] => ['msb', 'rm', '--', checkedSandbox(name)];

/** What an argument of a command in a sandbox holds: it stands behind `--`, and no shell reads it. */
export function isCommandWord(word: string): boolean {
  return word.length > 0 && word.length <= 4096 && !/\p{C}/u.test(word);
}

/**
 * No terminal: its output is that of the program, byte for byte. The name can't stand behind `--`, where msb begins to read
 * the command; it begins with a letter or digit.
 */
export function execArgv(name: string, words: readonly string[], seconds: number): string[] {
  if (!isSandboxName(name) || words.length === 0 || !words.every(isCommandWord)) {
    throw new RangeError('Not a command in a sandbox.');
  }
  return ['msb', 'exec', '--no-tty', '--timeout', `${wholeNumber(seconds)}s`, name, '--', ...words];
}
