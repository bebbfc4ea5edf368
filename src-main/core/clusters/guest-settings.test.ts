import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { atlas, startClusterCore, wordsOf, type ClusterCore } from '../testing/cluster-core';

let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore();
  await world.refresh();
});
afterEach(() => world.close());

const web2 = { type: 'qemu', node: 'atlas-2', vmid: 111 };
const proxy = { type: 'lxc', node: 'atlas-1', vmid: 200 };
const recorded = async (): Promise<string> => JSON.stringify(await world.core.allRows(atlas));
const config = (vmid: number) => world.core.call('clusters:guestConfig', { clusterId: atlas, vmid });
const valueOf = (vmid: number, key: string) => world.model(atlas).guests.get(vmid)?.config[key];

describe('cloud-init of a guest', () => {
  const unchanged = {
    ...web2,
    ciuser: 'admin',
    nameserver: '192.0.2.1',
    searchdomain: null,
    cipassword: null,
    sshkeys: null,
    remove: [],
  };

  it('has a form that starts without its secrets, and a line for each card', async () => {
    const { entries, more } = await config(111);
    const form = more.find(({ action }) => action === 'pve.guest.cloudInitSettings');
    expect(
      form?.fields.map((field) => [
        field.name,
        field.kind === 'pick' ? field.options.map(({ value }) => value) : field.value,
      ]),
    ).toEqual([
      ['ciuser', 'admin'],
      ['cipassword', ''],
      ['nameserver', '192.0.2.1'],
      ['searchdomain', ''],
      ['sshkeys', ''],
      ['ipconfig0', ''],
      ['remove', ['cipassword', 'sshkeys', 'ipconfig0']],
      ['snapshotFirst', ''],
    ]);
    expect(JSON.stringify([entries, more])).not.toMatch(/AAAAC3|192\.0\.2\.30/);
    expect((await config(110)).more.map(({ action }) => action)).not.toContain('pve.guest.cloudInitSettings');
  });

  it('is changed with secrets that stand nowhere, waits for the next start, and is written anew', async () => {
    const sshkeys = 'ssh-ed25519 AAAAC3NzaC1lNEW second@laptop\nssh-rsa AAAAB3Nz third@laptop';
    const plan = await world.core.plan(atlas, 'pve.guest.cloudInitSettings', {
      ...unchanged,
      ciuser: 'operator',
      cipassword: 'correct horse=battery;staple',
      sshkeys,
      ipconfig0: 'ip=192.0.2.77/24,gw=192.0.2.1',
    });
    expect(plan.blockers).toEqual([]);
    expect(plan.steps.map(({ commandLine }) => commandLine)).toEqual([
      expect.stringMatching(
        /^PUT \/nodes\/atlas-2\/qemu\/111\/config ciuser=operator cipassword=\(secret\) sshkeys=\(secret\) ipconfig0=\(secret\) digest=[0-9a-f]{40}$/,
      ),
    ]);
    expect(plan.consequences[0]?.items.map(({ name }) => name)).toEqual([
      'User: admin → operator',
      'Password: replaced',
      'SSH keys: replaced',
      'Address of net0: replaced',
    ]);
    const result = await world.core.run(plan);
    // It runs, so all of it waits.
    expect(result).toMatchObject({ outcome: 'warning', verification: { status: 'pending' } });
    expect(world.model(atlas).guests.get(111)?.pending.get('sshkeys')).toBe(
      encodeURIComponent(`${sshkeys}\n`),
    );
    const secrets = /correct horse|battery|AAAAC3NzaC1lNEW|192\.0\.2\.77/;
    expect(JSON.stringify([plan, result, world.core.questions, world.core.events])).not.toMatch(secrets);
    expect(await recorded()).not.toMatch(secrets);
    const { entries } = await config(111);
    expect(entries.filter(({ pending }) => pending !== null)).toEqual([
      { key: 'ciuser', value: 'admin', pending: 'operator', deleted: false },
      { key: 'ipconfig0', value: '(not shown)', pending: '(not shown)', deleted: false },
      { key: 'sshkeys', value: '(not shown)', pending: '(not shown)', deleted: false },
    ]);
    const { more } = await config(111);
    const anew = more.find(({ action }) => action === 'pve.guest.cloudInit');
    if (anew === undefined) throw new Error('no way to write the drive anew');
    await world.done('pve.guest.cloudInit', anew.input);
  });

  it('takes secrets away when it is told to, after a snapshot when that is asked for', async () => {
    await world.done('pve.guest.stop', web2);
    const { plan } = await world.done('pve.guest.cloudInitSettings', {
      ...unchanged,
      remove: ['cipassword', 'sshkeys'],
      snapshotFirst: 'before-keys',
    });
    expect(plan.steps.map(({ commandLine }) => commandLine)).toEqual([
      'POST /nodes/atlas-2/qemu/111/snapshot snapname=before-keys',
      expect.stringContaining('delete=cipassword,sshkeys'),
    ]);
    expect(plan.undo).toContain('Roll back to the snapshot before-keys');
    expect([valueOf(111, 'cipassword'), valueOf(111, 'sshkeys'), valueOf(111, 'ciuser')]).toEqual([
      undefined,
      undefined,
      'admin',
    ]);
  });

  it('is not changed when nothing is different', async () => {
    expect(await world.blocked('pve.guest.cloudInitSettings', unchanged)).toBe(
      'Nothing is different from what is there.',
    );
  });

  it.each([
    ['ipconfig0', 'ip=192.0.2.300/24;rm'],
    ['ipconfig0', 'gateway=192.0.2.1'],
    ['ipconfig9', 'ip=dhcp'],
    ['sshkeys', 'not a key'],
    ['cipassword', 'two\nlines'],
    ['ciuser', '-root'],
    ['nameserver', 'dns.example.net'],
    ['remove', ['name']],
  ])('is refused with %s %j', async (key, value) => {
    const failure = await world.core.failure('operations:plan', {
      hostId: atlas,
      action: 'pve.guest.cloudInitSettings',
      input: { ...unchanged, [key]: value },
    });
    expect(failure.code).toBe('invalid-request');
    expect(JSON.stringify(failure)).not.toContain(String(value));
  });
});

describe('parts of a configuration', () => {
  it('are network cards, which keep their hardware address', async () => {
    const { more } = await config(200);
    expect(more.map(({ label }) => label)).toEqual([
      'Network card net0…',
      'Features…',
      'New addresses and name…',
    ]);
    const before = String(valueOf(200, 'net0'));
    const { plan } = await world.done('pve.guest.network', {
      ...proxy,
      card: 'net0',
      bridge: 'vmbr1',
      tag: 40,
      firewall: true,
    });
    expect(plan.steps[0]?.commandLine).toContain(
      `net0=${before.replace('vmbr0', 'vmbr1')},tag=40,firewall=1 digest=`,
    );
    expect(wordsOf(plan)).toContain('its connections break');
    expect(
      await world.blocked('pve.guest.network', {
        ...proxy,
        card: 'net3',
        bridge: 'vmbr0',
        tag: 0,
        firewall: false,
      }),
    ).toBe('It has no network card net3 (any more).');
  });

  it('are mount points, with whether backups take them along', async () => {
    const model = world.model(atlas).guests.get(200);
    if (model !== undefined) model.config['mp0'] = 'local-zfs:subvol-200-disk-1,mp=/srv,size=20G';
    const { more } = await config(200);
    expect(more.map(({ label }) => label)).toContain('Mount point mp0…');
    const { plan } = await world.done('pve.guest.mountPoint', { ...proxy, mount: 'mp0', backup: true });
    expect(plan.steps[0]?.commandLine).toContain('mp0=local-zfs:subvol-200-disk-1,mp=/srv,size=20G,backup=1');
    await world.done('pve.guest.mountPoint', { ...proxy, mount: 'mp0', backup: false });
    expect(valueOf(200, 'mp0')).toBe('local-zfs:subvol-200-disk-1,mp=/srv,size=20G,backup=0');
    expect(await world.blocked('pve.guest.mountPoint', { ...proxy, mount: 'mp0', backup: false })).toBe(
      'Nothing is different from what is there.',
    );
  });

  it('are the identity of a restored guest, which is renewed before it starts beside its original', async () => {
    expect(await world.blocked('pve.guest.identity', { ...proxy, name: 'proxy-2' })).toBe('It runs.');
    await world.done('pve.guest.stop', proxy);
    const before = String(valueOf(200, 'net0'));
    const { plan, result } = await world.done('pve.guest.identity', { ...proxy, name: 'proxy-2' });
    expect(plan.steps[0]?.commandLine).toMatch(
      / net0=name=eth0,bridge=vmbr0,ip=dhcp hostname=proxy-2 digest=[0-9a-f]{40}$/,
    );
    const mac = /hwaddr=([\dA-F:]{17})/.exec(String(valueOf(200, 'net0')))?.[1] ?? 'none';
    expect(before).not.toContain(mac);
    expect(result.verification.text).toBe(`It has new addresses: ${mac}.`);
    const machine = { type: 'qemu', node: 'atlas-2', vmid: 131 };
    const renewed = await world.done('pve.guest.identity', { ...machine, name: 'windows-2' });
    expect(renewed.plan.steps[0]?.commandLine).toContain('net0=virtio,bridge=vmbr0 name=windows-2');
  });

  it('are the least memory of a machine, within its memory', async () => {
    const form = (await config(131)).edit;
    const input = {
      ...form.input,
      ...Object.fromEntries(form.fields.map(({ name, value }) => [name, value === '' ? null : value])),
    };
    const { plan } = await world.done('pve.guest.configure', { ...input, balloon: '4096' });
    expect(plan.steps[0]?.commandLine).toMatch(/config balloon=4096 digest=/);
    expect(await world.blocked('pve.guest.configure', { ...input, balloon: '99999' })).toContain(
      'Its least memory, 99999 MiB, is more than its memory of 12288 MiB.',
    );
    const back = await world.done('pve.guest.configure', { ...input, balloon: null });
    expect(back.plan.steps[0]?.commandLine).toMatch(/config delete=balloon digest=/);
  });

  it('change after a snapshot, whose name must be free and whose storage must take one', async () => {
    const form = (await config(131)).edit;
    const input = {
      ...form.input,
      ...Object.fromEntries(form.fields.map(({ name, value }) => [name, value === '' ? null : value])),
      cores: 6,
    };
    const { plan } = await world.done('pve.guest.configure', { ...input, snapshotFirst: 'before-cores' });
    expect(plan.steps.map(({ commandLine }) => commandLine.split(' ').slice(0, 3).join(' '))).toEqual([
      'POST /nodes/atlas-2/qemu/131/snapshot snapname=before-cores',
      expect.stringContaining('PUT /nodes/atlas-2/qemu/131/config cores=6'),
    ]);
    expect(
      world
        .model(atlas)
        .guests.get(131)
        ?.snapshots.map(({ name }) => name),
    ).toEqual(['before-cores']);
    expect(
      await world.blocked('pve.guest.configure', { ...input, cores: 2, snapshotFirst: 'before-cores' }),
    ).toBe('There is a snapshot before-cores already.');
    // A container on a folder takes none.
    const git = (await config(202)).edit;
    const onFolder = {
      ...git.input,
      ...Object.fromEntries(git.fields.map(({ name, value }) => [name, value === '' ? null : value])),
      cores: 1,
      snapshotFirst: 'before-cores',
    };
    expect(await world.blocked('pve.guest.configure', onFolder)).toBe(
      'A storage that this guest is on cannot take snapshots.',
    );
  });
});

describe('what holds of containers', () => {
  it('a running unprivileged one on LVM-thin is snapshotted as it runs', async () => {
    const model = world.model(atlas);
    const storage = model.storages.get('local-zfs');
    if (storage !== undefined) storage.type = 'lvmthin';
    const { plan } = await world.done('pve.snapshot.create', {
      ...proxy,
      name: 'as-it-runs',
      description: null,
      vmstate: false,
    });
    expect(plan.steps.map(({ commandLine }) => commandLine)).toEqual([
      'POST /nodes/atlas-1/lxc/200/snapshot snapname=as-it-runs',
    ]);
    expect(model.guests.get(200)?.running).toBe(true);
    expect(valueOf(200, 'unprivileged')).toBe(1);
  });

  it('one keeps its features when a token restores it, for they are not sent', async () => {
    const backup = world
      .model(atlas)
      .content.find(({ vmid, content }) => vmid === 200 && content === 'backup');
    if (backup?.config === undefined) throw new Error('no backup');
    backup.config['features'] = 'keyctl=1,nesting=1';
    const { plan } = await world.done('pve.backup.restore', {
      node: 'atlas-1',
      type: 'lxc',
      archive: `${backup.storage}:${backup.volume}`,
      vmid: 205,
      storage: 'local-zfs',
      unique: true,
      start: false,
      force: false,
    });
    expect(plan.steps[0]?.commandLine).not.toContain('features');
    expect(valueOf(205, 'features')).toBe('keyctl=1,nesting=1');
  });
});
