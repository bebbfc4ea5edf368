import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import type { AuditFilter } from '../../../src-preload/contract/audit';
import { AppError } from '../errors/app-error';
import type { ReadableDb } from './audit-file';
import { genesisHash, type ChainedRow } from './chain';
import { entryConditions, entrySource, isEmptyFilter, rowSelection, type SelectedRow } from './queries';

/** Columns of the export, in order. `atUtc` is added for people; the rest is the row. */
export const csvColumns = [
  'seq',
  'atUtc',
  'event',
  'operationId',
  'actor',
  'hostId',
  'hostName',
  'action',
  'target',
  'risk',
  'outcome',
  'message',
  'commands',
  'planDigest',
  'exitCode',
  'durationMs',
  'stdoutSnippet',
  'stderrSnippet',
  'prevHash',
  'hash',
] as const;

/**
 * What makes a spreadsheet run a cell: = + - @ TAB CR LF NUL first, also in their full-width forms, also after
 * spaces (OWASP CSV Injection; ASVS 5.0 1.2.10).
 */
const formulaStart = /^[\s\0]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n\0]/;
const needsQuotes = /[",\r\n\0]|^[\s']|\s$/;

/** Letters and digits start most cells and no formula. */
function startsPlainly(value: string): boolean {
  const code = value.charCodeAt(0);
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57);
}

/** One cell by RFC 4180, with `'` before what a spreadsheet would run. */
export function csvCell(value: string): string {
  if (value === '') return '';
  const guarded = !startsPlainly(value) && formulaStart.test(value) ? `'${value}` : value;
  return needsQuotes.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export function csvLine(row: ChainedRow, prevHash: string, hash: string): string {
  return (
    `${row.seq},${new Date(row.atMs).toISOString()},${row.event},${row.operationId},${csvCell(row.actor)},` +
    `${row.hostId},${csvCell(row.hostName)},${csvCell(row.action)},${csvCell(row.target)},${row.risk ?? ''},` +
    `${row.outcome ?? ''},${csvCell(row.message)},${csvCell(row.commands)},${row.planDigest ?? ''},` +
    `${row.exitCode ?? ''},${row.durationMs ?? ''},${csvCell(row.stdoutSnippet)},${csvCell(row.stderrSnippet)},` +
    `${prevHash},${hash}\r\n`
  );
}

/** Bytes gathered before a write. */
const chunkLength = 256 * 1024;

/**
 * Writes the rows a filter matches: all raw rows of every matching operation, oldest operation first.
 * The file appears under its name only when it is whole. A BOM tells Excel that it is UTF-8.
 * @returns how many rows were written
 * @throws AppError `cancelled`, or `internal` when the file can't be written
 */
export async function exportRows(
  db: ReadableDb,
  filter: AuditFilter,
  path: string,
  signal?: AbortSignal,
): Promise<number> {
  const temporary = `${path}.${randomUUID()}.part`;
  const file = createWriteStream(temporary, { mode: 0o600, flags: 'wx' });
  let failure: Error | undefined;
  file.on('error', (error) => {
    failure = error;
  });
  let count = 0;
  try {
    let chunk = `\uFEFF${csvColumns.join(',')}\r\n`;
    for (const { body, hash, prevHash } of selectRows(db, filter)) {
      chunk += csvLine(JSON.parse(body) as ChainedRow, prevHash, hash);
      count += 1;
      if (chunk.length >= chunkLength) {
        if (failure !== undefined) throw failure;
        if (signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
        if (!file.write(chunk)) await once(file, 'drain');
        chunk = '';
      }
    }
    file.end(chunk);
    await once(file, 'close');
    if (failure !== undefined) throw failure;
    await rename(temporary, path);
    return count;
  } catch (thrown) {
    file.destroy();
    await rm(temporary, { force: true });
    if (thrown instanceof AppError) throw thrown;
    throw new AppError('internal', 'The CSV file could not be written. Choose another place and try again.', {
      detail: thrown instanceof Error ? thrown.message : String(thrown),
      cause: thrown,
    });
  }
}

function* selectRows(db: ReadableDb, filter: AuditFilter): Generator<SelectedRow & { prevHash: string }> {
  if (isEmptyFilter(filter)) {
    let prevHash = genesisHash;
    const all = db.prepare<[], [string, string]>('SELECT body, hash FROM rows ORDER BY seq').raw();
    for (const [body, hash] of all.iterate()) {
      yield { body, hash, prevHash };
      prevHash = hash;
    }
    return;
  }
  const { sql, values } = entryConditions(filter, null);
  const { from, orderBy } = entrySource(filter);
  const entries = db
    .prepare<(string | number)[], string>(`SELECT entries.row_seqs FROM ${from} ${sql} ORDER BY ${orderBy}`)
    .pluck();
  const rowOf = db.prepare<[number], SelectedRow>(`${rowSelection} WHERE rows.seq = ?`);
  for (const seqs of entries.iterate(...values)) {
    for (const seq of seqs.split(',')) {
      const row = rowOf.get(Number(seq));
      if (row !== undefined) yield { ...row, prevHash: row.prevHash ?? genesisHash };
    }
  }
}
