import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../../src-preload/contract/result';
import { certificateCause } from './certificate-cause';

const day = 86_400_000;
const now = 1_000 * day;
const pinned: Certificate = {
  sha256: Array.from({ length: 32 }, () => 'AA').join(':'),
  subject: 'CN=pve1',
  issuer: 'CN=Proxmox Virtual Environment',
  notBeforeMs: now - 700 * day,
  notAfterMs: now + 30 * day,
  names: [],
};
const with_ = (change: Partial<Certificate>): Certificate => ({ ...pinned, ...change });

describe('why a certificate changed', () => {
  it.each([
    ['renewed in time', pinned, with_({ notBeforeMs: now - day }), /renewed before its time/],
    [
      'renewed after its end',
      with_({ notAfterMs: now - day }),
      with_({ notBeforeMs: now, notAfterMs: now + 700 * day }),
      /pinned one has expired/,
    ],
    ['that of a neighbour', pinned, with_({ subject: 'CN=pve2', notBeforeMs: now }), /another node/],
    ['by another issuer', pinned, with_({ issuer: "CN=Let's Encrypt", notBeforeMs: now }), /Another issuer/],
    ['self-signed', pinned, with_({ issuer: 'CN=x', subject: 'CN=x', notBeforeMs: now }), /signs itself/],
    [
      'older and expired',
      pinned,
      with_({ notBeforeMs: now - 900 * day, notAfterMs: now - day }),
      /restored from a backup/,
    ],
  ])('is told: %s', (_name, known, offered, words) => {
    expect(certificateCause(known, offered, now)).toMatch(words);
  });
});
