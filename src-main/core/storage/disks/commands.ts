import type { Probe } from '../backend';

/** Argument vectors of lsblk, ls and smartctl, checked with util-linux 2.38.1 and smartmontools 7.3. Pure. */

const mebibyte = 1024 * 1024;

/** MOUNTPOINTS came with util-linux 2.37; an older lsblk exits 1 with "unknown column". */
const columns = [
  'NAME',
  'KNAME',
  'PATH',
  'TYPE',
  'SIZE',
  'RO',
  'RM',
  'ROTA',
  'MODEL',
  'SERIAL',
  'WWN',
  'TRAN',
  'SUBSYSTEMS',
  'FSTYPE',
  'LABEL',
  'PARTLABEL',
  'PTTYPE',
  'MOUNTPOINTS',
  'FSSIZE',
  'FSUSED',
  'LOG-SEC',
  'PHY-SEC',
] as const;

const lsblk = (id: string, rest: readonly string[]): Probe => ({
  id,
  argv: ['lsblk', '-J', '-b', ...rest],
  // udev and /proc tell it everything; no part of it needs root.
  privileged: false,
  acceptExitCodes: [0],
  timeoutSeconds: 30,
  maxOutputBytes: 64 * mebibyte,
});

export const diskProbes = {
  devices: lsblk('lsblk', ['-o', columns.join(',')]),
  /** exit code 2: there is no such folder, so no disk has a name in it. */
  links: {
    id: 'by-id',
    argv: ['ls', '-l', '/dev/disk/by-id'],
    privileged: false,
    acceptExitCodes: [0, 2],
    timeoutSeconds: 20,
    maxOutputBytes: 8 * mebibyte,
  },
} as const satisfies Record<string, Probe>;

/** Whatever columns this version has (Debian 11: 2.36.1); asked only when the list above is refused. */
export const allColumnsProbe: Probe = lsblk('lsblk-all', ['-O']);

export const isUnknownColumn = (detail: string): boolean => /unknown column/.test(detail);

/**
 * What libblkid finds on the device itself. lsblk only repeats what udev noted down, and udev may have missed it:
 * seen with systemd 252, where a fresh btrfs was never noted. Reads the disk, so it wakes one that sleeps.
 * @param path `/dev/sdb`
 */
export const signatureProbe = (path: string): Probe => ({
  id: `wipefs ${path}`,
  // Without -a and -o wipefs only lists.
  argv: ['wipefs', '-J', '--', checkedPath(path)],
  privileged: true,
  acceptExitCodes: [0],
  timeoutSeconds: 20,
  maxOutputBytes: mebibyte,
});

export const diskTools = ['lsblk', 'ls'] as const;
export const signatureTool = 'wipefs';
export const smartTool = 'smartctl';
export const smartPackage = 'smartmontools';

/**
 * A disk as commands may name it: by-id, or the kernel's plain name. udev writes by-id names in these characters
 * and `\x..`, which no command of ours carries.
 */
export const diskPathPattern =
  /^\/dev\/(?:disk\/by-id\/[A-Za-z0-9][A-Za-z0-9+.:@_-]{0,254}|[a-z][a-z0-9]{1,31})$/;

function checkedPath(path: string): string {
  if (!diskPathPattern.test(path)) throw new RangeError('Not the path of a disk.');
  return path;
}

/** The exit code is a bit mask (smartctl(8), EXIT STATUS); the JSON says the same in words. */
const everyExitCode = Array.from({ length: 256 }, (_, code) => code);

/** @param path `/dev/sda` or its by-id name */
export function smartProbe(path: string): Probe {
  return {
    id: `smart ${path}`,
    // -n standby: a disk that sleeps is left asleep, and smartctl says so.
    argv: ['smartctl', '--json', '-a', '-n', 'standby', '--', checkedPath(path)],
    privileged: true,
    acceptExitCodes: everyExitCode,
    timeoutSeconds: 25,
    maxOutputBytes: 4 * mebibyte,
  };
}

/** All of SMART, also of a disk that sleeps: planning a self-test wakes it anyway. */
export const readSmartArgv = (path: string): string[] => [
  'smartctl',
  '--json',
  '-a',
  '--',
  checkedPath(path),
];
export const smartExitCodes: readonly number[] = everyExitCode;

export const startSelfTestArgv = (path: string, length: 'short' | 'long'): string[] => [
  'smartctl',
  '-t',
  length,
  '--',
  checkedPath(path),
];

export const abortSelfTestArgv = (path: string): string[] => ['smartctl', '-X', '--', checkedPath(path)];
