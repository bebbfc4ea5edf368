import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { AppError } from '../../errors/app-error';
import type { ApiParameters } from './parameters';

/** A file that goes with a POST, read while it is sent. */
export interface UploadFile {
  path: string;
  /** As the storage will call it: letters, digits and `. _ - +` only. */
  name: string;
  sizeBytes: number;
}

/** F108 */
const uploadChunkBytes = 1024 * 1024;

/** The body of an upload, of known length, whose file is read while it is sent. */
export function multipart(
  parameters: ApiParameters,
  file: UploadFile,
  onProgress: (sentBytes: number) => void,
) {
  const boundary = `holdfast-${randomUUID()}`;
  const fields = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${String(value)}\r\n`],
  );
  if (!/^[\w.+-]{1,255}$/.test(file.name)) throw new Error('A file of that name cannot be sent.');
  const head = Buffer.from(
    `${fields.join('')}--${boundary}\r\nContent-Disposition: form-data; name="filename"; filename="${file.name}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  let sent = 0;
  async function* parts(): AsyncGenerator<Buffer> {
    yield head;
    for await (const chunk of createReadStream(file.path, { highWaterMark: uploadChunkBytes })) {
      const piece = chunk as Buffer;
      if (sent + piece.length > file.sizeBytes) throw grown(file);
      yield piece;
      sent += piece.length;
      onProgress(sent);
    }
    if (sent !== file.sizeBytes) throw grown(file);
    yield tail;
  }
  return {
    boundary,
    lengthBytes: head.length + file.sizeBytes + tail.length,
    stream: Readable.from(parts(), { objectMode: false }),
    sentBytes: () => sent,
  };
}

function grown({ path }: UploadFile): AppError {
  return new AppError(
    'refused',
    `The file ${basename(path)} changed while it was sent, so the upload was broken off.`,
  );
}
