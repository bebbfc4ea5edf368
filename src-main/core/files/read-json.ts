import { basename } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors/app-error';
import { readSmallFile } from './read-small-file';

/**
 * Reads one of our own JSON files from a path that came from the native open dialog.
 * @param what the file as a person would name it: `an anchor of an audit`
 * @throws AppError `unexpected-output` when it cannot be read, is larger than the limit, or is not of that form
 */
export function readJson<T>(path: string, what: string, schema: z.ZodType<T>, mostBytes: number): T {
  const refuse = (detail: string, cause?: unknown): AppError =>
    new AppError(
      'unexpected-output',
      `${basename(path)} is not ${what}, or it was changed. Nothing was taken from it.`,
      {
        detail,
        cause,
      },
    );
  let data: Buffer | null;
  try {
    data = readSmallFile(path, mostBytes);
  } catch (thrown) {
    throw refuse(thrown instanceof Error ? thrown.message : String(thrown), thrown);
  }
  if (data === null) throw refuse('It is no regular file, or larger than any such file.');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch (thrown) {
    throw refuse('It is not JSON.', thrown);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw refuse(z.prettifyError(parsed.error).slice(0, 2000), parsed.error);
  return parsed.data;
}
