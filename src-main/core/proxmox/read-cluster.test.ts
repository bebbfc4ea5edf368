import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiClient } from './client/client';
import { closers, startServer, type TestServer } from './client/testing/tls-server';
import { readCluster, summariseCluster } from './read-cluster';
import { guestSnapshotsOf, snapshotRowsSchema } from './read-guest';

const capture = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'fixtures', `${name}.json`), 'utf8');

let client: ApiClient | undefined;
afterEach(async () => {
  await client?.close();
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** Answers each path with a body as Proxmox VE sent it; 403 for those that are not there. */
async function serve(
  bodies: Readonly<Record<string, string>>,
): Promise<{ client: ApiClient; server: TestServer }> {
  const server = await startServer(({ request, response }) => {
    const body = bodies[(request.url ?? '').replace('/api2/json', '')];
    response.writeHead(body === undefined ? 403 : 200, { 'content-type': 'application/json;charset=UTF-8' });
    response.end(body ?? '{"data":null,"message":"Permission check failed (/, Sys.Audit)\\n"}');
  });
  client = new ApiClient({
    cluster: 'lab',
    endpoints: [{ address: '127.0.0.1', port: server.port, trust: { kind: 'pin', sha256: server.sha256 } }],
    allowLoopback: true,
    authorization: async () => 'PVEAPIToken=a@pve!b=c',
  });
  return { client, server };
}

const options = { nowMs: () => 1_700_000_000_000 };
const all = {
  '/cluster/resources': capture('cluster-resources'),
  '/cluster/status': capture('cluster-status'),
  '/version': capture('version'),
};

describe('a reading of a cluster', () => {
  it('takes what a real cluster tells', async () => {
    const { client: asked } = await serve(all);
    const inventory = await readCluster(asked, null, options);
    expect(inventory.version).toBe('9.2.11');
    expect(inventory.nodes.map(({ name }) => name)).toEqual(['pve1', 'pve2', 'pve3']);
    expect(
      inventory.guests.map(({ vmid, type, status, template }) => [vmid, type, status, template]),
    ).toEqual([
      [100, 'qemu', 'stopped', false],
      [101, 'qemu', 'running', false],
      [110, 'qemu', 'stopped', false],
      [130, 'qemu', 'stopped', true],
      [200, 'lxc', 'stopped', false],
    ]);
    expect(inventory.guests[0]).toMatchObject({
      name: 'web100',
      tags: ['prod', 'web'],
      memoryTotalBytes: 268435456,
    });
    expect(inventory.storages.filter(({ name }) => name === 'shared')).toHaveLength(3);
    const summary = summariseCluster(inventory);
    expect(summary).toMatchObject({
      nodeCount: 3,
      nodesOnline: 3,
      guestCount: 4,
      guestsRunning: 1,
      health: 'ok',
    });
    expect(summary.cpu).toBeCloseTo(0.8873, 3);
  });

  it('costs one request when the version is known and all is well', async () => {
    const { client: asked, server } = await serve(all);
    const first = await readCluster(asked, null, options);
    expect(server.requests.map(({ url }) => url.replace('/api2/json', '')).sort()).toEqual([
      '/cluster/resources',
      '/cluster/status',
      '/version',
    ]);
    server.requests.length = 0;
    await readCluster(asked, first, options);
    expect(server.requests.map(({ url }) => url)).toEqual(['/api2/json/cluster/resources']);
  });

  it('asks for the quorum when a node is down, and says what is unknown', async () => {
    const { client: asked } = await serve({
      ...all,
      '/cluster/resources': capture('resources-1down'),
      '/cluster/status': capture('cluster-status-1down'),
    });
    const inventory = await readCluster(asked, { version: '9.2.11', quorate: true }, options);
    expect(inventory.quorate).toBe(true);
    const down = inventory.nodes.find(({ name }) => name === 'pve3');
    expect(down).toMatchObject({ status: 'offline', cpu: null, memoryBytes: null });
    expect(inventory.problems.map(({ text }) => text)).toContain('Node pve3 is offline.');
    expect(summariseCluster(inventory)).toMatchObject({ nodesOnline: 2, health: 'critical' });
  });

  it('tells a lost quorum', async () => {
    const { client: asked } = await serve({ ...all, '/cluster/status': capture('noquorum-status') });
    const inventory = await readCluster(asked, { version: '9.2.11', quorate: false }, options);
    expect(inventory.quorate).toBe(false);
    expect(inventory.problems[0]).toMatchObject({ severity: 'critical' });
  });

  it('does not know the quorum when the token may not read it', async () => {
    const { client: asked } = await serve({
      '/cluster/resources': all['/cluster/resources'],
      '/version': all['/version'],
    });
    expect((await readCluster(asked, null, options)).quorate).toBeNull();
  });

  it('leaves rows alone that it does not know, and refuses a known one that is broken', async () => {
    const { client: asked } = await serve({
      ...all,
      '/cluster/resources':
        '{"data":[{"type":"hologram","id":"x"},{"type":"node","node":"pve1","status":"online","cpu":"0.25","maxcpu":"4"}]}',
    });
    expect((await readCluster(asked, null, options)).nodes).toMatchObject([
      { name: 'pve1', cpu: 0.25, cpuCount: 4 },
    ]);
    await client?.close();
    const broken = await serve({
      ...all,
      '/cluster/resources': '{"data":[{"type":"qemu","vmid":"many","node":"pve1"}]}',
    });
    await expect(readCluster(broken.client, null, options)).rejects.toMatchObject({
      code: 'unexpected-output',
    });
  });
});

describe('the snapshots of a guest', () => {
  const rows = (name: string) =>
    snapshotRowsSchema.parse((JSON.parse(capture(name)) as { data: unknown }).data);

  it('are told in the order they were taken, with what the guest stands on', () => {
    const { snapshots, current } = guestSnapshotsOf(rows('snap-list'));
    expect(snapshots.map(({ name }) => name)[0]).toBe('before_upgrade');
    expect(snapshots[0]).toMatchObject({
      description: 'two\nlines',
      createdAtMs: 1795397461000,
      parent: null,
    });
    expect(snapshots.map(({ name }) => name)).toContain(current.parent);
    expect(snapshots.map(({ name }) => name)).not.toContain('current');
  });

  it('say that one is being made', () => {
    expect(guestSnapshotsOf(rows('c3-snaps')).snapshots.map(({ state }) => state)).toContain('prepare');
  });

  it('are not told when the list does not say where the guest stands', () => {
    expect(() => guestSnapshotsOf([])).toThrow(/does not say where the guest stands/);
  });
});
