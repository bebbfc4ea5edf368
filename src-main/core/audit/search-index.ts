import { setImmediate } from 'node:timers/promises';
import type { WritableDb } from './audit-file';
import type { ChainedRow } from './chain';

/**
 * Rows indexed in one transaction, between two turns of the event loop. Each commit writes a segment that FTS5 merges
 * again and again, so fewer rows at a time take longer in all, and more hold up everything else.
 */
const batch = 2_000;

interface IndexedEntry {
  seq: number;
  outcome: string;
  row_seqs: string;
}

/**
 * Outcome and action as one word each, so that the index itself finds where words and filters meet: looking at every
 * entry that has the words takes 300 ms among 500,000. They begin with characters that no keyboard has (private use,
 * which `unicode61` counts among the letters), so no word of a search box finds them.
 */
export const outcomeWord = (outcome: string): string => `\uE000${outcome}`;
export const actionWord = (action: string): string => `\uE001${action.replace(/[^\p{L}\p{N}]/gu, '\uE001')}`;

/**
 * Brings the full-text index up to the last row. An operation that was indexed when it started is indexed anew
 * with what its later rows say.
 */
export async function indexNewRows(db: WritableDb): Promise<void> {
  const head = db.prepare<[], { seq: number | null }>('SELECT max(seq) AS seq FROM rows').get()?.seq ?? 0;
  const mark = db.prepare<[], { value: string }>(`SELECT value FROM meta WHERE name = 'indexed-seq'`);
  const setMark = db.prepare(
    `INSERT INTO meta (name, value) VALUES ('indexed-seq', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  );
  const newRows = db
    .prepare<[number, number], [seq: number, body: string]>(
      'SELECT seq, body FROM rows WHERE seq > ? ORDER BY seq LIMIT ?',
    )
    .raw();
  const newEntries = db.prepare<[number, number], IndexedEntry & { operation_id: string }>(
    'SELECT seq, operation_id, outcome, row_seqs FROM entries WHERE seq BETWEEN ? AND ?',
  );
  const entryOf = db.prepare<[string], IndexedEntry>(
    'SELECT seq, outcome, row_seqs FROM entries WHERE operation_id = ?',
  );
  const bodyOf = db.prepare<[number], string>('SELECT body FROM rows WHERE seq = ?').pluck();
  const lastIndexed = db.prepare<[], number | null>('SELECT max(id) FROM search_docsize').pluck();
  // Above what is indexed there is nothing to look for and to replace.
  const insert = db.prepare('INSERT INTO search (rowid, text) VALUES (?, ?)');
  const replace = db.prepare('INSERT OR REPLACE INTO search (rowid, text) VALUES (?, ?)');

  const indexBatch = db.transaction((): number => {
    // Read here and not remembered: another search may have indexed on while this one waited for its turn.
    const done = Number(mark.get()?.value ?? 0);
    const added = newRows.all(done, batch);
    const last = added.at(-1)?.[0];
    if (last === undefined) return head;
    const known = Math.max(done, lastIndexed.get() ?? 0);
    const parsed = new Map(added.map(([seq, body]) => [seq, JSON.parse(body) as ChainedRow]));
    const entries = new Map(newEntries.all(done + 1, last).map((entry) => [entry.operation_id, entry]));
    const rowOf = (seq: number): ChainedRow[] => {
      const row = parsed.get(seq);
      if (row !== undefined) return [row];
      const body = bodyOf.get(seq);
      return body === undefined ? [] : [JSON.parse(body) as ChainedRow];
    };
    const operationIds = new Set<string>();
    for (const { operationId } of parsed.values()) operationIds.add(operationId);
    for (const operationId of operationIds) {
      const entry = entries.get(operationId) ?? entryOf.get(operationId);
      if (entry === undefined) continue;
      const put = entry.seq > known ? insert : replace;
      const rows = entry.row_seqs.split(',').flatMap((seq) => rowOf(Number(seq)));
      put.run(entry.seq, searchText(entry.outcome, rows));
    }
    setMark.run(String(last));
    return last;
  });

  for (let done = Number(mark.get()?.value ?? 0); done < head;) {
    done = indexBatch.immediate();
    await setImmediate();
  }
}

function searchText(outcome: string, rows: readonly ChainedRow[]): string {
  const parts = new Set([outcomeWord(outcome)]);
  for (const row of rows) {
    parts.add(actionWord(row.action));
    parts.add(row.action).add(row.target).add(row.actor).add(row.message);
    parts.add(row.commands).add(row.stdoutSnippet).add(row.stderrSnippet);
  }
  parts.delete('');
  return [...parts].join('\n');
}
