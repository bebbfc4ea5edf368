import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { redactText } from './audit/redact';
import { AppError } from './errors/app-error';

/** From the least to the most serious. */
const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A structured log of what the core does. Never holds a secret; never throws. */
export interface CoreLog {
  write(level: LogLevel, message: string, fields?: Record<string, unknown>): void;
}

const maximumBytes = 1024 * 1024;
const keptFiles = 5;
const longestText = 4096;
const deepest = 6;

const secretName =
  /secret|passw|passphrase|pwd|private.?key|token|ticket|csrf|credential|authorization|cookie|input.?data/i;

/**
 * A value as the log may hold it: fields whose name speaks of a secret are blanked, what looks like one in texts too,
 * errors become plain data, and long or deep values are cut.
 *
 * SECURITY: this is the second net. The first is that callers hand over ids and codes, not requests.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') {
    const clean = redactText(value);
    return clean.length <= longestText ? clean : `${clean.slice(0, longestText)}…`;
  }
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'undefined') return undefined;
  if (depth >= deepest) return '[deeper values left out]';
  if (value instanceof AppError) {
    const { code, message, detail, cause } = value;
    return redact({ code, message, detail, cause }, depth + 1);
  }
  if (value instanceof Error) {
    return redact({ name: value.name, message: value.message, stack: value.stack }, depth + 1);
  }
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, depth + 1));
  if (typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [
        name,
        secretName.test(name) ? '[removed]' : redact(part, depth + 1),
      ]),
    );
  }
  return String(value);
}

/**
 * JSON lines in `<dataDirectory>/logs/core.log`, five files of 1 MiB.
 * Written at once, not buffered: the last lines before a crash are the ones that matter.
 */
export function openFileLog(
  dataDirectory: string,
  nowMs: () => number = Date.now,
  least: LogLevel = 'info',
): CoreLog {
  const directory = join(dataDirectory, 'logs');
  const path = join(directory, 'core.log');
  let size: number | null = null;
  let broken = false;

  const open = (): number => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  };
  const rotate = (): void => {
    for (let index = keptFiles - 1; index >= 1; index -= 1) {
      const from = index === 1 ? path : `${path}.${index - 1}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${path}.${index}`);
    }
  };

  return {
    write: (level, message, fields = {}) => {
      if (broken || logLevels.indexOf(level) < logLevels.indexOf(least)) return;
      const line = `${JSON.stringify({
        at: new Date(nowMs()).toISOString(),
        level,
        message: redact(message),
        ...(redact(fields) as Record<string, unknown>),
      })}\n`;
      try {
        size ??= open();
        if (size > 0 && size + line.length > maximumBytes) {
          rotate();
          size = 0;
        }
        appendFileSync(path, line, { mode: 0o600 });
        size += Buffer.byteLength(line);
      } catch {
        // A full or read-only disk must not stop the work, and there is nowhere left to say so.
        broken = true;
      }
    },
  };
}
