import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import type { AuditFilter, AuditRow } from '../../../src-preload/contract/audit';
import { AppError } from '../errors/app-error';
import type { ReadableDb } from './audit-file';
import type { ChainedRow } from './chain';
import { entryConditions, entrySource, isEmptyFilter } from './queries';

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

/** One cell by RFC 4180, with `'` before what a spreadsheet would run. */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  // A number of ours is never a formula, and a leading apostrophe would make text of it.
  if (typeof value === 'number') return String(value);
  if (value === '') return '';
  const guarded = formulaStart.test(value) ? `'${value}` : value;
  return needsQuotes.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export function csvLine(row: AuditRow): string {
  const { seq, atMs, event, operationId, actor, hostId, hostName, action, target, risk, outcome, message } =
    row;
  return (
    `${seq},${new Date(atMs).toISOString()},${event},${operationId},${csvCell(actor)},${hostId},${csvCell(hostName)},` +
    `${csvCell(action)},${csvCell(target)},${risk ?? ''},${outcome ?? ''},${csvCell(message)},${csvCell(row.commands)},` +
    `${row.planDigest ?? ''},${row.exitCode ?? ''},${row.durationMs ?? ''},${csvCell(row.stdoutSnippet)},` +
    `${csvCell(row.stderrSnippet)},${row.prevHash},${row.hash}\r\n`
  );
}

/** Bytes gathered before a write. */
const chunkLength = 256 * 1024;

/**
 * Writes the rows a filter matches, oldest first: all raw rows of every matching operation.
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
  const temporary = `${path}.part`;
  const file = createWriteStream(temporary, { mode: 0o600 });
  let failure: Error | undefined;
  file.on('error', (error) => {
    failure = error;
  });
  let count = 0;
  try {
    let chunk = `\uFEFF${csvColumns.join(',')}\r\n`;
    for (const { body, hash } of selectRows(db, filter)) {
      const { recovery: _recovery, ...row } = JSON.parse(body) as ChainedRow;
      chunk += csvLine({ ...row, hash });
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

function selectRows(db: ReadableDb, filter: AuditFilter): IterableIterator<{ body: string; hash: string }> {
  if (isEmptyFilter(filter)) {
    return db
      .prepare<[], { body: string; hash: string }>('SELECT body, hash FROM rows ORDER BY seq')
      .iterate();
  }
  const { sql, values } = entryConditions(filter, null);
  const { from } = entrySource(filter);
  return db
    .prepare<(string | number)[], { body: string; hash: string }>(
      `SELECT rows.body, rows.hash FROM rows
       WHERE rows.operation_id IN (SELECT entries.operation_id FROM ${from} ${sql}) ORDER BY rows.seq`,
    )
    .iterate(...values);
}
