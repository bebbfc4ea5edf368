import { setImmediate } from 'node:timers/promises';
import type { AuditReport } from '../../../src-preload/contract/audit';
import { AppError } from '../errors/app-error';
import type { Anchor } from './anchors';
import { readFileId, type ReadableDb } from './audit-file';
import { chainHash, eventOf, genesisHash } from './chain';
import { checkSignature, keyFingerprint } from './signer';

/** Rows between two turns of the event loop. */
const rowsPerTurn = 5_000;
/** A rewritten file breaks at every row; the first ones say it all. */
const problemLimit = 20;

const openingEvents = new Set(['started', 'refused', 'cancelled', 'session']);

interface CheckpointRow {
  row_count: number;
  head_hash: string;
  at_ms: number;
  public_key: string;
  signature: string;
}

export interface VerifyOptions {
  /** The newest checkpoint that was kept outside the file; null for a file from elsewhere. */
  anchor: Anchor | null;
  isOwnKey: (publicKey: string) => boolean;
  signal?: AbortSignal;
}

/**
 * Reads the whole chain and says what is wrong with it: an edited, missing or moved row, a chain that was written
 * anew (the signed checkpoints no longer fit), and a file that was cut short (the anchor knows of more).
 * The file must not be written through this connection meanwhile.
 */
export async function verifyChain(db: ReadableDb, options: VerifyOptions): Promise<AuditReport> {
  const startedAt = performance.now();
  const problems: AuditReport['problems'] = [];
  const report = (seq: number | null, text: string): void => {
    if (problems.length < problemLimit) problems.push({ seq, text });
  };
  const { anchor } = options;
  const fileId = readFileId(db);
  const checkpoints = db
    .prepare<[], CheckpointRow>(
      'SELECT row_count, head_hash, at_ms, public_key, signature FROM checkpoints ORDER BY row_count',
    )
    .all();
  const hashWanted = new Map(checkpoints.map((point) => [point.row_count, point.head_hash]));
  for (const point of checkpoints) {
    const claim = { fileId, rowCount: point.row_count, headHash: point.head_hash, atMs: point.at_ms };
    if (!checkSignature(point.public_key, claim, point.signature)) {
      report(point.row_count, 'The signature of the checkpoint at this row is not valid.');
    }
  }

  let expectedSeq = 1;
  let prevHash = genesisHash;
  let entries = 0;
  const page = db
    .prepare<[number, number], [seq: number, body: string, hash: string]>(
      'SELECT seq, body, hash FROM rows WHERE seq > ? ORDER BY seq LIMIT ?',
    )
    .raw();
  for (let last = 0; ;) {
    if (options.signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
    const rows = page.all(last, rowsPerTurn);
    for (const [seq, body, hash] of rows) {
      if (seq !== expectedSeq) {
        report(
          expectedSeq,
          seq === expectedSeq + 1 ? 'The row is missing.' : `Rows ${expectedSeq} to ${seq - 1} are missing.`,
        );
      } else if (chainHash(prevHash, body) !== hash) {
        report(seq, 'The row does not fit the chain: it was edited or moved, or the one before it was.');
      }
      const wanted = hashWanted.get(seq);
      if (wanted !== undefined && wanted !== hash) {
        report(seq, 'The chain was rewritten: a signed checkpoint knows another hash for this row.');
      }
      if (
        anchor !== null &&
        anchor.fileId === fileId &&
        anchor.rowCount === seq &&
        anchor.headHash !== hash
      ) {
        report(seq, 'The chain was rewritten: this installation remembers another hash for this row.');
      }
      if (openingEvents.has(eventOf(body))) entries += 1;
      expectedSeq = seq + 1;
      prevHash = hash;
      last = seq;
    }
    if (rows.length < rowsPerTurn) break;
    await setImmediate();
  }

  const rowCount = expectedSeq - 1;
  const newest = checkpoints.at(-1);
  if (newest !== undefined && newest.row_count > rowCount) {
    report(
      null,
      `The file was cut short: a signed checkpoint counts ${newest.row_count} rows, ${rowCount} are there.`,
    );
  }
  if (anchor !== null) {
    if (anchor.fileId !== fileId) {
      report(null, 'This is not the file that this installation wrote for the host: it was replaced.');
    } else if (anchor.rowCount > rowCount) {
      report(
        null,
        `The file was cut short: this installation remembers ${anchor.rowCount} rows, ${rowCount} are there.`,
      );
    }
  }
  const indexed =
    db.prepare<[], { count: number }>('SELECT count(*) AS count FROM entries').get()?.count ?? 0;
  if (problems.length === 0 && indexed !== entries) {
    report(
      null,
      `The list index holds ${indexed} operations, the chain ${entries}: some would not be listed.`,
    );
  }
  return {
    ok: problems.length === 0,
    rowCount,
    checkpointCount: checkpoints.length,
    headHash: prevHash,
    keyFingerprint: newest === undefined ? null : keyFingerprint(newest.public_key),
    ownKey: checkpoints.length > 0 && checkpoints.every((point) => options.isOwnKey(point.public_key)),
    problems,
    durationMs: performance.now() - startedAt,
  };
}
