import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sandboxFileActionIds } from '../../../../../src-preload/contract/actions/sandbox-file';
import type { Host } from '../../../../../src-preload/contract/hosts';
import type { Plan } from '../../../../../src-preload/contract/operations';
import { assembleCore } from '../../../assemble-core';
import { AppError } from '../../../errors/app-error';
import { startVolumeBox, type VolumeBox } from '../../../sandbox/volume-fs/testing/volume-box';
import { startTestCore, type TestCore } from '../../../testing/test-core';
import { createMachine } from '../../../../demo/machine';
import { MsbModel } from '../../../../demo/microsandbox/model';
import { msbTool } from '../../../../demo/microsandbox/msb';
import type { VolumePlace } from '../../action';
import { catalogueOf } from '../../bound-action';
import { confirmWords } from '../../confirm-words';
import { planScript } from '../../plan-script';
import { sandboxFileActions } from '.';

/** The whole road over OpenSSH's own sftp-server: the plan, the dialog, the audit, the files. */
let volume: VolumeBox;
let test: TestCore;
let host: Host;
let place: VolumePlace;

beforeEach(async () => {
  volume = await startVolumeBox();
  place = { name: 'data', root: volume.root, kind: 'directory' };
  installMsb();
  test = await startTestCore({
    start: (given) =>
      assembleCore(given, {
        catalogue: catalogueOf(Object.values(sandboxFileActions)),
        permits: () => true,
        volumePlace: async (_host, volumeId) => {
          if (volumeId === 'msb:data') return place;
          throw new AppError('not-found', 'No such volume.');
        },
      }),
  });
  const [key] = volume.server.hostKeys;
  if (key === undefined) throw new Error('The server has no key.');
  host = await test.addHost({ ...volume.server, sha256: key.described.sha256 });
});
afterEach(async () => {
  await test.close();
  await volume.close();
});

/** What the real stat is asked instead. */
let answerOfStat: (words: readonly string[]) => readonly string[] = (words) => words;

/** msb as its captures have it: `web` runs with the volume. */
let msb: MsbModel;
function installMsb(): void {
  answerOfStat = (words) => words;
  msb = new MsbModel('/home/admin/.microsandbox', true);
  msb.sandboxes.push({
    ...{ name: 'web', image: 'tiny:latest', status: 'Running', createdAtMs: 0, oci: true },
    mounts: [{ volume: 'data', guestPath: '/data', readOnly: false }],
  });
  const machine = createMachine({
    user: 'admin',
    tools: [
      msbTool(msb),
      {
        name: 'stat',
        folder: '/usr/bin',
        run: (words) => {
          const { status, stdout, stderr } = spawnSync('stat', answerOfStat(words), { encoding: 'utf8' });
          return { exitCode: status ?? 1, stdout, stderr, delayMs: 0 };
        },
      },
    ],
    nowMs: () => 0,
  });
  volume.server.options = {
    ...volume.server.options,
    onExec: (command, channel) => {
      const { stdout, stderr, exitCode } = machine.run(command);
      channel.write(stdout);
      channel.stderr.write(stderr);
      channel.exit(exitCode);
      channel.end();
      return true;
    },
  };
}

const at = (...parts: string[]): string => join(volume.root, ...parts);
const put = (path: string, content: string | Buffer = 'x'): void => {
  const folders = path.split('/').slice(0, -1);
  folders.forEach((_, index) => {
    const folder = at(...folders.slice(0, index + 1));
    if (existsSync(folder)) return;
    mkdirSync(folder);
    volume.own(folder);
  });
  writeFileSync(at(path), content);
  volume.own(at(path));
};
const plan = (action: string, path: string, more: Record<string, unknown> = {}): Promise<Plan> =>
  test.plan(host.id, `sandbox.file.${action}`, { volumeId: 'msb:data', path: path.split('/'), ...more });
const blockers = (made: Plan): string[] => made.blockers.map(({ text }) => text);
const chosen = async (path: string): Promise<string> => {
  test.openPath = path;
  const { file } = await test.call('sandboxFiles:chooseUpload', { hostId: host.id, volumeId: 'msb:data' });
  return file?.fileId ?? '';
};

describe('changes of the files of a sandbox volume', () => {
  it('are shown word for word in the plan, the dialog, the script and the audit, and verified by reading', async () => {
    const made = await plan('mkdir', 'logs/2026');
    const line = `sftp mkdir ${volume.root}/logs/2026`;
    expect(made.steps).toMatchObject([{ kind: 'sftp', verb: 'mkdir', commandLine: line }]);
    expect(made).toMatchObject({
      risk: 'safe',
      blockers: [],
      target: { kind: 'folder', name: 'data:/logs/2026' },
    });
    expect(made.consequences.map(({ text }) => text)).toEqual([
      'This folder is made first.',
      expect.stringContaining('Mounted in 1 active sandbox (web, Running)'),
    ]);
    expect(confirmWords(made).detail).toContain(`This change is sent:\n→ ${line}`);
    expect(planScript(made)).toContain(`\nmkdir -p -- ${volume.root}/logs/2026\n`);
    const result = await test.run(made);
    expect(result).toMatchObject({
      outcome: 'ok',
      verification: { status: 'confirmed' },
      steps: [{ status: 'done', exitCode: null, stdout: 'made /logs/2026\n' }],
    });
    expect(readdirSync(at('logs'))).toEqual(['2026']);
    const rows = await test.rows(host.id, result.operationId);
    expect(rows.map(({ event, commands }) => [event, commands])).toEqual([
      ['started', line],
      ['finished', line],
    ]);
    // But for the looks for tools and those at what mounts the volume, no command ran on the host.
    const others = volume.server.commands.filter(
      (command) => !/^LC_ALL=C sh -c |msb (?:ls|inspect web) /.test(command),
    );
    expect(others).toEqual([]);
  });

  it('name the sandboxes that have it mounted as they are at that moment, or say that nobody knows', async () => {
    const notes = async (): Promise<string> =>
      (await plan('mkdir', 'd')).consequences.map(({ text }) => text).join(' ');
    expect(await notes()).toContain('(web, Running)');
    const [web] = msb.sandboxes.splice(0);
    expect(await notes()).toBe('');
    if (web !== undefined) msb.sandboxes.push({ ...web, status: 'Paused' });
    expect(await notes()).toContain('(web, Paused)');
    volume.server.options = { ...volume.server.options, onExec: () => false };
    expect(await notes()).toContain('Which sandboxes have the volume mounted is not known: ');
  });

  it('need “administer”, and nothing is sent while the app is read-only or the person says no', async () => {
    for (const id of sandboxFileActionIds) expect(sandboxFileActions[id].minimumAccess).toBe('administer');
    const made = await plan('mkdir', 'no');
    test.answer = async () => false;
    expect(await test.run(made)).toMatchObject({ outcome: 'cancelled' });
    await test.call('settings:update', { readOnly: true });
    expect(await test.run(await plan('mkdir', 'no'))).toMatchObject({ outcome: 'refused' });
    expect(readdirSync(volume.root)).toEqual([]);
  });

  it('upload a file with its progress, under its name only when it is whole', async () => {
    const local = join(volume.box, 'local.bin');
    const content = randomBytes(5_000_000);
    writeFileSync(local, content);
    const fileId = await chosen(local);
    const made = await plan('upload', 'in/photo.bin', { fileId });
    expect(made).toMatchObject({
      risk: 'safe',
      steps: [{ verb: 'put', commandLine: `sftp put ${local} ${volume.root}/in/photo.bin` }],
    });
    const result = await test.run(made);
    expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(readFileSync(at('in/photo.bin')).equals(content)).toBe(true);
    expect(readdirSync(at('in'))).toEqual(['photo.bin']);
    const output = test.events
      .filter(({ event }) => event === 'operations:progress')
      .map(({ payload }) => JSON.stringify(payload))
      .join('');
    expect(output).toMatch(/sent 4\.77 MiB of 4\.77 MiB \(100 %\), [\d.]+ [KMG]iB\/s/);
  });

  it('name what an upload replaces, and ask for the name of the target then', async () => {
    put('f', 'precious');
    put('f.part', 'left over');
    const local = join(volume.box, 'new');
    writeFileSync(local, 'new');
    const made = await plan('upload', 'f', { fileId: await chosen(local) });
    expect(made).toMatchObject({ risk: 'destructive', typed: { target: 'data:/f' }, undo: null });
    expect(
      made.consequences.filter(({ severity }) => severity === 'loss').flatMap(({ items }) => items),
    ).toEqual([
      { name: '/f', sizeBytes: 8 },
      { name: '/f.part', sizeBytes: 9 },
    ]);
    expect(await test.run(made, { target: 'f' })).toMatchObject({ outcome: 'refused' });
    expect(await test.run(await plan('upload', 'f', { fileId: await chosen(local) }))).toMatchObject({
      outcome: 'ok',
    });
    expect(readFileSync(at('f'), 'utf8')).toBe('new');
    expect(readdirSync(volume.root)).toEqual(['f']);
  });

  it('refuse when the volume or the file of the laptop changed since the plan', async () => {
    const local = join(volume.box, 'new');
    writeFileSync(local, 'new');
    const made = await plan('upload', 'f', { fileId: await chosen(local) });
    put('f', 'came in between');
    test.clockOffsetMs = 6_000;
    expect(await test.run(made)).toMatchObject({ outcome: 'refused' });
    expect(readFileSync(at('f'), 'utf8')).toBe('came in between');
    const again = await plan('upload', 'g', { fileId: await chosen(local) });
    test.answer = async () => {
      writeFileSync(local, 'other, and longer');
      return true;
    };
    const result = await test.run(again);
    expect(result).toMatchObject({ outcome: 'failed' });
    expect(result.message).toContain('changed since the plan was made');
    expect(readdirSync(volume.root)).toEqual(['f']);
  });

  it('stop on the way when the person says so, say what is left, and leave no .part', async () => {
    const local = join(volume.box, 'large');
    writeFileSync(local, randomBytes(64 * 1024 * 1024));
    put('f', 'before');
    const made = await plan('upload', 'f', { fileId: await chosen(local) });
    const running = test.run(made);
    await expect.poll(() => existsSync(at('f.part')), { timeout: 20_000, interval: 5 }).toBe(true);
    await test.call('operations:cancel', { planId: made.id });
    const result = await running;
    expect(result).toMatchObject({ outcome: 'cancelled' });
    expect(result.message).toMatch(/^Stopped after .+ What had arrived was removed/);
    expect(readdirSync(volume.root)).toEqual(['f']);
    expect(readFileSync(at('f'), 'utf8')).toBe('before');
  });

  it('are of unknown outcome when the line breaks, until the host is read', async () => {
    const local = join(volume.box, 'large');
    writeFileSync(local, randomBytes(64 * 1024 * 1024));
    const made = await plan('upload', 'f', { fileId: await chosen(local) });
    const running = test.run(made);
    await expect.poll(() => existsSync(at('f.part')), { timeout: 20_000, interval: 5 }).toBe(true);
    volume.server.drop();
    const result = await running;
    expect(result).toMatchObject({ outcome: 'unknown', steps: [{ status: 'unknown' }] });
    expect(readdirSync(volume.root)).toEqual(['f.part']);
  });

  it('write a text that the dialog shows', async () => {
    const made = await plan('write', 'etc/app.conf', { text: 'listen = 80\n' });
    expect(confirmWords(made).detail).toContain('its content: listen = 80\\u{a}');
    expect(planScript(made)).toContain("printf '%s' 'listen = 80\n' > ");
    expect(await test.run(made)).toMatchObject({ outcome: 'ok' });
    expect(readFileSync(at('etc/app.conf'), 'utf8')).toBe('listen = 80\n');
  });

  it('delete a file, and a folder with the count and size of what is lost', async () => {
    put('d/a', 'aaaa');
    put('d/sub/b', 'bb');
    put('d/sub/c', 'c');
    symlinkSync('/etc/passwd', at('d/link'));
    put('single', 'xyz');
    expect(blockers(await plan('remove', 'd'))).toEqual(['Is a directory: /d']);
    expect(blockers(await plan('removeFolder', 'single'))).toEqual(['Not a directory: /single']);
    expect(blockers(await plan('remove', 'gone'))).toEqual(['/gone is not there any more.']);
    expect(await test.run(await plan('remove', 'single'))).toMatchObject({ outcome: 'ok' });
    const made = await plan('removeFolder', 'd');
    expect(made.risk).toBe('destructive');
    expect(made.consequences[0]).toMatchObject({
      severity: 'loss',
      text: expect.stringMatching(/^4 files in 2 folders are lost, \d+ B in all\.$/),
      items: [
        { name: '/d/a', sizeBytes: 4 },
        { name: '/d/link', sizeBytes: null },
        { name: '/d/sub', sizeBytes: null },
      ],
    });
    expect(await test.run(made)).toMatchObject({ outcome: 'ok', steps: [{ stdout: 'removed 6 entries\n' }] });
    expect(readdirSync(volume.root)).toEqual([]);
  });

  it('refuse to delete a file in whose place there is another since', async () => {
    put('notes.txt', 'old');
    const made = await plan('remove', 'notes.txt');
    put('notes.txt', 'newer');
    test.clockOffsetMs = 6_000;
    expect((await test.run(made)).outcome).toBe('refused');
    expect(readFileSync(at('notes.txt'), 'utf8')).toBe('newer');
  });

  it('refuse to delete a folder in which something changed since it was counted', async () => {
    put('d/a');
    const made = await plan('removeFolder', 'd');
    put('d/new');
    test.clockOffsetMs = 6_000;
    expect(await test.run(made)).toMatchObject({ outcome: 'refused' });
    expect(readdirSync(at('d')).sort()).toEqual(['a', 'new']);
  });

  it('copy and rename, over what is there only with its name typed', async () => {
    put('from', 'content');
    put('there', 'old');
    put('d/f');
    const copy = await plan('copy', 'from', { to: '/new/copy' });
    expect(copy).toMatchObject({ risk: 'safe', blockers: [] });
    expect(await test.run(copy)).toMatchObject({ outcome: 'ok' });
    expect(await plan('copy', 'from', { to: 'there' })).toMatchObject({ risk: 'destructive', undo: null });
    const rename = await plan('rename', 'from', { to: 'there' });
    expect(rename).toMatchObject({ risk: 'destructive', typed: { target: 'data:/from' } });
    expect(await test.run(rename)).toMatchObject({ outcome: 'ok' });
    expect(readFileSync(at('there'), 'utf8')).toBe('content');
    expect(await test.run(await plan('rename', 'd', { to: 'e/d2' }))).toMatchObject({ outcome: 'ok' });
    expect(readdirSync(at('e/d2'))).toEqual(['f']);
    expect(readdirSync(volume.root).sort()).toEqual(['e', 'new', 'there']);
    expect(blockers(await plan('copy', 'e', { to: 'x' }))).toEqual([
      'the source path is neither a regular file nor a symlink to a regular file',
    ]);
    expect(blockers(await plan('copy', 'there', { to: './there' }))).toContain(
      'A file is not copied onto itself.',
    );
    expect(blockers(await plan('rename', 'there', { to: 'e' }))).toEqual(['Is a directory: /e']);
    expect(blockers(await plan('rename', 'e', { to: 'there' }))).toEqual(['Not a directory: /there']);
    expect(blockers(await plan('rename', 'e', { to: 'e/f/g' }))).toContain(
      'A folder is not moved into itself.',
    );
    expect(blockers(await plan('rename', 'there', { to: '/' }))).toContain(
      'rename cannot target the volume root',
    );
  });

  it('never leave the volume: two dots, links, the root itself', async () => {
    writeFileSync(join(volume.box, 'precious'), 'outside');
    symlinkSync(volume.box, at('up'));
    put('mine');
    const failure = (action: string, path: readonly string[], more: Record<string, unknown> = {}) =>
      test.failure('operations:plan', {
        hostId: host.id,
        action: `sandbox.file.${action}`,
        input: { volumeId: 'msb:data', path, ...more },
      });
    for (const action of ['mkdir', 'remove', 'removeFolder']) {
      expect(await failure(action, ['up', 'precious'])).toMatchObject({
        code: 'refused',
        message: expect.stringContaining('path traversal outside volume root'),
      });
      for (const path of [[], ['..', 'precious'], ['a/b'], ['.']]) {
        expect(await failure(action, path)).toMatchObject({ code: 'invalid-request' });
      }
    }
    for (const action of ['copy', 'rename']) {
      expect(await failure(action, ['mine'], { to: '../../precious' })).toMatchObject({ code: 'refused' });
      expect(await failure(action, ['mine'], { to: 'up/precious' })).toMatchObject({ code: 'refused' });
    }
    expect(readFileSync(join(volume.box, 'precious'), 'utf8')).toBe('outside');
    expect(readdirSync(volume.root).sort()).toEqual(['mine', 'up']);
  });

  it('are not made in a disk volume, and it says why', async () => {
    place = { ...place, kind: 'disk' };
    put('disk.raw', 'image');
    put('hidden', 'not shown');
    for (const made of [await plan('mkdir', 'd'), await plan('remove', 'disk.raw')]) {
      expect(blockers(made)[0]).toContain('its files are inside the image disk.raw');
    }
    const { entries, kind } = await test.call('sandboxFiles:list', {
      hostId: host.id,
      volumeId: 'msb:data',
      path: [],
    });
    expect([kind, entries.map(({ name }) => name)]).toEqual(['disk', ['disk.raw']]);
    const where = { hostId: host.id, volumeId: 'msb:data' };
    test.savePath = join(volume.box, 'saved');
    const transferId = '6f1f4a52-6b1b-4f43-9a55-0a4d63a9a113';
    for (const path of [['hidden'], ['disk.raw', 'x'], ['d', 'disk.raw']]) {
      for (const failed of [
        await test.failure('sandboxFiles:download', { ...where, path, transferId }),
        await test.failure('sandboxFiles:text', { ...where, path }),
        await test.failure('sandboxFiles:stat', { ...where, path }),
        await test.failure('sandboxFiles:list', { ...where, path }),
      ]) {
        expect(failed).toMatchObject({ code: 'refused', message: expect.stringContaining('only its image') });
      }
    }
    expect(existsSync(test.savePath)).toBe(false);
    await test.call('sandboxFiles:download', { ...where, path: ['disk.raw'], transferId });
    expect(readFileSync(test.savePath, 'utf8')).toBe('image');
  });
});

describe('looking at the files of a sandbox volume', () => {
  it('does not say when a file was created where stat fails, or saw another file', async () => {
    put('text');
    const created = async (name: string) => {
      const { file } = await test.call('sandboxFiles:stat', {
        ...{ hostId: host.id, volumeId: 'msb:data' },
        path: [name],
      });
      return file === null ? null : [file.createdAtMs, file.createdExcuse, file.sizeBytes];
    };
    answerOfStat = (words) => [...words.slice(0, -1), '/etc/hostname'];
    expect(await created('text')).toEqual([null, 'It was changed while it was looked at.', 1]);
    answerOfStat = () => ['/nowhere'];
    expect(await created('text')).toEqual([null, expect.stringContaining('No such file'), 1]);
    answerOfStat = (words) => words.map((word) => word.replace('%W', '0'));
    expect(await created('text')).toEqual([null, 'The host does not know it for this file system.', 1]);
    put('line\nfeed');
    expect(await created('line\nfeed')).toEqual([
      null,
      'Its path holds characters that Holdfast puts in no command.',
      1,
    ]);
  });

  it('lists, stats, shows text and downloads by calls that change nothing', async () => {
    const content = randomBytes(300_000);
    put('a/text', 'grüße');
    put('a/b.bin', content);
    const where = { hostId: host.id, volumeId: 'msb:data' };
    const { entries, total, root } = await test.call('sandboxFiles:list', { ...where, path: ['a'] });
    expect([root, total, entries.map(({ name, kind }) => [name, kind])]).toEqual([
      volume.root,
      2,
      [
        ['b.bin', 'file'],
        ['text', 'file'],
      ],
    ]);
    expect(await test.call('sandboxFiles:stat', { ...where, path: ['a', 'text'] })).toMatchObject({
      file: { kind: 'file', sizeBytes: 7, readOnly: false },
    });
    const { birthtimeMs } = statSync(at('a/text'));
    expect(await test.call('sandboxFiles:stat', { ...where, path: ['a', 'text'] })).toMatchObject({
      file: { createdAtMs: Math.floor(birthtimeMs / 1000) * 1000, createdExcuse: null },
    });
    expect(await test.call('sandboxFiles:stat', { ...where, path: ['gone'] })).toEqual({ file: null });
    expect(await test.call('sandboxFiles:text', { ...where, path: ['a', 'text'] })).toEqual({
      text: 'grüße',
      sizeBytes: 7,
    });
    expect(await test.failure('sandboxFiles:text', { ...where, path: ['a', 'b.bin'] })).toMatchObject({
      code: 'unexpected-output',
    });
    test.savePath = join(volume.box, 'saved.bin');
    const transferId = '6f1f4a52-6b1b-4f43-9a55-0a4d63a9a111';
    expect(await test.call('sandboxFiles:download', { ...where, path: ['a', 'b.bin'], transferId })).toEqual({
      saved: { displayPath: test.savePath, sizeBytes: content.length },
    });
    expect(readFileSync(test.savePath).equals(content)).toBe(true);
    const reports = test.events.filter(({ event }) => event === 'files:progress');
    expect(reports.at(-1)?.payload).toEqual({
      transferId,
      doneBytes: content.length,
      totalBytes: content.length,
    });
    expect(test.questions).toEqual([]);
  });

  it('leaves nothing of a download that is cancelled', async () => {
    put('large', Buffer.alloc(0));
    truncateSync(at('large'), 2 * 1024 ** 3);
    test.savePath = join(volume.box, 'saved.bin');
    const abort = new AbortController();
    const call = test.call(
      'sandboxFiles:download',
      {
        hostId: host.id,
        volumeId: 'msb:data',
        path: ['large'],
        transferId: '6f1f4a52-6b1b-4f43-9a55-0a4d63a9a112',
      },
      abort.signal,
    );
    await expect
      .poll(() => readdirSync(volume.box).some((name) => name.endsWith('.part')), { timeout: 10_000 })
      .toBe(true);
    abort.abort();
    await expect(call).rejects.toThrow(/cancelled/);
    await expect.poll(() => readdirSync(volume.box).sort()).toEqual(['volumes']);
  });
});
