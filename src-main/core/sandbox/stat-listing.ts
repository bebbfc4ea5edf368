import { unexpectedOutput } from '../storage/unexpected';

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** What a calendar holds (ECMA-262). Whoever may write a file may give it any time. */
const lastMomentMs = 8.64e15;

/** Seconds since 1970, as stat and du tell them; null: none that can be shown. */
export function momentMs(seconds: number): number | null {
  const ms = seconds * 1000;
  return ms >= 0 && ms <= lastMomentMs ? ms : null;
}

export interface FileFacts {
  kind: 'file' | 'folder' | 'other';
  /** What it seems to have. */
  sizeBytes: number;
  /** What it really takes: blocks of 512 bytes. */
  allocatedBytes: number;
  changedAtSeconds: number;
}

/** `find … -exec stat --terse`, by path relative to the root. null: the root is not there. */
export function parseFiles(
  root: string,
  { exitCode, stdout, stderr }: { exitCode: number; stdout: string; stderr: string },
): ReadonlyMap<string, FileFacts> | null {
  if (exitCode !== 0) {
    const complaints = linesOf(stderr);
    const missing =
      complaints.length === 1 && /^(?:\S*\/)?find: .+: No such file or directory$/.test(complaints[0] ?? '');
    if (missing && stdout === '' && complaints[0]?.includes(root) === true) return null;
    throw unexpectedOutput('find', 'the folder of sandbox volumes could not be read whole', stderr);
  }
  return new Map(
    linesOf(stdout).map((line) => {
      // The name may hold anything; behind it stand 15 columns, and one more with SELinux.
      const match =
        /^(.+?) (\d+) (\d+) ([0-9a-f]+) \d+ \d+ [0-9a-f]+ \d+ \d+ [0-9a-f]+ [0-9a-f]+ \d+ (\d+) \d+ \d+ \d+(?: \S+)?$/.exec(
          line,
        );
      const [, path = '', size, blocks, mode = '', changed] = match ?? [];
      if (match === null || !path.startsWith(`${root}/`)) {
        throw unexpectedOutput('stat --terse', 'a line has not its columns', line);
      }
      const type = Number.parseInt(mode, 16) & 0o170000;
      return [
        path.slice(root.length + 1),
        {
          kind: type === 0o100000 ? 'file' : type === 0o040000 ? 'folder' : 'other',
          sizeBytes: Number(size),
          allocatedBytes: Number(blocks) * 512,
          changedAtSeconds: Number(changed),
        },
      ];
    }),
  );
}
