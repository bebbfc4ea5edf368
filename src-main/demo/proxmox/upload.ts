import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { UploadedFile } from './call';
import { HttpError } from './errors';
import type { RawParameters } from './request-body';

export interface Upload {
  fields: RawParameters;
  file: UploadedFile | null;
}

const algorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
const headerEnd = Buffer.from('\r\n\r\n');

/** Reads pieces of a body up to a mark, without keeping more than it must. */
class Reader {
  private kept = Buffer.alloc(0);
  private readonly source: AsyncIterator<Buffer>;

  constructor(request: AsyncIterable<Buffer>) {
    this.source = request[Symbol.asyncIterator]();
  }

  private async more(): Promise<void> {
    const next = await this.source.next();
    if (next.done === true) throw new HttpError(400, 'bad request');
    this.kept = Buffer.concat([this.kept, next.value]);
  }

  /** Hands over everything before the mark, piece by piece, and skips the mark. */
  async until(mark: Buffer, take: (piece: Buffer) => void): Promise<void> {
    let at = this.kept.indexOf(mark);
    while (at < 0) {
      const safe = Math.max(0, this.kept.length - mark.length + 1);
      take(this.kept.subarray(0, safe));
      this.kept = this.kept.subarray(safe);
      await this.more();
      at = this.kept.indexOf(mark);
    }
    take(this.kept.subarray(0, at));
    this.kept = this.kept.subarray(at + mark.length);
  }

  async textUntil(mark: Buffer): Promise<string> {
    const pieces: Buffer[] = [];
    // `subarray` shares memory with what is read next.
    await this.until(mark, (piece) => pieces.push(Buffer.from(piece)));
    return Buffer.concat(pieces).toString();
  }

  async drain(): Promise<void> {
    for (let next = await this.source.next(); next.done !== true; next = await this.source.next());
  }
}

async function readFile(reader: Reader, mark: Buffer, name: string): Promise<UploadedFile> {
  const hashes = new Map<string, Hash>(algorithms.map((algorithm) => [algorithm, createHash(algorithm)]));
  let sizeBytes = 0;
  await reader.until(mark, (piece) => {
    sizeBytes += piece.length;
    for (const hash of hashes.values()) hash.update(piece);
  });
  const digests = new Map([...hashes].map(([algorithm, hash]) => [algorithm, hash.digest('hex')]));
  return { name, sizeBytes, digestOf: (algorithm) => digests.get(algorithm) ?? '' };
}

/** Only fields before the file count: what follows the part named `filename` is not looked at. */
export async function readUpload(request: IncomingMessage, contentType: string): Promise<Upload> {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (boundary === undefined) throw new HttpError(400, 'bad request');
  const reader = new Reader(request);
  const fields: RawParameters = {};
  await reader.textUntil(Buffer.from(`--${boundary}\r\n`));
  const mark = Buffer.from(`\r\n--${boundary}`);
  for (;;) {
    const headers = await reader.textUntil(headerEnd);
    const name = /[; ]name="([^"]*)"/.exec(headers)?.[1] ?? '';
    const fileName = /filename="([^"]*)"/.exec(headers)?.[1];
    if (name === 'filename' && fileName !== undefined) {
      const file = await readFile(reader, mark, fileName);
      await reader.drain();
      return { fields: { ...fields, filename: fileName }, file };
    }
    fields[name] = await reader.textUntil(mark);
    const ending = await reader.textUntil(Buffer.from('\r\n'));
    if (ending === '--') return { fields, file: null };
  }
}
