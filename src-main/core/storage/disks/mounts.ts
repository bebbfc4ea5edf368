import { z } from 'zod';
import { readJson, unexpectedOutput } from '../unexpected';

export interface MountedAt {
  target: string;
  /** Device, without the part in brackets. */
  source: string;
  type: string | null;
  options: readonly string[];
  /** null: udev and blkid tell none. */
  uuid: string | null;
}

/** One line of fstab(5): what it names, as it stands there, quotes and all. */
export interface FstabLine {
  target: string;
  source: string;
  type: string | null;
}

const text = z.string().nullish();
const mountsSchema = z.looseObject({
  filesystems: z.array(
    z.looseObject({ target: z.string(), source: text, fstype: text, options: text, uuid: text }),
  ),
});

interface Answer {
  exitCode: number;
  stdout: string;
}

function rowsOf(command: string, { exitCode, stdout }: Answer) {
  if (exitCode !== 0 && stdout.trim() === '') return [];
  return readJson(command, stdout, mountsSchema, 'it is not a list of mounts').filesystems;
}

/** `findmnt -J --list -M PLACE`: what is mounted there, the newest last. */
export function parseMountsAt(answer: Answer): MountedAt[] {
  return rowsOf('findmnt', answer).map(({ target, source, fstype, options, uuid }) => ({
    target,
    source: (source ?? '').replace(/\[.*\]$/, ''),
    type: fstype ?? null,
    options: (options ?? '').split(','),
    uuid: uuid ?? null,
  }));
}

/** `findmnt --fstab -J --list`. @throws AppError when it could not read a line: what that one mounts is not known */
export function parseFstab({ stderr, ...answer }: Answer & { stderr: string }): FstabLine[] {
  if (/parse error/.test(stderr)) {
    throw unexpectedOutput('findmnt --fstab', 'a line of /etc/fstab is none that mount(8) reads', stderr);
  }
  return rowsOf('findmnt --fstab', answer).map(({ target, source, fstype }) => ({
    target: target.length > 1 ? target.replace(/\/$/, '') : target,
    source: source ?? '',
    type: fstype ?? null,
  }));
}
