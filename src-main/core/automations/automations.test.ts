import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Automation, Trigger } from '../../../src-preload/contract/automations';
import type { StagedChange } from '../../../src-preload/contract/changes';
import type { Host } from '../../../src-preload/contract/hosts';
import { atlas, startClusterCore, type ClusterCore } from '../testing/cluster-core';
import { isChange } from '../testing/file-actions';
import { startShellHost, type ShellHost } from '../testing/shell-host';
import { startTestCore, type TestCore } from '../testing/test-core';

const changesOf = async (core: TestCore): Promise<StagedChange[]> =>
  (await core.call('changes:list', {})).changes;
const pendingOf = async (core: TestCore): Promise<StagedChange[]> =>
  (await changesOf(core)).filter(({ state }) => state === 'pending');
const rulesOf = async (core: TestCore): Promise<Automation[]> =>
  (await core.call('automations:list', {})).automations;

/** Makes a rule of a change that is staged for it and discarded. */
async function ruleOf(
  core: TestCore,
  hostId: string,
  action: string,
  input: Record<string, unknown>,
  trigger: Trigger,
  { sameGuests = false, allDue = false } = {},
): Promise<Automation> {
  const plan = await core.plan(hostId, action, input);
  const { change } = await core.call('changes:stage', { planId: plan.id, note: '' });
  const { automation } = await core.call('automations:create', {
    changeId: change.id,
    name: 'The rule',
    trigger,
    sameGuests,
    allDue,
  });
  await core.call('changes:discard', { changeId: change.id });
  return automation;
}

describe('automations on a host', () => {
  let box: ShellHost;
  let core: TestCore;
  let host: Host;
  let directory: string;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-automations-'));
    box = await startShellHost();
    core = await startTestCore();
    host = await core.addHost(box);
  });
  afterEach(async () => {
    await core.close();
    await box.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const create = async (name: string) =>
    core.run(await core.plan(host.id, 'zfs.snapshot.create', { directory, name }));
  const afterAnything = (): Trigger => ({ kind: 'operation', hostId: host.id, action: null });
  const rule = (trigger: Trigger) =>
    ruleOf(core, host.id, 'zfs.snapshot.create', { directory, name: 'kept' }, trigger);
  const told = async () => (await rulesOf(core))[0]?.lastMessage ?? '';

  it('stage their change when an operation ended well; nothing is sent, and nobody was asked', async () => {
    const made = await rule(afterAnything());
    expect(made).toMatchObject({ enabled: true, triggerHostName: 'box', target: 'kept', lastAtMs: null });
    expect((await create('a')).outcome).toBe('ok');
    await expect.poll(() => pendingOf(core)).toHaveLength(1);
    const [change] = await pendingOf(core);
    expect(change).toMatchObject({
      stagedBy: 'automation “The rule”',
      automationId: made.id,
      note: expect.stringContaining('after “Create file: a” on box') as string,
      target: { name: expect.stringMatching(/^kept-\d{6}-\d{4}$/) as string },
    });
    expect(readdirSync(directory)).toEqual(['a']);
    expect(box.commands.filter(isChange)).toHaveLength(1);
    expect(core.questions).toHaveLength(1);
    expect(await told()).toContain('It staged');
    expect(core.notices.at(-1)).toMatchObject({ title: 'box: Create file waits for you' });

    // Another end while it waits stages no second one.
    await create('b');
    await expect.poll(told).toContain('still waits');
    expect(await pendingOf(core)).toHaveLength(1);

    // A person applies it like any other; that does not set the rule off again.
    const plan = await core.call('changes:plan', { changeId: change?.id ?? '' });
    expect((await core.run(plan)).outcome).toBe('ok');
    expect(core.questions.at(-1)?.title).toContain('Create file');
    expect(await pendingOf(core)).toEqual([]);
    expect(await told()).toContain('still waits');
  });

  it('wait for the action they name, and for one that ended well', async () => {
    await rule({ kind: 'operation', hostId: host.id, action: 'zfs.snapshot.destroy' });
    await create('a');
    core.answer = async () => false;
    await core.run(await core.plan(host.id, 'zfs.snapshot.destroy', { directory, name: 'a' }));
    expect(await told()).toBe('');
    core.answer = async () => true;
    await core.run(await core.plan(host.id, 'zfs.snapshot.destroy', { directory, name: 'a' }));
    await expect.poll(() => pendingOf(core)).toHaveLength(1);
  });

  it('do nothing when they are switched off or deleted', async () => {
    const made = await rule(afterAnything());
    await create('a');
    await expect.poll(() => pendingOf(core)).toHaveLength(1);
    for (const { id } of await pendingOf(core)) await core.call('changes:discard', { changeId: id });

    await core.call('automations:enable', { automationId: made.id, enabled: false });
    const before = await told();
    await create('b');
    expect(await told()).toBe(before);
    await core.call('automations:enable', { automationId: made.id, enabled: true });
    await core.call('automations:delete', { automationId: made.id });
    await create('c');
    expect(await rulesOf(core)).toEqual([]);
    expect(await pendingOf(core)).toEqual([]);
    expect(await core.failure('automations:delete', { automationId: made.id })).toMatchObject({
      code: 'not-found',
    });
  });

  it('stage nothing while Holdfast is read-only, and say so', async () => {
    await rule({ kind: 'trouble', hostId: host.id, what: 'reach', state: 'ended' });
    await core.call('settings:update', { troubleReadings: 1, recoveryReadings: 1 });
    await core.call('inventory:refresh', { hostId: host.id });
    box.setDown(true);
    await core.call('inventory:refresh', { hostId: host.id }).catch(() => undefined);
    expect(await told()).toBe('');
    box.setDown(false);
    await core.call('settings:update', { readOnly: true });
    await core.call('hosts:connect', { hostId: host.id });
    await core.call('inventory:refresh', { hostId: host.id }).catch(() => undefined);
    await expect.poll(told).toContain('nothing was staged: Holdfast is read-only');
    expect(await pendingOf(core)).toEqual([]);
  });

  it('go with their host', async () => {
    await rule(afterAnything());
    await core.call('hosts:remove', { hostId: host.id });
    expect(await rulesOf(core)).toEqual([]);
  });
});

describe('automations on a cluster', () => {
  let world: ClusterCore;
  beforeEach(async () => {
    world = await startClusterCore();
    await world.refresh();
  });
  afterEach(() => world.close());

  const guest = (vmid: number) => ({ type: 'qemu', node: 'atlas-1', vmid });
  const snapshot = { ...guest(110), name: 'before-anything-else-happens', description: null, vmstate: false };

  it('take snapshots of exactly the guests that a change was about', async () => {
    const { core } = world;
    await ruleOf(
      core,
      atlas,
      'pve.snapshot.create',
      snapshot,
      { kind: 'operation', hostId: atlas, action: 'pve.guest.reboot' },
      { sameGuests: true },
    );
    const plan = await core.plan(atlas, 'pve.guest.reboot', { items: [guest(100), guest(101)], goOn: true });
    expect((await core.run(plan)).outcome).toBe('ok');
    await expect.poll(() => pendingOf(core), { timeout: 10_000 }).toHaveLength(1);
    const [change] = await pendingOf(core);
    expect(change?.target.name).toBe('2 guests');
    const { shown } = await core.call('changes:read', { changeId: change?.id ?? '' });
    expect(shown.commands.map(({ line }) => line)).toEqual([
      expect.stringMatching(
        /^POST \/nodes\/atlas-1\/qemu\/100\/snapshot snapname=before-anything-else-hap-\d{6}-\d{4}/,
      ),
      expect.stringMatching(
        /^POST \/nodes\/atlas-1\/qemu\/101\/snapshot snapname=before-anything-else-hap-\d{6}-\d{4}/,
      ),
    ]);
    const again = await core.call('changes:plan', { changeId: change?.id ?? '' });
    expect((await core.run(again)).outcome).toBe('ok');
  });

  it('are met by a state that a reading found', async () => {
    const { core } = world;
    await ruleOf(core, atlas, 'pve.guest.start', guest(100), {
      kind: 'state',
      hostId: atlas,
      object: 'guest:100',
      to: 'stopped',
    });
    const found = world.model(atlas).guests.get(100);
    if (found === undefined) throw new Error('There is no guest 100.');
    found.running = false;
    await world.refresh();
    await expect.poll(() => pendingOf(core), { timeout: 10_000 }).toHaveLength(1);
    expect((await pendingOf(core))[0]).toMatchObject({
      action: 'pve.guest.start',
      note: 'Staged because guest 100 went from running to stopped.',
    });
    // Started again is another state than the one it waits for.
    found.running = true;
    await world.refresh();
    expect(await pendingOf(core)).toHaveLength(1);
  });

  it('stage at the first reading since the start, once', async () => {
    const { core } = world;
    await ruleOf(core, atlas, 'pve.guest.reboot', guest(100), { kind: 'contact', hostId: atlas });
    await world.refresh();
    expect(await pendingOf(core)).toEqual([]);
    expect((await rulesOf(core))[0]?.lastMessage).toBeNull();
  });

  it('are refused where the guests of the trigger mean nothing', async () => {
    const { core } = world;
    const plan = await core.plan(atlas, 'pve.snapshot.create', snapshot);
    const { change } = await core.call('changes:stage', { planId: plan.id, note: '' });
    const trigger: Trigger = { kind: 'trouble', hostId: atlas, what: 'node', state: 'begun' };
    const request = { changeId: change.id, name: 'x', trigger, sameGuests: true, allDue: false };
    expect(await core.failure('automations:create', request)).toMatchObject({ code: 'refused' });
    expect(
      await core.failure('automations:create', { ...request, sameGuests: false, name: ' ' }),
    ).toMatchObject({
      code: 'invalid-request',
    });
    expect(await rulesOf(core)).toEqual([]);
  });
});
