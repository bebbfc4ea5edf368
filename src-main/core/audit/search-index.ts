import { setImmediate } from 'node:timers/promises';
import type { WritableDb } from './audit-file';
import type { ChainedRow } from './chain';

/** Operations indexed in one transaction, between two turns of the event loop. */
const batch = 500;

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
  const newRows = db.prepare<[number, number], { seq: number; operation_id: string }>(
    'SELECT seq, operation_id FROM rows WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const entryOf = db.prepare<[string], { seq: number; row_seqs: string }>(
    'SELECT seq, row_seqs FROM entries WHERE operation_id = ?',
  );
  const bodyOf = db.prepare<[number], { body: string }>('SELECT body FROM rows WHERE seq = ?');
  const put = db.prepare('INSERT OR REPLACE INTO search (rowid, text) VALUES (?, ?)');

  for (let done = Number(mark.get()?.value ?? 0); done < head;) {
    const rows = newRows.all(done, batch);
    const last = rows.at(-1);
    if (last === undefined) return;
    db.transaction(() => {
      for (const operationId of new Set(rows.map((row) => row.operation_id))) {
        const entry = entryOf.get(operationId);
        if (entry === undefined) continue;
        const bodies = entry.row_seqs.split(',').flatMap((seq) => bodyOf.get(Number(seq))?.body ?? []);
        put.run(entry.seq, searchText(bodies.map((body) => JSON.parse(body) as ChainedRow)));
      }
      setMark.run(String(last.seq));
    }).immediate();
    done = last.seq;
    await setImmediate();
  }
}

function searchText(rows: readonly ChainedRow[]): string {
  const parts = rows.flatMap((row) => [
    row.action,
    row.target,
    row.actor,
    row.message,
    row.commands,
    row.stdoutSnippet,
    row.stderrSnippet,
  ]);
  return [...new Set(parts.filter((part) => part !== ''))].join('\n');
}
