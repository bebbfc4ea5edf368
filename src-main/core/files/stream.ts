import { AppError } from '../errors/app-error';
import type { RemoteChanges } from '../ssh/remote-changes';
import type { RemoteFiles, RemoteHandle } from '../ssh/remote-files';

/**
 * Requests on their way at a time. With 64 KiB each they fill the window of an SSH channel (2 MiB), which is what
 * a long line needs, and are all the memory that a file of any size takes.
 */
export const requestsAtOnce = 32;

export interface OpenFile {
  handle: RemoteHandle;
  /** For error sentences. */
  path: string;
}

function stopIfAsked(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
}

/** The bytes from `position` until the buffer is full or the file ends: a server may answer with less than asked. */
async function fill(
  files: RemoteFiles,
  { handle, path }: OpenFile,
  buffer: Buffer,
  position: number,
): Promise<number> {
  let have = await files.read(handle, buffer, position, path);
  while (have > 0 && have < buffer.length) {
    const more = await files.read(handle, buffer.subarray(have), position + have, path);
    if (more === 0) break;
    have += more;
  }
  return have;
}

/**
 * An open file from its beginning to its end, in order, in chunks of at most 64 KiB. The next requests are on their
 * way while a chunk is used, and no more of them than there are buffers: whoever takes chunks slowly slows the host.
 *
 * A chunk is valid until the next one is asked for; its memory is used again then.
 */
export async function* readChunks(
  files: RemoteFiles,
  file: OpenFile,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const size = files.chunkBytes;
  const ask = (buffer: Buffer, position: number) => {
    const answer = fill(files, file, buffer, position);
    // Looked at in its turn; a stream that is given up earlier must not leave it unhandled.
    answer.catch(() => undefined);
    return { buffer, answer };
  };
  let next = 0;
  // One request shows the size of a small file; only a large one needs many at a time.
  const first = ask(Buffer.allocUnsafeSlow(size), 0);
  next += size;
  const waiting = [first];
  let window = 1;
  for (;;) {
    stopIfAsked(signal);
    const turn = waiting.shift();
    if (turn === undefined) return;
    const have = await turn.answer;
    if (have === size) {
      window = Math.min(requestsAtOnce, window * 4);
      while (waiting.length < window - 1) {
        waiting.push(ask(Buffer.allocUnsafeSlow(size), next));
        next += size;
      }
    }
    if (have > 0) yield turn.buffer.subarray(0, have);
    if (have < size) {
      // The rest was asked for beyond the end.
      await Promise.allSettled(waiting.map(({ answer }) => answer));
      return;
    }
    if (waiting.length < requestsAtOnce) {
      waiting.push(ask(turn.buffer, next));
      next += size;
    }
  }
}

const zeros = Buffer.alloc(64 * 1024);

/** Nothing but zeros: where a file has none of its own there, a hole says the same. */
export function isHole(chunk: Buffer): boolean {
  return chunk.length <= zeros.length && chunk.equals(zeros.subarray(0, chunk.length));
}

/**
 * Writes chunks one behind the other into an open, new file of the host, `requestsAtOnce` of them on their way.
 * Chunks of zeros become holes. `chunks` may use the memory of a chunk again as soon as it is asked for the next one.
 * @returns bytes written
 */
export async function writeChunks(
  files: RemoteChanges,
  { handle, path }: OpenFile,
  chunks: AsyncIterable<Buffer>,
  options: { signal?: AbortSignal; onProgress?: (doneBytes: number) => void } = {},
): Promise<number> {
  const size = files.chunkBytes;
  const free: Buffer[] = [];
  const sent = new Set<Promise<void>>();
  let failure: { thrown: unknown } | null = null;
  let position = 0;
  let acknowledged = 0;
  let wroteToEnd = true;
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += size) {
        stopIfAsked(options.signal);
        if (failure !== null) throw (failure as { thrown: unknown }).thrown;
        const part = chunk.subarray(at, at + size);
        const where = position;
        position += part.length;
        wroteToEnd = !isHole(part);
        if (!wroteToEnd) {
          acknowledged += part.length;
          options.onProgress?.(acknowledged);
          continue;
        }
        while (sent.size >= requestsAtOnce) await Promise.race(sent);
        const buffer = free.pop() ?? Buffer.allocUnsafeSlow(size);
        part.copy(buffer);
        const write: Promise<void> = files
          .write(handle, buffer.subarray(0, part.length), where, path)
          .then(() => {
            acknowledged += part.length;
            options.onProgress?.(acknowledged);
          })
          .catch((thrown: unknown) => {
            failure ??= { thrown };
          })
          .finally(() => {
            free.push(buffer);
            sent.delete(write);
          });
        sent.add(write);
      }
    }
  } finally {
    await Promise.all(sent);
  }
  if (failure !== null) throw (failure as { thrown: unknown }).thrown;
  stopIfAsked(options.signal);
  if (!wroteToEnd) await files.setSize(handle, position, path);
  return position;
}
