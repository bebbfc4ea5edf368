import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import {
  shownThenSchema,
  stagedChangeSchema,
  type ChangeState,
  type ShownThen,
  type StagedChange,
} from '../../../../src-preload/contract/changes';
import { AppError } from '../../errors/app-error';

/** Waiting at the same time (F175). */
export const mostPending = 2_000;
/** Of those that ended, the newest stay in the list. */
const mostEnded = 500;

const inputSchema = z.record(z.string(), z.json());

/** What only the core sees of a staged change. */
export interface StoredChange {
  change: StagedChange;
  /** As the action's schema takes it. */
  input: z.infer<typeof inputSchema>;
  shown: ShownThen;
}

/** One that may have been sent: what became of it stands in the audit. */
export interface OpenChange {
  change: StagedChange;
  operationId: string;
}

export interface ChangeStore {
  /** Newest first. */
  list(): StagedChange[];
  /** Throws AppError `not-found`. */
  get(changeId: string): StoredChange;
  /** Throws AppError `limit-reached`. */
  add(stored: StoredChange): void;
  /** In one statement: of two that claim the same change only one is told true. */
  claim(changeId: string, operationId: string, atMs: number): boolean;
  /** @returns whether it was in one of these states */
  move(
    changeId: string,
    from: readonly ChangeState[],
    to: ChangeState,
    message: string | null,
    atMs: number,
  ): boolean;
  /** Applying or unknown; of one host or cluster, or of all. */
  open(hostId?: string): OpenChange[];
  /** Of one host or cluster. */
  waiting(hostId: string): StagedChange[];
  /** How many that this automation staged are pending or being applied. */
  waitingOf(automationId: string): number;
  clear(): number;
  /** All of a host or cluster, without a trace. */
  drop(hostId: string): void;
  transaction<T>(work: () => T): T;
}

interface Row {
  id: string;
  host_id: string;
  host_kind: string;
  host_name: string;
  environment: string;
  action: string;
  title: string;
  target_kind: string;
  target_name: string;
  risk: string;
  input: string;
  shown: string;
  state: string;
  note: string;
  staged_at_ms: number;
  staged_by: string;
  changed_at_ms: number | null;
  message: string | null;
  operation_id: string | null;
  automation_id: string | null;
}

function unreadable(id: string, cause: unknown): AppError {
  return new AppError('internal', `The staged change ${id} can’t be read. Nothing was changed.`, { cause });
}

function toChange(row: Omit<Row, 'input' | 'shown'>): StagedChange {
  try {
    return stagedChangeSchema.parse({
      id: row.id,
      hostId: row.host_id,
      hostKind: row.host_kind,
      hostName: row.host_name,
      environment: JSON.parse(row.environment) as unknown,
      action: row.action,
      title: row.title,
      target: { kind: row.target_kind, name: row.target_name },
      risk: row.risk,
      state: row.state,
      note: row.note,
      stagedAtMs: row.staged_at_ms,
      stagedBy: row.staged_by,
      changedAtMs: row.changed_at_ms,
      message: row.message,
      operationId: row.operation_id,
      automationId: row.automation_id,
    });
  } catch (cause) {
    throw unreadable(row.id, cause);
  }
}

const light = `id, host_id, host_kind, host_name, environment, action, title, target_kind, target_name, risk, state, note,
  staged_at_ms, staged_by, changed_at_ms, message, operation_id, automation_id`;

/** Staged changes in app.sqlite. */
export function createChangeStore(db: Database): ChangeStore {
  const all = db.prepare<[], Row>(`SELECT ${light} FROM staged_changes ORDER BY seq DESC`);
  const one = db.prepare<[string], Row>('SELECT * FROM staged_changes WHERE id = ?');
  const pending = db
    .prepare<[], number>(`SELECT count(*) FROM staged_changes WHERE state = 'pending'`)
    .pluck();
  const insert = db.prepare<[Row]>(`
    INSERT INTO staged_changes (${light}, input, shown) VALUES (
      @id, @host_id, @host_kind, @host_name, @environment, @action, @title, @target_kind, @target_name, @risk, @state,
      @note, @staged_at_ms, @staged_by, @changed_at_ms, @message, @operation_id, @automation_id, @input, @shown
    )`);
  const claim = db.prepare<[string, number, string]>(
    `UPDATE staged_changes SET state = 'applying', operation_id = ?, changed_at_ms = ?, message = NULL
     WHERE id = ? AND state = 'pending'`,
  );
  const move = db.prepare<[string, string | null, number, string, string]>(
    `UPDATE staged_changes SET state = ?, message = ?, changed_at_ms = ?
     WHERE id = ? AND state IN (SELECT value FROM json_each(?))`,
  );
  const open = db.prepare<[string | null, string | null], Row>(
    `SELECT ${light} FROM staged_changes
     WHERE state IN ('applying', 'unknown') AND (? IS NULL OR host_id = ?) ORDER BY seq`,
  );
  const waiting = db.prepare<[string], Row>(
    `SELECT ${light} FROM staged_changes WHERE state IN ('pending', 'unknown') AND host_id = ? ORDER BY seq`,
  );
  const waitingOf = db
    .prepare<[string], number>(
      `SELECT count(*) FROM staged_changes WHERE state IN ('pending', 'applying') AND automation_id = ?`,
    )
    .pluck();
  const ended = `state IN ('applied', 'failed', 'discarded')`;
  const clear = db.prepare(`DELETE FROM staged_changes WHERE ${ended}`);
  const prune = db.prepare<[number]>(
    `DELETE FROM staged_changes WHERE ${ended}
     AND seq <= (SELECT seq FROM staged_changes WHERE ${ended} ORDER BY seq DESC LIMIT 1 OFFSET ?)`,
  );
  const drop = db.prepare<[string]>('DELETE FROM staged_changes WHERE host_id = ?');
  return {
    list: () => all.all().map(toChange),
    get: (changeId) => {
      const row = one.get(changeId);
      if (row === undefined) throw new AppError('not-found', 'There is no such staged change any more.');
      const change = toChange(row);
      try {
        return {
          change,
          input: inputSchema.parse(JSON.parse(row.input)),
          shown: shownThenSchema.parse(JSON.parse(row.shown)),
        };
      } catch (cause) {
        throw unreadable(changeId, cause);
      }
    },
    add: ({ change, input, shown }) => {
      if ((pending.get() ?? 0) >= mostPending) {
        throw new AppError(
          'limit-reached',
          `${mostPending.toLocaleString('en')} changes wait already, so it was not staged.`,
          { remedy: 'Apply or discard some of them first.' },
        );
      }
      insert.run({
        id: change.id,
        host_id: change.hostId,
        host_kind: change.hostKind,
        host_name: change.hostName,
        environment: JSON.stringify(change.environment),
        action: change.action,
        title: change.title,
        target_kind: change.target.kind,
        target_name: change.target.name,
        risk: change.risk,
        input: JSON.stringify(input),
        shown: JSON.stringify(shown),
        state: change.state,
        note: change.note,
        staged_at_ms: change.stagedAtMs,
        staged_by: change.stagedBy,
        changed_at_ms: change.changedAtMs,
        message: change.message,
        operation_id: change.operationId,
        automation_id: change.automationId,
      });
      prune.run(mostEnded);
    },
    claim: (changeId, operationId, atMs) => claim.run(operationId, atMs, changeId).changes === 1,
    move: (changeId, from, to, message, atMs) =>
      move.run(to, message, atMs, changeId, JSON.stringify(from)).changes === 1,
    open: (hostId) =>
      open.all(hostId ?? null, hostId ?? null).flatMap((row) => {
        const change = toChange(row);
        return change.operationId === null ? [] : [{ change, operationId: change.operationId }];
      }),
    waiting: (hostId) => waiting.all(hostId).map(toChange),
    waitingOf: (automationId) => waitingOf.get(automationId) ?? 0,
    clear: () => clear.run().changes,
    drop: (hostId) => void drop.run(hostId),
    transaction: (work) => db.transaction(work).immediate(),
  };
}
