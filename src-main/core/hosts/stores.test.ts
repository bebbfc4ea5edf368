import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appMigrations } from '../data/migrations';
import { openDatabase } from '../data/open-database';
import { AppError } from '../errors/app-error';
import { hostOf, pinOf } from '../ssh/testing/fake-host';
import { makeKey } from '../ssh/testing/ssh-server';
import { createCredentialStore } from './credential-store';
import { createHostStore } from './host-store';
import { createKeyFileRegistry, displayPath, readKeyFile } from './key-file-registry';
import { createKnownHostKeys } from './known-host-keys';
import { loginOf } from './login';

let folder = '';
let db: Database;
const reopen = (): Database => {
  db.close();
  db = openDatabase(join(folder, 'app.sqlite'), appMigrations, 'The file app.sqlite').db;
  return db;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-hosts-'));
  db = openDatabase(join(folder, 'app.sqlite'), appMigrations, 'The file app.sqlite').db;
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const host = (id: string, createdAtMs = 0) =>
  hostOf({ port: 22, user: 'admin' }, { id, name: id, createdAtMs });

/** Seals by turning the text round: enough to see on disk what is sealed and what is not. */
const keyring = {
  seal: async (plain: string) => Buffer.from([...plain].reverse().join('')),
  unseal: async (sealed: Uint8Array) => [...Buffer.from(sealed).toString()].reverse().join(''),
};
const noKeyring = { seal: async () => null, unseal: () => Promise.reject(new Error('There is no keyring.')) };
const onDisk = (): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('');

describe('the host store', () => {
  it('keeps hosts over a restart, oldest first', () => {
    const store = createHostStore(db);
    store.add(host('b', 2));
    store.add(host('a', 1));
    store.update({ ...host('b', 2), sudo: true });
    store.add(host('c', 3));
    store.remove('c');
    expect(createHostStore(reopen()).list()).toEqual([host('a', 1), { ...host('b', 2), sudo: true }]);
  });

  it('knows no host that is not there', () => {
    const store = createHostStore(db);
    const notFound = expect.objectContaining({ code: 'not-found' });
    expect(() => store.get('x')).toThrow(notFound);
    expect(() => store.update(host('x'))).toThrow(notFound);
    expect(store.list()).toEqual([]);
    store.add(host('x'));
    expect(() => store.add(host('x'))).toThrow();
  });

  it.each(['{', '{"id":"x"}'])('refuses a record that is spoilt: %s', (body) => {
    db.prepare('INSERT INTO hosts (id, body, created_at_ms) VALUES (?, ?, 0)').run('x', body);
    expect(() => createHostStore(db)).toThrow(AppError);
  });
});

describe('pinned host keys', () => {
  it('belong to an address and a port, whatever the case; pinning replaces', () => {
    const keys = createKnownHostKeys(db, () => 1);
    const [first, second] = [pinOf(makeKey()), pinOf(makeKey('rsa'))];
    keys.pin('NAS.example', 22, first.key, first.publicKeyBase64);
    expect(keys.find('nas.EXAMPLE', 22)).toEqual([first]);
    expect(keys.find('nas.example', 2222)).toEqual([]);
    keys.pin('nas.example', 22, second.key, second.publicKeyBase64);
    expect(createKnownHostKeys(reopen(), () => 1).find('nas.example', 22)).toEqual([second]);
  });

  it('stay revoked when another is pinned, and cannot be pinned again', () => {
    const keys = createKnownHostKeys(db, () => 1);
    const [first, second] = [pinOf(makeKey()), pinOf(makeKey())];
    keys.pin('nas', 22, first.key, first.publicKeyBase64);
    keys.revoke('nas', 22, first.key.sha256);
    keys.pin('nas', 22, second.key, second.publicKeyBase64);
    expect(keys.find('nas', 22)).toEqual(expect.arrayContaining([{ ...first, revoked: true }, second]));
    expect(() => keys.pin('nas', 22, first.key, first.publicKeyBase64)).toThrow();
    expect(keys.find('nas', 22)).toEqual(expect.arrayContaining([{ ...first, revoked: true }, second]));
  });
});

describe('credentials', () => {
  it('are sealed on disk where there is a keyring', async () => {
    await createCredentialStore(db, keyring).write('a', 'correct horse');
    expect(await createCredentialStore(reopen(), keyring).read('a')).toBe('correct horse');
    expect(onDisk()).not.toContain('correct horse');
    expect(onDisk()).toContain('esroh tcerroc');
    await createCredentialStore(db, keyring).forget('a');
    expect(await createCredentialStore(db, keyring).read('a')).toBeNull();
  });

  it('live in memory only where there is none, and an older sealed one does not come back', async () => {
    await createCredentialStore(db, keyring).write('a', 'old secret');
    const store = createCredentialStore(db, noKeyring);
    await store.write('a', 'correct horse');
    expect(await store.read('a')).toBe('correct horse');
    const later = createCredentialStore(reopen(), noKeyring);
    expect(onDisk()).not.toContain('correct horse');
    expect(await later.read('a')).toBeNull();
    await later.write('b', 'other');
    await later.forget('b');
    expect(await later.read('b')).toBeNull();
  });

  it('that a locked keyring does not seal or open are an error of the vault, and are not kept', async () => {
    const locked = { ...noKeyring, seal: () => Promise.reject(new Error('Locked.')) };
    const vaultError = expect.objectContaining({ code: 'vault-unavailable' });
    await createCredentialStore(db, keyring).write('a', 'old secret');
    const store = createCredentialStore(db, locked);
    await expect(store.write('a', 'new secret')).rejects.toEqual(vaultError);
    await expect(store.read('a')).rejects.toEqual(vaultError);
    expect(onDisk()).not.toContain('new secret');
  });
});

describe('key files', () => {
  const put = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };

  it('are told apart: plain, encrypted, public, not a key', () => {
    const plain = makeKey();
    expect(readKeyFile(put('plain', plain.privateKey))).toMatchObject({ encrypted: false });
    expect(readKeyFile(put('sealed', makeKey('rsa', 'pass').privateKey))).toMatchObject({ encrypted: true });
    const publicKey = `${plain.described.type} ${plain.publicKey.toString('base64')} me@laptop\n`;
    expect(() => readKeyFile(put('key.pub', publicKey))).toThrow(/is a public key/);
    expect(() => readKeyFile(put('notes.txt', 'hello'))).toThrow(/is not a private SSH key/);
  });

  it('as ssh-keygen makes them are read, in its own form and in PEM, with a passphrase too', () => {
    const make = (name: string, ...options: string[]): string => {
      const path = join(folder, name);
      execFileSync('ssh-keygen', ['-q', '-f', path, ...options]);
      return path;
    };
    expect(readKeyFile(make('a', '-t', 'ed25519', '-N', '')).encrypted).toBe(false);
    expect(readKeyFile(make('b', '-t', 'ed25519', '-N', 'secret')).encrypted).toBe(true);
    expect(readKeyFile(make('c', '-t', 'rsa', '-m', 'PEM', '-N', '')).encrypted).toBe(false);
    expect(readKeyFile(make('d', '-t', 'rsa', '-m', 'PEM', '-N', 'secret')).encrypted).toBe(true);
    expect(readKeyFile(make('e', '-t', 'ecdsa', '-N', 'secret')).encrypted).toBe(true);
  });

  it('are refused when they are no small regular file, without waiting or reading on', () => {
    expect(() => readKeyFile(put('large', Buffer.alloc(64 * 1024 + 1, 0x20)))).toThrow(/too large/);
    expect(() => readKeyFile('/dev/zero')).toThrow(/is no file/);
    expect(() => readKeyFile(folder)).toThrow(AppError);
    expect(() => readKeyFile(join(folder, 'none'))).toThrow(/can’t be read/);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(() => readKeyFile(pipe)).toThrow(/is no file/);
  });

  it('are known by an id, the same for the same path; the page sees a short path', () => {
    const registry = createKeyFileRegistry(db);
    const id = registry.register('/keys/a');
    expect(registry.register('/keys/a')).toBe(id);
    expect(registry.register('/keys/b')).not.toBe(id);
    const later = createKeyFileRegistry(reopen());
    expect(later.path(id)).toBe('/keys/a');
    expect(() => later.path('00000000-0000-4000-8000-000000000000')).toThrow(AppError);
    expect(displayPath(join(homedir(), '.ssh', 'id_ed25519'))).toBe('~/.ssh/id_ed25519');
    expect(displayPath('/srv/keys/id')).toBe('/srv/keys/id');
  });
});

describe('how we log in', () => {
  const setUp = () => {
    const credentials = createCredentialStore(db, noKeyring);
    const keyFiles = createKeyFileRegistry(db);
    return { credentials, keyFiles, agentSocket: (): string | undefined => undefined };
  };
  const unauthorized = (words: string) =>
    expect.objectContaining({ code: 'unauthorized', message: expect.stringContaining(words) });

  it('by password', async () => {
    const options = setUp();
    await expect(loginOf(host('a'), options)).rejects.toEqual(unauthorized('holds no password'));
    await options.credentials.write('a', 'secret');
    expect(await loginOf(host('a'), options)).toEqual({ kind: 'password', password: 'secret' });
  });

  it('by agent', async () => {
    const options = setUp();
    const withAgent = { ...host('a'), auth: { kind: 'agent' as const } };
    await expect(loginOf(withAgent, options)).rejects.toEqual(unauthorized('No SSH agent'));
    expect(await loginOf(withAgent, { ...options, agentSocket: () => '/run/agent' })).toEqual({
      kind: 'agent',
      socketPath: '/run/agent',
    });
  });

  it('by key file: passphrase missing, wrong and right, file gone', async () => {
    const options = setUp();
    const path = join(folder, 'id_rsa');
    const { privateKey } = makeKey('rsa', 'open sesame');
    writeFileSync(path, privateKey, { mode: 0o600 });
    const keyFileId = options.keyFiles.register(path);
    const withKey = { ...host('a'), auth: { kind: 'key-file' as const, keyFileId, displayPath: '~/id_rsa' } };
    await expect(loginOf(withKey, options)).rejects.toEqual(unauthorized('holds no passphrase'));
    await options.credentials.write('a', 'wrong');
    await expect(loginOf(withKey, options)).rejects.toEqual(unauthorized('does not open the key'));
    await options.credentials.write('a', 'open sesame');
    expect(await loginOf(withKey, options)).toEqual({
      kind: 'key',
      privateKey: Buffer.from(privateKey),
      passphrase: 'open sesame',
    });
    rmSync(path);
    await expect(loginOf(withKey, options)).rejects.toEqual(unauthorized('cannot log in'));
  });
});
