import { createHash } from 'node:crypto';
import type { HostKey, HostKeyProblem } from '../../../src-preload/contract/result';
import { AppError } from '../errors/app-error';

/** A key that was accepted, or refused for good, for one address and port. */
export interface PinnedKey {
  key: HostKey;
  publicKeyBase64: string;
  revoked: boolean;
}

/**
 * Under which name a host's key is pinned. Private addresses repeat behind different jump hosts, so a host behind one
 * has its own name; no address holds a space.
 */
export function pinName({ address, via }: { address: string; via?: string | undefined }): string {
  return via === undefined ? address : `${address} via ${via}`;
}

export type HostKeyVerdict = 'trusted' | HostKeyProblem['reason'];

/** `SHA256:…` without padding, as `ssh-keygen -lf` prints it. */
export function fingerprint(publicKey: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')}`;
}

/** Type and fingerprint of a public key in its wire form (RFC 4253, 6.6). @throws AppError `unexpected-output` */
export function describeKey(publicKey: Buffer): HostKey {
  const length = publicKey.length >= 4 ? publicKey.readUInt32BE(0) : 0;
  const type = publicKey.subarray(4, 4 + length).toString('latin1');
  if (!/^[A-Za-z0-9@.-]{1,64}$/.test(type)) {
    throw new AppError('unexpected-output', 'The host offered a host key of an unreadable form.');
  }
  return { type, sha256: fingerprint(publicKey) };
}

/**
 * | pinned keys            | offered key     | verdict   |
 * | any, marked revoked    | that very key   | revoked   |
 * | none                   | any             | unknown   |
 * | at least one           | one of them     | trusted   |
 * | at least one           | any other       | changed   |
 *
 * Another key *type* counts as changed: an attacker without the pinned key would offer just that.
 */
export function judgeHostKey(pinned: readonly PinnedKey[], offered: HostKey): HostKeyVerdict {
  const same = pinned.filter(({ key }) => key.sha256 === offered.sha256 && key.type === offered.type);
  if (same.some(({ revoked }) => revoked)) return 'revoked';
  const valid = pinned.filter(({ revoked }) => !revoked);
  if (valid.length === 0) return 'unknown';
  return same.length > 0 ? 'trusted' : 'changed';
}

/** The error that carries everything a person needs to decide. */
export function untrusted(name: string, problem: HostKeyProblem): AppError {
  const sentence = {
    unknown: `Holdfast does not know the host key of ${name} yet. Nothing secret was sent. Compare its fingerprint, then trust it or not.`,
    changed: `The host key of ${name} has changed. Nothing secret was sent. Find out why before you go on.`,
    revoked: `The host key of ${name} is revoked. Nothing secret was sent, and Holdfast will not connect.`,
  }[problem.reason];
  return new AppError('untrusted-host', sentence, { hostKey: problem });
}
