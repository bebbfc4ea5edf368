import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { AppError } from '../errors/app-error';

/**
 * Writes a text to a path that came from the native save dialog, whole or not at all, for the person alone.
 * @throws AppError `internal` with the system's reason
 */
export async function saveText(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600 });
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw new AppError('internal', `${path} could not be written, so nothing was saved.`, {
      detail: thrown instanceof Error ? thrown.message : String(thrown),
      remedy: 'Choose another folder.',
      cause: thrown,
    });
  }
}
