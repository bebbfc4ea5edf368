import { z } from 'zod';
import { hostIdSchema, nothingSchema, searchSchema, timestampMsSchema, uuidSchema } from './primitives';
import { outcomeSchema, riskSchema } from './operations';

/**
 * Raw, chained rows. `resolved`: what reading the host later showed of an unknown outcome. `staged`, `applied` and
 * `discarded` are of a staged change: `applied` names the operation, and its outcome says what came of it.
 */
export const auditEvents = [
  'started',
  'finished',
  'refused',
  'cancelled',
  'resolved',
  'session',
  'staged',
  'applied',
  'discarded',
] as const;
export const auditEventSchema = z.enum(auditEvents);
export type AuditEvent = z.infer<typeof auditEventSchema>;

export const auditRowSchema = z.strictObject({
  seq: z.int().positive(),
  atMs: timestampMsSchema,
  event: auditEventSchema,
  operationId: uuidSchema,
  /** `user@laptop` of who sat at this installation. */
  actor: z.string(),
  hostId: hostIdSchema,
  hostName: z.string(),
  action: z.string(),
  target: z.string(),
  risk: riskSchema.nullable(),
  outcome: outcomeSchema.nullable(),
  message: z.string(),
  /** Commands as sent, one a line; empty when none. */
  commands: z.string(),
  planDigest: z.string().nullable(),
  exitCode: z.int().nullable(),
  durationMs: z.int().nullable(),
  stdoutSnippet: z.string(),
  stderrSnippet: z.string(),
  prevHash: z.string().regex(/^[0-9a-f]{64}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AuditRow = z.infer<typeof auditRowSchema>;

/** One line per operation: its opening row joined with what closed it. */
export const auditEntrySchema = z.strictObject({
  seq: z.int().positive(),
  atMs: timestampMsSchema,
  operationId: uuidSchema,
  event: auditEventSchema,
  /** Of its newest row. */
  lastEvent: auditEventSchema,
  actor: z.string(),
  hostId: hostIdSchema,
  hostName: z.string(),
  action: z.string(),
  target: z.string(),
  risk: riskSchema.nullable(),
  /** `unknown` when nothing closed it. */
  outcome: outcomeSchema,
  message: z.string(),
  exitCode: z.int().nullable(),
  durationMs: z.int().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** A host's own audit, or a file from elsewhere opened for review. */
export const auditSourceSchema = z.strictObject({
  /** The host id, or `file-<uuid>` for a reviewed file. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,70}$/),
  title: z.string(),
  kind: z.enum(['host', 'removed-host', 'review-file']),
  rowCount: z.int(),
  lastAtMs: timestampMsSchema.nullable(),
  /** Set when the file could not be opened; it was left untouched or set aside. */
  problem: z.string().nullable(),
});
export type AuditSource = z.infer<typeof auditSourceSchema>;

export const auditFilterSchema = z.strictObject({
  search: searchSchema,
  outcomes: z.array(outcomeSchema),
  action: z.string().max(64).nullable(),
  fromMs: timestampMsSchema.nullable(),
  toMs: timestampMsSchema.nullable(),
});
export type AuditFilter = z.infer<typeof auditFilterSchema>;

const sourceIdSchema = auditSourceSchema.shape.id;

export const auditReportSchema = z.strictObject({
  ok: z.boolean(),
  rowCount: z.int(),
  checkpointCount: z.int(),
  headHash: z.string(),
  /** Fingerprint of the public key that signed the checkpoints, hex SHA-256. */
  keyFingerprint: z.string().nullable(),
  /** True when the key is this installation's own. */
  ownKey: z.boolean(),
  /** First broken row and why; empty when sound. */
  problems: z.array(z.strictObject({ seq: z.int().nullable(), text: z.string() })),
  durationMs: z.number(),
});
export type AuditReport = z.infer<typeof auditReportSchema>;

/** What an audit file says to an anchor that was exported earlier. */
export const anchorCheckSchema = z.strictObject({
  /**
   * `contained`: all the anchor vouches for is there unchanged. `cut-short`: rows are missing at the end.
   * `rewritten`: rows up to the anchor were edited, moved or removed, or the chain was written anew.
   * `other-file`: the anchor is of another audit file.
   */
  verdict: z.enum(['contained', 'cut-short', 'rewritten', 'other-file']),
  rowCount: z.int().nonnegative(),
  /** Where it first differs; null: nowhere, or the chain was written anew and no row shows where. */
  firstBadSeq: z.int().positive().nullable(),
  anchorRowCount: z.int().positive(),
  anchoredAtMs: timestampMsSchema,
  /** Of the key that signed the anchor, hex SHA-256. */
  keyFingerprint: z.string(),
  ownKey: z.boolean(),
});
export type AnchorCheck = z.infer<typeof anchorCheckSchema>;

export const auditContract = {
  sources: { request: nothingSchema, response: z.strictObject({ sources: z.array(auditSourceSchema) }) },
  /** Newest first; `beforeSeq` continues a listing (keyset, not offset). */
  list: {
    request: z.strictObject({
      sourceId: sourceIdSchema,
      filter: auditFilterSchema,
      beforeSeq: z.int().positive().nullable(),
      limit: z.int().min(1).max(500),
    }),
    response: z.strictObject({ entries: z.array(auditEntrySchema), nextBeforeSeq: z.int().nullable() }),
  },
  /** All raw rows of one operation, oldest first. */
  read: {
    request: z.strictObject({ sourceId: sourceIdSchema, operationId: uuidSchema }),
    response: z.strictObject({ rows: z.array(auditRowSchema) }),
  },
  verify: { request: z.strictObject({ sourceId: sourceIdSchema }), response: auditReportSchema },
  /** Native save dialog, then the rows the filter matches as CSV. null when cancelled. */
  exportCsv: {
    request: z.strictObject({ sourceId: sourceIdSchema, filter: auditFilterSchema }),
    response: z.strictObject({
      exported: z.strictObject({ displayPath: z.string(), rowCount: z.int() }).nullable(),
    }),
  },
  /** Signs what was recorded, then a native save dialog for the newest checkpoint. null when cancelled. */
  exportAnchor: {
    request: z.strictObject({ sourceId: sourceIdSchema }),
    response: z.strictObject({
      exported: z.strictObject({ displayPath: z.string(), rowCount: z.int().positive() }).nullable(),
    }),
  },
  /** Native open dialog for an anchor, which this audit is held against. null when cancelled. */
  checkAnchor: {
    request: z.strictObject({ sourceId: sourceIdSchema }),
    response: z.strictObject({
      checked: anchorCheckSchema.extend({ displayPath: z.string() }).nullable(),
    }),
  },
  /** Native open dialog; opens the chosen audit file read-only. null when cancelled. */
  openFile: { request: nothingSchema, response: z.strictObject({ source: auditSourceSchema.nullable() }) },
  closeFile: { request: z.strictObject({ sourceId: sourceIdSchema }), response: nothingSchema },
} as const;
