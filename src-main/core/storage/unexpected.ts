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

/** Output that should be JSON. Throws `unexpected-output`. */
export function parseJson(command: string, stdout: string, otherwise = 'it is not JSON'): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    throw unexpectedOutput(command, otherwise, stdout);
  }
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
