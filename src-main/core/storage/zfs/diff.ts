import { isDatasetName, isSnapshotName, splitSnapshotName } from './commands';
import { unexpectedOutput } from '../unexpected';

/** `zfs diff -F -H -t`: what changed between a snapshot and a later one, or the dataset as it is. zfs-diff(8), 2.1. */

export const diffChanges = ['created', 'removed', 'modified', 'renamed'] as const;
export type DiffChange = (typeof diffChanges)[number];

export interface DiffEntry {
  change: DiffChange;
  kind: 'file' | 'folder' | 'link' | 'device' | 'pipe' | 'socket' | 'other';
  /** Absolute, below the mount point. */
  path: string;
  /** Renamed: where it is now. */
  newPath: string | null;
  /** A file with more or fewer names than before; 0 where nothing is said. */
  linkChange: number;
  /** When its inode last changed, in milliseconds. */
  changedAtMs: number;
}

/**
 * Needs root, or `zfs allow … diff`. Walks every changed object: minutes on a large dataset.
 *
 * @param later a snapshot of the same dataset, or null: the dataset as it is now
 */
export const diffArgv = (snapshot: string, later: string | null): string[] => {
  const { dataset } = splitSnapshotName(snapshot);
  if (!isDatasetName(dataset)) throw new RangeError('Not the name of a ZFS dataset.');
  if (later !== null && (!isSnapshotName(later) || splitSnapshotName(later).dataset !== dataset)) {
    throw new RangeError('Not another snapshot of the same ZFS dataset.');
  }
  return ['zfs', 'diff', '-FHt', '--', snapshot, later ?? dataset];
};

/** The read as the inventory's probes are: whitelisted, bounded. */
export function diffSnapshots(snapshot: string, later: string | null) {
  return {
    operation: 'compare the snapshots',
    argv: diffArgv(snapshot, later),
    acceptExitCodes: [0],
    timeoutSeconds: 600,
    maxOutputBytes: 64 * 1024 * 1024,
  } as const;
}

const changes: Readonly<Record<string, DiffChange>> = {
  '+': 'created',
  '-': 'removed',
  M: 'modified',
  R: 'renamed',
};

/** `ls -F` letters of zfs-diff(8). */
const kinds: Readonly<Record<string, DiffEntry['kind']>> = {
  F: 'file',
  '/': 'folder',
  '@': 'link',
  B: 'device',
  C: 'device',
  '|': 'pipe',
  '=': 'socket',
  P: 'other',
  '>': 'other',
};

/**
 * Paths as zfs diff prints them: every byte that is not printable ASCII, and the backslash and blank, as a
 * backslash with four octal digits (`\0040`; stream_bytes() in libzfs_diff.c).
 */
export function unescapePath(text: string): string {
  if (!text.includes('\\')) return text;
  const octets: number[] = [];
  for (let at = 0; at < text.length;) {
    const escape = /^\\(0[0-3][0-7]{2})/.exec(text.slice(at, at + 5));
    if (escape?.[1] === undefined) {
      octets.push(...Buffer.from(text.charAt(at), 'utf8'));
      at += 1;
    } else {
      octets.push(Number.parseInt(escape[1], 8));
      at += 5;
    }
  }
  return Buffer.from(octets).toString('utf8');
}

const command = 'zfs diff';

/** Throws `unexpected-output` on the first line that is not understood. */
export function parseDiff(stdout: string): DiffEntry[] {
  if (stdout === '') return [];
  const lines = stdout.split('\n');
  if (lines.pop() !== '')
    throw unexpectedOutput(command, 'it ends in the middle of a line', stdout.slice(-200));
  return lines.map((line) => {
    const [time = '', letter = '', mark = '', path, ...rest] = line.split('\t');
    const change = changes[letter];
    const kind = kinds[mark];
    const seconds = /^(\d{1,12})\.\d{1,9}$/.exec(time)?.[1];
    if (change === undefined || kind === undefined || seconds === undefined || path === undefined) {
      throw unexpectedOutput(command, 'a line is not time, change, kind and path', line);
    }
    // A modified file may carry `(+1)`, how many names it gained; a renamed one its new path.
    const [second] = rest;
    const links = change === 'renamed' || second === undefined ? null : /^\(([+-]\d+)\)$/.exec(second);
    const wanted = change === 'renamed' ? 1 : links === null ? 0 : 1;
    if (rest.length !== wanted || !path.startsWith('/')) {
      throw unexpectedOutput(command, 'a line has other parts than its change asks for', line);
    }
    return {
      change,
      kind,
      path: unescapePath(path),
      newPath: change === 'renamed' && second !== undefined ? unescapePath(second) : null,
      linkChange: links === null ? 0 : Number(links[1]),
      changedAtMs: Math.round(Number(time) * 1000),
    };
  });
}
