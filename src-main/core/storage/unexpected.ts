import type { z } from 'zod';
import { AppError } from '../errors/app-error';

const sampleLength = 300;

/**
 * Output that no parser may guess at.
 *
 * @param command what ran, as a person would name it: `zpool status`
 * @param reason what was expected and not found
 * @param sample the part that was not understood; shortened
 */
export function unexpectedOutput(command: string, reason: string, sample: string): AppError {
  const shown = sample.length <= sampleLength ? sample : `${sample.slice(0, sampleLength)}…`;
  return new AppError(
    'unexpected-output',
    `The output of "${command}" was not understood: ${reason}. Nothing of it is shown, because it would be a guess.`,
    shown === '' ? {} : { detail: shown },
  );
}

/** No tool comes near; a schema that calls itself would run out of stack far below what a host can send. */
const deepest = 64;

function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    level = level.flatMap((inner) =>
      typeof inner === 'object' && inner !== null
        ? Object.values(inner).filter((part) => typeof part === 'object' && part !== null)
        : [],
    );
  }
  return false;
}

/** Output that should be JSON. Throws `unexpected-output`. */
export function parseJson(command: string, stdout: string, otherwise = 'it is not JSON'): unknown {
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    throw unexpectedOutput(command, otherwise, stdout);
  }
  if (isTooDeep(value)) throw unexpectedOutput(command, 'it is nested deeper than any such report', stdout);
  return value;
}

/**
 * Output that should be JSON of this form. Throws `unexpected-output`.
 *
 * @param otherwise what it is when it is of another form; left out: what of it, as zod says
 */
export function readJson<T>(command: string, stdout: string, schema: z.ZodType<T>, otherwise?: string): T {
  const parsed = schema.safeParse(parseJson(command, stdout));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unexpectedOutput(
    command,
    otherwise ?? `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    stdout,
  );
}
