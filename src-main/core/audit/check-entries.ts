import type { AuditEvent } from '../../../src-preload/contract/audit';
import type { Outcome } from '../../../src-preload/contract/operations';
import { openedOutcome, type ReadableDb } from './audit-file';
import { eventOf } from './chain';

type StoredEntry = [
  seq: number,
  operationId: string,
  atMs: number,
  action: string,
  outcome: string,
  state: string,
  rowSeqs: string,
  closingSeq: number | null,
];

interface OpenEntry {
  stored: StoredEntry;
  /** Rows of it that the chain has not come to yet. */
  rest: string;
}

const operationMember = '"operationId":"';
const atMsMember = '"atMs":';
const outcomeMember = '","outcome":';

/**
 * Holds the list (`entries`) against the chain while the chain is read. The list is derived, so an edit there breaks
 * no hash; but it is what people look at, and it must not say "ok" where the chain says "failed".
 * Finds members by their names without parsing: a quote inside a JSON string is always escaped.
 */
export class EntryCheck {
  /** By the row that each waits for: a number is found in a fraction of the time of an operation's id. */
  readonly #waiting = new Map<number, OpenEntry>();
  readonly #actionStart = new Map<string, string>();
  readonly #page;
  #entries = 0;

  constructor(
    private readonly db: ReadableDb,
    private readonly report: (seq: number | null, text: string) => void,
  ) {
    this.#page = db
      .prepare<[number, number], StoredEntry>(
        `SELECT seq, operation_id, at_ms, action, outcome, state, row_seqs, closing_seq FROM entries
         WHERE seq BETWEEN ? AND ? ORDER BY seq`,
      )
      .raw();
  }

  /** Before the rows of these numbers are given to `row`. */
  begin(firstSeq: number, lastSeq: number): void {
    for (const stored of this.#page.all(firstSeq, lastSeq)) {
      this.#await({ stored, rest: stored[6] });
      this.#entries += 1;
    }
  }

  row(seq: number, body: string): void {
    const entry = this.#waiting.get(seq);
    const idAt = body.indexOf(operationMember) + operationMember.length;
    if (entry === undefined || !isMember(body, entry.stored[1], idAt)) {
      this.report(
        seq,
        'The list does not hold this row where it belongs, so its operation is shown wrongly.',
      );
      return;
    }
    this.#waiting.delete(seq);
    const { stored } = entry;
    if (stored[6] === entry.rest && !this.#opensAs(stored, seq, body)) {
      this.report(seq, 'The list shows another time or action for this operation than the chain.');
    }
    const comma = entry.rest.indexOf(',');
    if (comma >= 0) {
      entry.rest = entry.rest.slice(comma + 1);
      this.#await(entry);
      return;
    }
    const outcomeAt = idAt + stored[1].length + outcomeMember.length;
    const outcome = body.startsWith('null', outcomeAt)
      ? null
      : (body.slice(outcomeAt + 1, body.indexOf('"', outcomeAt + 1)) as Outcome);
    const only = stored[6] === entry.rest;
    if (!endsAs(stored, seq, eventOf(body) as AuditEvent, outcome, only)) {
      this.report(seq, 'The list shows another outcome for this operation than the chain.');
    }
  }

  end(): void {
    for (const entry of this.#waiting.values()) this.#lost(entry);
    const count = this.#count('SELECT count(*) AS count FROM entries');
    if (count !== this.#entries) {
      this.report(
        null,
        `The list holds ${String(count - this.#entries)} operations that the chain does not know.`,
      );
    }
    // Indexed when somebody searches, so only what lies before the mark can be missed.
    const indexed = this.#count('SELECT count(*) AS count FROM search_docsize');
    const expected = this.#count(
      `SELECT count(*) AS count FROM entries
       WHERE seq <= coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'indexed-seq'), 0)`,
    );
    if (indexed !== expected) {
      this.report(
        null,
        `The search index holds ${String(indexed)} operations, not ${String(expected)}: some would not be found.`,
      );
    }
  }

  /** Two entries that claim one row, or a number that no row has, are wrong whatever the chain says. */
  #await(entry: OpenEntry): void {
    const { rest } = entry;
    const comma = rest.indexOf(',');
    const text = comma < 0 ? rest : rest.slice(0, comma);
    const next = Number(text);
    if (String(next) !== text || this.#waiting.has(next)) this.#lost(entry);
    else this.#waiting.set(next, entry);
  }

  #lost({ stored, rest }: OpenEntry): void {
    this.report(stored[0], `The list names rows of this operation that are not there: ${rest.slice(0, 60)}.`);
  }

  #opensAs([first, , atMs, action]: StoredEntry, seq: number, body: string): boolean {
    let start = this.#actionStart.get(action);
    if (start === undefined) {
      start = `{"action":${JSON.stringify(action)},`;
      this.#actionStart.set(action, start);
    }
    if (first !== seq || !body.startsWith(start)) return false;
    const atMsAt = body.indexOf(atMsMember, start.length) + atMsMember.length;
    return body.startsWith(`${String(atMs)},`, atMsAt);
  }

  #count(sql: string): number {
    return this.db.prepare<[], { count: number }>(sql).get()?.count ?? 0;
  }
}

/** Whether a string member that begins here holds this value, which needs no escaping. */
function isMember(body: string, value: string, at: number): boolean {
  return body.startsWith(value, at) && body.charCodeAt(at + value.length) === 34;
}

/** The rules by which audit-file.ts derives an entry from the last row of its operation. */
function endsAs(
  [, , , , shown, state, , closingSeq]: StoredEntry,
  seq: number,
  event: AuditEvent,
  outcome: Outcome | null,
  only: boolean,
): boolean {
  if (only) {
    return (
      closingSeq === null &&
      shown === openedOutcome({ event, outcome }) &&
      state === (event === 'started' ? 'open' : 'closed')
    );
  }
  const expected = outcome ?? 'unknown';
  return (
    closingSeq === seq &&
    shown === expected &&
    state === (event === 'finished' && expected === 'unknown' ? 'unknown' : 'closed')
  );
}
