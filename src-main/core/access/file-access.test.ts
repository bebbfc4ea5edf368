import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileAccess } from '../../../src-preload/contract/access';
import type { AccessLevel } from '../../../src-preload/contract/hosts';
import { startVolumeBox, type VolumeBox } from '../sandbox/volume-fs/testing/volume-box';
import { hostOf } from '../ssh/testing/fake-host';
import { commandRules } from '../whitelist/catalogue';
import { gateScript } from '../whitelist/gate';
import { accessFiles } from './access-files';
import { selfTest } from './self-test';

/** The real script before OpenSSH's own sftp-server, asked over SSH. */
let box: VolumeBox;
beforeEach(async () => {
  box = await startVolumeBox();
});
afterEach(() => box.close());

function install(level: AccessLevel, files?: FileAccess): void {
  const path = join(box.box, 'gate');
  const request = {
    hostName: 'box',
    level,
    paths: new Map<string, string>(),
    rules: commandRules,
    sudo: false,
  };
  writeFileSync(path, gateScript({ ...request, files }));
  box.server.options = { ...box.server.options, sftpScript: path };
}

async function ask(level: AccessLevel, access: FileAccess) {
  const host = hostOf(box.server);
  const session = await box.pool.session(host);
  const { files } = await selfTest(host, session, level, undefined, {
    access,
    ask: () => box.pool.files(host, (remote) => remote.takesChanges()),
  });
  return files;
}
const write = (): Promise<string> =>
  box
    .use((fs) => fs.write('/f', Buffer.from('x')))
    .then(
      () => 'written',
      (thrown: unknown) => (thrown instanceof Error ? thrown.message : ''),
    );

describe('the forced command and files', () => {
  it('gives them out read-only by itself, at every level, and the self-test says so', async () => {
    for (const level of ['view', 'operate', 'administer'] as const) {
      install(level);
      expect(await ask(level, 'read')).toEqual({ expected: false, writable: false });
      expect(await write()).toContain('may not change');
    }
    expect(await ask('administer', 'write')).toEqual({ expected: true, writable: false });
    expect(readdirSync(box.root)).toEqual([]);
  });

  it('lets them be changed where that was chosen, at administer alone, and asking for it makes nothing', async () => {
    install('operate', 'write');
    expect(await ask('operate', 'write')).toEqual({ expected: false, writable: false });
    install('administer', 'write');
    expect(await ask('administer', 'write')).toEqual({ expected: true, writable: true });
    expect(readdirSync(box.root)).toEqual([]);
    expect(await write()).toBe('written');
    expect(readdirSync(box.root)).toEqual(['f']);
    // More than was chosen is told too.
    expect(await ask('administer', 'read')).toEqual({ expected: false, writable: true });
  });

  it('is not known where the host serves no files', async () => {
    box.server.options = { ...box.server.options, sftp: false };
    expect(await ask('administer', 'write')).toEqual({ expected: true, writable: null });
  });

  it('says plainly what changing them gives to whoever has the key', async () => {
    const host = hostOf(box.server);
    const session = await box.pool.session(host);
    const made = async (files: FileAccess) =>
      accessFiles({ host, level: 'administer', session, publicKey: null, files });
    const given = await made('write');
    expect(given.notes.join(' ')).toContain('also admin’s own authorized_keys');
    expect(given.files.find(({ kind }) => kind === 'gate')?.text).toMatch(/; files may be changed on box\./);
    const kept = await made('read');
    expect(kept.notes.join(' ')).toContain('Files are given out read-only');
    expect(kept.files.find(({ kind }) => kind === 'gate')?.text).toContain('exec "$server" -R;');
  });
});
