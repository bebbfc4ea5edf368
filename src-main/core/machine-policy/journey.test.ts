import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel } from '../../../src-preload/contract';
import type { ClusterSettings } from '../../../src-preload/contract/clusters';
import type { Host, HostSettings } from '../../../src-preload/contract/hosts';
import { machinePolicySchema } from '../../../src-preload/contract/machine-policy';
import { isChange } from '../testing/file-actions';
import { startShellHost, type ShellHost } from '../testing/shell-host';
import { startTestCore, type TestCore } from '../testing/test-core';

/** The whole core under a policy: F203, what an organisation lets a laptop do. */
let box: ShellHost;
let core: TestCore;
let host: Host;
let data: string;

beforeEach(async () => {
  box = await startShellHost();
  core = await startTestCore();
  host = await core.addHost(box, { accessLevel: 'administer' });
  data = core.dataDirectory;
});
afterEach(async () => {
  await core.close();
  await box.close();
  rmSync(data, { recursive: true, force: true });
});

/** Holdfast is started again, with a policy that was put there meanwhile. */
async function startUnder(rules: unknown[], otherwise = 'administer'): Promise<void> {
  await core.core.close();
  core = await startTestCore({
    dataDirectory: data,
    policies: [
      {
        path: '/etc/holdfast/policy.json',
        policy: machinePolicySchema.parse({ version: 1, otherwise, rules }),
      },
    ],
  });
  await core.core.call(
    'hosts:setSecret',
    { hostId: host.id, secret: box.password },
    new AbortController().signal,
  );
}
const settingsOf = ({
  id: _id,
  demo: _demo,
  createdAtMs: _at,
  most: _most,
  ...settings
}: Host): HostSettings => settings;
const listed = async (): Promise<Host[]> =>
  (await core.call('hosts:list', {})).hosts.map(({ host: each }) => each);
const cluster = (address: string): ClusterSettings => ({
  name: `cluster ${address}`,
  endpoints: [
    { address: 'a.lab.example.org', port: 8006 },
    { address, port: 8006 },
  ],
  login: { kind: 'token', tokenId: 'holdfast@pve!laptop' },
  trust: 'pin',
  environment: { label: 'Lab', colour: 'blue', production: false },
  accessLevel: 'administer',
});

describe('a policy of this computer', () => {
  it('caps what may be done, whatever the record says, and refuses to raise it without asking anybody', async () => {
    await startUnder([{ address: '127.0.0.*', most: 'view' }]);
    expect(await listed()).toMatchObject([{ id: host.id, accessLevel: 'view', most: 'view' }]);
    await core.call('inventory:refresh', { hostId: host.id });

    const plan = await core.plan(host.id, 'zfs.snapshot.create', { directory: '/tmp', name: 'never' });
    const result = await core.run(plan);
    expect(result).toMatchObject({ outcome: 'refused' });
    expect(result.error?.remedy).toContain('The policy of this computer allows at most "view" there');
    expect((await core.rows(host.id, result.operationId)).at(-1)).toMatchObject({ outcome: 'refused' });

    const settings = settingsOf(host);
    const raised = await core.failure('hosts:update', { hostId: host.id, settings, secret: null });
    expect(raised).toMatchObject({
      code: 'refused',
      message: 'The policy of this computer allows at most “view” on box. Nothing was saved.',
    });
    const second = { ...settings, name: 'the same again', accessLevel: 'operate' };
    expect(await core.failure('hosts:add', { settings: second, secret: null })).toMatchObject({
      code: 'refused',
    });
    expect(core.questions).toEqual([]);
    expect(box.commands.filter(isChange)).toEqual([]);

    await core.call('hosts:update', {
      hostId: host.id,
      settings: { ...settings, name: 'renamed', accessLevel: 'view' },
      secret: null,
    });
    expect(await listed()).toMatchObject([{ name: 'renamed', accessLevel: 'view' }]);
    expect(await core.call('machinePolicy:read', {})).toEqual({
      paths: ['/etc/holdfast/policy.json'],
      limited: [{ kind: 'host', name: 'renamed', most: 'view' }],
      hidden: 0,
    });
  });

  it('hides what is not for this computer: it is not there for any call, and cannot be added', async () => {
    await startUnder([{ address: '127.0.0.1', most: 'none' }]);
    expect(await listed()).toEqual([]);
    const { id: hostId } = host;
    const calls: [Channel, unknown][] = [
      ['inventory:read', { hostId }],
      ['inventory:refresh', { hostId }],
      ['hosts:connect', { hostId }],
      ['operations:plan', { hostId, action: 'zfs.snapshot.create', input: { directory: '/tmp', name: 'x' } }],
      ['operations:offers', { hostId, subject: { kind: 'host' } }],
      ['hosts:update', { hostId, settings: settingsOf(host), secret: null }],
      ['hosts:remove', { hostId }],
    ];
    for (const [channel, request] of calls) {
      expect([channel, (await core.failure(channel, request)).code]).toEqual([channel, 'not-found']);
    }
    expect(
      await core.failure('hosts:add', { settings: { ...settingsOf(host), name: 'again' }, secret: null }),
    ).toMatchObject({
      code: 'refused',
      message: 'The policy of this computer does not let Holdfast manage again. Nothing was saved.',
    });
    const before = box.commands.length;
    expect(await core.call('inventory:refreshAll', {})).toEqual({ started: 0 });
    expect(await core.call('machinePolicy:read', {})).toMatchObject({ limited: [], hidden: 1 });
    expect(box.commands).toHaveLength(before);

    // Nothing was lost: without the policy it is there as it was.
    await core.core.close();
    core = await startTestCore({ dataDirectory: data });
    expect(await listed()).toMatchObject([{ id: hostId, accessLevel: 'administer' }]);
    expect((await listed())[0]?.most).toBeUndefined();
  });

  it('tells a host by its pinned key, whatever its address is called', async () => {
    await startUnder([{ hostKey: box.sha256, most: 'operate' }], 'none');
    expect(await listed()).toMatchObject([{ id: host.id, accessLevel: 'operate' }]);
    const stranger = { ...settingsOf(host), name: 'stranger', address: 'localhost', accessLevel: 'view' };
    expect(await core.failure('hosts:add', { settings: stranger, secret: null })).toMatchObject({
      code: 'refused',
    });
  });

  it('holds for clusters, by the node that may least', async () => {
    await startUnder([
      { address: '*.prod.example.org', most: 'view' },
      { address: '*.secret.example.org', most: 'none' },
    ]);
    const add = (settings: ClusterSettings) => ({ settings, secret: null });
    for (const address of ['b.prod.example.org', 'b.secret.example.org']) {
      expect(await core.failure('clusters:add', add(cluster(address)))).toMatchObject({ code: 'refused' });
    }
    const made = await core.call(
      'clusters:add',
      add({ ...cluster('b.prod.example.org'), accessLevel: 'view' }),
    );
    expect((await core.call('clusters:list', {})).clusters).toMatchObject([
      { cluster: { id: made.id, accessLevel: 'view', most: 'view' } },
    ]);
    await startUnder([{ address: 'b.prod.example.org', most: 'none' }]);
    expect((await core.call('clusters:list', {})).clusters).toEqual([]);
    expect(await core.failure('clusters:read', { clusterId: made.id })).toMatchObject({ code: 'not-found' });
  });

  it('says nothing where there is none', async () => {
    expect(await core.call('machinePolicy:read', {})).toEqual({ paths: [], limited: [], hidden: 0 });
  });
});
