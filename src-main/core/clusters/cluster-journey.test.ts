import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Offer, Plan } from '../../../src-preload/contract/operations';
import { startDemoClusters, type DemoCluster, type DemoClusters } from '../../demo/proxmox/index';
import { assembleCore } from '../assemble-core';
import { prepareDemoClusters } from '../demo-mode';
import { catalogue } from '../operations/actions/index';
import { unpackInventory } from '../../../src-renderer/stores/unpack-inventory';
import { startTestCore, type TestCore } from '../testing/test-core';

/** The whole core on two clusters behind real TLS servers, whose tasks end at once. */
let demo: DemoClusters;
let core: TestCore;
const atlas = 'demo-atlas';
const attic = 'demo-attic';

function modelOf(id: string): DemoCluster['model'] {
  const found = demo.clusters.find((cluster) => cluster.id === id);
  if (found === undefined) throw new Error(`There is no ${id}.`);
  return found.model;
}

beforeEach(async () => {
  demo = await startDemoClusters({ latency: 0 });
  core = await startTestCore({
    demo: true,
    start: (options) =>
      assembleCore(options, {
        catalogue,
        permits: () => false,
        prepare: (stores) => prepareDemoClusters(demo, stores, Date.now()),
      }),
  });
  await core.call('settings:update', { readOnly: false });
});
afterEach(async () => {
  await core.close();
  await demo.close();
});

async function refresh(clusterId = atlas) {
  await core.call('clusters:refresh', { clusterId });
  const { inventory } = await core.call('clusters:read', { clusterId });
  if (inventory === null) throw new Error(`Nothing was read of ${clusterId}.`);
  return unpackInventory(inventory);
}
const guest = (vmid: number, node = 'atlas-1') => ({ type: 'qemu', node, vmid });

async function done(action: string, input: Record<string, unknown>, clusterId = atlas) {
  const plan = await core.plan(clusterId, action, input);
  const result = await core.run(plan);
  expect([action, plan.blockers, result.outcome, result.message]).toEqual([
    action,
    [],
    'ok',
    expect.any(String),
  ]);
  expect(result.verification.status).toBe('confirmed');
  return { plan, result };
}

async function offersOn(vmid: number, clusterId = atlas): Promise<Map<string, Offer>> {
  const { offers } = await core.call('clusters:offers', { clusterId, subject: { kind: 'guest', vmid } });
  return new Map(offers.map((offer) => [offer.action, offer]));
}

const words = (plan: Plan): string => plan.consequences.map(({ text }) => text).join(' ');

describe('reading a cluster', () => {
  it('tells nodes, guests and storages, and what is wrong', async () => {
    const inventory = await refresh();
    expect(inventory).toMatchObject({ version: '9.2.11', quorate: true });
    expect(inventory.nodes.map(({ name, status }) => [name, status])).toEqual([
      ['atlas-1', 'online'],
      ['atlas-2', 'online'],
      ['atlas-3', 'offline'],
    ]);
    expect(inventory.guests).toHaveLength(17);
    expect(inventory.guests.find(({ vmid }) => vmid === 110)).toMatchObject({
      name: 'web-1',
      node: 'atlas-1',
      status: 'running',
      tags: ['prod', 'web'],
    });
    // Of the guests of a node that is down next to nothing is known, and nothing is made up.
    expect(inventory.guests.find(({ vmid }) => vmid === 150)).toMatchObject({
      name: null,
      status: 'unknown',
      cpu: null,
    });
    expect(inventory.problems.map(({ text }) => text)).toEqual([
      'Node atlas-3 is offline.',
      'Guest 140 (mail) is locked (backup).',
    ]);
    const { clusters } = await core.call('clusters:list', {});
    expect(
      clusters.map(({ cluster, state, summary }) => [cluster.id, state.status, summary?.guestsRunning]),
    ).toEqual([
      [atlas, 'online', 12],
      [attic, 'never-connected', undefined],
    ]);
  });

  it('is of all kinds at once, and no kind can be asked for', async () => {
    const inventory = await refresh();
    expect(inventory.nodes.length).toBe(3);
    expect(new Set(inventory.guests.map(({ type }) => type))).toEqual(new Set(['qemu', 'lxc']));
    expect(inventory.storages.map(({ type }) => type)).toEqual(expect.arrayContaining(['dir', 'nfs']));
    const { zones } = await core.call('datacenter:sdn', { clusterId: atlas });
    expect(zones.length).toBeGreaterThan(0);
    for (const channel of ['clusters:refresh', 'clusters:read'] as const) {
      expect((await core.failure(channel, { clusterId: atlas, type: 'hologram' })).code).toBe(
        'invalid-request',
      );
    }
  });

  it('reads a node of an older release that is in no cluster', async () => {
    const inventory = await refresh(attic);
    expect(inventory).toMatchObject({ version: '8.2.7', quorate: null });
    expect(inventory.problems.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^The certificate of 127\.0\.0\.1:\d+ expired 7 days ago\.$/),
    ]);
  });

  it('keeps what was read for offline use', async () => {
    const before = await refresh();
    await demo.close();
    const failure = await core.failure('clusters:refresh', { clusterId: atlas });
    expect(failure.code).toBe('unreachable');
    const { inventory } = await core.call('clusters:read', { clusterId: atlas });
    expect(inventory && unpackInventory(inventory)).toEqual(before);
    const { clusters } = await core.call('clusters:list', {});
    expect(clusters[0]?.state).toMatchObject({ status: 'offline', lastSeenAtMs: before.takenAtMs });
  });

  it('says that a cluster without quorum can change nothing, and shows what is known all the same', async () => {
    await refresh();
    modelOf(atlas).quorate = false;
    const inventory = await refresh();
    expect(inventory.quorate).toBe(false);
    expect(inventory.problems[0]?.text).toContain('no quorum');
    const plan = await core.plan(atlas, 'pve.guest.start', guest(131, 'atlas-2'));
    const result = await core.run(plan);
    expect(result.outcome).toBe('failed');
    expect(result.message).toContain('no quorum');
  });

  it('reads the tasks and their logs', async () => {
    const { tasks } = await core.call('clusters:tasks', { clusterId: atlas });
    expect(tasks.map(({ type, outcome }) => [type, outcome])).toEqual([
      ['aptupdate', 'ok'],
      ['qmshutdown', 'failed'],
      ['qmstart', 'ok'],
      ['qmsnapshot', 'ok'],
      ['vzdump', 'failed'],
    ]);
    const failed = tasks.find(({ type }) => type === 'vzdump');
    const log = await core.call('clusters:taskLog', { clusterId: atlas, upid: failed?.upid ?? '' });
    expect(log).toMatchObject({ outcome: 'failed', status: 'job errors' });
    expect(log.lines.join('\n')).toContain('Backup of VM 140 failed');
  });
});

describe('power', () => {
  it('starts, pauses, resumes, reboots and shuts down, as the cluster itself then says', async () => {
    await refresh();
    const model = modelOf(atlas).guests;
    const start = await done('pve.guest.start', guest(131, 'atlas-2'));
    expect(start.plan.steps).toEqual([
      expect.objectContaining({
        kind: 'pve',
        method: 'POST',
        path: '/nodes/atlas-2/qemu/131/status/start',
        commandLine: 'POST /nodes/atlas-2/qemu/131/status/start',
      }),
    ]);
    expect(start.plan.host).toMatchObject({ kind: 'cluster', name: 'atlas' });
    expect(model.get(131)?.running).toBe(true);
    await done('pve.guest.suspend', guest(131, 'atlas-2'));
    expect(model.get(131)?.paused).toBe(true);
    await done('pve.guest.resume', guest(131, 'atlas-2'));
    expect(model.get(131)?.paused).toBe(false);
    await done('pve.guest.reboot', guest(131, 'atlas-2'));
    const down = await done('pve.guest.shutdown', {
      ...guest(131, 'atlas-2'),
      timeout: 60,
      forceStop: false,
    });
    expect(down.plan.steps[0]?.commandLine).toBe(
      'POST /nodes/atlas-2/qemu/131/status/shutdown timeout=60 forceStop=0',
    );
    expect(model.get(131)?.running).toBe(false);
  });

  it('asks for names before it cuts the power, and says what is lost', async () => {
    const { plan } = await done('pve.guest.stop', guest(110));
    expect(plan.typed).toEqual({ target: '110 web-1', host: 'atlas' });
    expect(words(plan)).toContain('is lost');
    expect(core.questions.at(-1)?.detail).toContain('→ POST /nodes/atlas-1/qemu/110/status/stop');
    expect(core.questions.at(-1)?.message).toContain('Cluster: atlas (127.0.0.1:');
    const refused = await core.run(await core.plan(atlas, 'pve.guest.stop', guest(120, 'atlas-2')), {
      target: '120',
    });
    expect(refused.outcome).toBe('refused');
  });

  it('records what was sent before it was sent, and how its task ended', async () => {
    const { result } = await done('pve.guest.start', guest(131, 'atlas-2'));
    const rows = await core.rows(atlas, result.operationId);
    expect(rows.map(({ event, commands }) => [event, commands])).toEqual([
      ['started', 'POST /nodes/atlas-2/qemu/131/status/start'],
      ['finished', 'POST /nodes/atlas-2/qemu/131/status/start'],
    ]);
    expect(rows[1]?.stdoutSnippet).toMatch(/^UPID:atlas-2:/);
  });

  it('says that a guest did not shut down in time, and that it runs on', async () => {
    const plan = await core.plan(atlas, 'pve.guest.shutdown', {
      ...guest(130, 'atlas-2'),
      timeout: 10,
      forceStop: false,
    });
    const result = await core.run(plan);
    expect(result.outcome).toBe('failed');
    expect(result.message).toContain('did not shut down in time');
    expect(modelOf(atlas).guests.get(130)?.running).toBe(true);
  });

  it.each([
    ['a locked guest', 'pve.guest.reboot', guest(140), /locked \(backup\)/],
    ['a guest that runs', 'pve.guest.start', guest(110), /runs already/],
    ['a guest that is stopped', 'pve.guest.stop', guest(131, 'atlas-2'), /does not run/],
    ['a template', 'pve.guest.start', guest(9000), /template/],
    [
      'a guest that is elsewhere',
      'pve.guest.start',
      guest(131, 'atlas-1'),
      /no virtual machine 131 on node atlas-1/,
    ],
    ['a machine that is not paused', 'pve.guest.resume', guest(110), /not paused/],
  ])('does nothing with %s', async (_name, action, input, sentence) => {
    const plan = await core.plan(atlas, action, input);
    expect(plan.blockers.map(({ text }) => text).join(' ')).toMatch(sentence);
    expect((await core.run(plan)).outcome).toBe('refused');
  });

  it('says which privilege is missing where', async () => {
    const result = await core.run(await core.plan(atlas, 'pve.guest.stop', guest(190)));
    expect(result.outcome).toBe('failed');
    expect(result.message).toMatch(/lacks VM\.PowerMgmt on \/vms\/190/);
    expect(result.error?.code).toBe('forbidden');
    expect(modelOf(atlas).guests.get(190)?.running).toBe(true);
  });

  it('says that a node is down when another one has to pass a request on', async () => {
    const failure = await core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.guest.start',
      input: guest(150, 'atlas-3'),
    });
    expect(failure).toMatchObject({ code: 'unreachable' });
    expect(failure.message).toContain('could not be reached by the one that was asked');
  });

  it('refuses when the guest changed since the plan was made', async () => {
    const plan = await core.plan(atlas, 'pve.guest.start', guest(131, 'atlas-2'));
    const model = modelOf(atlas).guests.get(131);
    if (model !== undefined) model.running = true;
    core.clockOffsetMs = 6_000;
    const result = await core.run(plan);
    expect(result.outcome).toBe('refused');
    expect(result.message).toContain('changed since the plan was made');
  });

  it('does several under one plan, each with a result of its own', async () => {
    const plan = await core.plan(atlas, 'pve.guest.reboot', {
      items: [guest(100), guest(101), guest(130, 'atlas-2')],
      goOn: true,
    });
    expect(plan.target.name).toBe('3 guests');
    const result = await core.run(plan);
    // 130 does not answer to a shutdown: the others are done all the same.
    expect(result.steps.map(({ status }) => status)).toEqual(['done', 'done', 'failed']);
    expect(result.outcome).toBe('failed');
  });

  it('is for those who may: a laptop that operates cannot roll back, one that views cannot start', async () => {
    await refresh(attic);
    const offers = await offersOn(100, attic);
    expect(offers.get('pve.guest.reboot')?.excuse).toBeNull();
    const { clusters } = await core.call('clusters:list', {});
    const found = clusters.find(({ cluster }) => cluster.id === attic)?.cluster;
    if (found === undefined) throw new Error('attic is gone');
    const { id: _id, demo: _demo, createdAtMs: _at, ...settings } = found;
    await core.call('clusters:update', {
      clusterId: attic,
      settings: { ...settings, accessLevel: 'view' },
      secret: null,
    });
    expect((await offersOn(100, attic)).get('pve.guest.reboot')?.excuse).toContain('may only view');
    const result = await core.run(await core.plan(attic, 'pve.guest.reboot', guest(100, 'attic')));
    expect(result.outcome).toBe('refused');
  });

  it('is no action for a host, and commands are none for a cluster', async () => {
    const failure = await core.failure('operations:plan', {
      hostId: atlas,
      action: 'zfs.snapshot.create',
      input: { dataset: 'tank/data', name: 'a', recursive: false },
    });
    expect(failure.code).toBe('refused');
    const rows = await core.allRows(atlas);
    expect(rows.at(-1)).toMatchObject({ event: 'refused', action: 'zfs.snapshot.create' });
  });
});

describe('the life of a guest', () => {
  it('is cloned with an id that is free, as the cluster itself then says', async () => {
    await refresh();
    const offer = (await offersOn(131)).get('pve.guest.clone');
    expect(offer?.fields.find(({ name }) => name === 'newid')).toMatchObject({ value: 102 });
    const { plan } = await done('pve.guest.clone', {
      ...guest(131, 'atlas-2'),
      newid: 102,
      name: 'copy',
      full: true,
    });
    expect(plan.steps[0]?.commandLine).toBe('POST /nodes/atlas-2/qemu/131/clone newid=102 name=copy full=1');
    expect(plan.consequences[0]?.items).toEqual([
      { name: 'scsi0: local-zfs:vm-131-disk-0', sizeBytes: 120 * 1024 ** 3 },
    ]);
    expect(modelOf(atlas).guests.get(102)?.config['name']).toBe('copy');
    const linked = await done('pve.guest.clone', { ...guest(9000), newid: 103, name: 'linked', full: false });
    expect(words(linked.plan)).toContain('rests on the disks of the template');
    await done('pve.guest.clone', {
      type: 'lxc',
      node: 'atlas-1',
      vmid: 200,
      newid: 204,
      name: 'proxy-2',
      full: true,
    });
    expect(modelOf(atlas).guests.get(204)?.config['hostname']).toBe('proxy-2');
  });

  it.each([
    [
      'an id that is taken',
      { ...guest(131, 'atlas-2'), newid: 110, name: 'copy', full: true },
      /id 110 is taken/,
    ],
    [
      'a linked clone of no template',
      { ...guest(131, 'atlas-2'), newid: 102, name: 'copy', full: false },
      /Only a template/,
    ],
    ['a locked guest', { ...guest(140), newid: 102, name: 'copy', full: true }, /locked \(backup\)/],
  ])('is not cloned: %s', async (_name, input, sentence) => {
    const plan = await core.plan(atlas, 'pve.guest.clone', input);
    expect(plan.blockers.map(({ text }) => text).join(' ')).toMatch(sentence);
  });

  it('moves to another node while it runs, with the disks of its node', async () => {
    await refresh();
    const offer = (await offersOn(110)).get('pve.guest.migrate');
    const field = offer?.fields[0];
    expect(
      field?.kind === 'choice' ? field.options.map(({ value, excuse }) => [value, excuse]) : null,
    ).toEqual([
      ['atlas-2', null],
      ['atlas-3', 'It is not online.'],
    ]);
    const { plan } = await done('pve.guest.migrate', { ...guest(110), target: 'atlas-2' });
    expect(plan.steps[0]?.commandLine).toBe(
      'POST /nodes/atlas-1/qemu/110/migrate target=atlas-2 online=1 with-local-disks=1',
    );
    expect(words(plan)).toMatch(/copied over the network.*moves while it runs/s);
    expect(modelOf(atlas).guests.get(110)?.node).toBe('atlas-2');
    const container = await done('pve.guest.migrate', {
      type: 'lxc',
      node: 'atlas-1',
      vmid: 200,
      target: 'atlas-2',
    });
    expect(words(container.plan)).toContain('shut down, moved and started there');
    expect(container.plan.steps[0]?.commandLine).toContain('restart=1');
  });

  it.each([
    ['its own node', 'atlas-1', /on atlas-1 already/],
    ['a node that is down', 'atlas-3', /atlas-3 is not online/],
    ['a node that is not there', 'atlas-9', /no node atlas-9/],
  ])('does not move to %s', async (_name, target, sentence) => {
    const plan = await core.plan(atlas, 'pve.guest.migrate', { ...guest(110), target });
    expect(plan.blockers.map(({ text }) => text).join(' ')).toMatch(sentence);
    expect((await core.run(plan)).outcome).toBe('refused');
  });

  it('shows its configuration without secrets, and what waits for its next start', async () => {
    await refresh();
    const model = modelOf(atlas).guests.get(110);
    if (model === undefined) throw new Error('110 is gone');
    Object.assign(model.config, {
      cipassword: 'hunter2hunter2',
      sshkeys: 'ssh-ed25519%20AAAA',
      ipconfig0: 'ip=10.0.0.9/8',
    });
    model.pending.set('memory', '16384');
    const { entries, edit } = await core.call('clusters:guestConfig', { clusterId: atlas, vmid: 110 });
    expect(JSON.stringify([entries, edit])).not.toMatch(/hunter2|AAAA|10\.0\.0\.9/);
    const of = (key: string) => entries.find((entry) => entry.key === key);
    expect(of('cipassword')).toMatchObject({ value: '(not shown)' });
    expect(of('memory')).toMatchObject({ value: '8192', pending: '16384' });
    expect(edit.fields.find(({ name }) => name === 'memory')).toMatchObject({ value: 16384 });
    expect(edit.fields.find(({ name }) => name === 'tags')).toMatchObject({ value: 'prod web' });
    // Notes of several lines are not run together by a field of one.
    model.config['description'] = 'one\ntwo';
    const noted = await core.call('clusters:guestConfig', { clusterId: atlas, vmid: 110 });
    expect(noted.edit.fields.some(({ name }) => name === 'description')).toBe(false);
    expect(noted.edit.input).toMatchObject({ description: 'one\ntwo' });
  });

  const settings = {
    name: 'windows-build',
    cores: 4,
    memory: 12_288,
    tags: 'ci',
    description: null,
    onboot: false,
    protection: false,
  };

  it('is changed in what differs and no more, and only when nobody else changed it', async () => {
    await refresh();
    const machine = guest(131, 'atlas-2');
    const nothing = await core.plan(atlas, 'pve.guest.configure', { ...machine, ...settings });
    expect(nothing.blockers.map(({ text }) => text)).toEqual(['Nothing is different from what is there.']);
    const { plan } = await done('pve.guest.configure', {
      ...machine,
      ...settings,
      memory: 16_384,
      tags: 'windows ci',
      description: 'rebuilt in may; a=b',
      onboot: true,
    });
    expect(plan.steps[0]?.commandLine).toMatch(
      /^PUT \/nodes\/atlas-2\/qemu\/131\/config memory=16384 tags=ci;windows description=rebuilt in may; a=b onboot=1 digest=[0-9a-f]{40}$/,
    );
    expect(plan.consequences[0]?.items.map(({ name }) => name)).toEqual([
      'Memory (MiB): 12288 → 16384',
      'Tags: ci → ci;windows',
      'Notes: (none) → rebuilt in may; a=b',
      'Start at boot: 0 → 1',
    ]);
    const emptied = await done('pve.guest.configure', {
      ...machine,
      ...settings,
      memory: 16_384,
      tags: null,
      onboot: true,
    });
    expect(emptied.plan.steps[0]?.commandLine).toContain('config delete=tags,description digest=');

    const raced = await core.plan(atlas, 'pve.guest.configure', { ...machine, ...settings, cores: 8 });
    Object.assign(modelOf(atlas).guests.get(131)?.config ?? {}, { description: 'somebody was here' });
    const result = await core.run(raced);
    expect(result.outcome).toBe('failed');
    expect(result.message).toContain('changed by somebody else');
    expect(modelOf(atlas).guests.get(131)?.config['cores']).toBe(4);
  });

  it('is deleted with its name typed, and its disks named with their sizes', async () => {
    await refresh();
    const { plan } = await done('pve.guest.delete', { ...guest(131, 'atlas-2'), purge: false });
    expect(plan.typed).toEqual({ target: '131 windows-build', host: 'atlas' });
    expect(plan.steps[0]?.commandLine).toBe('DELETE /nodes/atlas-2/qemu/131');
    expect(plan.consequences[0]).toMatchObject({
      severity: 'loss',
      items: [{ name: 'scsi0: local-zfs:vm-131-disk-0', sizeBytes: 120 * 1024 ** 3 }],
    });
    expect(modelOf(atlas).guests.has(131)).toBe(false);
    await done('pve.guest.delete', { type: 'lxc', node: 'atlas-2', vmid: 203, purge: true });
    expect(modelOf(atlas).guests.has(203)).toBe(false);
  });

  it('is not deleted while it runs, or is protected', async () => {
    const running = await core.plan(atlas, 'pve.guest.delete', { ...guest(110), purge: false });
    expect(running.blockers.map(({ text }) => text)).toEqual(['It runs.']);
    const model = modelOf(atlas).guests.get(131);
    if (model !== undefined) model.config['protection'] = 1;
    const plan = await core.plan(atlas, 'pve.guest.delete', { ...guest(131, 'atlas-2'), purge: false });
    expect(plan.blockers.map(({ text }) => text)).toEqual(['It is protected against deletion.']);
  });

  it.each([
    ['pve.guest.start', { ...guest(99) }],
    ['pve.guest.start', { ...guest(1_000_000_000) }],
    ['pve.guest.start', { type: 'openvz', node: 'atlas-1', vmid: 100 }],
    ['pve.guest.start', { type: 'qemu', node: '../atlas-1', vmid: 100 }],
    ['pve.guest.start', { type: 'qemu', node: 'a'.repeat(64), vmid: 100 }],
    ['pve.guest.start', { ...guest(100), skiplock: true }],
    ['pve.guest.clone', { ...guest(100), newid: 102, name: 'a b', full: true }],
    ['pve.guest.clone', { ...guest(100), newid: 102, name: '-x', full: true }],
    ['pve.guest.migrate', { ...guest(100), target: 'atlas/2' }],
    ['pve.guest.explode', guest(100)],
  ])('%s is refused and recorded with %j', async (action, input) => {
    const failure = await core.failure('operations:plan', { hostId: atlas, action, input });
    expect(['invalid-request', 'refused']).toContain(failure.code);
    expect((await core.allRows(atlas)).at(-1)).toMatchObject({ event: 'refused' });
  });
});

describe('backups of guests', () => {
  it('are told with how old the last one of each guest is', async () => {
    await refresh();
    const { backups, ages, unread } = await core.call('clusters:backups', { clusterId: atlas });
    expect(backups).toHaveLength(16);
    expect(backups[0]).toMatchObject({
      storage: 'nas-backup',
      type: expect.stringMatching(/^(?:qemu|lxc)$/) as string,
    });
    // Those without any stand first, then the oldest; templates are none.
    const never = ages.filter(({ lastAtMs }) => lastAtMs === null).map(({ vmid }) => vmid);
    expect(never).toEqual([130, 131, 140, 150, 151, 190, 201, 203]);
    expect(ages[never.length]).toMatchObject({ vmid: 120, name: 'db-primary' });
    // A storage of a node that is down may hold more: that is said, not hidden.
    expect(unread).toEqual([{ storage: 'local on atlas-3', text: 'It is not available now.' }]);
  });

  it('are made with what the person chose, and found again', async () => {
    await refresh();
    const offer = (await offersOn(131)).get('pve.backup.create');
    const storage = offer?.fields.find(({ name }) => name === 'storage');
    expect(storage?.kind === 'choice' ? storage.options.map(({ value }) => value) : null).toEqual([
      'local',
      'nas-backup',
    ]);
    const { plan, result } = await done('pve.backup.create', {
      ...guest(110),
      storage: 'nas-backup',
      mode: 'snapshot',
      compress: '0',
      notes: null,
    });
    expect(plan.steps[0]?.commandLine).toBe(
      'POST /nodes/atlas-1/vzdump vmid=110 storage=nas-backup mode=snapshot compress=0 remove=0',
    );
    expect(words(plan)).toMatch(/guest agent is asked to freeze.*Its last backup there is of/s);
    expect(result.verification.text).toContain('nas-backup:backup/vzdump-qemu-110-');
  });

  it('leave the older ones be, also where the storage has a retention of its own', async () => {
    const nas = modelOf(atlas).storages.get('nas-backup');
    if (nas === undefined) throw new Error('no storage');
    nas.more['prune-backups'] = 'keep-last=1';
    const of110 = () =>
      modelOf(atlas).content.filter(({ vmid, content }) => vmid === 110 && content === 'backup');
    const before = of110().length;
    expect(before).toBeGreaterThan(1);
    await done('pve.backup.create', {
      ...guest(110),
      ...{ storage: 'nas-backup', mode: 'snapshot', compress: 'zstd', notes: null },
    });
    expect(of110()).toHaveLength(before + 1);
  });

  it.each([
    ['a storage that takes none', { storage: 'local-zfs', mode: 'stop' }, /takes no backups/],
    ['a locked guest', { ...guest(140), storage: 'local', mode: 'stop' }, /locked \(backup\)/],
  ])('are not made: %s', async (_name, change, sentence) => {
    const plan = await core.plan(atlas, 'pve.backup.create', {
      ...guest(110),
      compress: 'zstd',
      notes: null,
      ...change,
    });
    expect(plan.blockers.map(({ text }) => text).join(' ')).toMatch(sentence);
  });

  it('of a container by mode stop say that it is away meanwhile, and take VM.Backup on it and no more', async () => {
    const { access } = modelOf(atlas);
    // Nothing else that changes a guest, and the room for the backup.
    access.roles.set('OnlyBackup', {
      id: 'OnlyBackup',
      special: false,
      privileges: ['VM.Audit', 'VM.Backup'],
    });
    for (const grant of access.grants) {
      if (grant.path.startsWith('/vms')) grant.role = 'OnlyBackup';
    }
    await refresh();
    const { plan } = await done('pve.backup.create', {
      ...{ type: 'lxc', node: 'atlas-1', vmid: 200, storage: 'nas-backup' },
      ...{ mode: 'stop', compress: 'zstd', notes: null },
    });
    expect(words(plan)).toContain('It is shut down, backed up and started again');
    expect(modelOf(atlas).guests.get(200)?.running).toBe(true);
  });

  it('say which privilege only the task missed', async () => {
    // 190 may be looked at and no more: the call is answered well, and its task fails.
    const plan = await core.plan(atlas, 'pve.backup.create', {
      ...guest(190),
      storage: 'nas-backup',
      mode: 'snapshot',
      compress: 'zstd',
      notes: null,
    });
    const result = await core.run(plan);
    expect(result.outcome).toBe('failed');
    expect(result.message).toContain('Its task failed: the token lacks VM.Backup on /vms/190.');
    // The log of the task stands with the failure.
    expect(result.steps[0]?.stdout).toContain('INFO: starting new backup job');
  });
});

describe('snapshots of guests', () => {
  const snapshots = (vmid: number) => core.call('clusters:guestSnapshots', { clusterId: atlas, vmid });

  it('form a tree with where the guest stands', async () => {
    await refresh();
    expect(await snapshots(120)).toMatchObject({
      current: { parent: 'weekly', running: true },
      snapshots: [
        { name: 'pg16', parent: null, withMemory: true },
        { name: 'pg17', parent: 'pg16', withMemory: false },
        { name: 'weekly', parent: 'pg17' },
      ],
    });
  });

  it('are taken, rolled back to and deleted, as the cluster itself then says', async () => {
    await refresh();
    const model = modelOf(atlas).guests.get(101);
    await done('pve.snapshot.create', {
      ...guest(101),
      name: 'first',
      description: 'a = b; c',
      vmstate: false,
    });
    expect(model?.snapshots).toMatchObject([{ name: 'first', description: 'a = b; c', withMemory: false }]);
    await done('pve.snapshot.create', { ...guest(101), name: 'second', description: null, vmstate: true });
    expect((await snapshots(101)).current.parent).toBe('second');
    const back = await done('pve.snapshot.rollback', { ...guest(101), name: 'second', start: false });
    expect(words(back.plan)).toMatch(/wrote since the snapshot was taken is lost/);
    expect(words(back.plan)).toMatch(/It runs: it is stopped first/);
    const gone = await done('pve.snapshot.delete', { ...guest(101), name: 'first' });
    expect(gone.plan.typed.target).toBe('first');
    expect(model?.snapshots.map(({ name }) => name)).toEqual(['second']);
  });

  it('are refused by ZFS when there are newer ones, which the plan says beforehand', async () => {
    const plan = await core.plan(atlas, 'pve.snapshot.rollback', {
      ...guest(110),
      name: 'before-upgrade',
      start: false,
    });
    expect(words(plan)).toContain('Snapshots were taken after it: nightly');
    const result = await core.run(plan);
    expect(result.outcome).toBe('failed');
    expect(result.message).toContain('not the newest');
  });

  it.each([
    [
      'a name that is taken',
      { ...guest(110), name: 'nightly', description: null, vmstate: false },
      /snapshot nightly .* already/,
    ],
    [
      'a storage that cannot',
      { type: 'lxc', node: 'atlas-1', vmid: 202, name: 'before', description: null, vmstate: false },
      /cannot take snapshots/,
    ],
    [
      'the memory of a container',
      { type: 'lxc', node: 'atlas-1', vmid: 200, name: 'before', description: null, vmstate: true },
      /Only a running virtual machine/,
    ],
  ])('are not taken: %s', async (_name, input, sentence) => {
    const plan = await core.plan(atlas, 'pve.snapshot.create', input);
    expect(plan.blockers.map(({ text }) => text).join(' ')).toMatch(sentence);
  });

  it.each(['x', 'current', '1st', 'a b', 'a/b', 'a'.repeat(41), '-x'])(
    'do not have the name %j',
    async (name) => {
      const failure = await core.failure('operations:plan', {
        hostId: atlas,
        action: 'pve.snapshot.create',
        input: { ...guest(101), name, description: null, vmstate: false },
      });
      expect(failure.code).toBe('invalid-request');
    },
  );
});

describe('trust and secrets', () => {
  it('refuses a node with another certificate than the pinned one, and sends it nothing', async () => {
    const [cluster] = demo.clusters;
    const [endpoint] = cluster?.endpoints ?? [];
    if (cluster === undefined || endpoint === undefined) throw new Error('no cluster');
    const probe = await core.call('clusters:probeCertificate', {
      address: endpoint.address,
      port: endpoint.port,
    });
    expect(probe).toMatchObject({ status: 'trusted', vouched: false });
    const question = core.questions.length;
    expect(
      await core.call('clusters:trustCertificate', {
        address: endpoint.address,
        port: endpoint.port,
        sha256: probe.offered.sha256,
      }),
    ).toEqual({ trusted: true });
    // Nothing new, so nobody is asked.
    expect(core.questions).toHaveLength(question);
    const other = demo.clusters[1]?.endpoints[0]?.certificate.fingerprint256 ?? '';
    const failure = await core.failure('clusters:trustCertificate', {
      address: endpoint.address,
      port: endpoint.port,
      sha256: other,
    });
    expect(failure.code).toBe('untrusted-host');
  });

  it('adds a cluster after its certificate was trusted in the native dialog, and not before', async () => {
    const [endpoint] = demo.clusters[1]?.endpoints ?? [];
    const secret = demo.clusters[1]?.tokenSecret ?? '';
    if (endpoint === undefined) throw new Error('no cluster');
    const settings = {
      name: 'mine',
      // The same server under another address: nothing is pinned for it.
      endpoints: [{ address: 'localhost', port: endpoint.port }],
      login: { kind: 'token' as const, tokenId: 'holdfast@pve!laptop' },
      trust: 'pin' as const,
      environment: { label: 'Home', colour: 'teal' as const, production: false },
      accessLevel: 'view' as const,
    };
    const { id } = await core.call('clusters:add', { settings, secret });
    expect((await core.failure('clusters:refresh', { clusterId: id })).code).toBe('untrusted-host');
    const probe = await core.call(
      'clusters:probeCertificate',
      settings.endpoints[0] ?? { address: '', port: 0 },
    );
    expect(probe.status).toBe('unknown');
    core.answer = async () => false;
    const ask = { address: 'localhost', port: endpoint.port, sha256: probe.offered.sha256 };
    expect(await core.call('clusters:trustCertificate', ask)).toEqual({ trusted: false });
    core.answer = async () => true;
    expect(await core.call('clusters:trustCertificate', ask)).toEqual({ trusted: true });
    expect(core.questions.at(-1)?.detail).toContain(probe.offered.sha256);
    expect(core.questions.at(-1)?.detail).toContain('(EXPIRED)');
    expect((await refresh(id)).nodes).toHaveLength(1);
    expect(await core.failure('clusters:add', { settings, secret })).toMatchObject({
      code: 'invalid-request',
    });
    expect(await core.call('clusters:remove', { clusterId: id })).toEqual({ removed: true });
  });

  it('tells each privilege that is missing for the access level, and the guests that are an exception', async () => {
    const { checks, exceptions } = await core.call('clusters:permissions', { clusterId: atlas });
    expect(checks.filter(({ held }) => !held)).toEqual([]);
    expect(checks.length).toBeGreaterThan(10);
    expect(exceptions).toEqual([
      {
        path: '/vms/190',
        missing: expect.arrayContaining(['VM.PowerMgmt', 'VM.Snapshot', 'VM.Backup']) as string[],
      },
    ]);
    const other = await core.call('clusters:permissions', { clusterId: attic });
    expect(other.checks.filter(({ held }) => !held).map(({ privilege }) => privilege)).toEqual([
      'Sys.Syslog',
      'VM.PowerMgmt',
      'VM.Snapshot',
      'Datastore.AllocateSpace',
    ]);
  });

  it('says that a token is wrong, and never shows it', async () => {
    const { clusters } = await core.call('clusters:list', {});
    const found = clusters.find(({ cluster }) => cluster.id === atlas)?.cluster;
    if (found === undefined) throw new Error('atlas is gone');
    const { id: _id, demo: _demo, createdAtMs: _at, ...settings } = found;
    const secret = 'deadbeef-0000-1111-2222-333344445555';
    await core.call('clusters:update', { clusterId: atlas, settings, secret });
    const failure = await core.failure('clusters:refresh', { clusterId: atlas });
    expect(failure.code).toBe('unauthorized');
    const after = await core.call('clusters:list', {});
    expect(after.clusters[0]?.state.status).toBe('needs-credentials');
    expect(JSON.stringify([failure, after, core.events, core.questions])).not.toContain(secret);
  });
});

describe('a change whose end was not seen', () => {
  it('is unknown, and resolved by reading at the next contact', { timeout: 60_000 }, async () => {
    // Tasks that take their time, and a core that ends before they do.
    const slow = await startDemoClusters({ latency: 3 });
    const dataDirectory = mkdtempSync(join(tmpdir(), 'holdfast-cut-'));
    const startCore = () =>
      startTestCore({
        dataDirectory,
        start: (options) =>
          assembleCore(options, {
            catalogue,
            permits: () => false,
            prepare: (stores) => prepareDemoClusters(slow, stores, Date.now()),
          }),
      });
    let second: TestCore | undefined;
    try {
      const first = await startCore();
      await first.call('settings:update', { readOnly: false });
      const plan = await first.plan(atlas, 'pve.guest.shutdown', {
        ...guest(110),
        timeout: 60,
        forceStop: false,
      });
      const running = first.run(plan);
      while (!first.events.some(({ payload }) => JSON.stringify(payload).includes('UPID:'))) {
        await new Promise((done) => setTimeout(done, 50));
      }
      await first.close();
      expect((await running).outcome).toBe('unknown');

      second = await startCore();
      const states = async () =>
        (await second?.call('clusters:list', {}))?.clusters[0]?.state.unknownOperations;
      expect(await states()).toBe(1);
      const machine = slow.clusters[0]?.model.guests.get(110);
      while (machine?.running === true) await new Promise((done) => setTimeout(done, 100));
      await second.call('clusters:refresh', { clusterId: atlas });
      while ((await states()) !== 0) await new Promise((done) => setTimeout(done, 50));
      const rows = await second.allRows(atlas);
      expect(rows.map(({ event, outcome }) => [event, outcome])).toEqual(
        expect.arrayContaining([
          ['started', null],
          ['finished', 'unknown'],
          ['resolved', 'ok'],
        ]),
      );
      expect(await second.call('audit:verify', { sourceId: atlas })).toMatchObject({ ok: true });
    } finally {
      await second?.close();
      await slow.close();
      rmSync(dataDirectory, { recursive: true, force: true });
    }
  });
});
