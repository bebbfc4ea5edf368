import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insidePathSchema } from '../../../src-preload/contract/files';
import { SshSessionPool } from '../ssh/session-pool';
import { hostOf, pinOf } from '../ssh/testing/fake-host';
import { startSshServer, type TestServer } from '../ssh/testing/ssh-server';
import type { RemoteFiles } from '../ssh/remote-files';
import { fetchFile, listFolder } from './browse';

/** OpenSSH's own sftp-server behind a real SSH server; "snapshots" are folders. */
let server: TestServer;
let pool: SshSessionPool;
let box: string;
let root: string;
let local: string;

async function start(sftp: boolean): Promise<void> {
  server = await startSshServer({ sftp });
  const pins = server.hostKeys.map((key) => pinOf(key));
  pool = new SshSessionPool({
    permits: () => true,
    pinnedKeys: () => pins,
    knownHostsPath: join(box, 'no-known-hosts'),
    login: async () => ({ kind: 'password', password: server.password }),
  });
}

beforeEach(() => {
  box = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
  chmodSync(box, 0o755);
  root = join(box, 'snapshot');
  local = join(box, 'local');
  mkdirSync(join(root, 'etc', 'deep'), { recursive: true });
  mkdirSync(local);
  writeFileSync(join(root, 'etc', 'hosts'), 'localhost\n');
  writeFileSync(join(root, 'a name with "quotes" and ü'), 'x');
  writeFileSync(join(box, 'secret'), 'not of the snapshot');
});
afterEach(async () => {
  await pool.close();
  await server.close();
  rmSync(box, { recursive: true, force: true });
});

const withFiles = <T>(work: (files: RemoteFiles) => Promise<T>, signal?: AbortSignal): Promise<T> =>
  pool.files(hostOf(server), work, signal);
const list = (...path: string[]) => withFiles((files) => listFolder(files, root, path));
const fetch = (path: string[], signal?: AbortSignal, onProgress: () => void = () => undefined) =>
  withFiles((files) => fetchFile(files, root, path, join(local, 'out'), onProgress), signal);

describe('the files of a snapshot', () => {
  beforeEach(() => start(true));

  it('are listed, folders first, with kinds, sizes and times', async () => {
    symlinkSync('etc/hosts', join(root, 'link'));
    const { entries, truncated } = await list();
    expect(truncated).toBe(false);
    expect(entries.map(({ name, kind }) => [name, kind])).toEqual([
      ['etc', 'folder'],
      ['a name with "quotes" and ü', 'file'],
      ['link', 'link'],
    ]);
    const hosts = (await list('etc')).entries.find(({ name }) => name === 'hosts');
    expect(hosts).toMatchObject({ kind: 'file', sizeBytes: 10, unreadableName: false });
    expect(Math.abs((hosts?.modifiedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('that lie outside are not reached, whichever way a link or a path leads there', async () => {
    symlinkSync(box, join(root, 'up'));
    symlinkSync('../secret', join(root, 'theft'));
    symlinkSync('/', join(root, 'etc', 'deep', 'slash'));
    for (const work of [
      () => list('up'),
      () => list('etc', 'deep', 'slash', 'etc'),
      () => fetch(['theft']),
      () => fetch(['up', 'secret']),
    ]) {
      await expect(work()).rejects.toMatchObject({ code: 'refused' });
    }
    for (const part of ['..', '.', 'a/b', '', 'a\0b', 'x'.repeat(256)]) {
      expect(insidePathSchema.safeParse([part]).success, part).toBe(false);
    }
    expect(readdirSync(local)).toEqual([]);
    // A folder whose name begins like the snapshot's is not inside it.
    mkdirSync(`${root}-other`);
    symlinkSync(`${root}-other`, join(root, 'sibling'));
    await expect(list('sibling')).rejects.toMatchObject({ code: 'refused' });
  });

  it('are downloaded whole, byte for byte, and of any size', async () => {
    const content = randomBytes(3 * 1024 * 1024 + 17);
    writeFileSync(join(root, 'big'), content);
    let reports = 0;
    expect(await fetch(['big'], undefined, () => (reports += 1))).toBe(content.length);
    expect(readFileSync(join(local, 'out')).equals(content)).toBe(true);
    expect(reports).toBeGreaterThan(10);
    writeFileSync(join(root, 'empty'), '');
    expect(await fetch(['empty'])).toBe(0);
    expect(readdirSync(local)).toEqual(['out']);
  });

  it('leave nothing behind when a download is cancelled', async () => {
    truncateSync(join(root, 'etc', 'hosts'), 512 * 1024 * 1024);
    const abort = new AbortController();
    const work = fetch(['etc', 'hosts'], abort.signal, () => abort.abort());
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => readdirSync(local)).toEqual([]);
    // The connection goes on.
    expect((await list()).entries).toHaveLength(2);
    expect(server.connections.made).toBe(1);
  });

  it('that are gone, forbidden or no files say so', async () => {
    chmodSync(join(root, 'etc', 'deep'), 0o000);
    await expect(list('nothing')).rejects.toMatchObject({ code: 'not-found' });
    await expect(list('etc', 'deep')).rejects.toMatchObject({
      code: 'unauthorized',
      remedy: expect.stringContaining('without sudo'),
    });
    await expect(fetch(['etc'])).rejects.toMatchObject({ code: 'refused' });
    expect(readdirSync(local)).toEqual([]);
  });
});

describe('a host without file transfer', () => {
  it('is told apart from one without files', async () => {
    await start(false);
    await expect(list()).rejects.toMatchObject({
      code: 'command-missing',
      remedy: expect.stringContaining('Subsystem sftp'),
    });
  });
});
