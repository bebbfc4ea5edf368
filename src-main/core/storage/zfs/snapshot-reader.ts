import type { Snapshot } from '../../../../src-preload/contract/inventory';
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
 * Reads the rows of `snapshotNameTable`: snapshots whose details are not read yet. They come in order of age, so that
 * neighbours are of many datasets; each dataset's name is kept once all the same.
 *
 * Throws `unexpected-output` on the first line that does not fit.
 */
export function parseSnapshotNames(stdout: string): Snapshot[] {
  const snapshots: Snapshot[] = [];
  const datasets = new Map<string, { name: string; poolId: string }>();
  for (let start = 0; start < stdout.length;) {
    const end = stdout.indexOf('\n', start);
    if (end === -1) throw unexpectedOutput(command, 'it ends in the middle of a line', stdout.slice(start));
    const at = stdout.indexOf('@', start);
    const part = at + 1;
    const nameEnd = stdout.indexOf('\t', start);
    if (at <= start || nameEnd <= part || nameEnd > end) throw notNames(stdout.slice(start, end));
    const guidEnd = digitsEnd(stdout, nameEnd + 1, end);
    const orderEnd = digitsEnd(stdout, guidEnd + 1, end);
    if (
      isWithin(stdout.indexOf('@', part), nameEnd) ||
      stdout.charCodeAt(guidEnd) !== tab ||
      orderEnd !== end ||
      !isNumberLong(guidEnd - nameEnd - 1) ||
      !isNumberLong(orderEnd - guidEnd - 1)
    ) {
      throw notNames(stdout.slice(start, end));
    }
    const volume = stdout.slice(start, at);
    let dataset = datasets.get(volume);
    if (dataset === undefined) {
      dataset = { name: volume, poolId: poolIdOf(volume) };
      datasets.set(volume, dataset);
    }
    const fullName = stdout.slice(start, nameEnd);
    snapshots.push({
      id: `zfs:${fullName}`,
      backend: 'zfs',
      poolId: dataset.poolId,
      fullName,
      name: stdout.slice(part, nameEnd),
      volumeName: dataset.name,
      kind: 'zfs-snapshot',
      usedBytes: null,
      sizeBytes: null,
      createdAtMs: null,
      percentFull: null,
      state: 'ok',
      cloneNames: null,
      holdCount: null,
      order: Number(stdout.slice(guidEnd + 1, orderEnd)),
    });
    start = end + 1;
  }
  return snapshots;
}

const isWithin = (place: number, end: number): boolean => place !== -1 && place < end;

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
