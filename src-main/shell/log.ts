import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type LogLevel = 'info' | 'warn' | 'error';

/**
 * JSON lines of what the shell itself did and what went wrong in it; never throws.
 * SECURITY: callers pass names, codes and stack traces, never a payload of a call, so no secret gets here.
 */
export interface ShellLog {
  write(level: LogLevel, message: string, fields?: Record<string, string | number | boolean | null>): void;
}

const longestField = 8192;

/** `<directory>/shell.log` and two older ones, `maximumBytes` each. */
export function openShellLog(directory: string, maximumBytes = 512 * 1024, nowMs = Date.now): ShellLog {
  const path = join(directory, 'shell.log');
  const rotate = (): void => {
    for (const [from, to] of [
      [`${path}.1`, `${path}.2`],
      [path, `${path}.1`],
    ] as const) {
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
    }
  };
  return {
    write: (level, message, fields = {}) => {
      const cut = Object.entries(fields).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.slice(0, longestField) : value,
      ]);
      const at = new Date(nowMs()).toISOString();
      const line = `${JSON.stringify({ at, level, message, ...Object.fromEntries(cut) })}\n`;
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
        if (size > 0 && size + Buffer.byteLength(line) > maximumBytes) rotate();
        // Written at once: the last line before a crash is the one that matters.
        appendFileSync(path, line, { mode: 0o600 });
      } catch {
        // A full or read-only disk must not stop the app, and there is nowhere left to say so.
      }
    },
  };
}

/** What a log line may hold of something thrown. */
export function describeThrown(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
