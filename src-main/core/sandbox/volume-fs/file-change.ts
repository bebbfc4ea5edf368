import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { AppError } from '../../errors/app-error';
import { assertNever } from '../../errors/assert-never';
import type { SftpStep } from '../../../../src-preload/contract/operations';
import type { ChangeOptions, VolumeFs } from './change';

/** A file of this laptop as it was when the plan was made. */
export interface LocalSource {
  path: string;
  sizeBytes: number;
  modifiedAtMs: number;
}

/** One change of the files of a volume, as data. Paths are of the volume; `root` is its folder on the host. */
export type FileChange = { root: string } & (
  | { verb: 'mkdir' | 'rm' | 'rmdir'; path: string }
  | { verb: 'cp' | 'rename'; path: string; to: string }
  | { verb: 'write'; path: string; text: string }
  | { verb: 'put'; path: string; source: LocalSource }
);

/** How it is shown: its verb, its paths on the host and, of a text, the text. */
export function shownChange(change: FileChange): Pick<SftpStep, 'verb' | 'paths' | 'content'> {
  const onHost = (path: string): string => `${change.root}${path}`;
  switch (change.verb) {
    case 'mkdir':
    case 'rm':
    case 'rmdir':
      return { verb: change.verb, paths: [onHost(change.path)] };
    case 'cp':
    case 'rename':
      return { verb: change.verb, paths: [onHost(change.path), onHost(change.to)] };
    case 'write':
      return { verb: 'write', paths: [onHost(change.path)], content: change.text };
    case 'put':
      return { verb: 'put', paths: [change.source.path, onHost(change.path)] };
    default:
      return assertNever(change);
  }
}

export interface MakeOptions extends ChangeOptions {
  /** So many bytes, or entries of a folder that is removed, are done. */
  onProgress?: (done: number) => void;
}

/** Makes the change. @returns what was done, in a line @throws AppError */
export async function makeFileChange(
  fs: VolumeFs,
  change: FileChange,
  options: MakeOptions,
): Promise<string> {
  switch (change.verb) {
    case 'mkdir':
      await fs.mkdir(change.path);
      return `made ${change.path}`;
    case 'rm':
      await fs.remove(change.path);
      return `removed ${change.path}`;
    case 'rmdir':
      return `removed ${await fs.removeDir(change.path, options)} entries`;
    case 'cp':
      return `copied ${await fs.copy(change.path, change.to, options)} bytes`;
    case 'rename':
      await fs.rename(change.path, change.to);
      return `renamed to ${change.to}`;
    case 'write': {
      const bytes = Buffer.from(change.text, 'utf8');
      await fs.write(change.path, bytes, options);
      return `wrote ${bytes.length} bytes`;
    }
    case 'put':
      return `sent ${await fs.writeStream(change.path, localChunks(change.source), options)} bytes`;
    default:
      return assertNever(change);
  }
}

/** The file as it was planned, or an error before it could take a name on the host. */
async function* localChunks(source: LocalSource): AsyncGenerator<Buffer> {
  const { path, sizeBytes, modifiedAtMs } = source;
  const changed = (): AppError =>
    new AppError('refused', `${path} changed since the plan was made, so it was not sent.`, {
      remedy: 'Plan it again.',
    });
  const check = async (): Promise<void> => {
    const now = await stat(path);
    if (now.size !== sizeBytes || Math.round(now.mtimeMs) !== modifiedAtMs) throw changed();
  };
  try {
    await check();
    let read = 0;
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      if (!Buffer.isBuffer(chunk)) throw new Error('A file is read as bytes.');
      read += chunk.length;
      yield chunk;
    }
    if (read !== sizeBytes) throw changed();
    await check();
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('refused', `${path} cannot be read on this laptop.`, {
      detail: thrown instanceof Error ? thrown.message : String(thrown),
      cause: thrown,
    });
  }
}
