import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Signature } from '../../../src-preload/contract/clusters';
import type { Certificate } from '../../../src-preload/contract/result';
import { AppError } from '../errors/app-error';
import type { ShellPort } from '../port/shell-port';
import { describeCertificate } from '../proxmox/client/certificate';

/** Certificate authorities: those a person chose, and those that clusters named over pinned connections. */
export interface AuthorityStore {
  /** PEM; null: none of that fingerprint was chosen. */
  find(sha256: string): string | null;
  add(sha256: string, pem: string): void;
  /** What a cluster said of its own; null: it was not read. */
  ofCluster(clusterId: string): { pem: string; readAtMs: number } | null;
  learn(clusterId: string, pem: string): void;
  forget(clusterId: string): void;
}

export function createAuthorityStore(db: Database, nowMs: () => number): AuthorityStore {
  const find = db.prepare<[string], string>('SELECT pem FROM authorities WHERE sha256 = ?').pluck();
  const add = db.prepare(
    'INSERT INTO authorities (sha256, pem, added_at_ms) VALUES (?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET pem = excluded.pem',
  );
  const ofCluster = db.prepare<[string], { pem: string; readAtMs: number }>(
    'SELECT pem, read_at_ms AS readAtMs FROM cluster_authorities WHERE cluster_id = ?',
  );
  const learn = db.prepare(
    `INSERT INTO cluster_authorities (cluster_id, pem, read_at_ms) VALUES (?, ?, ?)
     ON CONFLICT (cluster_id) DO UPDATE SET pem = excluded.pem, read_at_ms = excluded.read_at_ms`,
  );
  const forget = db.prepare('DELETE FROM cluster_authorities WHERE cluster_id = ?');
  return {
    find: (sha256) => find.get(sha256) ?? null,
    add: (sha256, pem) => void add.run(sha256, pem, nowMs()),
    ofCluster: (clusterId) => ofCluster.get(clusterId) ?? null,
    learn: (clusterId, pem) => void learn.run(clusterId, pem, nowMs()),
    forget: (clusterId) => void forget.run(clusterId),
  };
}

const largestBytes = 64 * 1024;
const blocks = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----/g;

function certificatesIn(text: string): X509Certificate[] {
  return [...text.matchAll(blocks)].map(([block]) => new X509Certificate(block));
}

function unfit(path: string, why: string, cause?: unknown): AppError {
  return new AppError('refused', `${basename(path)} is not used: ${why}`, {
    remedy:
      'Choose a PEM file with the certificate of an authority, such as /etc/pve/pve-root-ca.pem of a node.',
    cause,
  });
}

/**
 * Reads a PEM file whose certificates are all of authorities. Of private keys in it nothing is kept.
 * @throws AppError `refused`
 */
async function readAuthorities(
  path: string,
  nowMs: number,
): Promise<{ certificate: Certificate; pem: string }> {
  let text: string;
  try {
    if ((await stat(path)).size > largestBytes) throw unfit(path, 'it is larger than any such file.');
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw unfit(path, 'it cannot be read on this laptop.', thrown);
  }
  let found: X509Certificate[];
  try {
    found = certificatesIn(text);
  } catch (thrown) {
    throw unfit(path, 'a certificate in it cannot be read.', thrown);
  }
  const [first] = found;
  if (first === undefined) throw unfit(path, 'it holds no certificate.');
  if (found.some(({ ca }) => !ca)) {
    throw unfit(path, 'it holds a certificate that is not of an authority. Pin that one instead.');
  }
  if (found.every((each) => Date.parse(each.validTo) < nowMs))
    throw unfit(path, 'its authority has expired.');
  return { certificate: describeCertificate(first), pem: found.map(String).join('') };
}

/** The native dialog decides which file is read; the page only learns what is in it. null: cancelled. */
export async function chooseAuthority(
  store: AuthorityStore,
  shell: Pick<ShellPort, 'chooseOpenPath'>,
  nowMs: number,
): Promise<Certificate | null> {
  const path = await shell.chooseOpenPath('The certificate of your authority', [
    { name: 'Certificates', extensions: ['pem', 'crt', 'cer'] },
  ]);
  if (path === null) return null;
  const { certificate, pem } = await readAuthorities(path, nowMs);
  store.add(certificate.sha256, pem);
  return certificate;
}

/** @throws AppError `not-found` */
export function authorityPem(store: AuthorityStore, sha256: string): string {
  const pem = store.find(sha256);
  if (pem !== null) return pem;
  throw new AppError('not-found', 'This certificate authority is not in Holdfast’s own data.', {
    remedy: 'Choose its file again in the settings of the cluster.',
  });
}

export function describeAuthority(pem: string): Certificate {
  return describeCertificate(new X509Certificate(pem));
}

const isIssuedBy = (certificate: X509Certificate, authority: X509Certificate): boolean =>
  certificate.checkIssued(authority) && certificate.verify(authority.publicKey);

/**
 * Whether the cluster's own authority signed a certificate (X13), by its signature.
 * @param known null: it was not read
 */
export function signatureOf(
  offered: X509Certificate,
  known: { pem: string; readAtMs: number } | null,
): Signature {
  if (known === null) return { by: 'unknown', authority: null };
  const authority = new X509Certificate(known.pem);
  return {
    by: isIssuedBy(offered, authority) ? 'authority' : 'another',
    authority: { certificate: describeCertificate(authority), readAtMs: known.readAtMs },
  };
}

/** Of the certificates that a node names, the authority that signed one of the pinned ones; null: none did. */
export function authorityAmong(pems: readonly string[], pinned: ReadonlySet<string>): string | null {
  const all = pems.flatMap(certificatesIn);
  const leaves = all.filter(({ fingerprint256 }) => pinned.has(fingerprint256));
  const signer = all.find(
    (each) =>
      each.ca && leaves.some((leaf) => leaf.fingerprint256 !== each.fingerprint256 && isIssuedBy(leaf, each)),
  );
  return signer?.toString() ?? null;
}
