import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Channel, Request, Response, Result } from '../../../src-preload/contract';
import type { CutOffTransfer } from '../../../src-preload/contract/files';
import type { Host } from '../../../src-preload/contract/hosts';
import { assembleCore } from '../assemble-core';
import { sandboxFileActions } from '../operations/actions/sandbox-file';
import { catalogueOf } from '../operations/bound-action';
import { startVolumeBox, type VolumeBox } from '../sandbox/volume-fs/testing/volume-box';
import type { FromChild, KillFiles, ToChild } from '../testing/kill-child';
import { startTestCore, type TestCore } from '../testing/test-core';

/** The core dies by SIGKILL while a file is on its way: the next contact names what is left, and offers to take it away. */
const transferId = '6f1f4a52-6b1b-4f43-9a55-0a4d63a9a115';
let bundle: string;

beforeAll(async () => {
  bundle = mkdtempSync(join(tmpdir(), 'holdfast-cut-'));
  symlinkSync(resolve('node_modules'), join(bundle, 'node_modules'));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: resolve('src-main/core/testing/kill-child.ts'),
      outDir: join(bundle, 'out'),
      target: 'node22',
      minify: false,
      rollupOptions: { output: { format: 'es', entryFileNames: 'child.mjs' } },
    },
  });
}, 180_000);
afterAll(() => rmSync(bundle, { recursive: true, force: true }));

let volume: VolumeBox;
let data: string;
let laptop: string;
let host: Host;
let process: ChildProcess | null;
let after: TestCore | null;
const files = (): KillFiles => ({
  root: volume.root,
  savePath: join(laptop, 'saved.raw'),
  openPath: join(laptop, 'large.bin'),
});

async function openCore(): Promise<TestCore> {
  return startTestCore({
    dataDirectory: data,
    start: (given) =>
      assembleCore(given, {
        catalogue: catalogueOf(Object.values(sandboxFileActions)),
        permits: () => true,
        volumePlace: async () => ({ name: 'data', root: volume.root, kind: 'directory' }),
      }),
  });
}

beforeEach(async () => {
  volume = await startVolumeBox();
  data = mkdtempSync(join(tmpdir(), 'holdfast-cut-data-'));
  laptop = mkdtempSync(join(tmpdir(), 'holdfast-cut-laptop-'));
  process = null;
  after = null;
  const core = await openCore();
  const [key] = volume.server.hostKeys;
  if (key === undefined) throw new Error('The server has no key.');
  host = await core.addHost({ ...volume.server, sha256: key.described.sha256 });
  await core.close();
});
afterEach(async () => {
  await kill();
  await after?.close();
  await volume.close();
  for (const folder of [data, laptop]) rmSync(folder, { recursive: true, force: true });
});

async function kill(): Promise<void> {
  if (process === null || process.exitCode !== null || process.signalCode !== null) return;
  process.kill('SIGKILL');
  await once(process, 'exit');
}

/** Says yes to every question. */
async function startChild() {
  const child = fork(join(bundle, 'out', 'child.mjs'), [data, JSON.stringify(files())], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  process = child;
  const waiting = new Map<number, (result: Result<unknown>) => void>();
  let next = 0;
  const tell = (message: ToChild): boolean => child.send(message);
  await new Promise<void>((done, fail) => {
    child.once('exit', (code) => fail(new Error(`The child ended with ${code}.`)));
    child.on('message', (message: FromChild) => {
      if (message.kind === 'ready') done();
      if (message.kind === 'confirm') tell({ kind: 'answer', confirmed: true });
      if (message.kind === 'result') waiting.get(message.id)?.(message.result as Result<unknown>);
    });
  });
  const call = async <C extends Channel>(channel: C, request: Request<C>): Promise<Response<C>> => {
    const id = (next += 1);
    const answered = new Promise<Result<unknown>>((done) => waiting.set(id, done));
    tell({ kind: 'call', id, channel, payload: request });
    const result = await answered;
    if (!result.ok) throw new Error(`${channel}: ${result.error.message} ${result.error.detail ?? ''}`);
    return result.value as Response<typeof channel>;
  };
  await call('hosts:setSecret', { hostId: host.id, secret: volume.server.password });
  return call;
}

async function restart(): Promise<TestCore> {
  after = await openCore();
  await after.call('hosts:setSecret', { hostId: host.id, secret: volume.server.password });
  return after;
}
const cutOff = async (core: TestCore): Promise<CutOffTransfer[]> =>
  (await core.call('files:cutOff', {})).transfers;

describe('SIGKILL of the core while a file is on its way', () => {
  it('to a host: its part is found at the next contact, named, and goes by a plan', async () => {
    writeFileSync(files().openPath, randomBytes(96 * 1024 * 1024));
    const call = await startChild();
    const where = { hostId: host.id, volumeId: 'msb:data' };
    const { file } = await call('sandboxFiles:chooseUpload', where);
    const plan = await call('operations:plan', {
      hostId: host.id,
      action: 'sandbox.file.upload',
      input: { volumeId: 'msb:data', path: ['in', 'large.bin'], fileId: file?.fileId ?? '' },
    });
    call('operations:run', { planId: plan.id, typedTarget: null, typedHost: null }).catch(() => undefined);
    const part = join(volume.root, 'in', 'large.bin.part');
    await expect.poll(() => existsSync(part), { timeout: 30_000, interval: 2 }).toBe(true);
    await kill();
    expect(readdirSync(join(volume.root, 'in'))).toEqual(['large.bin.part']);

    const core = await restart();
    // Not asked yet: recorded, and nobody can say what is there.
    expect(await cutOff(core)).toMatchObject([{ side: 'host', partPath: part, found: null }]);
    await core.call('hosts:connect', { hostId: host.id });
    await expect
      .poll(() => core.notices.map(({ title }) => title))
      .toContain('box: a file was left unfinished');
    const [left] = await cutOff(core);
    expect(left).toMatchObject({
      ...{ side: 'host', hostName: 'box', partPath: part, targetPath: part.slice(0, -'.part'.length) },
      found: { sizeBytes: expect.any(Number) },
      remove: {
        action: 'sandbox.file.remove',
        input: { volumeId: 'msb:data', path: ['in', 'large.bin.part'] },
      },
    });
    const removal = await core.plan(host.id, 'sandbox.file.remove', left?.remove?.input ?? {});
    expect(await core.run(removal)).toMatchObject({ outcome: 'ok' });
    expect(readdirSync(join(volume.root, 'in'))).toEqual([]);
    await core.call('hosts:connect', { hostId: host.id });
    await expect.poll(() => cutOff(core)).toEqual([]);
  });

  it('to this computer: its part is found at the next start, named, and deleted when a person says so', async () => {
    const large = join(volume.root, 'large.raw');
    writeFileSync(large, '');
    truncateSync(large, 8 * 1024 ** 3);
    const call = await startChild();
    const request = { hostId: host.id, volumeId: 'msb:data', path: ['large.raw'], transferId };
    call('sandboxFiles:download', request).catch(() => undefined);
    const parts = (): string[] => readdirSync(laptop).filter((name) => name.endsWith('.part'));
    await expect.poll(() => parts().length, { timeout: 30_000, interval: 2 }).toBe(1);
    await kill();
    expect(parts()).toHaveLength(1);

    const core = await restart();
    const partPath = join(laptop, parts()[0] ?? '');
    const [left] = await cutOff(core);
    expect(left).toMatchObject({
      ...{ side: 'laptop', partPath, targetPath: files().savePath },
      ...{ found: { sizeBytes: expect.any(Number) }, remove: null },
    });
    expect(core.notices.map(({ title }) => title)).toEqual(['A download was left unfinished']);

    core.answer = async () => false;
    const id = left?.id ?? '';
    expect(await core.call('files:deletePart', { transferId: id })).toEqual({ deleted: false });
    expect(parts()).toHaveLength(1);
    core.answer = async () => true;
    expect(await core.call('files:deletePart', { transferId: id })).toEqual({ deleted: true });
    expect(core.questions.at(-1)?.detail).toContain(partPath);
    expect([parts(), await cutOff(core)]).toEqual([[], []]);
  });
});

describe('a connection that breaks while a file is on its way to a host', () => {
  it('leaves a part that the next contact finds, and that the next transfer of that name replaces', async () => {
    writeFileSync(files().openPath, randomBytes(96 * 1024 * 1024));
    const core = await restart();
    core.openPath = files().openPath;
    const where = { hostId: host.id, volumeId: 'msb:data' };
    const { file } = await core.call('sandboxFiles:chooseUpload', where);
    const input = { volumeId: 'msb:data', path: ['f'], fileId: file?.fileId ?? '' };
    const running = core.run(await core.plan(host.id, 'sandbox.file.upload', input));
    const part = join(volume.root, 'f.part');
    await expect.poll(() => existsSync(part), { timeout: 30_000, interval: 2 }).toBe(true);
    // Under way it is nobody's to clean up.
    expect(await cutOff(core)).toEqual([]);
    volume.server.drop();
    expect(await running).toMatchObject({ outcome: 'unknown' });
    await core.call('hosts:connect', { hostId: host.id });
    await expect
      .poll(async () => (await cutOff(core)).map(({ partPath, found }) => [partPath, found !== null]))
      .toEqual([[part, true]]);
    expect(await core.run(await core.plan(host.id, 'sandbox.file.upload', input))).toMatchObject({
      outcome: 'ok',
    });
    expect([readdirSync(volume.root), await cutOff(core)]).toEqual([['f'], []]);
  });
});

describe('what was recorded and is not there', () => {
  it('is forgotten: killed before the first byte, or behind the last', async () => {
    writeFileSync(files().openPath, 'small');
    const core = await restart();
    core.openPath = files().openPath;
    const where = { hostId: host.id, volumeId: 'msb:data' };
    const { file } = await core.call('sandboxFiles:chooseUpload', where);
    const input = { volumeId: 'msb:data', path: ['f'], fileId: file?.fileId ?? '' };
    expect(await core.run(await core.plan(host.id, 'sandbox.file.upload', input))).toMatchObject({
      outcome: 'ok',
    });
    // A transfer that ended well leaves no record.
    expect(await cutOff(core)).toEqual([]);
    await core.close();
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(join(data, 'app.sqlite'));
    const add = db.prepare('INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    const path = join(volume.root, 'g');
    add.run(transferId, 'host', host.id, 'box', volume.root, `${path}.part`, path, 1);
    const local = join(laptop, 'saved.raw');
    add.run(transferId.replace('115', '116'), 'laptop', host.id, 'box', null, `${local}.x.part`, local, 1);
    const away = '/nowhere/at/all/saved.raw';
    add.run(transferId.replace('115', '117'), 'laptop', host.id, 'box', null, `${away}.x.part`, away, 1);
    db.close();
    after = null;
    const again = await restart();
    await again.call('hosts:connect', { hostId: host.id });
    // On a disk that is not plugged in it may still be.
    await expect.poll(async () => (await cutOff(again)).map(({ targetPath }) => targetPath)).toEqual([away]);
    const kept = { transferId: transferId.replace('115', '117') };
    expect(await again.failure('files:deletePart', kept)).toMatchObject({ code: 'refused' });
    expect(again.notices).toEqual([]);
  });
});
