import { hash } from 'node:crypto';
import type { AuditRow } from '../../../src-preload/contract/audit';

/** A row as it is chained: all that is stored but its own hash. */
export type ChainedRow = Omit<AuditRow, 'hash' | 'prevHash'> & { recovery: string | null };

/** What the first row has as its predecessor. */
export const genesisHash = '0'.repeat(64);

/**
 * The row as canonical JSON (RFC 8785). A row is flat and holds strings, integers and null only; for these the
 * standard's rules are those of JSON.stringify with the keys in order, which the property test holds against the
 * `canonicalize` package.
 */
export function canonicalRow(row: ChainedRow): string {
  return JSON.stringify({
    action: row.action,
    actor: row.actor,
    atMs: row.atMs,
    commands: row.commands,
    durationMs: row.durationMs,
    event: row.event,
    exitCode: row.exitCode,
    hostId: row.hostId,
    hostName: row.hostName,
    message: row.message,
    operationId: row.operationId,
    outcome: row.outcome,
    planDigest: row.planDigest,
    recovery: row.recovery,
    risk: row.risk,
    seq: row.seq,
    stderrSnippet: row.stderrSnippet,
    stdoutSnippet: row.stdoutSnippet,
    target: row.target,
  });
}

/** SHA-256, hex, over the previous row's hash and this row's canonical JSON: what makes the rows a chain. */
export function chainHash(prevHash: string, body: string): string {
  return hash('sha256', prevHash + body, 'hex');
}

/**
 * The kind of event without parsing the row. A quote inside a JSON string is always escaped, so this sequence of
 * characters occurs as a member only.
 */
export function eventOf(body: string): string {
  const at = body.indexOf('"event":"');
  return at < 0 ? '' : body.slice(at + 9, body.indexOf('"', at + 9));
}
