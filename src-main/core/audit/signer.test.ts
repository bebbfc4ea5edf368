import BetterSqlite3, { type Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../data/migrate';
import { appMigrations } from '../data/migrations';
import { keyFingerprint, openSigner, signatureChecks, type CheckpointClaim } from './signer';

let db: Database;
beforeEach(() => {
  db = new BetterSqlite3(':memory:');
  migrate(db, appMigrations, 'app.sqlite');
});
afterEach(() => {
  db.close();
});

const seal = async (plain: string): Promise<Uint8Array> => Buffer.from(plain).map((byte) => byte ^ 0x5a);
const unseal = async (sealed: Uint8Array): Promise<string> =>
  Buffer.from(sealed.map((byte) => byte ^ 0x5a)).toString();
const locked = async (): Promise<string> => Promise.reject(new Error('The keyring is locked.'));
const claim: CheckpointClaim = { fileId: 'f', rowCount: 100, headHash: 'a'.repeat(64), atMs: 5 };
/** All that app.sqlite holds of keys, as text. */
const stored = (): string =>
  db.prepare<[], Buffer>('SELECT value FROM installation').pluck().all().map(String).join('\n');

describe('the signing key', () => {
  it('is the same after a restart, and never lies open on disk', async () => {
    const first = await openSigner(db, { seal, unseal });
    const second = await openSigner(db, { seal, unseal });
    expect(second.publicKey).toBe(first.publicKey);
    expect(stored()).not.toContain('PRIVATE KEY');
    expect(keyFingerprint(first.publicKey)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is made for the session where there is no keyring, and only its public half is kept', async () => {
    const none = { seal: async () => null, unseal: locked };
    const first = await openSigner(db, none);
    const second = await openSigner(db, none);
    expect(second.publicKey).not.toBe(first.publicKey);
    expect(second.isOwn(first.publicKey)).toBe(true);
    expect(second.isOwn('ab'.repeat(32))).toBe(false);
    expect(stored()).not.toContain('PRIVATE KEY');
    const signature = first.sign(claim);
    expect(await signatureChecks([{ publicKey: first.publicKey, claim, signature }])).toEqual([]);
  });

  it('outlives a locked keyring', async () => {
    const before = await openSigner(db, { seal, unseal });
    const during = await openSigner(db, { seal, unseal: locked });
    expect(during.publicKey).not.toBe(before.publicKey);
    const after = await openSigner(db, { seal, unseal });
    expect(after.publicKey).toBe(before.publicKey);
    expect(after.isOwn(during.publicKey)).toBe(true);
  });
});

describe('checking signatures', () => {
  it('names the claims that were not signed as they are', async () => {
    const signer = await openSigner(db, { seal, unseal });
    const signed = Array.from({ length: 200 }, (_, index) => {
      const one = { ...claim, rowCount: (index + 1) * 100 };
      return { publicKey: signer.publicKey, claim: one, signature: signer.sign(one) };
    });
    expect(await signatureChecks(signed)).toEqual([]);
    const changed = signed.map((one, index) => {
      switch (index) {
        case 3:
          return { ...one, claim: { ...one.claim, headHash: 'b'.repeat(64) } };
        case 70:
          return { ...one, claim: { ...one.claim, fileId: 'another' } };
        case 71:
          return { ...one, publicKey: 'no key' };
        case 150:
          return { ...one, publicKey: 'ab'.repeat(32) };
        case 199:
          return { ...one, signature: '' };
        default:
          return one;
      }
    });
    expect(await signatureChecks(changed)).toEqual([400, 7100, 7200, 15100, 20000]);
  });
});
