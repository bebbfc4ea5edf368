import { checkedPath } from '../../storage/absolute-path';
import type { Probe } from '../../storage/backend';
import { checkedArchive, checkedName, checkedReference } from './names';

/** Argument vectors of msb, checked with 0.6.18 and 0.7.2. All run as the login user, whose data home it is. Pure. */

const mebibyte = 1024 * 1024;

const probe = (id: string, argv: readonly string[], more: Partial<Probe> = {}): Probe => ({
  id,
  argv,
  privileged: false,
  acceptExitCodes: [0],
  timeoutSeconds: 30,
  maxOutputBytes: 32 * mebibyte,
  ...more,
});

export const msbProbes = {
  version: probe('msb-version', ['msb', '--version']),
  /** Exit code 1: sandboxes can't be started here. It says where the data home is all the same. */
  doctor: probe('msb-doctor', ['msb', 'doctor'], { acceptExitCodes: [0, 1] }),
  /** Which backend msb works with. Exit code 2: this msb has no such command, and so no other backend than its own. */
  context: probe('msb-context', ['msb', 'context', '--format', 'json'], { acceptExitCodes: [0, 2] }),
  volumes: probe('msb-volumes', ['msb', 'volume', 'ls', '--format', 'json']),
  sandboxes: probe('msb-sandboxes', ['msb', 'ls', '--format', 'json']),
  snapshots: probe('msb-snapshots', ['msb', 'snapshot', 'ls', '--format', 'json']),
  images: probe('msb-images', ['msb', 'image', 'ls', '--format', 'json']),
} as const satisfies Record<string, Probe>;

/** Text only: the one place that tells labels and path. Exit code 1: it is gone meanwhile. */
export const volumeProbe = (name: string): Probe =>
  probe(`msb-volume ${name}`, ['msb', 'volume', 'inspect', checkedName(name)], { acceptExitCodes: [0, 1] });

export const sandboxProbe = (name: string): Probe =>
  probe(`msb-sandbox ${name}`, ['msb', 'inspect', checkedName(name), '--format', 'json'], {
    acceptExitCodes: [0, 1],
  });

/** Text only. Exit code 1: it is gone meanwhile, or a file of it is. */
export const snapshotProbe = (reference: string): Probe =>
  probe(`msb-snapshot ${reference}`, ['msb', 'snapshot', 'inspect', '--', checkedReference(reference)], {
    acceptExitCodes: [0, 1],
  });

/** Which snapshot is the head of a group; since 0.7. Exit code 1: there is no such group. */
export const headProbe = (group: string): Probe =>
  probe(`msb-head ${group}`, ['msb', 'snapshot', 'head', '--format', 'json', '--', checkedName(group)], {
    acceptExitCodes: [0, 1],
  });

/** Snapshots that lie there, recorded or not. Exit code 1: the folder is not there. */
export const artifactsProbe = (home: string): Probe =>
  probe(
    'msb-artifacts',
    [
      ...['find', checkedPath(`${home}/snapshots`), '-mindepth', '2', '-maxdepth', '3'],
      ...['-name', 'snapshot.json', '-print0'],
    ],
    { acceptExitCodes: [0, 1] },
  );

/** Size and time of each archive. Exit code 1: the folder is not there. */
export const archivesProbe = (home: string): Probe =>
  probe(
    'msb-archives',
    [
      ...['find', checkedPath(archivesFolder(home)), '-mindepth', '1', '-maxdepth', '1'],
      ...['-exec', 'stat', '--terse', '--', '{}', '+'],
    ],
    { acceptExitCodes: [0, 1] },
  );

export const volumesFolder = (home: string): string => `${home}/volumes`;
const locksFolder = (home: string): string => `${home}/volumes/.locks`;
export const lockFile = (home: string, name: string): string =>
  `${locksFolder(home)}/${checkedName(name)}.lock`;
export const diskFile = (home: string, name: string): string =>
  `${volumesFolder(home)}/${checkedName(name)}/disk.raw`;
/** Where directories go that msb has no record of. */
export const asideFolder = (home: string): string => `${home}/volumes-set-aside`;

/** What really lies there, locks included. Exit code 1: a folder is not there, or may not be read. */
export const listingProbe = (home: string): Probe =>
  probe(
    'msb-listing',
    [
      'find',
      checkedPath(volumesFolder(home)),
      checkedPath(locksFolder(home)),
      ...['-mindepth', '1', '-maxdepth', '1', '-print0'],
    ],
    { acceptExitCodes: [0, 1] },
  );

/**
 * One call measures every volume; msb itself always says 0. It takes as long as there are files. What they take comes
 * with when the newest of them was changed, in seconds.
 */
export const usageProbe = (home: string, apparent: boolean): Probe =>
  probe(
    apparent ? 'msb-apparent' : 'msb-usage',
    [
      'du',
      ...(apparent ? ['--apparent-size'] : ['--time', '--time-style=+%s']),
      ...['--block-size=1', '--max-depth=1', '--', checkedPath(volumesFolder(home))],
    ],
    { acceptExitCodes: [0, 1], timeoutSeconds: 60 },
  );

/** Exit code 75: another process holds the lock. A shared lock for no time at all, on a file that is there. */
export const lockHeldExitCode = 75;
export const lockProbeArgv = (path: string): string[] => [
  ...['flock', '--shared', '--nonblock', '--conflict-exit-code', String(lockHeldExitCode)],
  ...[checkedPath(path), 'true'],
];

export const freeSpaceArgv = (path: string): string[] => [
  ...['df', '--block-size=1', '--output=avail', '--'],
  checkedPath(path),
];

export const createDirectoryArgv = (name: string): string[] => [
  ...['msb', 'volume', 'create', '--kind', 'dir', '--'],
  checkedName(name),
];

/** @param sizeMib whole mebibytes: msb reads `G` as a fraction, `M` and no suffix as these */
export const createDiskArgv = (name: string, sizeMib: number): string[] => {
  if (!Number.isSafeInteger(sizeMib) || sizeMib < 1) throw new RangeError('Not a size in MiB.');
  return ['msb', 'volume', 'create', '--kind', 'disk', '--size', `${sizeMib}M`, '--', checkedName(name)];
};

/** How long msb may wait for the lock of a name, which it does without a word and without an end. */
export const lockPatienceSeconds = 30;
/** timeout(1) says 124 when it had to stop what it ran. */
export const gaveUpExitCode = 124;

export const removeVolumeArgv = (name: string): string[] => [
  ...['timeout', '--signal=TERM', String(lockPatienceSeconds), 'msb', 'volume', 'rm', '--'],
  checkedName(name),
];

/** @param integrity record what the content is, so that it can be verified later */
export const createSnapshotArgv = (
  sandbox: string,
  name: string,
  option: '--from-sandbox' | '--from',
  integrity: boolean,
): string[] => [
  ...['msb', 'snapshot', 'create', option, checkedName(sandbox)],
  ...(integrity ? ['--integrity'] : []),
  ...['--', checkedName(name)],
];

export const removeSnapshotArgv = (reference: string): string[] => [
  ...['msb', 'snapshot', 'rm', '--'],
  checkedReference(reference),
];

export const verifySnapshotArgv = (reference: string): string[] => [
  ...['msb', 'snapshot', 'verify', '--'],
  checkedReference(reference),
];

export const restoreSnapshotArgv = (reference: string, name: string): string[] => [
  ...['msb', 'restore', '--name', checkedName(name), '--'],
  checkedReference(reference),
];

/** Selects the member as the head of its group; since 0.7. */
export const selectHeadArgv = (reference: string): string[] => [
  ...['msb', 'snapshot', 'head', '--format', 'json', '--'],
  checkedReference(reference),
];

export const reindexArgv = ['msb', 'snapshot', 'reindex'] as const;

/**
 * Where archives lie on the host. SECURITY: msb writes over whatever file it is told to save to, so the forced command and
 * Holdfast name none outside of it.
 */
export const archivesFolder = (home: string): string => `${home}/archives`;
export const archiveFile = (home: string, name: string): string =>
  `${archivesFolder(home)}/${checkedArchive(name)}`;

export const makeArchivesFolderArgv = (home: string): string[] => [
  ...['mkdir', '--parents', '--mode=700', '--'],
  checkedPath(archivesFolder(home)),
];

/** @param withImage also the image, so that it can be restored where that is not */
export const saveSnapshotArgv = (reference: string, path: string, withImage: boolean): string[] => [
  ...['msb', 'snapshot', 'save', ...(withImage ? ['--with-image'] : []), '--'],
  ...[checkedReference(reference), checkedPath(path)],
];

/** @param group where its snapshots go, since 0.7; null: 0.6, which has no groups */
export const loadSnapshotArgv = (path: string, group: string | null): string[] => [
  ...['msb', 'snapshot', 'load', ...(group === null ? [] : ['--group', checkedName(group)]), '--'],
  checkedPath(path),
];

export const loadImageArgv = (path: string): string[] => ['msb', 'load', '--input', checkedPath(path)];

export const deleteArchiveArgv = (path: string): string[] => ['rm', '--', checkedPath(path)];

/** In a folder of its own beside the volumes, so that nothing of msb looks into it. */
export const makeAsideFolderArgv = (home: string): string[] => [
  ...['mkdir', '--parents', '--mode=700', '--'],
  checkedPath(asideFolder(home)),
];

export const setAsideArgv = (from: string, to: string): string[] => [
  ...['mv', '--no-clobber', '--no-target-directory', '--'],
  ...[checkedPath(from), checkedPath(to)],
];

export const deleteFolderArgv = (path: string): string[] => [
  ...['rm', '--recursive', '--one-file-system', '--'],
  checkedPath(path),
];
