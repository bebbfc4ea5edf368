import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CapturedRun {
  command: string;
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** One captured run of msb, by its name among the fixtures. */
export function capturedMsb(name: string): CapturedRun {
  const text = readFileSync(join(import.meta.dirname, '../fixtures', `${name}.txt`), 'utf8');
  const match = /^(.*)\nexit: (\d+)\n--- stdout ---\n([\s\S]*?)--- stderr ---\n([\s\S]*)$/.exec(text);
  if (match === null) throw new Error(`${name} is not a capture.`);
  const [, command = '', exitCode = '', stdout = '', stderr = ''] = match;
  return { command, exitCode: Number(exitCode), stdout, stderr };
}
