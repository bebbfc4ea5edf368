import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onLab, resetLab, type Lab } from './lab';
import { startLiveCore, type LiveCore } from './live-core';

const root = '/home/admin/.microsandbox/volumes/shared';
const volumeId = 'msb:shared';
const transferId = '6f1f4a52-6b1b-4f43-9a55-0a4d63a9a111';
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Files of a volume that the real msb made, over OpenSSH of Debian; checked with the tools of the host. */
describe('the files of a sandbox volume on the lab machine', () => {
  let lab: Lab;
  let live: LiveCore;
  let hostId: string;
  const local = mkdtempSync(join(tmpdir(), 'holdfast-live-files-'));
  const content = randomBytes(3_000_000);

  const change = async (verb: string, path: readonly string[], more: Record<string, string> = {}) => {
    const input = { volumeId, path: [...path], ...more };
    const { plan, result } = await live.run(hostId, `sandbox.file.${verb}`, input);
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['sftp']);
    expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    const rows = await live.auditOf(hostId, result.operationId);
    expect(rows.map(({ event }) => event)).toEqual(['started', 'finished']);
    return plan;
  };
  const list = async (...path: string[]): Promise<string[]> => {
    const { entries } = await live.call('sandboxFiles:list', { hostId, volumeId, path });
    return entries.map(({ name, kind }) => `${kind} ${name}`);
  };

  beforeAll(async () => {
    lab = resetLab();
    live = await startLiveCore();
    // Files are the login's own: without sudo the host is read in less time after each change.
    hostId = (await live.addLabHost(lab, { sudo: false })).id;
    await live.call('settings:update', { readOnly: false });
    await onLab(
      lab,
      [
        'rm -rf .microsandbox',
        'msb volume create shared',
        'msb volume create other',
        'echo secret > .microsandbox/volumes/other/secret',
        `cd ${root}`,
        "mkdir 'a folder' && echo grüße > 'a folder/text' && ln -s ../other/secret out && ln -s 'a folder' inside",
      ].join(' && '),
    );
    await live.call('inventory:refresh', { hostId });
  });

  afterAll(async () => {
    await live?.close();
    rmSync(local, { recursive: true, force: true });
    await onLab(lab, 'rm -rf .microsandbox');
  });

  it('lists and reads what is there, links as links', async () => {
    expect(await list()).toEqual(['folder a folder', 'link inside', 'link out']);
    expect(await list('inside')).toEqual(['file text']);
    const { text } = await live.call('sandboxFiles:text', { hostId, volumeId, path: ['a folder', 'text'] });
    expect(text).toBe('grüße\n');
    const { file } = await live.call('sandboxFiles:stat', { hostId, volumeId, path: ['a folder', 'text'] });
    const told = (await onLab(lab, `stat -c '%s %u %g %Y %W' '${root}/a folder/text'`)).trim();
    const times = [file?.modifiedAtMs, file?.createdAtMs].map((atMs) => (atMs ?? 0) / 1000);
    expect([file?.sizeBytes, file?.uid, file?.gid, ...times].join(' ')).toBe(told);
    expect(Number(told.split(' ').at(-1))).toBeGreaterThan(0);
  });

  it('uploads, and downloads the same bytes', async () => {
    live.answer.openPath = join(local, 'photo.bin');
    writeFileSync(live.answer.openPath, content);
    const { file } = await live.call('sandboxFiles:chooseUpload', { hostId, volumeId });
    await change('upload', ['in', 'photo.bin'], { fileId: file?.fileId ?? '' });
    expect(await onLab(lab, `cd ${root}/in && ls -A && sha256sum < photo.bin`)).toBe(
      `photo.bin\n${sha256(content)}  -\n`,
    );
    const { saved } = await live.call('sandboxFiles:download', {
      ...{ hostId, volumeId, transferId },
      path: ['in', 'photo.bin'],
    });
    expect(readFileSync(saved?.displayPath ?? '').equals(content)).toBe(true);
  });

  it('makes folders, copies, renames and removes', async () => {
    await change('mkdir', ['logs', '2026']);
    const copied = await change('copy', ['in', 'photo.bin'], { to: '/logs/2026/copy.bin' });
    expect(copied.risk).toBe('safe');
    await change('rename', ['in', 'photo.bin'], { to: '/logs/moved.bin' });
    expect(
      await onLab(lab, `cd ${root} && find logs in | sort && cmp logs/moved.bin logs/2026/copy.bin`),
    ).toBe('in\nlogs\nlogs/2026\nlogs/2026/copy.bin\nlogs/moved.bin\n');
    await change('remove', ['logs', 'moved.bin']);
    const removed = await change('removeFolder', ['logs']);
    expect(removed.risk).toBe('destructive');
    expect(await onLab(lab, `ls -A ${root} '${root}/a folder'`)).toBe(
      `${root}:\na folder\nin\ninside\nout\n\n${root}/a folder:\ntext\n`,
    );
  });

  it('refuses what a link leads out to, and leaves it as it was', async () => {
    const where = { hostId, volumeId, path: ['out'] };
    for (const refused of [
      await live.refusal('sandboxFiles:text', where),
      await live.refusal('sandboxFiles:download', { ...where, transferId }),
      await live.refusal('operations:plan', {
        hostId,
        action: 'sandbox.file.copy',
        input: { volumeId, path: ['out'], to: '/stolen' },
      }),
    ]) {
      expect(refused).toMatchObject({
        code: 'refused',
        message: expect.stringContaining('path traversal outside volume root'),
      });
    }
    expect(await onLab(lab, `cat .microsandbox/volumes/other/secret; ls ${root}`)).toBe(
      'secret\na folder\nin\ninside\nout\n',
    );
  });
});
