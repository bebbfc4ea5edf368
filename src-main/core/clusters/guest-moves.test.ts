import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { died } from '../../demo/proxmox/errors';
import { atlas, attic, startClusterCore, wordsOf, type ClusterCore } from '../testing/cluster-core';

let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore();
  await world.refresh();
});
afterEach(() => world.close());

const windows = { type: 'qemu', node: 'atlas-2', vmid: 131 };
const configOf = (vmid: number, clusterId = atlas) => world.model(clusterId).guests.get(vmid)?.config ?? {};

describe('a clone', () => {
  const input = { ...windows, newid: 102, name: 'copy', full: true };

  it('goes to another storage and into a pool, and its form asks for both', async () => {
    const form = (await world.offers({ kind: 'guest', vmid: 131 })).get('pve.guest.clone');
    expect(form?.fields.map(({ name }) => name)).toEqual([
      'newid',
      'name',
      'target',
      'storage',
      'format',
      'pool',
    ]);
    const nas = world.model(atlas).storages.get('nas-backup');
    nas?.content.push('images');
    const { plan } = await world.done('pve.guest.clone', {
      ...input,
      target: '',
      storage: 'nas-backup',
      format: 'qcow2',
      pool: 'lab',
    });
    expect(plan.steps[0]?.commandLine).toBe(
      'POST /nodes/atlas-2/qemu/131/clone newid=102 name=copy full=1 storage=nas-backup format=qcow2 pool=lab',
    );
    expect(configOf(102)['scsi0']).toContain('nas-backup:102/');
    expect(world.model(atlas).pools.get('lab')?.vms.has(102)).toBe(true);
  });

  it('goes to another node where its disks are shared, and is told why not where they are not', async () => {
    expect(await world.blocked('pve.guest.clone', { ...input, target: 'atlas-1' })).toBe(
      'Its disks are on storage of atlas-2 alone: scsi0.',
    );
    const storage = world.model(atlas).storages.get('local-zfs');
    if (storage !== undefined) storage.shared = true;
    await world.done('pve.guest.clone', { ...input, target: 'atlas-1' });
    expect(world.model(atlas).guests.get(102)?.node).toBe('atlas-1');
  });

  it.each([
    ['a storage that holds no such disks', { storage: 'nas-backup' }, /has no storage nas-backup that holds/],
    ['a node that is down', { target: 'atlas-3' }, /atlas-3 is not online/],
  ])('is not made on %s', async (_name, change, sentence) => {
    expect(await world.blocked('pve.guest.clone', { ...input, ...change })).toMatch(sentence);
  });

  it('that is linked stays with its template', async () => {
    const linked = { type: 'qemu', node: 'atlas-1', vmid: 9000, newid: 103, name: 'linked', full: false };
    expect(await world.blocked('pve.guest.clone', { ...linked, storage: 'local-zfs' })).toBe(
      'A linked clone stays on the storage of its template, in its format.',
    );
  });
});

describe('a migration', () => {
  it('takes the disks to another storage there, also one that this node does not have', async () => {
    const model = world.model(atlas);
    const storage = model.storages.get('local-zfs');
    if (storage === undefined) throw new Error('no storage');
    model.storages.set('fast', { ...storage, id: 'fast' });
    storage.nodes = ['atlas-2'];
    const move = { ...windows, target: 'atlas-1', storage: '' };
    expect(await world.blocked('pve.guest.migrate', move)).toContain('atlas-1 does not have local-zfs');
    const { plan } = await world.done('pve.guest.migrate', { ...move, storage: 'fast' });
    expect(plan.steps[0]?.commandLine).toBe(
      'POST /nodes/atlas-2/qemu/131/migrate target=atlas-1 with-local-disks=1 targetstorage=fast',
    );
    expect(String(configOf(131)['scsi0'])).toContain('fast:vm-131-disk-0');
    const wiki = { type: 'lxc', node: 'atlas-2', vmid: 203, target: 'atlas-1', storage: 'fast' };
    const moved = await world.done('pve.guest.migrate', wiki);
    expect(moved.plan.steps[0]?.commandLine).toBe(
      'POST /nodes/atlas-2/lxc/203/migrate target=atlas-1 target-storage=fast',
    );
  });

  it('is not planned to a storage that is not there', async () => {
    expect(
      await world.blocked('pve.guest.migrate', { ...windows, target: 'atlas-1', storage: 'nas-backup' }),
    ).toContain('atlas-1 has no storage nas-backup that holds disks of such guests.');
  });
});

describe('a migration to another cluster', () => {
  const move = {
    ...windows,
    cluster: attic,
    newid: 231,
    storage: 'local-lvm',
    bridge: 'vmbr0',
    deleteSource: false,
  };

  /** This laptop may change the other cluster, and so may its token. */
  async function mayChangeAttic(): Promise<string> {
    const { clusters } = await world.core.call('clusters:list', {});
    const found = clusters.find(({ cluster }) => cluster.id === attic)?.cluster;
    if (found === undefined) throw new Error('attic is gone');
    const { id: _id, demo: _demo, createdAtMs: _at, ...settings } = found;
    await world.core.call('clusters:update', {
      clusterId: attic,
      settings: { ...settings, accessLevel: 'administer' },
      secret: null,
    });
    for (const grant of world.model(attic).access.grants) grant.role = 'Administrator';
    const secret = world.demo.clusters.find(({ id }) => id === attic)?.tokenSecret;
    if (secret === undefined) throw new Error('no secret');
    return secret;
  }

  it('copies the guest with a token that nobody sees, and leaves it here, stopped', async () => {
    const secret = await mayChangeAttic();
    const offer = (await world.offers({ kind: 'guest', vmid: 131 })).get('pve.guest.remoteMigrate');
    expect(offer?.fields.find(({ name }) => name === 'cluster')).toMatchObject({
      options: [{ value: attic, label: 'attic' }],
    });
    expect(offer?.fields.find(({ name }) => name === 'deleteSource')).toMatchObject({ value: false });
    const { plan, result } = await world.done('pve.guest.remoteMigrate', move);
    expect(plan.risk).toBe('catastrophic');
    expect(plan.steps[0]?.commandLine).toMatch(
      /^POST \/nodes\/atlas-2\/qemu\/131\/remote_migrate target-endpoint=\(127\.0\.0\.1:\d+, token holdfast@pve!laptop, secret not shown\) target-vmid=231 target-storage=local-lvm target-bridge=vmbr0$/,
    );
    expect(wordsOf(plan)).toMatch(/has to reach 127\.0\.0\.1:\d+ by that address.*is sent to atlas-2/s);
    expect(result.verification.text).toBe('Guest 231 is on attic, node attic.');
    expect(configOf(231, attic)['name']).toBe('windows-build');
    expect(world.model(atlas).guests.get(131)?.running).toBe(false);
    const everything = [
      plan,
      result,
      world.core.questions,
      world.core.events,
      await world.core.allRows(atlas),
    ];
    expect(JSON.stringify(everything)).not.toContain(secret);
  });

  it('deletes it here only when that was ticked, which is catastrophic', async () => {
    await mayChangeAttic();
    const proxy = { ...move, type: 'lxc', node: 'atlas-1', vmid: 200, newid: 230, deleteSource: true };
    const { plan } = await world.done('pve.guest.remoteMigrate', proxy);
    expect(plan.risk).toBe('catastrophic');
    expect(plan.typed).toEqual({ target: '200 proxy', host: 'atlas' });
    expect(plan.steps[0]?.commandLine).toMatch(/ restart=1 delete=1$/);
    expect(plan.consequences[0]).toMatchObject({
      severity: 'loss',
      items: [{ name: expect.stringContaining('rootfs') }],
    });
    expect(world.model(atlas).guests.has(200)).toBe(false);
    expect(world.model(attic).guests.get(230)?.running).toBe(true);
  });

  it('is planned only between clusters that both answer and may both be changed', async () => {
    expect(await world.blocked('pve.guest.remoteMigrate', move)).toBe(
      'The other cluster cannot take it: This laptop may not change attic.',
    );
    await mayChangeAttic();
    expect(await world.blocked('pve.guest.remoteMigrate', { ...move, cluster: atlas })).toContain(
      'It is there already',
    );
    expect(await world.blocked('pve.guest.remoteMigrate', { ...move, newid: 100, storage: 'none' })).toBe(
      'attic has no storage none that holds disks of such guests. The id 100 is taken on attic.',
    );
    const user = world.model(attic).access.users.get('holdfast@pve');
    if (user !== undefined) user.enabled = false;
    expect(await world.blocked('pve.guest.remoteMigrate', move)).toContain('attic does not accept the token');
    expect(await world.blocked('pve.guest.remoteMigrate', { ...move, cluster: 'nowhere' })).toContain(
      'The other cluster cannot take it',
    );
  });

  it('keeps the secret out of an error that repeats it', async () => {
    const secret = await mayChangeAttic();
    const plan = await world.core.plan(atlas, 'pve.guest.remoteMigrate', move);
    const guest = world.model(atlas).guests.get(131);
    if (guest === undefined) throw new Error('no guest');
    const { get } = world.model(atlas).remotes;
    world.model(atlas).remotes.get = (port) => {
      throw died(`remote at port ${port} said: apitoken holdfast@pve!laptop=${secret} is not known`);
    };
    const result = await world.core.run(plan);
    world.model(atlas).remotes.get = get;
    expect(result.outcome).toBe('failed');
    expect(JSON.stringify([result, await world.core.allRows(atlas)])).not.toContain(secret);
  });
});
