import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { AnchorCheck } from '../../../src-preload/contract/audit';
import { AppError } from '../errors/app-error';
import { readJson } from '../files/read-json';
import { readFileId, readHead, type CheckpointRow, type ReadableDb } from './audit-file';
import { chainHash, genesisHash } from './chain';
import { keyFingerprint, signatureChecks, type SignedClaim } from './signer';

/**
 * A signed checkpoint of an audit file as a file of its own, to be kept where nobody who can change the audit can
 * change it: who rewrites or cuts the audit short later cannot make it fit again.
 */
const anchorFileSchema = z.strictObject({
  format: z.literal('holdfast-audit-anchor'),
  version: z.literal(1),
  fileId: z.uuid(),
  rowCount: z.int().positive(),
  headHash: z.string().regex(/^[0-9a-f]{64}$/),
  atMs: z.int().nonnegative(),
  /** Raw Ed25519 key, hex. */
  publicKey: z.string().regex(/^[0-9a-f]{64}$/),
  /** Over fileId, rowCount, headHash and atMs; base64. */
  signature: z.base64().max(128),
});
export type AnchorFile = z.infer<typeof anchorFileSchema>;

const largestBytes = 4096;
const rowsPerTurn = 500;

const claimOf = (anchor: AnchorFile): SignedClaim => ({
  publicKey: anchor.publicKey,
  claim: {
    fileId: anchor.fileId,
    rowCount: anchor.rowCount,
    headHash: anchor.headHash,
    atMs: anchor.atMs,
  },
  signature: anchor.signature,
});

/**
 * The newest signed checkpoint of an audit file, after the rows under it were held against it.
 * @throws AppError `refused` when nothing is signed yet, or when the file does not fit its own checkpoint
 */
export async function anchorOf(db: ReadableDb, signal?: AbortSignal): Promise<AnchorFile> {
  const newest = db
    .prepare<[], CheckpointRow>(
      'SELECT row_count, head_hash, at_ms, public_key, signature FROM checkpoints ORDER BY row_count DESC LIMIT 1',
    )
    .get();
  if (newest === undefined) {
    throw new AppError('refused', 'This audit holds no signed checkpoint, so there is nothing to export.');
  }
  const parsed = anchorFileSchema.safeParse({
    format: 'holdfast-audit-anchor',
    version: 1,
    fileId: readFileId(db),
    rowCount: newest.row_count,
    headHash: newest.head_hash,
    atMs: newest.at_ms,
    publicKey: newest.public_key,
    signature: newest.signature,
  });
  const fits =
    parsed.success &&
    (await signatureChecks([claimOf(parsed.data)], signal)).length === 0 &&
    (await holdAgainst(db, parsed.data, signal)).verdict === 'contained';
  if (!fits) throw unfitForAnchor();
  return parsed.data;
}

export function unfitForAnchor(): AppError {
  return new AppError(
    'refused',
    'This audit does not fit what was signed of it, so no anchor was exported: it would vouch for a damaged file. Verify the chain to see what is wrong.',
  );
}

export const anchorText = (anchor: AnchorFile): string => `${JSON.stringify(anchor, null, 2)}\n`;

/**
 * @throws AppError `unexpected-output` when it is no anchor, or when its signature says that it was changed
 */
export async function readAnchorFile(path: string, signal?: AbortSignal): Promise<AnchorFile> {
  const anchor = readJson(path, 'an anchor of an audit', anchorFileSchema, largestBytes);
  if ((await signatureChecks([claimOf(anchor)], signal)).length > 0) {
    throw new AppError(
      'unexpected-output',
      'The signature of this anchor is not valid: the anchor itself was changed after it was exported. It proves nothing.',
    );
  }
  return anchor;
}

/**
 * Says whether an audit file still holds what it held when the anchor was exported. Every hash up to there is computed
 * anew from the rows, so neither the file's own hashes nor its checkpoints are believed.
 * @throws AppError `cancelled`
 */
export async function checkAnchor(
  db: ReadableDb,
  anchor: AnchorFile,
  isOwnKey: (publicKey: string) => boolean,
  signal?: AbortSignal,
): Promise<AnchorCheck> {
  return {
    ...(await holdAgainst(db, anchor, signal)),
    anchorRowCount: anchor.rowCount,
    anchoredAtMs: anchor.atMs,
    keyFingerprint: keyFingerprint(anchor.publicKey),
    ownKey: isOwnKey(anchor.publicKey),
  };
}

type Held = Pick<AnchorCheck, 'verdict' | 'rowCount' | 'firstBadSeq'>;

async function holdAgainst(
  db: ReadableDb,
  { fileId, rowCount, headHash }: AnchorFile,
  signal?: AbortSignal,
): Promise<Held> {
  // One state of the file, so that rows written meanwhile do not count as half there.
  db.exec('BEGIN');
  try {
    const there = readHead(db).seq;
    const of = (verdict: Held['verdict'], firstBadSeq: number | null = null): Held => ({
      verdict,
      rowCount: there,
      firstBadSeq,
    });
    if (readFileId(db) !== fileId) return of('other-file');
    const page = db
      .prepare<[number, number, number], [seq: number, body: string, hash: string]>(
        'SELECT seq, body, hash FROM rows WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
      )
      .raw();
    let last = 0;
    let hash = genesisHash;
    for (;;) {
      if (signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.');
      const rows = page.all(last, rowCount, rowsPerTurn);
      for (const [seq, body, stored] of rows) {
        hash = chainHash(hash, body);
        if (seq !== last + 1 || hash !== stored) return of('rewritten', last + 1);
        last = seq;
      }
      if (rows.length < rowsPerTurn) break;
      await setImmediate();
    }
    if (last < rowCount) return there > last ? of('rewritten', last + 1) : of('cut-short', last + 1);
    return hash === headHash ? of('contained') : of('rewritten');
  } finally {
    db.exec('COMMIT');
  }
}
