import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** For tests: one captured command of the fixtures. */
export interface Captured {
  /** As it was typed, without `sudo -n`. */
  command: string;
  exitCode: number;
  stdout: string;
  stderr: string;
}

type FixtureFolder = 'zfs' | 'lvm' | 'mdadm' | 'btrfs' | 'disks' | 'system';

const folderOf = (backend: FixtureFolder): string =>
  join(dirname(fileURLToPath(import.meta.url)), '..', backend, 'fixtures');

export function captured(backend: FixtureFolder, name: string): Captured {
  return parseCaptured(name, readFileSync(join(folderOf(backend), `${name}.txt`), 'utf8'));
}

/** @throws Error when the text is no captured command */
export function parseCaptured(name: string, text: string): Captured {
  const parts =
    /^(?<command>.*)\nexit: (?<exit>\d+)\n(?:note: .*\n)?--- stdout ---\n(?<stdout>[^]*?)--- stderr ---\n?(?<stderr>[^]*)$/.exec(
      text,
    )?.groups;
  if (parts === undefined) throw new Error(`${name} is not a captured command.`);
  return {
    command: (parts['command'] ?? '').replace(/^(?:timeout \d+ )?(?:sudo -n )?/, ''),
    exitCode: Number(parts['exit']),
    stdout: parts['stdout'] ?? '',
    stderr: parts['stderr'] ?? '',
  };
}

/** Names of captured commands, without `.txt`. */
export function capturedNames(backend: FixtureFolder, pattern: RegExp): string[] {
  return readdirSync(folderOf(backend))
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.slice(0, -4))
    .filter((name) => pattern.test(name))
    .sort();
}

/** The reviewed result beside a capture. */
export function expected(backend: FixtureFolder, name: string): unknown {
  const value: unknown = JSON.parse(readFileSync(join(folderOf(backend), `${name}.expected.json`), 'utf8'));
  return value;
}
