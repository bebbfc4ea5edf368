import { unexpectedOutput } from '../unexpected';

export interface FileBirth {
  /** null: the host does not tell. */
  bornSeconds: number | null;
  /** Kind and permissions, as stat(2) has them. */
  mode: number;
  sizeBytes: number;
  uid: number;
  gid: number;
  changedSeconds: number;
}

/** What `fileBirthArgv` prints: `1795410000/81a4/7/1000/1000/1795410100`. Throws AppError `unexpected-output`. */
export function parseFileBirth(stdout: string): FileBirth {
  const match = /^(-|-?\d+)\/([0-9a-f]+)\/(\d+)\/(\d+)\/(\d+)\/(-?\d+)\n$/.exec(stdout);
  const [, born = '', mode = '', size, uid, gid, changed] = match ?? [];
  if (match === null) throw unexpectedOutput('stat', 'it is not birth, mode, size, owner and time', stdout);
  return {
    // No file is of the first second of 1970; stat says so where it does not know.
    bornSeconds: born === '-' || Number(born) === 0 ? null : Number(born),
    mode: Number.parseInt(mode, 16),
    sizeBytes: Number(size),
    uid: Number(uid),
    gid: Number(gid),
    changedSeconds: Number(changed),
  };
}
