import type { AuditEntry, AuditFilter, AuditRow } from '../../../src-preload/contract/audit';
import type { ReadableDb } from './audit-file';
import { genesisHash, type ChainedRow } from './chain';
import { actionWord, outcomeWord } from './search-index';

/**
 * Words of a search box as an FTS5 query: each must occur, the last one may be unfinished.
 * Null when there is nothing to search for. Quoted, so that nothing of the box is an operator.
 */
export function searchQuery(search: string): string | null {
  const words = search.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  if (words.length === 0) return null;
  return words
    .map((word, index) => `"${word.replaceAll('"', '""')}"${index === words.length - 1 ? '*' : ''}`)
    .join(' AND ');
}

/** The words together with the filters that the index knows. */
function indexQuery(words: string, { outcomes, action }: AuditFilter): string {
  const anyOutcome = outcomes.map((outcome) => `"${outcomeWord(outcome)}"`).join(' OR ');
  return [
    words,
    ...(anyOutcome === '' ? [] : [`(${anyOutcome})`]),
    ...(action === null ? [] : [`"${actionWord(action)}"`]),
  ].join(' AND ');
}

interface Condition {
  sql: string;
  values: (string | number)[];
}

/** The WHERE part over `entries`, joined with `search` when words are given. */
export function entryConditions(filter: AuditFilter, beforeSeq: number | null): Condition {
  const sql: string[] = [];
  const values: (string | number)[] = [];
  const words = searchQuery(filter.search);
  if (words !== null) {
    sql.push('search MATCH ?');
    values.push(indexQuery(words, filter));
    if (beforeSeq !== null) {
      sql.push('search.rowid < ?');
      values.push(beforeSeq);
    }
  } else if (beforeSeq !== null) {
    sql.push('entries.seq < ?');
    values.push(beforeSeq);
  }
  if (filter.outcomes.length > 0) {
    sql.push(`entries.outcome IN (${filter.outcomes.map(() => '?').join(', ')})`);
    values.push(...filter.outcomes);
  }
  if (filter.action !== null) {
    sql.push('entries.action = ?');
    values.push(filter.action);
  }
  if (filter.fromMs !== null) {
    sql.push('entries.at_ms >= ?');
    values.push(filter.fromMs);
  }
  if (filter.toMs !== null) {
    sql.push('entries.at_ms <= ?');
    values.push(filter.toMs);
  }
  return { sql: sql.length === 0 ? '' : `WHERE ${sql.join(' AND ')}`, values };
}

/** `entries`, in the order of the full-text index when it leads, so that no sort is needed. */
export function entrySource(filter: AuditFilter): { from: string; orderBy: string } {
  return searchQuery(filter.search) === null
    ? { from: 'entries', orderBy: 'entries.seq' }
    : { from: 'search JOIN entries ON entries.seq = search.rowid', orderBy: 'search.rowid' };
}

export function isEmptyFilter(filter: AuditFilter): boolean {
  return entryConditions(filter, null).sql === '';
}

interface ListedRow {
  seq: number;
  outcome: AuditEntry['outcome'];
  opening: string;
  closing: string | null;
}

/** A page of entries, newest first. Keyset: continues below `beforeSeq`. */
export function listEntries(
  db: ReadableDb,
  filter: AuditFilter,
  beforeSeq: number | null,
  limit: number,
): { entries: AuditEntry[]; nextBeforeSeq: number | null } {
  const { sql, values } = entryConditions(filter, beforeSeq);
  const { from, orderBy } = entrySource(filter);
  const rows = db
    .prepare<(string | number)[], ListedRow>(
      `SELECT page.seq, page.outcome, opening.body AS opening, closing.body AS closing
       FROM (SELECT entries.seq, entries.outcome, entries.closing_seq FROM ${from} ${sql}
             ORDER BY ${orderBy} DESC LIMIT ?) AS page
       JOIN rows AS opening ON opening.seq = page.seq
       LEFT JOIN rows AS closing ON closing.seq = page.closing_seq
       ORDER BY page.seq DESC`,
    )
    .all(...values, limit + 1);
  const entries = rows.slice(0, limit).map(toEntry);
  const last = entries.at(-1);
  return { entries, nextBeforeSeq: rows.length > limit && last !== undefined ? last.seq : null };
}

function toEntry({ seq, outcome, opening, closing }: ListedRow): AuditEntry {
  const first = JSON.parse(opening) as ChainedRow;
  const last = closing === null ? first : (JSON.parse(closing) as ChainedRow);
  return {
    seq,
    atMs: first.atMs,
    operationId: first.operationId,
    event: first.event,
    lastEvent: last.event,
    actor: first.actor,
    hostId: first.hostId,
    hostName: first.hostName,
    action: first.action,
    target: first.target,
    risk: first.risk,
    outcome,
    message: last.message,
    exitCode: last.exitCode,
    durationMs: last.durationMs,
  };
}

/** A row with its hash and the one before it. */
export const rowSelection = `SELECT rows.body, rows.hash, previous.hash AS prevHash
  FROM rows LEFT JOIN rows AS previous ON previous.seq = rows.seq - 1`;

export interface SelectedRow {
  body: string;
  hash: string;
  prevHash: string | null;
}

/** All raw rows of one operation, oldest first. */
export function readOperation(db: ReadableDb, operationId: string): AuditRow[] {
  const entry = db
    .prepare<[string], { row_seqs: string }>('SELECT row_seqs FROM entries WHERE operation_id = ?')
    .get(operationId);
  if (entry === undefined) return [];
  const row = db.prepare<[number], SelectedRow>(`${rowSelection} WHERE rows.seq = ?`);
  return entry.row_seqs.split(',').flatMap((seq) => {
    const found = row.get(Number(seq));
    return found === undefined ? [] : [toRow(found)];
  });
}

export function toRow({ body, hash, prevHash }: SelectedRow): AuditRow {
  const { recovery: _recovery, ...row } = JSON.parse(body) as ChainedRow;
  return { ...row, prevHash: prevHash ?? genesisHash, hash };
}
