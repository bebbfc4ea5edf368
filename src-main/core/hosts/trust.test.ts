import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appMigrations } from '../data/migrations';
import { openDatabase } from '../data/open-database';
import type { ConfirmQuestion } from '../port/shell-port';
import { pinOf } from '../ssh/testing/fake-host';
import { makeKey, startSshServer, type TestKey, type TestServer } from '../ssh/testing/ssh-server';
import { createKeyFileRegistry } from './key-file-registry';
import { createKnownHostKeys } from './known-host-keys';
import { createTrust } from './trust';
import type { KnownHostKeys } from './types';

let folder = '';
let knownHostsPath = '';
let server: TestServer;
let knownKeys: KnownHostKeys;
let trust: ReturnType<typeof createTrust>;
let questions: ConfirmQuestion[] = [];
let answer: (question: ConfirmQuestion) => Promise<boolean>;
let chosen: string | null = null;
let close: () => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-trust-'));
  knownHostsPath = join(folder, 'known_hosts');
  server = await startSshServer();
  const { db } = openDatabase(join(folder, 'app.sqlite'), appMigrations, 'The file app.sqlite');
  close = () => db.close();
  knownKeys = createKnownHostKeys(db, () => 1);
  questions = [];
  answer = async () => true;
  trust = createTrust({
    knownKeys,
    keyFiles: createKeyFileRegistry(db),
    knownHostsPath,
    shell: {
      confirm: (question) => {
        questions.push(question);
        return answer(question);
      },
      chooseOpenPath: async () => chosen,
    },
  });
});
afterEach(async () => {
  await server.close();
  close();
  rmSync(folder, { recursive: true, force: true });
});

const { signal } = new AbortController();
const peer = () => ({ address: '127.0.0.1', port: server.port });
const own = (): TestKey => {
  const [key] = server.hostKeys;
  if (key === undefined) throw new Error('The server has no key.');
  return key;
};
const pin = (key: TestKey): void =>
  knownKeys.pin('127.0.0.1', server.port, key.described, pinOf(key).publicKeyBase64);
const knownHostsLine = ({ described, publicKey }: TestKey, marker = ''): string =>
  `${marker}[127.0.0.1]:${server.port} ${described.type} ${publicKey.toString('base64')}\n`;
const trustOwn = (sha256 = own().described.sha256) => trust.trustKey({ ...peer(), sha256 }, signal);

describe('looking at a host key', () => {
  it('tells unknown, trusted, changed and revoked, and what known_hosts says', async () => {
    const offered = own().described;
    const look = () => trust.probeKey(peer(), signal);
    expect(await look()).toEqual({ status: 'unknown', offered, known: [], knownHostsMatch: false });
    writeFileSync(knownHostsPath, knownHostsLine(own()));
    expect(await look()).toMatchObject({ status: 'unknown', knownHostsMatch: true });
    pin(own());
    expect(await look()).toMatchObject({ status: 'trusted', known: [offered] });
    const before = makeKey('rsa');
    pin(before);
    expect(await look()).toMatchObject({ status: 'changed', known: [before.described] });
    writeFileSync(knownHostsPath, knownHostsLine(own(), '@revoked '));
    expect(await look()).toMatchObject({ status: 'revoked', knownHostsMatch: false });
    expect(server.attempts).toEqual([]);
  });
});

describe('trusting a host key', () => {
  it('asks with the fingerprint and pins exactly what was fetched', async () => {
    expect(await trustOwn()).toEqual({ trusted: true });
    expect(questions).toHaveLength(1);
    expect(questions[0]).toMatchObject({
      kind: 'trust-host-key',
      message: `Holdfast has not seen 127.0.0.1, port ${server.port} before.`,
      confirmLabel: 'Trust this key',
    });
    expect(questions[0]?.detail).toContain(own().described.sha256);
    expect(questions[0]?.detail).not.toContain('known_hosts');
    expect(knownKeys.find('127.0.0.1', server.port)).toEqual([pinOf(own())]);
    expect(await trustOwn()).toEqual({ trusted: true });
    expect(questions).toHaveLength(1);
    expect(server.attempts).toEqual([]);
  });

  it('does not pin when the person says no', async () => {
    answer = async () => false;
    expect(await trustOwn()).toEqual({ trusted: false });
    expect(knownKeys.find('127.0.0.1', server.port)).toEqual([]);
  });

  it('of a host whose key CHANGED says so, shows both, and replaces only on yes', async () => {
    const before = makeKey('rsa');
    pin(before);
    answer = async () => false;
    expect(await trustOwn()).toEqual({ trusted: false });
    expect(knownKeys.find('127.0.0.1', server.port)).toEqual([pinOf(before)]);
    answer = async () => true;
    expect(await trustOwn()).toEqual({ trusted: true });
    expect(questions[1]).toMatchObject({
      message: `The host key of 127.0.0.1, port ${server.port} has CHANGED.`,
      confirmLabel: 'Replace the pinned key',
    });
    const detail = questions[1]?.detail ?? '';
    expect(detail.indexOf(before.described.sha256)).toBeGreaterThan(detail.indexOf('Pinned until now:'));
    expect(detail.indexOf(own().described.sha256)).toBeGreaterThan(detail.indexOf('Offered now:'));
    expect(knownKeys.find('127.0.0.1', server.port)).toEqual([pinOf(own())]);
  });

  it('is refused without a question when the host offers another key than the page showed', async () => {
    await expect(trustOwn(makeKey().described.sha256)).rejects.toMatchObject({
      code: 'untrusted-host',
      hostKey: { offered: own().described },
    });
    expect(questions).toEqual([]);
  });

  it('is refused without a question when the key is revoked, or that cannot be told', async () => {
    writeFileSync(knownHostsPath, knownHostsLine(own(), '@revoked '));
    await expect(trustOwn()).rejects.toMatchObject({ hostKey: { reason: 'revoked' } });
    rmSync(knownHostsPath);
    pin(own());
    knownKeys.revoke('127.0.0.1', server.port, own().described.sha256);
    await expect(trustOwn()).rejects.toMatchObject({ hostKey: { reason: 'revoked' } });
    expect(questions).toEqual([]);
  });

  it('says what the person’s own known_hosts knows of it', async () => {
    answer = async () => false;
    writeFileSync(knownHostsPath, knownHostsLine(makeKey()));
    await trustOwn();
    expect(questions[0]?.detail).toContain('WARNING: your file ~/.ssh/known_hosts holds other keys');
    writeFileSync(knownHostsPath, knownHostsLine(makeKey()) + knownHostsLine(own()));
    await trustOwn();
    expect(questions[1]?.detail).toContain('holds this very key');
  });

  it('asks for the type of key that known_hosts has, as ssh does', async () => {
    await server.close();
    const rsa = makeKey('rsa');
    server = await startSshServer({ hostKeys: [makeKey(), rsa] });
    writeFileSync(knownHostsPath, knownHostsLine(rsa));
    expect(await trust.probeKey(peer(), signal)).toMatchObject({
      offered: rsa.described,
      knownHostsMatch: true,
    });
  });
});

describe('choosing a key file', () => {
  it('gives an id and a short path, never a path to use', async () => {
    chosen = null;
    expect(await trust.chooseKeyFile()).toEqual({ keyFile: null });
    chosen = join(folder, 'id');
    writeFileSync(chosen, makeKey('rsa', 'pass').privateKey, { mode: 0o600 });
    const { keyFile } = await trust.chooseKeyFile();
    expect(keyFile).toMatchObject({ displayPath: chosen, encrypted: true });
    chosen = join(folder, 'notes');
    writeFileSync(chosen, 'hello');
    await expect(trust.chooseKeyFile()).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
