import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterLogin } from '../../../src-preload/contract/clusters';
import { addToken } from '../../demo/proxmox/access';
import { atlas, startClusterCore, wordsOf, type ClusterCore } from '../testing/cluster-core';

/** H14: what Proxmox VE lets only root@pam itself do, and so with a ticket alone. */
let world: ClusterCore;
beforeEach(async () => {
  world = await startClusterCore();
  await world.refresh();
});
afterEach(() => world.close());

const container = {
  node: 'atlas-2',
  vmid: 204,
  name: 'golden',
  template: 'local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst',
  cores: 1,
  memory: 512,
  swap: 512,
  storage: 'local-zfs',
  disk: 8,
  bridge: 'vmbr0',
  vlan: null,
  ip: 'dhcp',
  gateway: null,
  unprivileged: true,
  nesting: true,
  keyctl: true,
  sshKey: null,
  onboot: false,
  start: false,
};
const proxy = { type: 'lxc', node: 'atlas-1', vmid: 200 };
const wiki = { type: 'lxc', node: 'atlas-2', vmid: 203 };
const rootItself: ClusterLogin = { kind: 'password', userId: 'root@pam' };

/** The same cluster once more, logged in to as somebody else. */
async function loggedInAs(login: ClusterLogin, secret = 'holdfast'): Promise<string> {
  const { address, port } = world.demo.clusters[0]?.endpoints[0] ?? { address: '', port: 0 };
  const settings = {
    name: 'mine',
    endpoints: [{ address, port }],
    login,
    trust: 'pin' as const,
    environment: { label: 'Lab', colour: 'blue' as const, production: false },
    accessLevel: 'administer' as const,
  };
  const { id } = await world.core.call('clusters:add', { settings, secret });
  await world.refresh(id);
  return id;
}

function guest(vmid: number) {
  const found = world.model(atlas).guests.get(vmid);
  if (found === undefined) throw new Error(`There is no ${vmid}.`);
  return found;
}

describe('a container with keyctl', () => {
  it('is made over the API where root@pam logs in with its password', async () => {
    const mine = await loggedInAs(rootItself);
    const form = (await world.offers({ kind: 'cluster' }, mine)).get('pve.guest.createContainer');
    expect(form?.fields.find(({ name }) => name === 'keyctl')).toMatchObject({
      kind: 'switch',
      value: false,
    });
    const { plan, result } = await world.done('pve.guest.createContainer', container, mine);
    expect(plan.steps[0]?.commandLine).toContain(' unprivileged=1 features=nesting=1,keyctl=1');
    expect(wordsOf(plan)).toContain('systemd-networkd in the container may fail');
    expect(guest(204).config).toMatchObject({ features: 'nesting=1,keyctl=1', unprivileged: 1 });
    const [, finished] = await world.core.rows(mine, result.operationId);
    expect(finished?.stdoutSnippet).toContain(':vzcreate:204:root@pam:');
  });

  it('is cloned by a token, and the clone keeps its features', async () => {
    await world.done('pve.guest.createContainer', container, await loggedInAs(rootItself));
    const { plan } = await world.done('pve.guest.clone', {
      ...{ type: 'lxc', node: 'atlas-2', vmid: 204, newid: 206, name: 'from-golden', full: true },
    });
    expect(plan.blockers).toEqual([]);
    expect(guest(206).config['features']).toBe('nesting=1,keyctl=1');
  });

  it('is blocked for a token, with the login and the commands, and nothing is sent', async () => {
    const plan = await world.core.plan(atlas, 'pve.guest.createContainer', container);
    expect(plan.blockers).toEqual([
      {
        text: 'Features of a container other than nesting are for root@pam alone, and Holdfast logs in to this cluster with the token holdfast@pve!laptop.',
        remedy:
          'Log in to this cluster as root@pam with its password (in its settings), or make it without keyctl and run this on atlas-2 as root: pct set 204 --features nesting=1,keyctl=1',
      },
    ]);
    expect((await world.core.run(plan)).outcome).toBe('refused');
    expect(world.model(atlas).guests.has(204)).toBe(false);
    await world.done('pve.guest.createContainer', { ...container, keyctl: false });
    expect(guest(204).config['features']).toBe('nesting=1');
  });

  it('is blocked for another user and for a token of root@pam', async () => {
    const user = await loggedInAs({ kind: 'password', userId: 'demo@pve' });
    expect(await world.blocked('pve.guest.createContainer', container, user)).toMatch(
      /and Holdfast logs in to this cluster as demo@pve\.$/,
    );
    await world.core.call('clusters:remove', { clusterId: user });
    const root = world.model(atlas).access.users.get('root@pam');
    if (root === undefined) throw new Error('no root');
    const { secret } = addToken(root, 'laptop', { separate: false });
    const ofRoot = await loggedInAs({ kind: 'token', tokenId: 'root@pam!laptop' }, secret);
    expect(await world.blocked('pve.guest.createContainer', container, ofRoot)).toMatch(
      /and the token root@pam!laptop is not root@pam itself\.$/,
    );
  });

  it('is unprivileged, and a privileged one gets features of root@pam alone', async () => {
    const privileged = { ...container, unprivileged: false };
    const mine = await loggedInAs(rootItself);
    expect(await world.blocked('pve.guest.createContainer', privileged, mine)).toBe(
      'keyctl is for unprivileged containers only.',
    );
    expect(await world.blocked('pve.guest.createContainer', { ...privileged, keyctl: false })).toContain(
      'Features of a privileged container are for root@pam alone',
    );
    const plain = { ...privileged, keyctl: false, nesting: false };
    expect(await world.blocked('pve.guest.createContainer', plain)).toBe('');
    await world.done('pve.guest.createContainer', { ...privileged, keyctl: false }, mine);
    expect(guest(204).config['features']).toBe('nesting=1');
  });
});

describe('the features of a container that is there', () => {
  it('are changed by root@pam with its password, and all others of them stay', async () => {
    const mine = await loggedInAs(rootItself);
    guest(203).config['features'] = 'fuse=1';
    const { more } = await world.core.call('clusters:guestConfig', { clusterId: mine, vmid: 203 });
    const form = more.find(({ action }) => action === 'pve.guest.features');
    expect([form?.label, form?.fields.map(({ name, value }) => [name, value])]).toEqual([
      'Features…',
      [
        ['nesting', false],
        ['keyctl', false],
        ['snapshotFirst', ''],
      ],
    ]);
    const both = { ...wiki, nesting: true, keyctl: true };
    const { plan } = await world.done('pve.guest.features', both, mine);
    expect(plan.steps.map(({ commandLine }) => commandLine)).toEqual([
      expect.stringMatching(
        /^PUT \/nodes\/atlas-2\/lxc\/203\/config features=fuse=1,nesting=1,keyctl=1 digest=[0-9a-f]{40}$/,
      ),
    ]);
    expect(plan.undo).toContain('Set back: features fuse=1');
    expect(guest(203).config['features']).toBe('fuse=1,nesting=1,keyctl=1');
    expect(await world.blocked('pve.guest.features', both, mine)).toBe(
      'Nothing is different from what is there.',
    );
  });

  it('wait for the next start of one that runs', async () => {
    const mine = await loggedInAs(rootItself);
    const plan = await world.core.plan(mine, 'pve.guest.features', { ...proxy, nesting: true, keyctl: true });
    expect(wordsOf(plan)).toContain('It runs: its features change at its next start.');
    expect(await world.core.run(plan)).toMatchObject({
      outcome: 'warning',
      verification: { status: 'pending' },
    });
    expect(guest(200).pending.get('features')).toBe('nesting=1,keyctl=1');
    // The API compares with what holds now, not with what waits: to it keyctl would be new.
    expect(await world.blocked('pve.guest.features', { ...proxy, nesting: false, keyctl: true })).toContain(
      'for root@pam alone',
    );
  });

  it('are blocked for a token but for nesting', async () => {
    const keyctl = await world.core.plan(atlas, 'pve.guest.features', {
      ...wiki,
      nesting: true,
      keyctl: true,
    });
    expect(keyctl.blockers.map(({ remedy }) => remedy)).toEqual([
      'Log in to this cluster as root@pam with its password (in its settings), or run this on atlas-2 as root: pct set 203 --features nesting=1,keyctl=1',
    ]);
    expect((await world.core.run(keyctl)).outcome).toBe('refused');
    expect(guest(203).config['features']).toBeUndefined();
    await world.done('pve.guest.features', { ...wiki, nesting: true, keyctl: false });
    const { plan } = await world.done('pve.guest.features', { ...wiki, nesting: false, keyctl: false });
    expect(plan.steps[0]?.commandLine).toMatch(/config delete=features digest=/);
    expect(guest(203).config['features']).toBeUndefined();
  });

  it.each([
    ['became privileged', (config: Record<string, string | number>) => void delete config['unprivileged']],
    [
      'got keyctl from root',
      (config: Record<string, string | number>) => void (config['features'] = 'nesting=1,keyctl=1'),
    ],
  ])('that are sent with a token all the same are refused: it %s meanwhile', async (_name, meanwhile) => {
    await world.done('pve.guest.features', { ...wiki, nesting: true, keyctl: false });
    const plan = await world.core.plan(atlas, 'pve.guest.features', {
      ...wiki,
      nesting: false,
      keyctl: false,
    });
    expect(plan.blockers).toEqual([]);
    meanwhile(guest(203).config);
    const before = guest(203).config['features'];
    const result = await world.core.run(plan);
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'forbidden' } });
    expect(result.message).toContain(
      'did not run. Features of a container other than nesting, and all of a privileged one, are for root@pam alone; a token of root@pam is not root@pam.',
    );
    expect(result.error?.remedy).toContain('Log in to the cluster as root@pam with its password');
    expect(result.error?.detail).toMatch(/changing feature flags .* is only allowed for root@pam/);
    expect(guest(203).config['features']).toBe(before);
  });
});
