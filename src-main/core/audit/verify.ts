import { setImmediate } from 'node:timers/promises';
import type { AuditReport } from '../../../src-preload/contract/audit';
import { AppError } from '../errors/app-error';
import type { Anchor } from './anchors';
import { checkpointEvery, readFileId, type CheckpointRow, type ReadableDb } from './audit-file';
import { chainHash, genesisHash } from './chain';
import { EntryCheck } from './check-entries';
import { keyFingerprint, signatureChecks } from './signer';

/** Rows between two turns of the event loop; so few that SQLite's cache still has them when their hashes are read. */
const defaultRowsPerTurn = 500;
/** A rewritten file breaks at every row; the first ones say it all. */
const problemLimit = 20;

export interface VerifyOptions {
  /** The newest checkpoint of this very file that was kept outside of it; null when none was. */
  anchor: Anchor | null;
  /** What this installation remembers of other files of the same host. */
  otherFiles?: readonly Anchor[];
  isOwnKey: (publicKey: string) => boolean;
  signal?: AbortSignal;
  rowsPerTurn?: number;
}

/**
 * Reads the whole chain and says what is wrong with it: an edited, missing or moved row, a chain that was written
 * anew (the signed checkpoints no longer fit), and a file that was cut short (the anchor knows of more).
 * Reads one state of the file, so that rows written meanwhile through other connections are no alarm; the connection
 * must be used for nothing else until it ends.
 * @throws AppError `cancelled`
 */
export async function verifyChain(db: ReadableDb, options: VerifyOptions): Promise<AuditReport> {
  db.exec('BEGIN');
  try {
    return await verifySnapshot(db, options);
  } finally {
    db.exec('COMMIT');
  }
}

async function verifySnapshot(db: ReadableDb, options: VerifyOptions): Promise<AuditReport> {
  const startedAt = performance.now();
  const problems: AuditReport['problems'] = [];
  const report = (seq: number | null, text: string): void => {
    if (problems.length < problemLimit) problems.push({ seq, text });
  };
  const { anchor, rowsPerTurn = defaultRowsPerTurn } = options;
  const fileId = readFileId(db);
  const checkpoints = db
    .prepare<[], CheckpointRow>(
      'SELECT row_count, head_hash, at_ms, public_key, signature FROM checkpoints ORDER BY row_count',
    )
    .all();
  const hashWanted = new Map(checkpoints.map((point) => [point.row_count, point.head_hash]));
  // On other threads while this one hashes: 10,000 signatures of a million rows take a second.
  const badSignatures = signatureChecks(
    checkpoints.map((point) => ({
      publicKey: point.public_key,
      claim: { fileId, rowCount: point.row_count, headHash: point.head_hash, atMs: point.at_ms },
      signature: point.signature,
    })),
    options.signal,
  );

  let expectedSeq = 1;
  let prevHash = genesisHash;
  const listProblems: AuditReport['problems'] = [];
  const list = new EntryCheck(db, (seq, text) => {
    if (listProblems.length < problemLimit) listProblems.push({ seq, text });
  });
  const remembered = (seq: number, hash: string): void => {
    const wanted = hashWanted.get(seq);
    if (wanted !== undefined && wanted !== hash) {
      report(seq, 'The chain was rewritten: a signed checkpoint knows another hash for this row.');
    }
    if (anchor !== null && anchor.rowCount === seq && anchor.headHash !== hash) {
      report(seq, 'The chain was rewritten: this installation remembers another hash for this row.');
    }
  };
  const marks = new Set([...hashWanted.keys(), ...(anchor === null ? [] : [anchor.rowCount])]);
  const marksInOrder = [...marks].sort((a, b) => a - b);
  let nextMark = 0;
  const page = new ChainPage(db, rowsPerTurn);
  for (;;) {
    if (options.signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
    const whole = page.whole(expectedSeq, prevHash);
    if (whole !== null) {
      list.begin(expectedSeq, expectedSeq + whole.bodies.length - 1);
      const { bodies, hashes } = whole;
      for (; (marksInOrder[nextMark] ?? Infinity) < expectedSeq + bodies.length; nextMark += 1) {
        const mark = marksInOrder[nextMark] ?? 0;
        if (mark >= expectedSeq) remembered(mark, hashes[mark - expectedSeq] ?? '');
      }
      for (const body of bodies) {
        list.row(expectedSeq, body);
        expectedSeq += 1;
      }
      prevHash = hashes.at(-1) ?? prevHash;
    } else {
      const rows = page.rows(expectedSeq - 1);
      list.begin(expectedSeq, rows.at(-1)?.[0] ?? expectedSeq - 1);
      for (const [seq, body, hash] of rows) {
        if (seq !== expectedSeq) {
          report(
            expectedSeq,
            seq === expectedSeq + 1
              ? 'The row is missing.'
              : `Rows ${expectedSeq} to ${seq - 1} are missing.`,
          );
        } else if (chainHash(prevHash, body) !== hash) {
          report(seq, 'The row does not fit the chain: it was edited or moved, or the one before it was.');
        }
        remembered(seq, hash);
        list.row(seq, body);
        expectedSeq = seq + 1;
        prevHash = hash;
      }
      if (rows.length < rowsPerTurn) break;
    }
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
  for (const rowCountSigned of await badSignatures) {
    report(rowCountSigned, 'The signature of the checkpoint at this row is not valid.');
  }
  // SECURITY: who rewrites the chain cannot sign it anew, but could leave the checkpoints out.
  let signedUpTo = 0;
  for (const { row_count: signed } of [...checkpoints, { row_count: rowCount }]) {
    if (signed - signedUpTo > checkpointEvery) {
      report(signedUpTo + 1, `No signed checkpoint covers rows ${signedUpTo + 1} to ${signed}.`);
    }
    signedUpTo = signed;
  }
  if (anchor !== null && anchor.rowCount > rowCount) {
    report(
      null,
      `The file was cut short: this installation remembers ${anchor.rowCount} rows, ${rowCount} are there.`,
    );
  }
  if (anchor !== null || (options.otherFiles ?? []).length > 0) {
    const foreign = checkpoints.find((point) => !options.isOwnKey(point.public_key));
    if (foreign !== undefined) {
      report(
        foreign.row_count,
        'The checkpoint at this row is signed by a key that is not of this installation.',
      );
    }
  }
  for (const other of options.otherFiles ?? []) {
    report(
      null,
      `Another file with at least ${other.rowCount} rows was written for this host, and this is not it: that one was set aside as damaged, removed or replaced.`,
    );
  }
  list.end();
  // A broken chain breaks the list as well; what is wrong with the chain says it all.
  if (problems.length === 0) problems.push(...listProblems);
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

/** Rows of the chain, some thousand at a time. */
class ChainPage {
  readonly #bodies;
  readonly #hashes;
  readonly #rows;

  constructor(
    db: ReadableDb,
    private readonly rowCount: number,
  ) {
    this.#bodies = db
      .prepare<[number, number], string>('SELECT body FROM rows WHERE seq BETWEEN ? AND ? ORDER BY seq')
      .pluck();
    this.#hashes = db
      .prepare<[number, number], string>(
        `SELECT group_concat(hash) FROM (SELECT hash FROM rows WHERE seq BETWEEN ? AND ? ORDER BY seq)`,
      )
      .pluck();
    this.#rows = db
      .prepare<[number, number], [seq: number, body: string, hash: string]>(
        'SELECT seq, body, hash FROM rows WHERE seq > ? ORDER BY seq LIMIT ?',
      )
      .raw();
  }

  /**
   * Bodies and computed hashes of the next page when none of its rows is missing and each has the hash that the file
   * says; null otherwise, and then `rows` shows which is wrong. All hashes are compared at once, because making a
   * string and an array for every row takes longer than hashing it. A comma is in no hash that we compute, so no
   * other cut of the same text can pass.
   */
  whole(firstSeq: number, prevHash: string): { bodies: string[]; hashes: string[] } | null {
    const lastSeq = firstSeq + this.rowCount - 1;
    const bodies = this.#bodies.all(firstSeq, lastSeq);
    if (bodies.length < this.rowCount) return null;
    let hash = prevHash;
    const hashes = bodies.map((body) => (hash = chainHash(hash, body)));
    return hashes.join() === this.#hashes.get(firstSeq, lastSeq) ? { bodies, hashes } : null;
  }

  /** At most a page of rows after this one, as they are. */
  rows(afterSeq: number): [seq: number, body: string, hash: string][] {
    return this.#rows.all(afterSeq, this.rowCount);
  }
}
