import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationResult, Plan } from '../../../src-preload/contract/operations';
import { createCore } from '../../core/create-core';
import { startTestCore, type TestCore } from '../../core/testing/test-core';

/** The file browser on the demo fleet: the whole core over SSH and SFTP to raid-05. */

const transferId = '6f1f4a52-6b1b-4f43-9a55-0a4d63a9a111';
let folder: string;
let test: TestCore;
const hostId = 'demo-raid';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-demo-files-'));
  test = await startTestCore({ demo: true, start: createCore });
  await test.call('settings:update', { readOnly: false });
  await test.call('inventory:refresh', { hostId });
});
afterAll(async () => {
  await test.close();
  rmSync(folder, { recursive: true, force: true });
});

const where = (volume: string, path: string) => ({
  hostId,
  volumeId: `msb:${volume}`,
  path: path.split('/').filter((step) => step !== ''),
});
const list = async (volume: string, path = ''): Promise<string[]> =>
  (await test.call('sandboxFiles:list', where(volume, path))).entries.map(({ name, kind }) =>
    [kind, name].join(' '),
  );
const text = async (volume: string, path: string): Promise<string> =>
  (await test.call('sandboxFiles:text', where(volume, path))).text;
const change = async (
  verb: string,
  path: string,
  more: Record<string, unknown> = {},
): Promise<{ plan: Plan; result: OperationResult }> => {
  const { volumeId, path: steps } = where('build-output', path);
  const plan = await test.plan(hostId, `sandbox.file.${verb}`, { volumeId, path: steps, ...more });
  return { plan, result: await test.run(plan) };
};
const done = { outcome: 'ok', verification: { status: 'confirmed' } };

describe('files of sandbox volumes on the demo fleet', () => {
  it('are listed with links, nested folders and what only root may read', async () => {
    expect(await list('npm-cache')).toEqual([
      ...['folder _cacache', 'folder _logs', 'file .npmrc', 'file README.md'],
      ...['link datasets', 'link gone', 'link logs'],
    ]);
    expect(await list('npm-cache', 'logs')).toHaveLength(3);
    expect(await text('npm-cache', '_cacache/index-v5/3f/a1/index.json')).toContain('integrity');
    expect(await list('datasets')).toContain('folder größe und maße');
    expect(await test.failure('sandboxFiles:list', where('datasets', 'private'))).toMatchObject({
      code: 'unauthorized',
    });
    expect(await test.failure('sandboxFiles:text', where('datasets', 'core.4121'))).toMatchObject({
      code: 'unauthorized',
    });
    expect(await list('docker-data')).toEqual(['file disk.raw']);
  });

  it('tell when they were created, also after they were renamed and written to', async () => {
    const created = async (path: string) =>
      (await test.call('sandboxFiles:stat', where('build-output', path))).file;
    await change('write', 'born.txt', { text: 'a' });
    const before = await created('born.txt');
    expect(before).toMatchObject({ createdExcuse: null, kind: 'file', sizeBytes: 1 });
    expect(before?.createdAtMs).toBeLessThanOrEqual(Date.now());
    await change('rename', 'born.txt', { to: '/moved.txt' });
    expect((await created('moved.txt'))?.createdAtMs).toBe(before?.createdAtMs);
    expect(await created('born.txt')).toBeNull();
    await change('remove', 'moved.txt');
    const link = (await test.call('sandboxFiles:stat', where('npm-cache', 'logs'))).file;
    expect(link).toMatchObject({ kind: 'link', createdAtMs: link?.modifiedAtMs });
  });

  it('tell when the volume they are in was last changed, however deep', async () => {
    const changed = async (name: string) => {
      const { sandbox } = await test.call('inventory:refresh', { hostId });
      return sandbox?.volumes.find((volume) => volume.name === name)?.changedAtMs;
    };
    const before = Date.now();
    const untouched = await changed('npm-cache');
    expect(untouched).toBeLessThan(before);
    await change('write', 'latest/note.txt', { text: 'a' });
    // du tells whole seconds.
    expect(await changed('build-output')).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
    expect(await changed('npm-cache')).toBe(untouched);
    // Its record is there, its directory is not.
    expect(await changed('old-wheels')).toBeNull();
    await change('remove', 'latest/note.txt');
  });

  it('are not given out through a link that leads out of the volume', async () => {
    test.savePath = join(folder, 'never');
    for (const failed of [
      await test.failure('sandboxFiles:list', where('npm-cache', 'datasets')),
      await test.failure('sandboxFiles:text', where('npm-cache', 'datasets/README.md')),
      await test.failure('sandboxFiles:download', {
        ...where('npm-cache', 'datasets/README.md'),
        transferId,
      }),
    ]) {
      expect(failed).toMatchObject({
        code: 'refused',
        message: expect.stringContaining('path traversal outside volume root'),
      });
    }
  });

  it('are uploaded, downloaded, made, copied, renamed and deleted, and stay so', async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
    test.openPath = join(folder, 'photo.bin');
    writeFileSync(test.openPath, content);
    const { file } = await test.call('sandboxFiles:chooseUpload', { hostId, volumeId: 'msb:build-output' });
    const uploaded = await change('upload', 'in/photo.bin', { fileId: file?.fileId });
    expect(uploaded.result).toMatchObject(done);
    // Only a stopped sandbox mounts this volume: nobody sees the change.
    const told = uploaded.plan.consequences.map(({ text: words }) => words);
    expect(told.at(-1)).toBe('This folder is made first.');
    test.savePath = join(folder, 'saved.bin');
    await test.call('sandboxFiles:download', { ...where('build-output', 'in/photo.bin'), transferId });
    expect(readFileSync(test.savePath).equals(content)).toBe(true);

    expect((await change('mkdir', 'logs/2026')).result).toMatchObject(done);
    expect((await change('write', 'logs/2026/note.txt', { text: 'grüße\n' })).result).toMatchObject(done);
    expect((await change('copy', 'logs/2026/note.txt', { to: '/logs/copy.txt' })).result).toMatchObject(done);
    expect((await change('rename', 'logs/copy.txt', { to: 'logs/renamed.txt' })).result).toMatchObject(done);
    expect(await list('build-output', 'logs')).toEqual(['folder 2026', 'file renamed.txt']);
    expect(await text('build-output', 'logs/renamed.txt')).toBe('grüße\n');
    const over = await change('write', 'logs/renamed.txt', { text: 'new' });
    expect(over.plan.risk).toBe('destructive');
    expect(over.result).toMatchObject(done);
    expect(await text('build-output', 'logs/renamed.txt')).toBe('new');
    expect((await change('remove', 'in/photo.bin')).result).toMatchObject(done);
    const removed = await change('removeFolder', 'logs');
    expect(removed.plan.consequences[0]?.text).toBe('2 files in 2 folders are lost, 11 B in all.');
    expect(removed.result).toMatchObject(done);
    expect(await list('build-output')).toEqual(['folder in', 'folder latest']);
    expect(await list('build-output', 'in')).toEqual([]);
  });

  it('are not changed in a disk volume, nor where root alone may', async () => {
    const plan = (volume: string, path: string) => {
      const { volumeId, path: steps } = where(volume, path);
      return test.plan(hostId, 'sandbox.file.mkdir', { volumeId, path: steps });
    };
    expect((await plan('docker-data', 'x')).blockers[0]?.text).toContain('inside the image disk.raw');
    const refused = await test.run(await plan('datasets', 'private/x'));
    expect(refused.outcome).toBe('failed');
    expect((await plan('npm-cache', 'x')).consequences.map(({ text: words }) => words).join(' ')).toContain(
      '(ci-runner-1, Running)',
    );
  });

  it('go with their volume, and do not come back with its name', async () => {
    expect((await change('write', 'latest/mine', { text: 'x' })).result).toMatchObject(done);
    for (const action of ['msb.volume.remove', 'msb.volume.createDirectory']) {
      const result = await test.run(await test.plan(hostId, action, { name: 'build-output' }));
      expect(result).toMatchObject(done);
    }
    await test.call('inventory:refresh', { hostId });
    expect(await list('build-output')).toEqual([]);
  });
});
