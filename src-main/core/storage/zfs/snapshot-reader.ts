import type { Snapshot } from '../../../../src-preload/contract/inventory';
import { AppError } from '../../errors/app-error';
import { unexpectedOutput } from '../unexpected';
import { snapshotNameTable, snapshotTable } from './commands';

const command = 'zfs list -t snapshot';
const tab = 9;
const newline = 10;
const zero = 48;
const nine = 57;

/** Longest line: a full name, six numbers, and clones up to zfs(8)'s buffer. */
const longestLine = 64 * 1024;

function poolIdOf(dataset: string): string {
  const slash = dataset.indexOf('/');
  return `zfs:${slash === -1 ? dataset : dataset.slice(0, slash)}`;
}

/**
 * Reads the rows of `snapshotTable` from chunks of stdout, without arrays of lines or fields in between:
 * a host with 200,000 snapshots prints 20 MB. Columns: name, guid, createtxg, creation, used, referenced,
 * userrefs, clones; a test holds this order against the table.
 *
 * Throws `unexpected-output` on the first line that does not fit.
 */
export class SnapshotReader {
  readonly #snapshots: Snapshot[] = [];
  #rest = '';
  // Consecutive rows share their dataset and pool; one string each instead of one a row.
  #dataset = '';
  #poolId = '';

  push(chunk: string): void {
    const text = this.#rest === '' ? chunk : this.#rest + chunk;
    let start = 0;
    for (;;) {
      const end = text.indexOf('\n', start);
      if (end === -1) break;
      this.#readLine(text, start, end);
      start = end + 1;
    }
    this.#rest = start === 0 ? text : text.slice(start);
    if (this.#rest.length > longestLine) throw this.#fail('a line is too long', this.#rest);
  }

  /** All that was read. A last line without newline means the output was cut. */
  end(): Snapshot[] {
    if (this.#rest !== '') throw this.#fail('it ends in the middle of a line', this.#rest);
    return this.#snapshots;
  }

  #fail(reason: string, line: string): Error {
    return unexpectedOutput(command, reason, line);
  }

  #readLine(text: string, start: number, end: number): void {
    const nameEnd = text.indexOf('\t', start);
    if (nameEnd === -1 || nameEnd > end) {
      throw this.#fail(`a line has 1 of ${snapshotTable.columnCount} columns`, text.slice(start, end));
    }
    const fullName = text.slice(start, nameEnd);
    const at = fullName.indexOf('@');
    if (at < 1 || at === fullName.length - 1) throw this.#fail('a name has no "@"', text.slice(start, end));

    let position = nameEnd + 1;
    let column = 1;
    let value = 0;
    let digits = 0;
    let order = 0;
    let creation = 0;
    let used = 0;
    let referenced = 0;
    let holds = 0;
    while (column < 7) {
      const code = position < end ? text.charCodeAt(position) : newline;
      position += 1;
      if (code >= zero && code <= nine) {
        value = value * 10 + (code - zero);
        digits += 1;
        continue;
      }
      if (code !== tab || digits === 0 || digits > 20) {
        throw this.#fail(`column ${column + 1} is not a whole number`, text.slice(start, end));
      }
      if (column === 2) order = value;
      else if (column === 3) creation = value;
      else if (column === 4) used = value;
      else if (column === 5) referenced = value;
      else if (column === 6) holds = value;
      column += 1;
      value = 0;
      digits = 0;
    }
    const clones = position === end ? '' : text.slice(position, end);

    const dataset = this.#dataset;
    if (dataset.length !== at || !fullName.startsWith(dataset)) {
      this.#dataset = fullName.slice(0, at);
      this.#poolId = poolIdOf(this.#dataset);
    }
    this.#snapshots.push({
      id: `zfs:${fullName}`,
      backend: 'zfs',
      poolId: this.#poolId,
      fullName,
      name: fullName.slice(at + 1),
      volumeName: this.#dataset,
      kind: 'zfs-snapshot',
      usedBytes: used,
      sizeBytes: referenced,
      createdAtMs: creation * 1000,
      percentFull: null,
      state: 'ok',
      cloneNames: clones === '' || clones === '-' ? [] : clones.split(','),
      holdCount: holds,
      order,
    });
  }
}

export function parseSnapshots(stdout: string): Snapshot[] {
  const reader = new SnapshotReader();
  reader.push(stdout);
  return reader.end();
}

/**
 * Reads the rows of `snapshotNameTable` while they come: snapshots whose details are not read yet. They come in order of
 * age, so that neighbours are of many datasets; each dataset's name is kept once all the same.
 */
export class SnapshotNameReader {
  readonly #snapshots: Snapshot[] = [];
  readonly #datasets = new Map<string, { name: string; poolId: string }>();
  #rest = '';
  #failed: Error | null = null;

  /** How many there are so far. */
  get count(): number {
    return this.#snapshots.length;
  }

  /** What does not fit is kept for `end`; nothing is read after it. */
  push(chunk: string): void {
    if (this.#failed !== null) return;
    try {
      this.#read(chunk);
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown;
      this.#failed = thrown;
      this.#rest = '';
    }
  }

  /** All that was read. Throws `unexpected-output` with the first line that does not fit, or that was cut. */
  end(): Snapshot[] {
    if (this.#failed !== null) throw this.#failed;
    if (this.#rest !== '') throw unexpectedOutput(command, 'it ends in the middle of a line', this.#rest);
    return this.#snapshots;
  }

  #read(chunk: string): void {
    let start = 0;
    if (this.#rest !== '') {
      // Only the line that is cut is put together; the rest of the chunk is read where it is.
      const end = chunk.indexOf('\n');
      const line = this.#rest + (end === -1 ? chunk : chunk.slice(0, end));
      if (line.length > longestLine) throw unexpectedOutput(command, 'a line is too long', line);
      if (end === -1) {
        this.#rest = line;
        return;
      }
      this.#rest = '';
      this.#readLine(line, 0, line.length);
      start = end + 1;
    }
    for (;;) {
      const end = chunk.indexOf('\n', start);
      if (end === -1) break;
      this.#readLine(chunk, start, end);
      start = end + 1;
    }
    this.#rest = chunk.slice(start);
  }

  #readLine(text: string, start: number, end: number): void {
    const at = text.indexOf('@', start);
    const part = at + 1;
    const nameEnd = text.indexOf('\t', part);
    if (at <= start || nameEnd <= part || nameEnd > end) throw notNames(text.slice(start, end));
    const guidEnd = digitsEnd(text, nameEnd + 1, end);
    const orderEnd = digitsEnd(text, guidEnd + 1, end);
    if (
      text.charCodeAt(guidEnd) !== tab ||
      orderEnd !== end ||
      !isNumberLong(guidEnd - nameEnd - 1) ||
      !isNumberLong(orderEnd - guidEnd - 1)
    ) {
      throw notNames(text.slice(start, end));
    }
    const fullName = text.slice(start, nameEnd);
    const volume = text.slice(start, at);
    const name = text.slice(part, nameEnd);
    if (volume.includes('\t') || name.includes('@')) throw notNames(text.slice(start, end));
    let dataset = this.#datasets.get(volume);
    if (dataset === undefined) {
      dataset = { name: volume, poolId: poolIdOf(volume) };
      this.#datasets.set(volume, dataset);
    }
    this.#snapshots.push({
      id: `zfs:${fullName}`,
      backend: 'zfs',
      poolId: dataset.poolId,
      fullName,
      name,
      volumeName: dataset.name,
      kind: 'zfs-snapshot',
      usedBytes: null,
      sizeBytes: null,
      createdAtMs: null,
      percentFull: null,
      state: 'ok',
      cloneNames: null,
      holdCount: null,
      order: Number(text.slice(guidEnd + 1, orderEnd)),
    });
  }
}

export function parseSnapshotNames(stdout: string): Snapshot[] {
  const reader = new SnapshotNameReader();
  reader.push(stdout);
  return reader.end();
}

function digitsEnd(text: string, from: number, end: number): number {
  let position = from;
  while (position < end) {
    const code = text.charCodeAt(position);
    if (code < zero || code > nine) break;
    position += 1;
  }
  return position;
}

const isNumberLong = (length: number): boolean => length > 0 && length <= 20;

function notNames(line: string): Error {
  return unexpectedOutput(command, `a line is not ${snapshotNameTable.properties}`, line);
}
