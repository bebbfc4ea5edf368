import type { AuditEvent, AuditRow } from '../../../src-preload/contract/audit';
import type { Outcome, Risk } from '../../../src-preload/contract/operations';

/** A row before it is chained. */
export interface AuditDraft {
  event: AuditEvent;
  operationId: string;
  hostName: string;
  action: string;
  target: string;
  risk: Risk | null;
  outcome: Outcome | null;
  message: string;
  commands: readonly string[];
  planDigest: string | null;
  exitCode: number | null;
  durationMs: number | null;
  /** Cut to 8 KiB each and cleared of secrets by the writer. */
  stdoutSnippet: string;
  stderrSnippet: string;
  /** What verifying after a crash needs: action input and preconditions; not part of exports. */
  recovery: string | null;
}

/** An operation that has a `started` row and nothing that closes it. */
export interface UnclosedOperation {
  hostId: string;
  operationId: string;
  action: string;
  target: string;
  hostName: string;
  startedAtMs: number;
  recovery: string | null;
  /** A `finished` row with outcome `unknown` is already there; only `resolved` is missing. */
  markedUnknown: boolean;
}

/** Writes and reads the per-host audit. Append returns only after the row is durable (synchronous=FULL). */
export interface AuditWriter {
  /** Throws AppError `audit-unavailable` when it cannot record. */
  append(hostId: string, draft: AuditDraft): AuditRow;
  unclosed(hostId: string): UnclosedOperation[];
}
