import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { ShellPort } from '../port/shell-port';

/** What a checkpoint says, in canonical JSON. */
export interface CheckpointClaim {
  fileId: string;
  rowCount: number;
  headHash: string;
  atMs: number;
}

/** Signs checkpoints with this installation's Ed25519 key. */
export interface CheckpointSigner {
  /** Raw public key, hex. */
  publicKey: string;
  sign(claim: CheckpointClaim): string;
  /** True for every key this installation has used. */
  isOwn(publicKey: string): boolean;
}

function claimBytes({ atMs, fileId, headHash, rowCount }: CheckpointClaim): Buffer {
  return Buffer.from(JSON.stringify({ atMs, fileId, headHash, rowCount }));
}

/** DER prefix of a raw Ed25519 public key (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export interface SignedClaim {
  publicKey: string;
  claim: CheckpointClaim;
  signature: string;
}

/** Signatures in flight on the thread pool at once. */
const checksAtOnce = 64;

function publicKeyOf(publicKey: string): KeyObject | null {
  try {
    return createPublicKey({
      key: Buffer.concat([spkiPrefix, Buffer.from(publicKey, 'hex')]),
      format: 'der',
      type: 'spki',
    });
  } catch {
    // A key of the wrong form proves nothing, which is all the caller asks.
    return null;
  }
}

/** Checks signatures on other threads. @returns the row counts of the claims whose signature is not valid, in order */
export async function signatureChecks(
  claims: readonly SignedClaim[],
  signal?: AbortSignal,
): Promise<number[]> {
  const keys = new Map<string, KeyObject | null>();
  const bad: number[] = [];
  const check = ({ publicKey, claim, signature }: SignedClaim): Promise<boolean> => {
    let key = keys.get(publicKey);
    if (key === undefined) keys.set(publicKey, (key = publicKeyOf(publicKey)));
    if (key === null) return Promise.resolve(false);
    const bytes = Buffer.from(signature, 'base64');
    return new Promise((resolve) => {
      verify(null, claimBytes(claim), key, bytes, (error, valid) => resolve(error === null && valid));
    });
  };
  for (let at = 0; at < claims.length && signal?.aborted !== true; at += checksAtOnce) {
    const some = claims.slice(at, at + checksAtOnce);
    const valid = await Promise.all(some.map(check));
    some.forEach(({ claim }, index) => {
      if (valid[index] !== true) bad.push(claim.rowCount);
    });
  }
  return bad;
}

/** Hex SHA-256 of the raw public key: what two people compare. */
export function keyFingerprint(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'hex')).digest('hex');
}

function rawPublicKey(key: KeyObject): string {
  return createPublicKey(key)
    .export({ format: 'der', type: 'spki' })
    .subarray(spkiPrefix.length)
    .toString('hex');
}

/**
 * This installation's signing key: sealed by the keyring and kept, or, where there is none, made anew for this
 * session and never written (docs/decisions/0003-audit-signing-key.md). All public halves are remembered.
 */
export async function openSigner(
  db: Database,
  shell: Pick<ShellPort, 'seal' | 'unseal'>,
): Promise<CheckpointSigner> {
  const read = db.prepare<[string], { value: Buffer }>('SELECT value FROM installation WHERE name = ?');
  const write = db.prepare(
    'INSERT INTO installation (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  const sealed = read.get('signing-key')?.value;
  const stored = sealed === undefined ? null : await unsealed(sealed, shell);
  const privateKey = stored ?? generateKeyPairSync('ed25519').privateKey;
  // SECURITY: a key that cannot be opened now (a locked keyring) stays; the session signs with one of its own.
  if (sealed === undefined) {
    const fresh = await shell.seal(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
    if (fresh !== null) write.run('signing-key', Buffer.from(fresh));
  }
  const publicKey = rawPublicKey(privateKey);
  const known = new Set(
    (read.get('public-keys')?.value.toString() ?? '').split(' ').filter((key) => key !== ''),
  );
  if (!known.has(publicKey)) {
    known.add(publicKey);
    write.run('public-keys', Buffer.from([...known].join(' ')));
  }
  return {
    publicKey,
    sign: (claim) => sign(null, claimBytes(claim), privateKey).toString('base64'),
    isOwn: (key) => known.has(key),
  };
}

/** null when the keyring does not open it now, whatever its reason: what was signed with it still verifies. */
async function unsealed(sealed: Buffer, shell: Pick<ShellPort, 'unseal'>): Promise<KeyObject | null> {
  try {
    return createPrivateKey(await shell.unseal(sealed));
  } catch {
    return null;
  }
}
