import { parseFiles } from '../stat-listing';
import { unexpectedOutput } from '../../storage/unexpected';
import { archivesFolder } from './commands';

interface Output {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A file in the folder of archives. */
export interface MsbArchive {
  name: string;
  sizeBytes: number;
  changedAtMs: number;
  /** What msb left of one that it was writing when it ended. */
  unfinished: boolean;
}

/** How msb 0.7.2 calls an archive until it is whole. */
const unfinishedPattern = /^\..+\.tmp\.\d+\.\d+$/;

/** Newest first; none where there is no such folder. Throws `unexpected-output` when it could not be read whole. */
export function parseArchives(home: string, output: Output): MsbArchive[] {
  const files = parseFiles(archivesFolder(home), output) ?? new Map();
  return [...files]
    .filter(([, { kind }]) => kind === 'file')
    .map(([name, { sizeBytes, changedAtSeconds }]) => ({
      name,
      sizeBytes,
      changedAtMs: changedAtSeconds * 1000,
      unfinished: unfinishedPattern.test(name),
    }))
    .toSorted((a, b) => b.changedAtMs - a.changedAtMs || (a.name < b.name ? -1 : 1));
}

/** `find … -name snapshot.json -print0`: the folders of snapshots that lie there, recorded or not. */
export function parseArtifacts(home: string, { exitCode, stdout, stderr }: Output): ReadonlySet<string> {
  const complaints = stderr
    .split('\n')
    .filter((line) => line !== '' && !/: No such file or directory$/.test(line));
  if (complaints.length > 0 || (exitCode !== 0 && stderr === '')) {
    throw unexpectedOutput('find', 'the folder of snapshots could not be read whole', stderr);
  }
  return new Set(
    stdout.split('\0').flatMap((path) => {
      if (path === '') return [];
      if (!path.startsWith(`${home}/snapshots/`) || !path.endsWith('/snapshot.json')) {
        throw unexpectedOutput('find', 'it names what was not asked for', path);
      }
      return [path.slice(0, -'/snapshot.json'.length)];
    }),
  );
}
