import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../errors/app-error';
import { quoteArgv } from '../../ssh/quote';
import type { SshSession } from '../../ssh/types';
import { parseCaptured, type Captured } from './captured';

const recordings = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixtures');

/** Systems that one of everything was recorded on, by `e2e/live/formats.live.ts`. */
export const recordedSystems = (): string[] =>
  readdirSync(recordings, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

/** For tests: every command of one recorded inventory, by its command line without `sudo -n`. */
export function recorded(system: string): Map<string, Captured> {
  const folder = join(recordings, system);
  return new Map(
    readdirSync(folder).map((file) => {
      const capture = parseCaptured(file, readFileSync(join(folder, file), 'utf8'));
      return [capture.command, capture];
    }),
  );
}

/** Answers what was recorded; has the tools that were asked then. */
export function recordedSession(answers: ReadonlyMap<string, Captured>): SshSession {
  const there = new Set([...answers.keys()].map((line) => line.split(' ')[0]));
  return {
    hostId: 'recorded',
    exec: async (request) => {
      const line = quoteArgv(request.argv);
      const answer = answers.get(line);
      // An error of the tool: what is asked besides the storage, or came later, leaves the rest readable.
      if (answer === undefined) throw new AppError('command-failed', `Never recorded: ${line}`);
      const { exitCode, stdout, stderr } = answer;
      if (!request.acceptExitCodes.includes(exitCode)) {
        throw new AppError('command-failed', `${line} failed.`, { detail: stderr });
      }
      request.onOutput?.('stdout', stdout);
      const kept = request.keepStdout === false ? '' : stdout;
      return { exitCode, stdout: kept, stderr, durationMs: 1, truncated: false };
    },
    render: () => {
      throw new Error('Reading renders nothing.');
    },
    locate: async (tools) =>
      new Map(tools.filter((tool) => there.has(tool)).map((tool) => [tool, `/usr/sbin/${tool}`])),
  };
}
