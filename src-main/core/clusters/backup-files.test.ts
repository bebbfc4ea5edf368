import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackupFile } from '../../../src-preload/contract/backup-files';
import { closers, startServer, type Answering } from '../proxmox/client/testing/tls-server';
import { parentOf } from '../proxmox/reads/backup-files';
import { attic, startClusterCore, type ClusterCore } from '../testing/cluster-core';

let world: ClusterCore;
let folder: string;
beforeEach(async () => {
  world = await startClusterCore();
  folder = mkdtempSync(join(tmpdir(), 'holdfast-backup-'));
  await world.refresh(attic);
});
afterEach(async () => {
  await world.close();
  await Promise.all(closers.splice(0).map((close) => close()));
  rmSync(folder, { recursive: true, force: true });
});

const onVault = async (vmid: number) => {
  const { backups } = await world.core.call('clusters:backups', { clusterId: attic });
  const found = backups.find((backup) => backup.storage === 'vault' && backup.vmid === vmid);
  if (found === undefined) throw new Error('no backup');
  return { clusterId: attic, node: found.node, storage: found.storage, volid: found.volid };
};
type Place = Awaited<ReturnType<typeof onVault>>;
const list = async (place: Place, path: string | null = null) =>
  (await world.core.call('backupFiles:list', { ...place, path })).entries;

/** Down by names. */
async function walk(place: Place, ...names: string[]): Promise<BackupFile> {
  let at: BackupFile | undefined;
  for (const name of names) {
    at = (await list(place, at?.path ?? null)).find((entry) => entry.name === name);
    if (at === undefined) throw new Error(`no ${name}`);
  }
  if (at === undefined) throw new Error('nowhere');
  return at;
}

describe('the files of a backup on a Proxmox Backup Server', () => {
  it('are listed from its disks and partitions down, and one is saved as it is there', async () => {
    const place = await onVault(100);
    expect((await list(place)).map(({ name, kind }) => [name, kind])).toEqual([
      ['drive-scsi0.img.fidx', 'part'],
    ]);
    const down = ['drive-scsi0.img.fidx', 'part', '8', 'supervisor', 'homeassistant', 'configuration.yaml'];
    const file = await walk(place, ...down);
    expect(file).toMatchObject({ kind: 'file', sizeBytes: 54 });
    world.core.savePath = join(folder, 'configuration.yaml');
    const { saved } = await world.core.call('backupFiles:download', {
      ...{ ...place, path: file.path, transferId: randomUUID() },
    });
    expect(saved).toEqual({ displayPath: join(folder, 'configuration.yaml'), sizeBytes: 54, compared: true });
    expect(readFileSync(join(folder, 'configuration.yaml'), 'utf8')).toContain('!include automations.yaml');
    const container = await onVault(200);
    expect(await walk(container, 'root.pxar.didx', 'etc', 'hostname')).toMatchObject({
      kind: 'file',
      sizeBytes: 7,
    });
  });

  it('are not saved when nobody chose where, nor a folder, nor what is gone', async () => {
    const place = await onVault(200);
    const etc = await walk(place, 'root.pxar.didx', 'etc');
    const hostname = await walk(place, 'root.pxar.didx', 'etc', 'hostname');
    const download = (path: string) => ({ ...place, path, transferId: randomUUID() });
    world.core.savePath = null;
    expect(await world.core.call('backupFiles:download', download(hostname.path))).toEqual({ saved: null });
    world.core.savePath = join(folder, 'x');
    expect((await world.core.failure('backupFiles:download', download(etc.path))).code).toBe('refused');
    const gone = Buffer.from('/root.pxar.didx/etc/shadow').toString('base64');
    expect((await world.core.failure('backupFiles:download', download(gone))).code).toBe('not-found');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('take the right to back up its guest, and are told with what is missing', async () => {
    const place = await onVault(100);
    const { access } = world.model(attic);
    access.grants = access.grants.filter(({ path }) => path !== '/vms');
    const failure = await world.core.failure('backupFiles:list', { ...place, path: null });
    expect(failure.message).toContain(
      'the token may not list the files of the backup. It lacks VM.Backup on /vms/100',
    );
  });

  it('are not asked for with what is no place in a backup, or of another storage', async () => {
    const place = await onVault(100);
    for (const path of ['/etc/passwd', '../..', 'a b', '', '=']) {
      expect((await world.core.failure('backupFiles:list', { ...place, path })).code).toBe('invalid-request');
    }
    const elsewhere = { ...place, storage: 'local', path: null };
    expect((await world.core.failure('backupFiles:list', elsewhere)).code).toBe('invalid-request');
  });

  it('lie in the folder that their path says, also where a name is no UTF-8', () => {
    const encoded = (bytes: number[]) => Buffer.from(bytes).toString('base64');
    expect(parentOf(Buffer.from('/root.pxar.didx').toString('base64'))).toBeNull();
    // "/a/\xff/b"
    expect(parentOf(encoded([0x2f, 0x61, 0x2f, 0xff, 0x2f, 0x62]))).toBe(encoded([0x2f, 0x61, 0x2f, 0xff]));
  });
});

describe('a download that does not come whole', () => {
  const content = randomBytes(300_000);
  const path = Buffer.from('/root.pxar.didx/big').toString('base64');
  /** A node whose listing tells `size`, and whose download answers as it is told. */
  async function clusterThat(size: number | undefined, send: Answering): Promise<string> {
    const server = await startServer(({ request, response }) => {
      if (request.url?.includes('/file-restore/download') === true) {
        send({ request, response });
        return;
      }
      const row = {
        filepath: path,
        text: 'big',
        type: 'f',
        leaf: 1,
        ...(size === undefined ? {} : { size }),
      };
      response.setHeader('content-type', 'application/json;charset=UTF-8');
      response.end(JSON.stringify({ data: [row] }));
    });
    const { port, sha256 } = server;
    await world.core.call('clusters:trustCertificate', { address: '127.0.0.1', port, sha256 });
    const { id } = await world.core.call('clusters:add', {
      settings: {
        name: `pbs-${port}`,
        endpoints: [{ address: '127.0.0.1', port }],
        login: { kind: 'token', tokenId: 'a@pve!b' },
        trust: 'pin',
        environment: { label: 'Lab', colour: 'blue', production: false },
        accessLevel: 'view',
      },
      secret: 'c',
    });
    return id;
  }
  const ask = (clusterId: string) => ({
    ...{ clusterId, node: 'pve1', storage: 'vault', volid: 'vault:backup/ct/1/2026-11-28T01:00:00Z' },
    ...{ path, transferId: randomUUID() },
  });
  const streamed: Answering = ({ response }) => {
    response.setHeader('content-type', 'application/octet-stream');
    response.end(content);
  };
  beforeEach(() => {
    world.core.savePath = join(folder, 'big');
  });

  it('is saved whole, and compared with the size that the backup tells', async () => {
    const { saved } = await world.core.call(
      'backupFiles:download',
      ask(await clusterThat(content.length, streamed)),
    );
    expect(saved).toMatchObject({ sizeBytes: content.length, compared: true });
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(digest(readFileSync(join(folder, 'big')))).toBe(digest(content));
  });

  it('says so where no size is told to compare it with', async () => {
    const { saved } = await world.core.call(
      'backupFiles:download',
      ask(await clusterThat(undefined, streamed)),
    );
    expect(saved).toMatchObject({ sizeBytes: content.length, compared: false });
  });

  it.each([
    [
      'a stream that ends early',
      ({ response }) => {
        response.setHeader('content-type', 'application/octet-stream');
        response.end(content.subarray(0, 100_000));
      },
      'unexpected-output',
    ],
    [
      'a connection that breaks',
      ({ response }) => {
        response.setHeader('content-type', 'application/octet-stream');
        response.write(content.subarray(0, 100_000), () => response.destroy());
      },
      'unreachable',
    ],
    [
      'an error of the API',
      ({ response }) => {
        response.writeHead(500, 'error: no such file', { 'content-type': 'application/json;charset=UTF-8' });
        response.end('{"data":null,"message":"error: no such file\\n"}');
      },
      'api-failed',
    ],
    [
      'an answer of the API in place of the file',
      ({ response }) => {
        response.setHeader('content-type', 'application/json;charset=UTF-8');
        response.end('{"data":null}');
      },
      'unexpected-output',
    ],
  ] as const satisfies readonly [string, Answering, string][])(
    '%s leaves nothing behind',
    async (_name, send, code) => {
      const id = await clusterThat(content.length, send);
      expect((await world.core.failure('backupFiles:download', ask(id))).code).toBe(code);
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});
