import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTask } from '../../demo/proxmox/tasks';
import { atlas, attic, startClusterCore, wordsOf, type ClusterCore } from '../testing/cluster-core';

let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore();
  await world.refresh();
});
afterEach(() => world.close());

const ref = { clusterId: atlas };
const job = {
  schedule: 'mon..fri 21:00',
  storage: 'nas-backup',
  selection: 'list',
  guests: ['110', '120'],
  mode: 'snapshot',
  compress: 'zstd',
  node: '',
  keep: 'keep-last=3',
  mailto: null,
  comment: 'evening',
  enabled: true,
};

describe('backup jobs', () => {
  const jobs = async () => (await world.core.call('datacenter:backupJobs', ref)).jobs;

  it('are listed with what they take, when they run next, and which guests none of them takes', async () => {
    const read = await world.core.call('datacenter:backupJobs', ref);
    expect(
      read.jobs.map(({ id, selection, vmids, keep, enabled }) => [
        id,
        selection,
        vmids.length,
        keep,
        enabled,
      ]),
    ).toEqual([
      ['backup-nightly', 'list', 8, 'keep-daily=7,keep-weekly=4', true],
      ['backup-monthly', 'list', 1, null, false],
    ]);
    expect(read.jobs[0]?.nextRunAtMs).toBeGreaterThan(Date.now());
    expect(read.uncovered?.map(({ vmid }) => vmid)).toContain(131);
    expect(read.uncovered?.map(({ vmid }) => vmid)).not.toContain(110);
  });

  it('leave no guest out without it being said among the problems of the cluster', async () => {
    const problems = async () =>
      ((await world.core.call('clusters:read', ref)).inventory?.problems ?? []).map(({ text }) => text);
    const told = expect.stringMatching(/^\d+ guests are in no backup job: .*131 \(/) as unknown;
    await expect.poll(problems).toContainEqual(told);
    // And where the clusters are listed, as the fleet shows them.
    const { clusters } = await world.core.call('clusters:list', {});
    expect(clusters[0]?.summary?.problems.map(({ text }) => text)).toContainEqual(told);
    // A sync keeps what was told without asking again.
    await world.refresh();
    expect(await problems()).toContainEqual(told);
    await world.done('pve.job.create', { ...job, selection: 'all', guests: ['140'], keep: null });
    await expect.poll(problems, { timeout: 10_000 }).toContainEqual('Guest 140 (mail) is in no backup job.');
    expect(await problems()).not.toContainEqual(told);
  });

  it('are created, changed from one kind to the other, run and deleted', async () => {
    const { plan } = await world.done('pve.job.create', job);
    expect(plan.steps[0]?.commandLine).toBe(
      'POST /cluster/backup schedule=mon..fri 21:00 storage=nas-backup mode=snapshot compress=zstd enabled=1 vmid=110,120 prune-backups=keep-last=3 comment=evening',
    );
    expect(wordsOf(plan)).toMatch(
      /takes 2 guests: 110, 120.*older backups .* are deleted, except what keep-last=3 keeps/s,
    );
    const made = (await jobs()).find(({ comment }) => comment === 'evening');
    if (made === undefined) throw new Error('the job is not there');
    const changed = await world.done('pve.job.change', {
      ...job,
      id: made.id,
      selection: 'all',
      guests: ['140'],
      keep: null,
      comment: null,
    });
    expect(changed.plan.steps[0]?.commandLine).toMatch(
      /^PUT \/cluster\/backup\/\S+ schedule=.* all=1 exclude=140 delete=vmid,prune-backups,comment$/,
    );
    expect((await jobs()).find(({ id }) => id === made.id)).toMatchObject({
      selection: 'all',
      exclude: [140],
      vmids: [],
      keep: null,
    });
    const ran = await world.done('pve.job.run', { id: 'backup-nightly' });
    expect(ran.plan.steps.map(({ commandLine }) => commandLine)).toEqual([
      expect.stringMatching(/^POST \/nodes\/atlas-1\/vzdump vmid=100,101,110,121,200,202 storage=nas-backup/),
      expect.stringMatching(/^POST \/nodes\/atlas-2\/vzdump vmid=111,120 storage=nas-backup/),
    ]);
    const gone = await world.done('pve.job.delete', { id: made.id });
    expect(gone.plan.undo).toContain('mon..fri 21:00');
    expect((await jobs()).map(({ id }) => id)).not.toContain(made.id);
  });

  it('offer a form that starts with what the job is', async () => {
    const [nightly] = await jobs();
    if (nightly === undefined) throw new Error('no job');
    const form = (await world.offers({ kind: 'backup-job', job: nightly })).get('pve.job.change');
    const value = (name: string) => form?.fields.find((field) => field.name === name)?.value;
    expect([value('schedule'), value('selection'), value('keep'), value('guests')]).toEqual([
      '02:30',
      'list',
      'keep-daily=7,keep-weekly=4',
      ['100', '101', '110', '111', '120', '121', '200', '202'],
    ]);
  });

  it.each([
    ['a storage that takes none', { storage: 'local-zfs' }, /takes no backups/],
    ['no guest', { guests: [] }, /No guest is chosen/],
  ])('are not created with %s', async (_name, change, sentence) => {
    expect(await world.blocked('pve.job.create', { ...job, ...change })).toMatch(sentence);
  });

  it.each([
    ['keep', 'keep-last=0'],
    ['keep', 'keep-last=366'],
    ['keep', 'keep-last=1,keep-last=2'],
    ['keep', 'keep-forever=1'],
    ['schedule', '2 o\u2019clock; rm'],
    ['mailto', 'nobody'],
    ['guests', ['99']],
    ['storage', '../etc'],
  ])('refuse %s %j', async (key, value) => {
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.job.create',
      input: { ...job, [key]: value },
    });
    expect(failure.code).toBe('invalid-request');
  });
});

describe('backups', () => {
  const backups = async () => (await world.core.call('clusters:backups', ref)).backups;
  const one = async (vmid: number, kept = false) => {
    const found = (await backups()).find((each) => each.vmid === vmid && each.protected === kept);
    if (found === undefined) throw new Error(`no backup of ${vmid}`);
    return found;
  };
  const place = (volid: string) => ({ node: 'atlas-1', storage: 'nas-backup', volid });

  it('are restored as a new guest, with addresses of its own', async () => {
    const backup = await one(110);
    const form = (await world.offers({ kind: 'backup', backup })).get('pve.backup.restore');
    expect(form?.fields.find(({ name }) => name === 'vmid')).toMatchObject({ value: 102 });
    const { plan } = await world.done('pve.backup.restore', {
      node: 'atlas-1',
      type: 'qemu',
      archive: backup.volid,
      vmid: 102,
      storage: '',
      unique: true,
      start: false,
      force: false,
    });
    expect(plan.risk).toBe('safe');
    expect(plan.steps[0]?.commandLine).toBe(
      `POST /nodes/atlas-1/qemu vmid=102 unique=1 archive=${backup.volid}`,
    );
    expect(wordsOf(plan)).toMatch(/becomes what guest 110 was on/);
    expect(world.model(atlas).guests.get(102)?.config['name']).toBe('web-1');
  });

  it('are the first way to a guest that a cluster offers', async () => {
    const offers = [...(await world.offers({ kind: 'cluster' })).values()].filter(
      ({ group }) => group === 'create',
    );
    expect(offers.map(({ label }) => label).slice(0, 1)).toEqual(['Restore a backup…']);
    const form = offers[0];
    const backup = await one(200);
    const answers = Object.fromEntries((form?.fields ?? []).map(({ name, value }) => [name, value]));
    const { plan } = await world.done('pve.backup.restore', {
      ...form?.input,
      ...answers,
      archive: backup.volid,
      storage: 'local-zfs',
    });
    expect(plan.steps[0]?.commandLine).toBe(
      `POST /nodes/atlas-1/lxc vmid=102 storage=local-zfs unique=1 ostemplate=${backup.volid} restore=1`,
    );
  });

  it('of containers are restored by their own call, and overwrite only when that was ticked', async () => {
    const backup = await one(200);
    const input = {
      node: 'atlas-1',
      type: 'lxc',
      archive: backup.volid,
      vmid: 200,
      storage: 'local-zfs',
      unique: false,
      start: false,
      force: false,
    };
    expect(await world.blocked('pve.backup.restore', input)).toContain('Guest 200 exists');
    expect(await world.blocked('pve.backup.restore', { ...input, force: true })).toContain('Guest 200 runs');
    await world.done('pve.guest.stop', { type: 'lxc', node: 'atlas-1', vmid: 200 });
    const { plan } = await world.done('pve.backup.restore', { ...input, force: true });
    expect(plan.risk).toBe('catastrophic');
    expect(plan.typed).toEqual({ target: '200 proxy', host: 'atlas' });
    expect(plan.steps[0]?.commandLine).toBe(
      `POST /nodes/atlas-1/lxc vmid=200 storage=local-zfs ostemplate=${backup.volid} restore=1 force=1`,
    );
    expect(wordsOf(plan)).toMatch(
      /as it is now is lost.*A snapshot of it would be lost with it.*keeps the hardware addresses/s,
    );
    expect(plan.undo).toBeNull();
  });

  it('overwrite a guest after a backup of it, which the older backups survive', async () => {
    const backup = await one(200);
    const form = (await world.offers({ kind: 'backup', backup })).get('pve.backup.restore');
    expect(form?.fields.find(({ name }) => name === 'backupFirst')).toMatchObject({
      help: expect.stringContaining('snapshots are lost with their guest'),
    });
    await world.done('pve.guest.stop', { type: 'lxc', node: 'atlas-1', vmid: 200 });
    const nas = world.model(atlas).storages.get('nas-backup');
    if (nas === undefined) throw new Error('no storage');
    // Without remove=0 the first step would prune the very backup that the second one restores.
    nas.more['prune-backups'] = 'keep-last=1';
    const before = (await backups()).filter(({ vmid }) => vmid === 200).length;
    const input = {
      ...{ node: 'atlas-1', type: 'lxc', archive: backup.volid, vmid: 200, storage: 'local-zfs' },
      ...{ unique: false, start: false, force: true, backupFirst: 'nas-backup' },
    };
    const { plan } = await world.done('pve.backup.restore', input);
    expect(plan.steps.map(({ commandLine }) => commandLine)).toEqual([
      'POST /nodes/atlas-1/vzdump vmid=200 storage=nas-backup mode=stop compress=zstd remove=0 notes-template={{guestname}} before another backup was restored over it',
      `POST /nodes/atlas-1/lxc vmid=200 storage=local-zfs ostemplate=${backup.volid} restore=1 force=1`,
    ]);
    expect(wordsOf(plan)).toContain(
      'It is backed up to nas-backup first; if that fails, nothing else is done',
    );
    expect(plan.undo).toContain('Restore the backup that was made first');
    const kept = (await backups()).filter(({ vmid }) => vmid === 200);
    expect(kept).toHaveLength(before + 1);
    expect(kept[0]?.notes).toBe('proxy before another backup was restored over it');
    expect(await world.blocked('pve.backup.restore', { ...input, backupFirst: 'local-zfs' })).toContain(
      'Storage local-zfs takes no backups',
    );
  });

  it('are not restored over a guest when the backup of it failed', async () => {
    const backup = await one(200);
    await world.done('pve.guest.stop', { type: 'lxc', node: 'atlas-1', vmid: 200 });
    const { access } = world.model(atlas);
    access.roles.set('NoBackup', {
      id: 'NoBackup',
      special: false,
      privileges: (access.roles.get('Administrator')?.privileges ?? []).filter(
        (each) => each !== 'VM.Backup',
      ),
    });
    for (const who of ['holdfast@pve', 'holdfast@pve!laptop']) {
      access.grants.push({ path: '/vms/200', who, role: 'NoBackup', propagate: true });
    }
    const was = world.model(atlas).guests.get(200)?.config;
    const plan = await world.core.plan(atlas, 'pve.backup.restore', {
      ...{ node: 'atlas-1', type: 'lxc', archive: backup.volid, vmid: 200, storage: 'local-zfs' },
      ...{ unique: false, start: false, force: true, backupFirst: 'nas-backup' },
    });
    const result = await world.core.run(plan);
    // What comes after a failed step is not sent.
    expect([result.outcome, result.steps.map(({ status }) => status)]).toEqual([
      'failed',
      ['failed', 'not-run'],
    ]);
    expect(world.model(atlas).guests.get(200)?.config).toBe(was);
  });

  it('are not restored when they are gone, or over a guest of the other kind', async () => {
    const input = {
      node: 'atlas-1',
      type: 'qemu',
      archive: 'nas-backup:backup/vzdump-qemu-110-2020_01_01-00_00_00.vma.zst',
      vmid: 200,
      storage: null,
      unique: true,
      start: false,
      force: true,
    };
    expect(await world.blocked('pve.backup.restore', input)).toMatch(
      /cannot be found.*taken by a guest elsewhere/s,
    );
  });

  it('are protected, noted and deleted, each named with its size', async () => {
    const backup = await one(110);
    await world.done('pve.backup.protect', { ...place(backup.volid), protect: true });
    expect(await world.blocked('pve.volume.delete', place(backup.volid))).toContain('It is protected');
    await world.done('pve.backup.protect', { ...place(backup.volid), protect: false });
    await world.done('pve.backup.notes', { ...place(backup.volid), notes: 'before the move' });
    expect((await one(110)).notes).toBe('before the move');
    const { plan } = await world.done('pve.volume.delete', place(backup.volid));
    expect(plan.steps[0]?.commandLine).toBe(
      `DELETE /nodes/atlas-1/storage/nas-backup/content/${encodeURIComponent(backup.volid).replaceAll('%2F', '/')}`,
    );
    expect(plan.consequences[0]).toMatchObject({
      severity: 'loss',
      items: [{ name: backup.volid, sizeBytes: backup.sizeBytes }],
    });
    expect((await backups()).map(({ volid }) => volid)).not.toContain(backup.volid);
  });

  it('are deleted as a staged change only, where the settings say so', async () => {
    const { core } = world;
    const backup = await one(110);
    await core.call('settings:update', { stageFirst: true });
    await world.done('pve.backup.protect', { ...place(backup.volid), protect: true });
    await world.done('pve.backup.protect', { ...place(backup.volid), protect: false });
    const asked = core.questions.length;
    const plan = () => core.plan(atlas, 'pve.volume.delete', place(backup.volid));
    const direct = await core.run(await plan());
    expect(direct).toMatchObject({
      outcome: 'refused',
      message: 'The settings say that “Delete volume” is staged first, so nothing was done.',
    });
    expect(core.questions).toHaveLength(asked);
    expect((await backups()).map(({ volid }) => volid)).toContain(backup.volid);

    const { change } = await core.call('changes:stage', { planId: (await plan()).id, note: '' });
    const staged = await core.call('changes:plan', { changeId: change.id });
    expect(await core.run(staged)).toMatchObject({ outcome: 'ok' });
    expect((await backups()).map(({ volid }) => volid)).not.toContain(backup.volid);
  });

  const keep = {
    'keep-last': 1,
    'keep-hourly': 0,
    'keep-daily': 0,
    'keep-weekly': 0,
    'keep-monthly': 0,
    'keep-yearly': 0,
  };
  const prune = { node: 'atlas-1', storage: 'nas-backup', vmid: null, type: 'all', ...keep };

  it('are pruned as the storage itself says, by name, and nothing else goes', async () => {
    for (const { volid, protected: kept } of await backups()) {
      if (kept) await world.done('pve.backup.protect', { ...place(volid), protect: false });
    }
    const before = await backups();
    const { plan } = await world.done('pve.backup.prune', { ...prune, type: 'qemu' });
    expect(plan.steps[0]?.commandLine).toBe(
      'DELETE /nodes/atlas-1/storage/nas-backup/prunebackups prune-backups=keep-last=1 type=qemu',
    );
    const named = plan.consequences[0]?.items.map(({ name }) => name) ?? [];
    expect(named).toHaveLength(6);
    expect(plan.typed.target).toBe('nas-backup');
    const after = (await backups()).map(({ volid }) => volid);
    expect(
      before
        .map(({ volid }) => volid)
        .filter((volid) => !after.includes(volid))
        .sort(),
    ).toEqual(named.toSorted());
  });

  it('are not pruned when there is nothing to, when nothing would be kept, or when others came', async () => {
    expect(await world.blocked('pve.backup.prune', prune)).toContain('the rules keep all');
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.backup.prune',
      input: { ...prune, 'keep-last': 0 },
    });
    expect(failure.code).toBe('invalid-request');
    const backup = await one(100, true);
    await world.done('pve.backup.protect', { ...place(backup.volid), protect: false });
    const plan = await world.core.plan(atlas, 'pve.backup.prune', prune);
    expect(plan.blockers).toEqual([]);
    world.core.clockOffsetMs = 6_000;
    world.model(atlas).content.push({
      storage: 'nas-backup',
      volume: 'backup/vzdump-qemu-100-2026_11_24-00_00_00.vma.zst',
      content: 'backup',
      format: 'vma.zst',
      sizeBytes: 1,
      createdAtMs: Date.now(),
      vmid: 100,
      subtype: 'qemu',
    });
    const result = await world.core.run(plan);
    expect(result.outcome).toBe('refused');
    expect(result.message).toContain('changed since the plan was made');
  });
});

describe('what a storage holds', () => {
  const storage = { ...ref, node: 'atlas-1', storage: 'nas-backup' };

  it('is listed by kind', async () => {
    const { volumes } = await world.core.call('volumes:list', { ...storage, content: 'iso' });
    expect(volumes.map(({ volid, sizeBytes }) => [volid, sizeBytes])).toEqual([
      ['nas-backup:iso/debian-13.1.0-amd64-netinst.iso', 783 * 1024 ** 2],
      ['nas-backup:iso/ubuntu-24.04.3-live-server-amd64.iso', 3105 * 1024 ** 2],
      ['nas-backup:iso/virtio-win-0.1.285.iso', 754 * 1024 ** 2],
    ]);
    const all = await world.core.call('volumes:list', { ...storage, storage: 'local', content: null });
    expect(new Set(all.volumes.map(({ content }) => content))).toEqual(new Set(['rootdir', 'vztmpl']));
  });

  it('offers no deletion of a disk that a guest has, and does not do it', async () => {
    const { volumes } = await world.core.call('volumes:list', {
      ...storage,
      storage: 'local-zfs',
      content: null,
    });
    const disk = volumes.find(({ vmid }) => vmid === 110);
    if (disk === undefined) throw new Error('no disk');
    const offers = await world.offers({
      kind: 'storage-volume',
      node: 'atlas-1',
      storage: 'local-zfs',
      volume: disk,
    });
    expect(offers.get('pve.volume.delete')?.excuse).toContain('disk of guest 110');
    expect(
      await world.blocked('pve.volume.delete', { node: 'atlas-1', storage: 'local-zfs', volid: disk.volid }),
    ).toContain('It is a disk of guest 110');
  });

  it.each([
    'local:iso/../../etc/passwd',
    'local:iso//x.iso',
    'local:iso/./x.iso',
    'other:iso/x.iso',
    'local:',
    'local:iso/%2e%2e/x',
    '-local:iso/x',
  ])('has no volume %s', async (volid) => {
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.volume.delete',
      input: { node: 'atlas-1', storage: 'local', volid },
    });
    expect(failure.code).toBe('invalid-request');
  });

  it('is not asked of a storage that is not known', async () => {
    const failure = await world.core.failure('volumes:list', {
      ...storage,
      storage: 'nowhere',
      content: null,
    });
    expect(failure.code).toBe('not-found');
  });
});

describe('uploads', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-upload-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const storage = { node: 'atlas-1', storage: 'nas-backup' };

  async function choose(name: string, content: Buffer | string) {
    const path = join(folder, name);
    writeFileSync(path, content);
    world.core.openPath = path;
    const { offer } = await world.core.call('volumes:chooseUpload', { ...ref, ...storage });
    if (offer === null) throw new Error('nothing was chosen');
    return { path, offer, input: { ...offer.input, content: 'iso', sha256: null } };
  }

  it('send a chosen file with its digest, which the node compares', async () => {
    const content = Buffer.alloc(3 * 1024 * 1024 + 17, 'holdfast');
    const sha256 = createHash('sha256').update(content).digest('hex');
    const { path, offer, input } = await choose('my disk.iso', content);
    expect(offer.fields[0]).toMatchObject({ name: 'content', value: 'iso' });
    const { plan, result } = await world.done('pve.volume.upload', {
      ...input,
      sha256: sha256.toUpperCase(),
    });
    expect(plan.steps[0]?.commandLine).toBe(
      `POST /nodes/atlas-1/storage/nas-backup/upload content=iso checksum-algorithm=sha256 checksum=${sha256} filename=@${path}`,
    );
    expect(wordsOf(plan)).toContain('It will be called my_disk.iso there.');
    expect(result.steps[0]?.stdout).toContain('checksum verified');
    const told = JSON.stringify(world.core.events.map(({ payload }) => payload));
    expect(told).toContain('sent 3 MiB of 3 MiB (100 %)');
    const { volumes } = await world.core.call('volumes:list', { ...ref, ...storage, content: 'iso' });
    expect(volumes.find(({ volid }) => volid === 'nas-backup:iso/my_disk.iso')?.sizeBytes).toBe(
      content.length,
    );
    expect(await world.blocked('pve.volume.upload', input)).toContain('holds my_disk.iso already');
  });

  it('are not made of what is no image, is not what its maker says, or changed since', async () => {
    const text = await choose('notes.txt', 'hello');
    expect(await world.blocked('pve.volume.upload', text.input)).toContain('notes.txt is no image');
    const wrong = await choose('a.iso', 'hello');
    expect(await world.blocked('pve.volume.upload', { ...wrong.input, sha256: 'a'.repeat(64) })).toContain(
      'not what was said',
    );
    expect(await world.blocked('pve.volume.upload', { ...wrong.input, storage: 'local-zfs' })).toContain(
      'does not hold ISO images',
    );
    const plan = await world.core.plan(atlas, 'pve.volume.upload', wrong.input);
    writeFileSync(wrong.path, 'something else');
    world.core.clockOffsetMs = 6_000;
    const result = await world.core.run(plan);
    expect([result.outcome, result.message]).toEqual(['refused', expect.stringContaining('changed since')]);
  });

  it('take no file but one that was chosen in the native dialog, and at most 4 GiB', async () => {
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.volume.upload',
      input: {
        ...storage,
        file: '00000000-0000-4000-8000-000000000000',
        content: 'iso',
        sha256: null,
      },
    });
    expect(failure.code).toBe('not-found');
    const large = join(folder, 'large.iso');
    writeFileSync(large, '');
    truncateSync(large, 4 * 1024 ** 3 + 1);
    world.core.openPath = large;
    const tooLarge = await world.core.failure('volumes:chooseUpload', { ...ref, ...storage });
    expect([tooLarge.code, tooLarge.message]).toEqual(['refused', expect.stringContaining('too large')]);
    world.core.openPath = null;
    expect(await world.core.call('volumes:chooseUpload', { ...ref, ...storage })).toEqual({ offer: null });
  });
});

describe('nodes', () => {
  const node = { ...ref, node: 'atlas-1' };

  it('tell their state, clock, subscription, services, disks, network, log and certificates', async () => {
    const status = await world.core.call('nodes:status', node);
    expect(status).toMatchObject({
      version: expect.stringContaining('pve-manager/9.2.11') as string,
      cpuCount: 32,
      boot: 'UEFI',
      timezone: 'Europe/Vienna',
      subscription: { status: 'active', text: expect.stringContaining('until 2027-06-30') as string },
    });
    expect(Math.abs(status.clockSkewSeconds ?? 99)).toBeLessThan(3);
    const { services } = await world.core.call('nodes:services', node);
    expect(services.find(({ name }) => name === 'pveproxy')).toMatchObject({ state: 'running' });
    const { disks } = await world.core.call('nodes:disks', { ...ref, node: 'atlas-2' });
    expect(disks.map(({ path, health, lifeLeftPercent }) => [path, health, lifeLeftPercent])).toContainEqual([
      '/dev/sda',
      'FAILED',
      null,
    ]);
    const smart = await world.core.call('nodes:smart', { ...ref, node: 'atlas-2', disk: '/dev/sda' });
    expect(smart.attributes.find(({ failing }) => failing)?.name).toBe('Reallocated_Sector_Ct');
    const nvme = await world.core.call('nodes:smart', { ...node, disk: '/dev/nvme0n1' });
    expect(nvme.text).toContain('Percentage Used');
    const { interfaces } = await world.core.call('nodes:network', node);
    expect(interfaces.find(({ name }) => name === 'vmbr0')).toMatchObject({
      addresses: ['192.0.2.11/24'],
      parts: 'bond0',
    });
    const { lines } = await world.core.call('nodes:syslog', { ...node, limit: 500 });
    expect(lines.join('\n')).toContain('snapshot of VM 110');
    const { updates, versions } = await world.core.call('nodes:updates', node);
    expect(updates.map(({ name }) => name)).toContain('qemu-server');
    expect(versions.find(({ name }) => name === 'pve-manager')?.version).toBe('9.2.11');
    const { certificates } = await world.core.call('nodes:certificates', node);
    expect(certificates.map(({ file }) => file)).toEqual(['pve-root-ca.pem', 'pve-ssl.pem']);
    expect(certificates[1]).toMatchObject({
      names: expect.arrayContaining(['atlas-1']) as string[],
    });
  });

  it.each(['/dev/../sda', '/dev/sda;reboot', 'sda', '/dev/mapper/x', '/etc/passwd'])(
    'are not asked for SMART of %s',
    async (disk) => {
      expect((await world.core.failure('nodes:smart', { ...node, disk })).code).toBe('invalid-request');
    },
  );

  it('draw charts with no more points than asked for, and gaps as gaps', async () => {
    for (const subject of [
      { kind: 'node', node: 'atlas-1' },
      { kind: 'guest', vmid: 110 },
      { kind: 'guest', vmid: 200 },
    ] as const) {
      const { charts } = await world.core.call('nodes:charts', {
        ...ref,
        subject,
        timeframe: 'year',
        maxPoints: 200,
      });
      expect(charts.map(({ title }) => title)).toEqual(
        expect.arrayContaining(['Processors', 'Memory', 'Network']),
      );
      for (const { timesMs, series } of charts) {
        expect(timesMs.length).toBeLessThanOrEqual(200);
        expect(timesMs).toEqual(timesMs.toSorted((a, b) => a - b));
        for (const { values } of series) expect(values).toHaveLength(timesMs.length);
      }
    }
    const old = await world.refresh(attic);
    expect(old.nodes).toHaveLength(1);
    const { charts } = await world.core.call('nodes:charts', {
      clusterId: attic,
      subject: { kind: 'node', node: 'attic' },
      timeframe: 'day',
      maxPoints: 500,
    });
    expect(charts[0]?.timesMs).toHaveLength(70);
  });

  it('say that one that is down cannot be asked', async () => {
    const failure = await world.core.failure('nodes:status', { ...ref, node: 'atlas-3' });
    expect(failure.code).toBe('unreachable');
  });

  it('restart and stop services, and say what that costs', async () => {
    const input = { node: 'atlas-1', service: 'pveproxy' };
    const restart = await world.done('pve.service.restart', input);
    expect(restart.plan.steps[0]?.commandLine).toBe('POST /nodes/atlas-1/services/pveproxy/restart');
    expect(wordsOf(restart.plan)).toContain('Nobody can reach the web interface');
    await world.done('pve.service.stop', { ...input, service: 'chrony' });
    expect(await world.blocked('pve.service.stop', { ...input, service: 'chrony' })).toContain(
      'does not run',
    );
    await world.done('pve.service.start', { ...input, service: 'chrony' });
    expect(await world.blocked('pve.service.start', { ...input, service: 'nothing' })).toContain(
      'no service nothing',
    );
    await world.done('pve.node.refreshUpdates', { node: 'atlas-1' });
    // A node without a subscription ends the same with a warning, which is told.
    const warned = await world.core.run(
      await world.core.plan(atlas, 'pve.node.refreshUpdates', { node: 'atlas-2' }),
    );
    expect([warned.outcome, warned.message]).toEqual(['warning', expect.stringContaining('with a warning')]);
  });

  it('are shut down with both names typed, and with every guest that stops named', async () => {
    const plan = await world.core.plan(atlas, 'pve.node.shutdown', { node: 'atlas-2' });
    expect(plan.risk).toBe('catastrophic');
    expect(plan.typed).toEqual({ target: 'atlas-2', host: 'atlas' });
    const [guests, ...others] = plan.consequences;
    expect(guests?.items.map(({ name }) => name)).toContain('120 db-primary');
    expect(guests?.items.map(({ name }) => name)).toContain('201 metrics (high availability)');
    // One of three is down already.
    expect(others.map(({ text }) => text).join(' ')).toContain('loses its quorum');
    const wrong = await world.core.run(plan, { target: 'atlas-1', host: 'atlas' });
    expect(wrong.outcome).toBe('refused');
    const again = await world.core.plan(atlas, 'pve.node.shutdown', { node: 'atlas-2' });
    const result = await world.core.run(again);
    expect(['ok', 'warning']).toContain(result.outcome);
    expect(await world.blocked('pve.node.reboot', { node: 'atlas-3' })).toContain('atlas-3 is not online');
  });
});

describe('tasks', () => {
  it('that have ended are not stopped, and what is no task is none', async () => {
    const { tasks } = await world.core.call('clusters:tasks', ref);
    const upid = tasks[0]?.upid ?? '';
    expect(await world.blocked('pve.task.stop', { upid })).toContain('has ended');
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.task.stop',
      input: { upid: 'UPID:../x' },
    });
    expect(failure.code).toBe('invalid-request');
  });
});

describe('a task that runs', () => {
  it('that run are stopped, and what they leave half done is said', async () => {
    const model = world.model(atlas);
    // One that takes its time, of somebody else: the demo of these tests ends all others at once.
    model.tasks.speed = 1;
    const upid = startTask(
      model,
      { node: 'atlas-1', type: 'vzdump', id: '110', by: { id: 'root@pam', user: 'root@pam' } },
      function* (run) {
        run.log('INFO: starting new backup job');
        yield 600_000;
      },
    );
    const { tasks } = await world.core.call('clusters:tasks', ref);
    const running = tasks.find((task) => task.upid === upid);
    if (running === undefined) throw new Error('the task is not listed');
    expect(running.outcome).toBe('running');
    expect((await world.offers({ kind: 'task', task: running })).get('pve.task.stop')?.excuse).toBeNull();
    const { plan } = await world.done('pve.task.stop', { upid });
    expect(plan.steps[0]?.commandLine).toBe(`DELETE /nodes/atlas-1/tasks/${encodeURIComponent(upid)}`);
    expect(plan.typed.target).toBe('vzdump of 110 on atlas-1');
    expect(wordsOf(plan)).toContain('The backup is not finished and is thrown away');
    const log = await world.core.call('clusters:taskLog', { ...ref, upid });
    expect(log.outcome).toBe('broken-off');
  });

  it('shows the end of its log, also where that is long', async () => {
    const model = world.model(atlas);
    const upid = startTask(
      model,
      { node: 'atlas-1', type: 'vzdump', id: '110', by: { id: 'root@pam', user: 'root@pam' } },
      function* (run) {
        for (let line = 1; line <= 1300; line += 1) run.log(`INFO: line ${line}`);
        yield 1;
      },
    );
    const { lines } = await world.core.call('clusters:taskLog', { ...ref, upid });
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([500, 'INFO: line 802', 'TASK OK']);
    const node = await world.core.call('nodes:syslog', { ...ref, node: 'atlas-1', limit: 2 });
    expect(node.lines).toHaveLength(2);
    expect(node.lines[1]).toContain(`end task ${upid} OK`);
  });
});

describe('several guests', () => {
  it('several guests move or go under one plan, each by itself', async () => {
    const on = (vmid: number, node: string) => ({ type: 'qemu', node, vmid });
    const moved = await world.core.plan(atlas, 'pve.guest.migrate', {
      items: [
        { ...on(100, 'atlas-1'), target: 'atlas-2' },
        { ...on(101, 'atlas-1'), target: 'atlas-2' },
        { ...on(120, 'atlas-2'), target: 'atlas-2' },
      ],
      goOn: true,
    });
    expect(moved.steps.map(({ commandLine }) => commandLine)).toEqual([
      expect.stringContaining('POST /nodes/atlas-1/qemu/100/migrate target=atlas-2'),
      expect.stringContaining('POST /nodes/atlas-1/qemu/101/migrate target=atlas-2'),
    ]);
    expect((await world.core.run(moved)).steps.map(({ status }) => status)).toEqual(['done', 'done']);
    expect(world.model(atlas).guests.get(101)?.node).toBe('atlas-2');
    const gone = await world.core.plan(atlas, 'pve.guest.delete', {
      items: [
        { ...on(131, 'atlas-2'), purge: false },
        { type: 'lxc', node: 'atlas-2', vmid: 203, purge: false },
      ],
      goOn: true,
    });
    expect(gone.typed).toEqual({ target: '2 guests', host: 'atlas' });
    const named = gone.consequences.flatMap(({ items }) => items.map(({ name }) => name)).join(' ');
    expect(named).toMatch(/vm-131-disk-0.*subvol-203-disk-0/s);
    expect((await world.core.run(gone)).outcome).toBe('ok');
    expect([131, 203].some((vmid) => world.model(atlas).guests.has(vmid))).toBe(false);
  });
});

describe('high availability', () => {
  it('tells managers, resources and rules', async () => {
    const ha = await world.core.call('datacenter:ha', ref);
    expect(ha.system).toBe('rules');
    expect(ha.resources.map(({ sid, state, node, maxRestart }) => [sid, state, node, maxRestart])).toEqual([
      ['ct:201', 'started', 'atlas-2', 2],
      ['vm:121', 'started', 'atlas-1', 2],
    ]);
    expect(ha.rules).toMatchObject([
      { kind: 'node-affinity', name: 'metrics-home', nodes: 'atlas-2:2,atlas-1' },
    ]);
    expect(ha.managers.map(({ type }) => type)).toEqual(expect.arrayContaining(['quorum', 'master', 'lrm']));
  });

  it('takes guests in, changes them, binds them by rules, and lets them go', async () => {
    const add = { sid: 'vm:110', state: 'started', max_restart: 1, max_relocate: 1, comment: null };
    const { plan } = await world.done('pve.ha.add', add);
    expect(plan.steps[0]?.commandLine).toBe(
      'POST /cluster/ha/resources sid=vm:110 state=started max_restart=1 max_relocate=1',
    );
    expect(wordsOf(plan)).toContain('reset by its watchdog');
    expect(await world.blocked('pve.ha.add', add)).toContain('managed already');
    const changed = await world.done('pve.ha.change', { ...add, max_restart: 3, comment: 'web' });
    expect(changed.plan.steps[0]?.commandLine).toContain('PUT /cluster/ha/resources/vm%3A110 state=started');
    await world.done('pve.ha.rule.affinity', {
      name: 'web-apart',
      resources: ['vm:110', 'vm:121'],
      affinity: 'negative',
      comment: null,
    });
    await world.done('pve.ha.rule.bind', {
      name: 'web-home',
      resources: ['vm:110'],
      nodes: ['atlas-1'],
      strict: false,
      comment: null,
    });
    expect(
      await world.blocked('pve.ha.rule.bind', {
        name: 'web-home',
        resources: ['vm:110'],
        nodes: ['atlas-1'],
        strict: false,
        comment: null,
      }),
    ).toContain('There is a rule web-home already');
    await world.done('pve.ha.rule.delete', { kind: 'rule', name: 'web-home' });
    await world.done('pve.ha.remove', { sid: 'vm:110' });
    expect((await world.core.call('datacenter:ha', ref)).resources).toHaveLength(2);
  });

  it('has groups until 8.x', async () => {
    await world.refresh(attic);
    const ha = await world.core.call('datacenter:ha', { clusterId: attic });
    expect([ha.system, ha.rules]).toEqual(['groups', []]);
    const offers = await world.offers({ kind: 'ha', system: 'groups' }, attic);
    expect([...offers.keys()]).toContain('pve.ha.group.create');
    expect([...offers.keys()]).not.toContain('pve.ha.rule.bind');
    // The token may only look, and says so.
    const { clusters } = await world.core.call('clusters:list', {});
    const found = clusters.find(({ cluster }) => cluster.id === attic)?.cluster;
    if (found === undefined) throw new Error('attic is gone');
    const { id: _id, demo: _demo, createdAtMs: _at, ...settings } = found;
    await world.core.call('clusters:update', {
      clusterId: attic,
      settings: { ...settings, accessLevel: 'administer' },
      secret: null,
    });
    const plan = await world.core.plan(attic, 'pve.ha.group.create', {
      name: 'first',
      nodes: ['attic'],
      restricted: true,
      nofailback: false,
      comment: null,
    });
    const result = await world.core.run(plan);
    expect(result.message).toContain('Sys.Console on /');
  });
});

describe('the software-defined network', () => {
  it('shows what is written down and what waits, and applies it with the changes named', async () => {
    const sdn = await world.core.call('datacenter:sdn', ref);
    expect(sdn.zones.map(({ zone, state }) => [zone, state])).toEqual([['lab', 'applied']]);
    expect(sdn.vnets.map(({ vnet, zone, tag, state }) => [vnet, zone, tag, state])).toEqual([
      ['dmz', 'lab', 40, 'new'],
      ['lab1', 'lab', null, 'applied'],
    ]);
    expect(await world.blocked('pve.sdn.zone.delete', { zone: 'lab' })).toContain(
      '2 VNets are in it: dmz, lab1',
    );
    const zone = {
      zone: 'prod',
      type: 'vlan',
      bridge: 'vmbr0',
      tag: null,
      peers: null,
      mtu: null,
      nodes: [],
    };
    const made = await world.done('pve.sdn.zone.create', zone);
    expect(made.plan.steps[0]?.commandLine).toBe('POST /cluster/sdn/zones zone=prod type=vlan bridge=vmbr0');
    await world.done('pve.sdn.vnet.create', {
      vnet: 'web',
      zone: 'prod',
      alias: 'Web (1)',
      tag: '7',
      vlanaware: false,
    });
    await world.done('pve.sdn.vnet.delete', { vnet: 'dmz' });
    const { plan } = await world.done('pve.sdn.apply', {});
    expect(plan.consequences[0]?.items.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^VNet web: new \(alias=Web \(1\), tag=7, zone=prod\)$/),
      expect.stringMatching(/^Zone prod: new \(bridge=vmbr0/),
    ]);
    expect(await world.blocked('pve.sdn.apply', {})).toContain('Nothing waits');
    await world.done('pve.sdn.vnet.delete', { vnet: 'web' });
    await world.done('pve.sdn.zone.delete', { zone: 'prod' });
  });

  it.each([
    { zone: 'toolongname', type: 'simple' },
    { zone: '9a', type: 'simple' },
    { zone: 'a', type: 'vlan' },
    { zone: 'a', type: 'vxlan' },
    { zone: 'a', type: 'simple', mtu: '9217' },
  ])('refuses the zone %j', async (change) => {
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.sdn.zone.create',
      input: { bridge: null, tag: null, peers: null, mtu: null, nodes: [], ...change },
    });
    expect(failure.code).toBe('invalid-request');
  });
});

describe('firewalls', () => {
  const rule = {
    place: 'cluster',
    type: 'in',
    action: 'ACCEPT',
    enable: true,
    macro: null,
    proto: 'tcp',
    source: '192.0.2.0/24',
    sport: null,
    dest: null,
    dport: '443',
    comment: 'https',
  };
  const read = () => world.core.call('datacenter:firewall', { ...ref, scope: { level: 'cluster' } });

  it('are read at each level', async () => {
    const cluster = await read();
    expect([cluster.enabled, cluster.policyIn, cluster.rules.length]).toEqual([true, 'DROP', 4]);
    const guest = await world.core.call('datacenter:firewall', {
      ...ref,
      scope: { level: 'guest', vmid: 110 },
    });
    expect(guest.rules.map(({ proto, dport, macro }) => [proto, dport, macro])).toEqual([
      ['tcp', '80,443', ''],
      ['', '', 'SSH'],
    ]);
    const node = await world.core.call('datacenter:firewall', {
      ...ref,
      scope: { level: 'node', node: 'atlas-1' },
    });
    expect(node.rules).toEqual([]);
  });

  it('get rules at their head, switch, move and lose them, and see when somebody else changed them', async () => {
    const { plan } = await world.done('pve.firewall.rule.create', rule);
    expect(plan.steps[0]?.commandLine).toMatch(
      /^POST \/cluster\/firewall\/rules type=in action=ACCEPT enable=1 proto=tcp source=192\.0\.2\.0\/24 dport=443 comment=https digest=[0-9a-f]{40}$/,
    );
    expect((await read()).rules[0]).toMatchObject({ pos: 0, comment: 'https', enabled: true });
    await world.done('pve.firewall.rule.toggle', { place: 'cluster', pos: 0, enable: false });
    expect((await read()).rules[0]?.enabled).toBe(false);
    await world.done('pve.firewall.rule.move', { place: 'cluster', pos: 0, to: 3 });
    expect((await read()).rules.map(({ comment }) => comment)[2]).toBe('https');
    await world.done('pve.firewall.rule.move', { place: 'cluster', pos: 2, to: 5 });
    expect((await read()).rules[4]?.comment).toBe('https');
    await world.done('pve.firewall.rule.move', { place: 'cluster', pos: 4, to: 1 });
    expect((await read()).rules[0]?.comment).toBe('https');
    const raced = await world.core.plan(atlas, 'pve.firewall.rule.delete', { place: 'cluster', pos: 0 });
    world.model(atlas).firewall.rules.unshift({ type: 'in', action: 'DROP', enable: 1 });
    const result = await world.core.run(raced);
    expect(['failed', 'refused']).toContain(result.outcome);
    expect((await read()).rules).toHaveLength(6);
    await world.done('pve.firewall.rule.delete', { place: 'cluster', pos: 1 });
    expect((await read()).rules.map(({ comment }) => comment)).not.toContain('https');
  });

  it('of nodes and guests are changed in their own place', async () => {
    const node = await world.done('pve.firewall.rule.create', { ...rule, place: 'node/atlas-1' });
    expect(node.plan.steps[0]?.commandLine).toContain('POST /nodes/atlas-1/firewall/rules');
    const guest = await world.done('pve.firewall.rule.create', { ...rule, place: 'guest/lxc/atlas-1/200' });
    expect(guest.plan.steps[0]?.commandLine).toContain('POST /nodes/atlas-1/lxc/200/firewall/rules');
    expect(wordsOf(guest.plan)).toContain('switched off');
  });

  it('are switched with what then comes in named', async () => {
    const input = { place: 'cluster', enable: true, policy_in: 'REJECT', policy_out: 'ACCEPT' };
    const { plan } = await world.done('pve.firewall.options', input);
    expect(plan.consequences[0]).toMatchObject({
      text: 'Only this comes in:',
      items: [
        { name: 'in ACCEPT SSH from +admins # admins' },
        { name: 'in ACCEPT tcp from +admins port 8006' },
        { name: 'in ACCEPT Ping' },
      ],
    });
    expect(await world.blocked('pve.firewall.options', input)).toContain('Nothing is different');
  });

  it.each([
    { place: 'galaxy' },
    { place: 'guest/qemu/atlas-1' },
    { source: 'x;y' },
    { dport: '80', proto: null },
    { macro: 'SSH', proto: 'tcp' },
    { action: 'LOG' },
    { comment: 'x'.repeat(513) },
  ])('refuse %j', async (change) => {
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.firewall.rule.create',
      input: { ...rule, ...change },
    });
    expect(failure.code).toBe('invalid-request');
  });
});

describe('replication, pools, options, log and Ceph', () => {
  it('are read', async () => {
    const { jobs } = await world.core.call('datacenter:replication', ref);
    expect(jobs.map(({ id, target, error, failCount }) => [id, target, error, failCount])).toEqual([
      ['110-0', 'atlas-3', 'command ssh root@atlas-3 failed: exit code 255', 431],
      ['120-0', 'atlas-1', null, 0],
    ]);
    // The last one that worked, not the last that was tried.
    expect(Date.now() - (jobs[0]?.lastSyncAtMs ?? 0)).toBeGreaterThan(4 * 86_400_000);
    const { lines } = await world.core.call('datacenter:replicationLog', {
      ...ref,
      node: 'atlas-1',
      id: '110-0',
    });
    expect(lines.join(' ')).toContain('with error');
    await world.done('pve.replication.run', { node: 'atlas-2', id: '120-0' });
    const { pools } = await world.core.call('datacenter:pools', ref);
    expect(pools).toEqual([
      { name: 'lab', comment: '', guests: [131], storages: [] },
      {
        name: 'production',
        comment: 'what customers see',
        guests: [110, 111, 120, 121],
        storages: ['nas-backup'],
      },
    ]);
    const { options, members } = await world.core.call('datacenter:options', ref);
    expect(options.map(({ key }) => key)).toContain('keyboard');
    expect(members.map(({ name, votes }) => [name, votes])).toEqual([
      ['atlas-1', '1'],
      ['atlas-2', '1'],
      ['atlas-3', '1'],
    ]);
    const { entries } = await world.core.call('datacenter:log', { ...ref, maxEntries: 50 });
    expect(entries.find(({ message }) => message === 'node left the cluster')?.severity).toBe(3);
    expect((await world.core.failure('datacenter:log', { ...ref, maxEntries: 5001 })).code).toBe(
      'invalid-request',
    );
  });
});

describe('new guests', () => {
  const machine = {
    node: 'atlas-1',
    vmid: 102,
    name: 'web-3',
    ostype: 'l26',
    bios: 'ovmf',
    sockets: 1,
    cores: 2,
    memory: 2048,
    storage: 'local-zfs',
    disk: 32,
    iso: 'nas-backup:iso/debian-13.1.0-amd64-netinst.iso',
    bridge: 'vmbr0',
    vlan: '40',
    model: 'virtio',
    agent: true,
    onboot: false,
    start: true,
  };
  const container = {
    node: 'atlas-2',
    vmid: 204,
    name: 'proxy-2',
    template: 'local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst',
    cores: 1,
    memory: 512,
    swap: 512,
    storage: 'local-zfs',
    disk: 8,
    bridge: 'vmbr0',
    vlan: null,
    ip: '192.0.2.70/24',
    gateway: '192.0.2.1',
    unprivileged: true,
    nesting: true,
    sshKey: 'ssh-ed25519 AAAAC3Nz admin@laptop',
    onboot: true,
    start: false,
  };

  it('are machines, made and started', async () => {
    const offer = (await world.offers({ kind: 'cluster' })).get('pve.guest.createMachine');
    expect(offer?.fields.find(({ name }) => name === 'vmid')).toMatchObject({ value: 102 });
    const { plan } = await world.done('pve.guest.createMachine', machine);
    expect(plan.steps[0]?.commandLine).toBe(
      'POST /nodes/atlas-1/qemu vmid=102 name=web-3 ostype=l26 bios=ovmf machine=q35 efidisk0=local-zfs:1,efitype=4m,pre-enrolled-keys=1 sockets=1 cores=2 cpu=x86-64-v2-AES memory=2048 scsihw=virtio-scsi-single scsi0=local-zfs:32,discard=on,iothread=1 ide2=nas-backup:iso/debian-13.1.0-amd64-netinst.iso,media=cdrom boot=order=ide2;scsi0 net0=virtio,bridge=vmbr0,tag=40 agent=1 start=1',
    );
    expect(world.model(atlas).guests.get(102)).toMatchObject({ running: true, node: 'atlas-1' });
  });

  it('are containers, whose key is not shown or recorded', async () => {
    const { plan, result } = await world.done('pve.guest.createContainer', container);
    expect(plan.steps[0]?.commandLine).toContain('net0=name=eth0,bridge=vmbr0,ip=192.0.2.70/24,gw=192.0.2.1');
    expect(plan.steps[0]?.commandLine).toContain('ssh-public-keys=(secret)');
    const rows = await world.core.rows(atlas, result.operationId);
    expect(JSON.stringify([plan, rows, world.core.questions])).not.toContain('AAAAC3Nz');
    expect(world.model(atlas).guests.get(204)?.config['hostname']).toBe('proxy-2');
  });

  it.each([
    ['an id that is taken', 'pve.guest.createMachine', { ...machine, vmid: 110 }, /id 110 is taken/],
    [
      'a storage for other things',
      'pve.guest.createMachine',
      { ...machine, storage: 'nas-backup' },
      /holds no disks/,
    ],
    ['more than there is', 'pve.guest.createMachine', { ...machine, disk: 65_000 }, /has only .* free/],
    [
      'an image that is gone',
      'pve.guest.createMachine',
      { ...machine, iso: 'nas-backup:iso/debian-12.iso' },
      /is not there/,
    ],
    [
      'a bridge that is not there',
      'pve.guest.createMachine',
      { ...machine, bridge: 'vmbr9' },
      /no bridge vmbr9/,
    ],
    [
      'a template that is gone',
      'pve.guest.createContainer',
      { ...container, template: 'local:vztmpl/debian-9.tar.gz' },
      /is not there/,
    ],
  ])('are not made with %s', async (_name, action, input, sentence) => {
    expect(await world.blocked(action, input)).toMatch(sentence);
  });

  it.each([
    ['pve.guest.createMachine', { ...machine, memory: 15 }],
    ['pve.guest.createMachine', { ...machine, cores: 513 }],
    ['pve.guest.createMachine', { ...machine, sockets: 5 }],
    ['pve.guest.createMachine', { ...machine, bridge: 'vmbr0,firewall=0' }],
    ['pve.guest.createMachine', { ...machine, vlan: '4095' }],
    ['pve.guest.createContainer', { ...container, ip: '192.0.2.7/24,hwaddr=x' }],
    ['pve.guest.createContainer', { ...container, cores: 129 }],
    ['pve.guest.createContainer', { ...container, sshKey: 'not a key' }],
  ])('%s refuses what is out of bounds', async (action, input) => {
    const failure = await world.core.failure('operations:plan', { hostId: atlas, action, input });
    expect(failure.code).toBe('invalid-request');
  });
});

describe('the inside of guests', () => {
  it('is told by the agent, by the node for containers, and that nobody answers in a sentence', async () => {
    const inside = (vmid: number) => world.core.call('inside:read', { ...ref, vmid });
    const agent = await inside(110);
    expect(agent).toMatchObject({
      told: true,
      system: 'Debian GNU/Linux 13 (trixie)',
      interfaces: [{ name: 'lo' }, { name: 'ens18', addresses: ['192.0.2.130/24'] }],
      fileSystems: [{ mountPoint: '/', type: 'ext4' }],
    });
    expect(await inside(200)).toMatchObject({ told: true, system: null, fileSystems: [] });
    const why = async (vmid: number) => {
      const answer = await inside(vmid);
      return answer.told ? '' : answer.why;
    };
    expect(await why(101)).toContain('no guest agent by its configuration');
    expect(await why(131)).toBe('It does not run.');
    const model = world.model(atlas).guests.get(110);
    if (model !== undefined) model.agentRunning = false;
    expect(await why(110)).toContain('does not answer');
  });
});

describe('disks of guests, templates and cloud-init', () => {
  const guest = (vmid: number, node = 'atlas-2') => ({ type: 'qemu', node, vmid });

  it('grow, and the plan says from what to what', async () => {
    const { plan } = await world.done('pve.guest.resize', { ...guest(131), disk: 'scsi0', size: '10G' });
    expect(plan.steps[0]?.commandLine).toBe('PUT /nodes/atlas-2/qemu/131/resize disk=scsi0 size=+10G');
    expect(wordsOf(plan)).toContain('from 120 GiB to 130 GiB');
    expect(await world.blocked('pve.guest.resize', { ...guest(131), disk: 'virtio3', size: '1G' })).toContain(
      'has no disk virtio3',
    );
    await world.done('pve.guest.resize', {
      type: 'lxc',
      node: 'atlas-1',
      vmid: 200,
      disk: 'rootfs',
      size: '1G',
    });
    const { plan: after } = await world.done('pve.guest.resize', {
      ...{ ...guest(131), disk: 'scsi0', size: '1G', snapshotFirst: 'before-growing' },
    });
    expect(after.steps.map(({ commandLine }) => commandLine)).toEqual([
      'POST /nodes/atlas-2/qemu/131/snapshot snapname=before-growing',
      'PUT /nodes/atlas-2/qemu/131/resize disk=scsi0 size=+1G',
    ]);
    expect(after.undo).toContain('Roll back to the snapshot before-growing');
    expect(
      await world.blocked('pve.guest.resize', {
        ...{ ...guest(131), disk: 'scsi0', size: '1G', snapshotFirst: 'before-growing' },
      }),
    ).toContain('There is a snapshot before-growing already');
    for (const size of ['-1G', '0G', '+1G', '1.5G']) {
      const failure = await world.core.failure('operations:plan', {
        hostId: atlas,
        action: 'pve.guest.resize',
        input: { ...guest(131), disk: 'scsi0', size },
      });
      expect(failure.code).toBe('invalid-request');
    }
  });

  it('become templates for good, with the name typed', async () => {
    expect(await world.blocked('pve.guest.template', guest(110, 'atlas-1'))).toContain('It runs');
    const { plan } = await world.done('pve.guest.template', guest(131));
    expect(plan.typed.target).toBe('131 windows-build');
    expect(wordsOf(plan)).toMatch(/never be started again.*No snapshot is offered before it/s);
    expect(world.model(atlas).guests.get(131)?.template).toBe(true);
  });

  it('have their cloud-init drive written anew only when they have one', async () => {
    expect(await world.blocked('pve.guest.cloudInit', guest(131))).toContain('has no cloud-init drive');
    const model = world.model(atlas).guests.get(131);
    if (model !== undefined) model.config['ide0'] = 'local-zfs:vm-131-cloudinit,media=cdrom';
    const { plan } = await world.done('pve.guest.cloudInit', guest(131));
    expect(plan.steps[0]?.commandLine).toBe('PUT /nodes/atlas-2/qemu/131/cloudinit');
  });
});

describe('changes of state', () => {
  it('that readings met are kept with their guest, whoever made them, and told while the cluster is away', async () => {
    const states = () =>
      world.core.call('history:states', { sourceId: atlas, object: { kind: 'guest', vmid: 110 } });
    expect((await states()).changes).toEqual([]);
    const guest = world.model(atlas).guests.get(110);
    if (guest === undefined) throw new Error('no guest');
    guest.running = false;
    await world.refresh();
    guest.running = true;
    await world.refresh();
    expect((await states()).changes.map(({ from, to }) => [from, to])).toEqual([
      ['stopped', 'running'],
      ['running', 'stopped'],
    ]);
    const node = { kind: 'node', id: 'atlas-1' } as const;
    expect((await world.core.call('history:states', { sourceId: atlas, object: node })).changes).toEqual([]);
    expect(
      (await world.core.failure('history:states', { sourceId: atlas, object: { kind: 'node', id: '' } }))
        .code,
    ).toBe('invalid-request');
  });
});
