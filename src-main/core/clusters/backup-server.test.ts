import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { atlas, attic, startClusterCore, wordsOf, type ClusterCore } from '../testing/cluster-core';

const day = 86_400_000;
let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore();
  const cluster = world.model(atlas);
  cluster.storages.set('vault', {
    id: 'vault',
    type: 'pbs',
    content: ['backup'],
    shared: true,
    enabled: true,
    totalBytes: 8 * 1024 ** 4,
    otherBytes: 1024 ** 4,
    path: '',
    more: { server: '192.0.2.40', datastore: 'main', username: 'atlas@pbs' },
  });
  for (const daysAgo of [1, 2, 3]) {
    for (const [kind, vmid] of [
      ['vm', 130],
      ['ct', 200],
    ] as const) {
      const createdAtMs = Math.floor((Date.now() - daysAgo * day) / 1000) * 1000;
      cluster.content.push({
        storage: 'vault',
        volume: `backup/${kind}/${vmid}/${new Date(createdAtMs).toISOString().slice(0, 19)}Z`,
        content: 'backup',
        format: `pbs-${kind}`,
        sizeBytes: 4 * 1024 ** 3,
        createdAtMs,
        vmid,
        subtype: kind === 'vm' ? 'qemu' : 'lxc',
        config: kind === 'vm' ? { name: 'build-runner' } : { hostname: 'proxy', unprivileged: 1 },
      });
    }
  }
  await world.refresh();
});
afterEach(() => world.close());

const onVault = async () =>
  (await world.core.call('clusters:backups', { clusterId: atlas })).backups.filter(
    ({ storage }) => storage === 'vault',
  );

describe('a storage on a Proxmox Backup Server', () => {
  it('is pruned by guest and kind, each backup named before it goes', async () => {
    const before = await onVault();
    expect(before).toHaveLength(6);
    const { plan } = await world.done('pve.backup.prune', {
      ...{ node: 'atlas-1', storage: 'vault', vmid: '200', type: 'lxc' },
      ...{
        'keep-last': 1,
        'keep-hourly': 0,
        'keep-daily': 0,
        'keep-weekly': 0,
        'keep-monthly': 0,
        'keep-yearly': 0,
      },
    });
    expect(plan.steps[0]?.commandLine).toBe(
      'DELETE /nodes/atlas-1/storage/vault/prunebackups prune-backups=keep-last=1 vmid=200 type=lxc',
    );
    const doomed = before.filter(({ vmid }) => vmid === 200).slice(1);
    expect(plan.consequences[0]?.items.map(({ name }) => name).sort()).toEqual(
      doomed.map(({ volid }) => volid).sort(),
    );
    expect((await onVault()).map(({ volid }) => volid)).toEqual(
      before.map(({ volid }) => volid).filter((volid) => !doomed.some((each) => each.volid === volid)),
    );
  });

  it('takes the backups of a job, which are found again by the names that the server gives', async () => {
    await world.done('pve.job.create', {
      ...{ schedule: 'mon..fri 21:00', storage: 'vault', selection: 'list', guests: ['131', '200'] },
      ...{ mode: 'snapshot', compress: 'zstd', node: '', keep: null, mailto: null, comment: 'to the vault' },
      enabled: true,
    });
    const { jobs } = await world.core.call('datacenter:backupJobs', { clusterId: atlas });
    const job = jobs.find(({ storage }) => storage === 'vault');
    expect(job).toMatchObject({ comment: 'to the vault', vmids: [131, 200], keep: null });
    const before = (await onVault()).map(({ volid }) => volid);
    const { plan } = await world.done('pve.job.run', { id: job?.id ?? '' });
    // It names no retention, and that of the server's storage is not known here.
    expect(wordsOf(plan)).toContain('if vault has a retention and except what that keeps');
    const fresh = (await onVault()).filter(({ volid }) => !before.includes(volid));
    expect(fresh.map(({ volid, type }) => [volid.replace(/[^/]*Z$/, ''), type]).sort()).toEqual([
      ['vault:backup/ct/200/', 'lxc'],
      ['vault:backup/vm/131/', 'qemu'],
    ]);
  });

  it('gives a container back, as a new one and over the old one', async () => {
    const backup = (await onVault()).find(({ vmid }) => vmid === 200);
    if (backup === undefined) throw new Error('no backup');
    const form = (await world.offers({ kind: 'backup', backup })).get('pve.backup.restore');
    expect(form?.excuse).toBeNull();
    const input = {
      ...{ node: 'atlas-1', type: 'lxc', archive: backup.volid, storage: 'local-zfs' },
      ...{ unique: true, start: false, force: false },
    };
    const { plan } = await world.done('pve.backup.restore', { ...input, vmid: 230 });
    expect(plan.steps[0]?.commandLine).toBe(
      `POST /nodes/atlas-1/lxc vmid=230 storage=local-zfs unique=1 ostemplate=${backup.volid} restore=1`,
    );
    expect(world.model(atlas).guests.get(230)?.config['hostname']).toBe('proxy');
    await world.done('pve.guest.stop', { type: 'lxc', node: 'atlas-1', vmid: 200 });
    const over = { ...input, vmid: 200, force: true, backupFirst: 'vault' };
    const { plan: twice } = await world.done('pve.backup.restore', over);
    expect(twice.steps.map(({ commandLine }) => commandLine.split(' ').slice(0, 3).join(' '))).toEqual([
      'POST /nodes/atlas-1/vzdump vmid=200',
      'POST /nodes/atlas-1/lxc vmid=200',
    ]);
    expect((await onVault()).filter(({ vmid }) => vmid === 200)).toHaveLength(4);
  });

  it('that does not answer is told as such: what it holds is not known, and nothing is planned on it', async () => {
    await world.refresh(attic);
    const { backups, unread, ages } = await world.core.call('clusters:backups', { clusterId: attic });
    expect(unread).toEqual([{ storage: 'offsite', text: 'It is not available now.' }]);
    expect(backups.map(({ storage }) => storage)).not.toContain('offsite');
    expect(ages.find(({ vmid }) => vmid === 101)?.lastAtMs).toBeNull();
    const storage = { clusterId: attic, node: 'attic', storage: 'offsite' };
    const failure = await world.core.failure('volumes:list', { ...storage, content: null });
    expect(failure.message).toMatch(/could not activate storage 'offsite'.*Connection timed out/);
    // It went away between two readings: the node says so, and the others are still told.
    const vault = world.model(atlas).storages.get('vault');
    if (vault === undefined) throw new Error('no vault');
    vault.reachable = false;
    const now = await world.core.call('clusters:backups', { clusterId: atlas });
    expect(now.unread).toContainEqual({
      storage: expect.stringMatching(/^vault on atlas-/),
      text: expect.stringContaining('could not activate'),
    });
    expect(now.backups.length).toBeGreaterThan(0);
    const blocked = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.backup.create',
      input: {
        ...{ type: 'qemu', node: 'atlas-1', vmid: 110, storage: 'vault' },
        ...{ mode: 'snapshot', compress: 'zstd', notes: null },
      },
    });
    expect(blocked.message).toContain('could not activate storage');
  });
});
