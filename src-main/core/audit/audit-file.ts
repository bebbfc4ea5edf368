import { randomUUID } from 'node:crypto';
import BetterSqlite3, { type Database, type Statement, type Transaction } from 'better-sqlite3';
import type { AuditRow } from '../../../src-preload/contract/audit';
import type { Outcome } from '../../../src-preload/contract/operations';
import { openDatabase } from '../data/open-database';
import { canonicalRow, chainHash, genesisHash, type ChainedRow } from './chain';
import { auditMigrations } from './migrations';
import { redactText, snippet } from './redact';
import type { CheckpointSigner } from './signer';
import type { AuditDraft, UnclosedOperation } from './types';

/** Handles that only read are a type of their own, so that a query can't be given the right to write. */
export type ReadableDb = Database & { readonly __access?: 'read' | 'write' };
export type WritableDb = Database & { readonly __access?: 'write' };

/** Rows between two signed checkpoints. */
export const checkpointEvery = 100;

export interface Head {
  seq: number;
  hash: string;
}

/** The row, and the checkpoint's head when one was signed. */
interface Appended {
  row: AuditRow;
  checkpoint: Head | null;
}

const headQuery = 'SELECT seq, hash FROM rows ORDER BY seq DESC LIMIT 1';
const noRows: Head = { seq: 0, hash: genesisHash };

export interface CheckpointRow {
  row_count: number;
  head_hash: string;
  at_ms: number;
  public_key: string;
  signature: string;
}

interface EntryRow {
  seq: number;
  row_seqs: string;
}

/** What the list shows for an operation that nothing has closed. */
export function openedOutcome({ event, outcome }: Pick<AuditDraft, 'event' | 'outcome'>): Outcome {
  if (outcome !== null) return outcome;
  switch (event) {
    case 'refused':
      return 'refused';
    case 'cancelled':
      return 'cancelled';
    case 'session':
    case 'staged':
      return 'ok';
    default:
      return 'unknown';
  }
}

/** The audit of one host, open for appending. */
export class AuditFile {
  readonly fileId: string;
  readonly #insertRow: Statement<[number, string, string]>;
  readonly #insertEntry: Statement<[number, string, number, string, string, string, string]>;
  readonly #closeEntry: Statement<[string, string, string, number, number]>;
  readonly #entryOf: Statement<[string], EntryRow>;
  readonly #insertCheckpoint: Statement<[number, string, number, string, string]>;
  readonly #lastCheckpoint: Statement<[], number | null>;
  readonly #hashOf: Statement<[number], string>;
  readonly #head: Statement<[], Head>;
  readonly #appendNow: Transaction<(draft: AuditDraft) => Appended>;

  private constructor(
    readonly hostId: string,
    readonly path: string,
    readonly db: WritableDb,
    private readonly signer: CheckpointSigner,
    private readonly actor: string,
    private readonly nowMs: () => number,
  ) {
    db.prepare(`INSERT OR IGNORE INTO meta (name, value) VALUES ('file-id', ?), ('host-id', ?)`).run(
      randomUUID(),
      hostId,
    );
    this.fileId = readFileId(db);
    this.#lastCheckpoint = db.prepare<[], number | null>('SELECT max(row_count) FROM checkpoints').pluck();
    this.#hashOf = db.prepare<[number], string>('SELECT hash FROM rows WHERE seq = ?').pluck();
    this.#head = db.prepare<[], Head>(headQuery);
    this.#appendNow = db.transaction((draft: AuditDraft) => this.#append(draft));
    this.#insertRow = db.prepare('INSERT INTO rows (seq, body, hash) VALUES (?, ?, ?)');
    this.#insertEntry = db.prepare(
      'INSERT INTO entries (seq, operation_id, at_ms, action, outcome, state, row_seqs) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#closeEntry = db.prepare(
      'UPDATE entries SET outcome = ?, state = ?, row_seqs = ?, closing_seq = ? WHERE seq = ?',
    );
    this.#entryOf = db.prepare('SELECT seq, row_seqs FROM entries WHERE operation_id = ?');
    this.#insertCheckpoint = db.prepare(
      'INSERT OR IGNORE INTO checkpoints (row_count, head_hash, at_ms, public_key, signature) VALUES (?, ?, ?, ?, ?)',
    );
  }

  static open(
    hostId: string,
    path: string,
    signer: CheckpointSigner,
    actor: string,
    nowMs: () => number,
  ): { file: AuditFile; setAsidePath: string | null } {
    const { db, setAsidePath } = openDatabase(path, auditMigrations, `The audit of ${hostId}`, nowMs);
    db.pragma('busy_timeout = 2000');
    return { file: new AuditFile(hostId, path, db, signer, actor, nowMs), setAsidePath };
  }

  /** Hash of a row, or of the beginning for 0; undefined when there is no such row. */
  hashAt(seq: number): string | undefined {
    return seq === 0 ? genesisHash : this.#hashOf.get(seq);
  }

  /** Durable when it returns. @returns the row, and the checkpoint's head when one was signed */
  append(draft: AuditDraft): Appended {
    return this.#appendNow.immediate(draft);
  }

  /**
   * The head is read inside the transaction and never remembered: a commit that failed half-way or a second
   * Holdfast on the same file would make a remembered one wrong, and every later append impossible.
   */
  #append(draft: AuditDraft): Appended {
    const previous = this.#head.get() ?? noRows;
    const chained: ChainedRow = {
      seq: previous.seq + 1,
      atMs: this.nowMs(),
      event: draft.event,
      operationId: draft.operationId,
      actor: redactText(this.actor),
      hostId: this.hostId,
      hostName: redactText(draft.hostName),
      action: redactText(draft.action),
      target: redactText(draft.target),
      risk: draft.risk,
      outcome: draft.outcome,
      message: snippet(draft.message),
      commands: redactText(draft.commands.join('\n')),
      planDigest: draft.planDigest,
      exitCode: draft.exitCode,
      durationMs: draft.durationMs === null ? null : Math.round(draft.durationMs),
      stdoutSnippet: snippet(draft.stdoutSnippet),
      stderrSnippet: snippet(draft.stderrSnippet),
      recovery: recoverable(draft.recovery),
    };
    const body = canonicalRow(chained);
    const hash = chainHash(previous.hash, body);
    const head: Head = { seq: chained.seq, hash };
    const signs = head.seq - (this.#lastCheckpoint.get() ?? 0) >= checkpointEvery;
    this.#insertRow.run(chained.seq, body, hash);
    this.#derive(chained, draft);
    if (signs) this.#sign(head);
    const { recovery: _recovery, ...shown } = chained;
    return { row: { ...shown, prevHash: previous.hash, hash }, checkpoint: signs ? head : null };
  }

  /** Signs what was appended since the last checkpoint; null when nothing was. */
  checkpoint(): Head | null {
    return this.db
      .transaction(() => {
        const head = this.#head.get() ?? noRows;
        if (head.seq <= (this.#lastCheckpoint.get() ?? 0)) return null;
        this.#sign(head);
        return head;
      })
      .immediate();
  }

  unclosed(): UnclosedOperation[] {
    const rows = this.db
      .prepare<[], { body: string; state: 'open' | 'unknown' }>(
        `SELECT rows.body, entries.state FROM entries JOIN rows ON rows.seq = entries.seq
         WHERE entries.state <> 'closed' ORDER BY entries.seq`,
      )
      .all();
    return rows.map(({ body, state }) => {
      const row = JSON.parse(body) as ChainedRow;
      return {
        hostId: row.hostId,
        operationId: row.operationId,
        action: row.action,
        target: row.target,
        hostName: row.hostName,
        startedAtMs: row.atMs,
        recovery: row.recovery,
        markedUnknown: state === 'unknown',
      };
    });
  }

  close(): void {
    this.db.close();
  }

  #sign({ seq, hash }: Head): void {
    const atMs = this.nowMs();
    const signature = this.signer.sign({ fileId: this.fileId, rowCount: seq, headHash: hash, atMs });
    this.#insertCheckpoint.run(seq, hash, atMs, this.signer.publicKey, signature);
  }

  /** Keeps `entries` in step, in the transaction of the row. */
  #derive(row: ChainedRow, draft: AuditDraft): void {
    const entry = this.#entryOf.get(row.operationId);
    if (entry === undefined) {
      const state = draft.event === 'started' ? 'open' : 'closed';
      this.#insertEntry.run(
        row.seq,
        row.operationId,
        row.atMs,
        row.action,
        openedOutcome(draft),
        state,
        String(row.seq),
      );
      return;
    }
    const outcome = draft.outcome ?? 'unknown';
    const state = draft.event === 'finished' && outcome === 'unknown' ? 'unknown' : 'closed';
    this.#closeEntry.run(outcome, state, `${entry.row_seqs},${row.seq}`, row.seq, entry.seq);
  }
}

/**
 * SECURITY: what looks like a secret is not kept, and a text that lacks a part is not kept either. A name that was cut
 * is the name of something else: looking for it would find nothing, which after a destruction reads as done.
 */
function recoverable(recovery: string | null): string | null {
  return recovery !== null && redactText(recovery) === recovery ? recovery : null;
}

export function readFileId(db: ReadableDb): string {
  const row = db.prepare<[], { value: string }>(`SELECT value FROM meta WHERE name = 'file-id'`).get();
  return row?.value ?? '';
}

export function readHead(db: ReadableDb): Head {
  return db.prepare<[], Head>(headQuery).get() ?? noRows;
}

/** A second, read-only connection: a long read on it blocks no append. */
export function openReadable(path: string): ReadableDb {
  return new BetterSqlite3(path, { readonly: true, fileMustExist: true });
}
