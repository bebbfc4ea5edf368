import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { atlas, attic, startClusterCore, wordsOf, type ClusterCore } from '../testing/cluster-core';

let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore();
});
afterEach(() => world.close());

const stopped = { type: 'qemu', node: 'atlas-2', vmid: 131 };
const guestOf = (vmid: number) => {
  const guest = world.model(atlas).guests.get(vmid);
  if (guest === undefined) throw new Error(`There is no guest ${vmid}.`);
  return guest;
};

describe('the self-test on a stopped guest', () => {
  it.each([
    ['without notes', undefined],
    ['with notes of several lines, to which Proxmox VE adds a newline', 'windows\nbuilds nightly'],
  ])('leaves one %s as it was found', async (_name, notes) => {
    await world.refresh();
    const guest = guestOf(131);
    if (notes !== undefined) guest.config['description'] = notes;
    else delete guest.config['description'];
    const before = JSON.stringify([guest.config, [...guest.snapshots.keys()]]);
    const { plan, result } = await world.done('pve.guest.selftest', stopped);
    expect(plan.steps.map(({ commandLine }) => commandLine.split(' ').slice(0, 2).join(' '))).toEqual([
      'PUT /nodes/atlas-2/qemu/131/config',
      'PUT /nodes/atlas-2/qemu/131/config',
      'POST /nodes/atlas-2/qemu/131/snapshot',
      'POST /nodes/atlas-2/qemu/131/snapshot/holdfast-selftest/rollback',
      'DELETE /nodes/atlas-2/qemu/131/snapshot/holdfast-selftest',
    ]);
    expect(plan.typed.target).toBe('131 windows-build');
    expect(wordsOf(plan)).toContain('as they are now');
    expect(world.core.questions.at(-1)?.title).toContain('Self-test');
    expect(result.verification.text).toContain('work');
    expect(JSON.stringify([guest.config, [...guest.snapshots.keys()]])).toBe(before);
    expect(guest.running).toBe(false);
  });

  it.each([
    ['runs', { type: 'qemu', node: 'atlas-1', vmid: 110 }, /It runs/],
    ['is a template', { type: 'qemu', node: 'atlas-1', vmid: 9000 }, /template/],
    ['is locked', { type: 'qemu', node: 'atlas-1', vmid: 140 }, /locked/],
  ])('is not done to one that %s', async (_name, given, why) => {
    expect(await world.blocked('pve.guest.selftest', given)).toMatch(why);
  });

  it('says what is left when it breaks off', async () => {
    await world.refresh();
    const { core } = world;
    const { access } = world.model(atlas);
    // The token may change the configuration of this guest, and take no snapshot.
    const role = {
      id: 'NoSnapshots',
      special: false,
      privileges: ['VM.Audit', 'VM.Config.Options', 'VM.PowerMgmt'],
    };
    access.roles.set(role.id, role);
    for (const who of ['holdfast@pve', 'holdfast@pve!laptop']) {
      access.grants.push({ path: '/vms/131', who, role: role.id, propagate: true });
    }
    const result = await core.run(await core.plan(atlas, 'pve.guest.selftest', stopped));
    expect(result.outcome).toBe('failed');
    expect(result.message).toMatch(/lacks VM\.Snapshot on \/vms\/131/);
    expect(result.steps.map(({ status }) => status)).toEqual([
      'done',
      'done',
      'not-run',
      'not-run',
      'not-run',
    ]);
    expect(guestOf(131).config['description'] ?? '').not.toContain('self-test');
  });

  it('is offered on a stopped guest, and says on others why not', async () => {
    await world.refresh();
    const offer = async (vmid: number) =>
      (await world.offers({ kind: 'guest', vmid })).get('pve.guest.selftest')?.excuse;
    expect(await offer(131)).toBeNull();
    expect(await offer(110)).toContain('not stopped');
  });
});

describe('the health report', () => {
  const reportOf = async (clusterId: string) => {
    const { checks } = await world.core.call('clusters:healthReport', { clusterId });
    return Object.fromEntries(checks.map(({ title, outcome, text }) => [title, `${outcome}: ${text}`]));
  };

  it('tells what is wrong with a cluster, and changes nothing', async () => {
    const before = JSON.stringify([...world.model(atlas).guests.values()].map(({ config }) => config));
    const report = await reportOf(atlas);
    expect(report['Login']).toMatch(/^ok: Proxmox VE 9\.2\.11, \d+ ms a request\.$/);
    expect(report['Permissions']).toBe('ok: All that the access level “administer” needs.');
    expect(report['Certificates']).toBe('ok: None expires within 14 days.');
    expect(report['Quorum']).toBe('ok: The cluster has it.');
    expect(report['Nodes']).toBe('failed: atlas-3 of 3 is not online.');
    expect(report['Clocks']).toBe('ok: All within 5 s of this laptop.');
    expect(report['Guests']).toBe('warning: Locked: 140 (backup).');
    expect(report['Storages']).toMatch(/^warning: Not available: .* on atlas-3/);
    // The storage of a node that is down was not read: what was not found may lie there.
    expect(report['Backups']).toMatch(
      /^warning: \d+ without any that was found, \d+ with one older than a week\. 1 storage could not be read\.$/,
    );
    expect(report['Tasks']).toMatch(/^(?:ok|warning): /);
    expect(JSON.stringify([...world.model(atlas).guests.values()].map(({ config }) => config))).toBe(before);
  });

  it('tells the same of one node whose certificate has run out, with what its token lacks', async () => {
    const report = await reportOf(attic);
    expect(report['Quorum']).toBe('ok: One node, which needs none.');
    expect(report['Certificates']).toMatch(/^warning: The certificate of .* expired 7 days ago\.$/);
    expect(report['Permissions']).toMatch(/^warning: Missing for “operate”: Sys\.Syslog on \//);
    expect(report['Tasks']).toBe('ok: None in 24 hours.');
  });

  it('says of what could not be read that it is not known, and tells the rest', async () => {
    const { access } = world.model(atlas);
    for (const grant of access.grants.filter(({ path }) => path === '/')) grant.role = 'NoAccess';
    const report = await reportOf(atlas);
    expect(report['Permissions']).toMatch(/^warning: Missing/);
    expect(report['Login']).toMatch(/^ok/);
  });

  it('is an error when nobody answers', async () => {
    await world.demo.close();
    expect((await world.core.failure('clusters:healthReport', { clusterId: atlas })).code).toBe(
      'unreachable',
    );
  });
});

it('a privilege that the token lacks is told from one that its user lacks', async () => {
  const { access } = world.model(atlas);
  const lackedOf = async () => {
    const { checks } = await world.core.call('clusters:permissions', { clusterId: atlas });
    return checks.find(({ privilege }) => privilege === 'VM.PowerMgmt')?.lackedBy;
  };
  expect(await lackedOf()).toBeNull();
  const own = access.grants.filter(({ who }) => who === 'holdfast@pve!laptop');
  for (const grant of own) grant.role = 'PVEAuditor';
  expect(await lackedOf()).toBe('token');
  for (const grant of access.grants.filter(({ who }) => who === 'holdfast@pve')) grant.role = 'PVEAuditor';
  expect(await lackedOf()).toBe('user');
});
