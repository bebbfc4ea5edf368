import { AppError } from '../../errors/app-error';
import { unexpectedOutput } from '../../storage/unexpected';
import { momentMs } from '../stat-listing';
import { volumesFolder } from './commands';

/** What lies in the folder of volumes, whatever msb has recorded. */
export interface VolumesFolder {
  names: ReadonlySet<string>;
  /** Names whose lock file exists. */
  locks: ReadonlySet<string>;
}

interface Output {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Lines of a tool about what is not there. */
const notThere = /: No such file or directory$/;

/**
 * `find HOME/volumes HOME/volumes/.locks … -print0`.
 *
 * @throws AppError `command-failed` when a folder could not be read; one that is not there holds nothing
 */
export function parseListing(home: string, { exitCode, stdout, stderr }: Output): VolumesFolder {
  const complaints = stderr.split('\n').filter((line) => line !== '' && !notThere.test(line));
  if (complaints.length > 0 || (exitCode !== 0 && stderr === '')) {
    throw new AppError('command-failed', `What lies in ${volumesFolder(home)} could not be read.`, {
      detail: complaints.join('\n').slice(0, 1000),
      remedy: 'Log in as the user whose sandbox volumes these are.',
    });
  }
  const folder = `${volumesFolder(home)}/`;
  const names = new Set<string>();
  const locks = new Set<string>();
  for (const path of stdout.split('\0')) {
    if (path === '') continue;
    if (!path.startsWith(folder)) throw unexpectedOutput('find', `${folder} has no such path`, path);
    const rest = path.slice(folder.length);
    if (rest === '.locks') continue;
    if (rest.startsWith('.locks/')) locks.add(rest.slice('.locks/'.length).replace(/\.lock$/, ''));
    else names.add(rest);
  }
  return { names, locks };
}

export interface FolderUsage {
  bytes: number;
  /** When anything in it was last changed; null: not asked, or no time that can be told. */
  changedAtMs: number | null;
}

/**
 * `du --block-size=1 --max-depth=1`, with or without `--time --time-style=+%s`: each directory in it. One that du could
 * not read to its end is left out: what it has is not known.
 */
export function parseUsage(home: string, { stdout, stderr }: Output): ReadonlyMap<string, FolderUsage> {
  const folder = `${volumesFolder(home)}/`;
  const unread = [...stderr.matchAll(/'(\/[^']*)'/g)].map((match) => match[1] ?? '');
  const usage = new Map<string, FolderUsage>();
  for (const line of stdout.split('\n')) {
    const match = /^(\d+)\t(?:(-?\d+)\t)?(\/.*)$/.exec(line);
    const path = match?.[3];
    if (path === undefined || !path.startsWith(folder)) continue;
    if (unread.some((each) => each === path || each.startsWith(`${path}/`))) continue;
    usage.set(path.slice(folder.length), {
      bytes: Number(match?.[1]),
      changedAtMs: match?.[2] === undefined ? null : momentMs(Number(match[2])),
    });
  }
  return usage;
}
