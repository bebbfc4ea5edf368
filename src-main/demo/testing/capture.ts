import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One captured run of a real tool: command line, `exit: N`, maybe `note:`, stdout, stderr. */
export interface Capture {
  name: string;
  /** As a person typed it, `sudo -n` in front or not. */
  command: string;
  exitCode: number;
  stdout: string;
  stderr: string;
}

const storage = join(import.meta.dirname, '../../core/storage');

export function readCapture(backend: 'zfs' | 'lvm' | 'mdadm', name: string): Capture {
  const text = readFileSync(join(storage, backend, 'fixtures', `${name}.txt`), 'utf8');
  const match =
    /^(.*)\nexit: (\d+)\n(?:note: .*\n)?--- stdout ---\n([\s\S]*?)--- stderr ---\n?([\s\S]*)$/.exec(text);
  if (match === null) throw new Error(`${name} is not a capture.`);
  const [, command = '', exitCode = '', stdout = '', stderr = ''] = match;
  return { name, command, exitCode: Number(exitCode), stdout, stderr };
}

/** The same command as the core sends it: C locale, absolute path, sudo with `--`. */
export function asSent(command: string): string {
  const sudo = command.startsWith('sudo -n ');
  const words = sudo ? command.slice('sudo -n '.length) : command;
  const path = words.startsWith('/sbin/') ? `/usr${words}` : `/usr/sbin/${words}`;
  return `LC_ALL=C ${sudo ? 'sudo -n -- ' : ''}${path}`;
}
