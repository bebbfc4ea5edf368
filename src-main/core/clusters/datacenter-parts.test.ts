import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verdictOf } from '../proxmox/backups';
import { atlas, attic, startClusterCore, wordsOf, type ClusterCore } from '../testing/cluster-core';

let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore();
  await world.refresh();
});
afterEach(() => world.close());

const ref = { clusterId: atlas };
const line = ({ plan }: { plan: { steps: { commandLine: string }[] } }): string | undefined =>
  plan.steps[0]?.commandLine;
const refused = async (action: string, input: Record<string, unknown>): Promise<string> =>
  (await world.core.failure('operations:plan', { hostId: atlas, action, input })).code;

describe('groups of high availability until 8.x', () => {
  beforeEach(() => {
    const model = world.model(atlas);
    model.release = { ...model.release, version: '8.4.1', major: 8 };
  });
  const group = {
    name: 'first',
    nodes: ['atlas-1', 'atlas-2'],
    restricted: true,
    nofailback: false,
    comment: null,
  };

  it('are made with priorities of their nodes, and deleted', async () => {
    const made = await world.done('pve.ha.group.create', { ...group, priorities: 'atlas-1:2' });
    expect(line(made)).toBe(
      'POST /cluster/ha/groups group=first nodes=atlas-1:2,atlas-2 restricted=1 nofailback=0',
    );
    expect(await world.blocked('pve.ha.group.create', { ...group, priorities: null })).toContain(
      'There is a group first already',
    );
    const gone = await world.done('pve.ha.rule.delete', { kind: 'group', name: 'first' });
    expect(line(gone)).toBe('DELETE /cluster/ha/groups/first');
    expect(await world.blocked('pve.ha.rule.delete', { kind: 'group', name: 'first' })).toContain(
      'no group first',
    );
  });

  it.each(['atlas-3:1', 'atlas-1', 'atlas-1:2000', 'atlas-1:2;reboot'])(
    'refuse the priorities %s',
    async (priorities) => {
      expect(await refused('pve.ha.group.create', { ...group, priorities })).toBe('invalid-request');
    },
  );
});

describe('rules of firewalls', () => {
  const rule = {
    place: 'cluster',
    type: 'group',
    action: 'ACCEPT',
    enable: true,
    macro: null,
    proto: null,
    source: null,
    sport: null,
    dest: null,
    dport: null,
    comment: null,
    group: 'webserver',
  };

  it('take in a security group that is there', async () => {
    const made = await world.done('pve.firewall.rule.create', rule);
    expect(line(made)).toMatch(
      /^POST \/cluster\/firewall\/rules type=group action=webserver enable=1 digest=/,
    );
    expect(await world.blocked('pve.firewall.rule.create', { ...rule, group: 'nobody' })).toContain(
      'no security group nobody in the cluster',
    );
  });

  it.each([{ group: null }, { type: 'in' }, { macro: 'SSH' }, { source: '192.0.2.1' }, { group: '-x' }])(
    'refuse a group with %j',
    async (change) => {
      expect(await refused('pve.firewall.rule.create', { ...rule, ...change })).toBe('invalid-request');
    },
  );
});

describe('the software-defined network', () => {
  const zone = {
    zone: 'routed',
    type: 'evpn',
    bridge: null,
    tag: null,
    peers: null,
    mtu: null,
    nodes: [],
    controller: 'evpn1',
    'vrf-vxlan': '4000',
    dns: 'ns1',
    dnszone: 'lab.example.net',
  };

  it('tells controllers and subnets, and makes zones that one routes', async () => {
    const { controllers } = await world.core.call('datacenter:sdn', ref);
    expect(controllers).toEqual([
      { controller: 'evpn1', type: 'evpn', settings: ['asn=65000', 'peers=192.0.2.11,192.0.2.12'] },
    ]);
    const { subnets } = await world.core.call('datacenter:subnets', { ...ref, vnet: 'lab1' });
    expect(subnets).toEqual([
      { cidr: '10.20.0.0/24', gateway: '10.20.0.1', snat: true, state: 'applied', settings: [] },
    ]);
    expect(await world.core.call('datacenter:subnets', { ...ref, vnet: 'dmz' })).toEqual({ subnets: [] });
    const made = await world.done('pve.sdn.zone.create', zone);
    expect(line(made)).toBe(
      'POST /cluster/sdn/zones zone=routed type=evpn controller=evpn1 vrf-vxlan=4000 dns=ns1 dnszone=lab.example.net',
    );
    expect(
      await world.blocked('pve.sdn.zone.create', { ...zone, zone: 'other', controller: 'evpn2' }),
    ).toContain('no controller evpn2');
  });

  it.each([
    { controller: null },
    { 'vrf-vxlan': null },
    { dns: null },
    { dnszone: '-x' },
    { controller: 'x y' },
  ])('refuses an EVPN zone with %j', async (change) => {
    expect(await refused('pve.sdn.zone.create', { ...zone, ...change })).toBe('invalid-request');
  });
});

describe('backup jobs', () => {
  it('say when mail is sent and by what, and take it away again', async () => {
    const job = {
      schedule: '05:00',
      storage: 'nas-backup',
      selection: 'all',
      guests: [],
      mode: 'snapshot',
      compress: 'zstd',
      node: '',
      keep: null,
      mailto: 'ops@example.com',
      mailnotification: 'failure',
      'notification-mode': 'legacy-sendmail',
      comment: 'mail',
      enabled: true,
    };
    const made = await world.done('pve.job.create', job);
    expect(line(made)).toContain('mailnotification=failure notification-mode=legacy-sendmail');
    const { jobs } = await world.core.call('datacenter:backupJobs', ref);
    const found = jobs.find(({ comment }) => comment === 'mail');
    expect([found?.mailWhen, found?.notifyBy]).toEqual(['failure', 'legacy-sendmail']);
    const changed = await world.done('pve.job.change', {
      ...job,
      id: found?.id,
      mailnotification: '',
      'notification-mode': '',
    });
    expect(line(changed)).toContain('delete=mailnotification,notification-mode');
  });
});

describe('Ceph', () => {
  it('tells its state, pools, file systems, rules and metadata servers where it is deployed', async () => {
    const ceph = await world.core.call('datacenter:ceph', ref);
    if (!ceph.deployed) throw new Error('It is deployed on atlas.');
    expect([ceph.health, ceph.osds]).toEqual(['HEALTH_WARN', { total: 6, up: 4, in: 6 }]);
    expect(ceph.checks.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['MON_DOWN', 'OSD_DOWN', 'PG_DEGRADED']),
    );
    expect(ceph.pools?.map(({ name, rule, size, minSize }) => [name, rule, size, minSize])).toContainEqual([
      'vm-disks',
      'nvme-only',
      3,
      2,
    ]);
    expect(ceph.fileSystems).toEqual([
      { name: 'cephfs', metadataPool: 'cephfs_metadata', dataPools: ['cephfs_data'] },
    ]);
    expect(ceph.rules).toEqual(['nvme-only', 'replicated_rule']);
    expect(ceph.metadataServers?.map(({ host, state, rank }) => [host, state, rank])).toEqual([
      ['atlas-1', 'up:active', 0],
      ['atlas-2', 'up:standby', null],
    ]);
  });

  it('is no error where it is not deployed', async () => {
    await world.refresh(attic);
    expect(await world.core.call('datacenter:ceph', { clusterId: attic })).toEqual({ deployed: false });
  });
});

describe('a storage on a Proxmox Backup Server', () => {
  it('stands among the storages, and its backups among those of the guests', async () => {
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
    cluster.content.push({
      storage: 'vault',
      volume: 'backup/vm/130/2026-11-28T01:00:00Z',
      content: 'backup',
      format: 'pbs-vm',
      sizeBytes: 32 * 1024 ** 3,
      createdAtMs: Date.parse('2026-11-28T01:00:00Z'),
      vmid: 130,
      subtype: 'qemu',
      notes: 'before the move',
      isProtected: true,
      verified: 'failed',
      keyFingerprint: 'aa:bb:cc:dd:ee:ff:00:11',
      config: { name: 'build-runner', memory: 2048 },
    });
    const { storages } = await world.refresh();
    expect(storages.find(({ name }) => name === 'vault')).toMatchObject({
      type: 'pbs',
      content: ['backup'],
      totalBytes: 8 * 1024 ** 4,
    });
    const { volumes } = await world.core.call('volumes:list', {
      ...{ clusterId: atlas, node: 'atlas-1', storage: 'vault', content: null },
    });
    const backup = { volid: 'vault:backup/vm/130/2026-11-28T01:00:00Z', vmid: 130, protected: true };
    expect(volumes).toEqual([
      expect.objectContaining({ ...backup, format: 'pbs-vm', notes: 'before the move' }),
    ]);
    const { backups, ages } = await world.core.call('clusters:backups', { clusterId: atlas });
    expect(backups.find(({ storage }) => storage === 'vault')).toMatchObject({
      ...backup,
      ...{ type: 'qemu', verified: 'failed', encrypted: true },
    });
    expect(ages.find(({ vmid }) => vmid === 130)?.lastAtMs).toBe(Date.parse('2026-11-28T01:00:00Z'));

    const { plan } = await world.done('pve.backup.restore', {
      ...{ node: 'atlas-1', type: 'qemu', archive: backup.volid, vmid: 102, storage: 'local-zfs' },
      ...{ unique: true, start: false, force: false },
    });
    expect(plan.steps[0]?.commandLine).toBe(
      `POST /nodes/atlas-1/qemu vmid=102 storage=local-zfs unique=1 archive=${backup.volid}`,
    );
    expect(wordsOf(plan)).toMatch(/found this backup damaged.*atlas-1 must hold the key/s);
  });

  it('tells in the demo which backups were verified, found damaged, or are encrypted', async () => {
    await world.refresh(attic);
    const { backups } = await world.core.call('clusters:backups', { clusterId: attic });
    const onVault = backups.filter(({ storage }) => storage === 'vault');
    expect(onVault.map(({ vmid, verified, encrypted }) => [vmid, verified, encrypted])).toEqual([
      [100, 'ok', false],
      [200, null, true],
      [100, 'failed', false],
    ]);
  });

  it('is said to be damaged only by the word for it', () => {
    const verdicts = ['ok', 'failed', 'none', 'running', undefined].map((state) => verdictOf({ state }));
    expect(verdicts).toEqual(['ok', 'failed', null, null, null]);
    expect(verdictOf(undefined)).toBeNull();
  });
});

describe('tasks of one node', () => {
  it('are told up to the number that was asked for, or the failed ones only', async () => {
    await world.done('pve.node.refreshUpdates', { node: 'atlas-1' });
    const asked = { ...ref, node: 'atlas-1' };
    const all = await world.core.call('datacenter:nodeTasks', { ...asked, limit: 200, failed: false });
    expect(all.tasks.map(({ type }) => type)).toContain('aptupdate');
    expect(new Set(all.tasks.map(({ node }) => node))).toEqual(new Set(['atlas-1']));
    const one = await world.core.call('datacenter:nodeTasks', { ...asked, limit: 1, failed: false });
    expect(one.tasks).toHaveLength(1);
    const failed = await world.core.call('datacenter:nodeTasks', { ...asked, limit: 200, failed: true });
    expect(failed.tasks.every(({ outcome }) => outcome !== 'ok')).toBe(true);
    const tooMany = await world.core.failure('datacenter:nodeTasks', { ...asked, limit: 201, failed: false });
    expect(tooMany.code).toBe('invalid-request');
  });
});

describe('what a plan of a node group says', () => {
  it('names the nodes with their priorities in rules of 9.x too', async () => {
    const made = await world.core.plan(atlas, 'pve.ha.rule.bind', {
      name: 'near',
      resources: ['vm:110'],
      nodes: ['atlas-1', 'atlas-2'],
      priorities: 'atlas-2:5',
      strict: false,
      comment: null,
    });
    expect(made.steps[0]?.commandLine).toContain('nodes=atlas-1,atlas-2:5');
    expect(wordsOf(made)).toContain('moved there at once');
  });
});
