import { unexpectedOutput } from '../unexpected';

export interface FileStat {
  /** As coreutils names it: `directory`, `regular file`, `regular empty file`, `symbolic link`. */
  kind: string;
  sizeBytes: number;
  changedSeconds: number;
}

/** What `fileStatArgv` prints: `directory/4096/1795410000`. Throws AppError `unexpected-output`. */
export function parseFileStat(stdout: string): FileStat {
  const [kind = '', size = '', changed = ''] = stdout.trimEnd().split('/');
  if (kind === '' || !/^\d+$/.test(size) || !/^-?\d+$/.test(changed)) {
    throw unexpectedOutput('stat', 'it is not kind, size and time', stdout);
  }
  return { kind, sizeBytes: Number(size), changedSeconds: Number(changed) };
}
