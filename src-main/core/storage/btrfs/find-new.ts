import { unexpectedOutput } from '../unexpected';
import { checkedPath } from '../absolute-path';

/** `btrfs subvolume find-new`: files of a subvolume that were written after a generation. btrfs-subvolume(8), 6.2. */

/** No generation is as late: the answer is then the marker alone, which says how far the subvolume is. */
export const latestGeneration = '9223372036854775807';

export const findNewArgv = (path: string, generation: string): string[] => {
  if (!/^\d{1,20}$/.test(generation)) throw new RangeError('Not a generation.');
  return ['btrfs', 'subvolume', 'find-new', '--', checkedPath(path), generation];
};

export interface WrittenFile {
  /** Within the subvolume, without a leading slash. */
  path: string;
  /** In extents that are new, as far as they are told. */
  writtenBytes: number;
}

const command = 'btrfs subvolume find-new';
const extentLine =
  /^inode \d+ file offset \d+ len (?<length>\d+) disk start \d+ offset \d+ gen \d+ flags \S+ (?<path>.+)$/;
const markerLine = /^transid marker was (?<generation>\d+)$/;

/** A line per extent; a name with a line break goes on in the next one. Throws `unexpected-output`. */
export function parseFindNew(stdout: string): { files: WrittenFile[]; generation: string } {
  const lines = stdout.split('\n');
  if (lines.pop() !== '')
    throw unexpectedOutput(command, 'it ends in the middle of a line', stdout.slice(-200));
  const generation = markerLine.exec(lines.pop() ?? '')?.groups?.['generation'];
  if (generation === undefined) {
    throw unexpectedOutput(command, 'it does not end with its marker', stdout.slice(-200));
  }
  const extents: { path: string; length: number }[] = [];
  for (const line of lines) {
    const found = extentLine.exec(line)?.groups;
    const last = extents.at(-1);
    if (found !== undefined) extents.push({ path: found['path'] ?? '', length: Number(found['length']) });
    else if (last !== undefined) last.path += `\n${line}`;
    else throw unexpectedOutput(command, 'a line is not about an extent of a file', line);
  }
  const sizes = new Map<string, number>();
  for (const { path, length } of extents) sizes.set(path, (sizes.get(path) ?? 0) + length);
  return { files: [...sizes].map(([path, writtenBytes]) => ({ path, writtenBytes })), generation };
}
