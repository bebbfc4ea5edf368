import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Policy, PolicySettings } from '../../../src-preload/contract/policies';
import { createCore } from '../create-core';
import { appMigrations } from '../data/migrations';
import { openDatabase } from '../data/open-database';
import { startTestCore, type TestCore } from '../testing/test-core';
import { createPolicyStore } from './policy-store';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-policies-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const settings: PolicySettings = {
  hostId: 'demo-nas',
  backend: 'zfs',
  poolName: 'tank/projects',
  recursive: true,
  schedule: '0 */4 * * *',
  retentionCount: 12,
  enabled: true,
};

describe('stored policies', () => {
  const open = () => openDatabase(join(folder, 'app.sqlite'), appMigrations, 'The file app.sqlite').db;
  const policy: Policy = {
    ...settings,
    ...{ id: '6f1c2b84-5a0e-4f5e-9a64-6a2f7d1c0001', createdAtMs: 5, updatedAtMs: 5 },
  };
  const other = { ...policy, id: '6f1c2b84-5a0e-4f5e-9a64-6a2f7d1c0002', hostId: 'other', createdAtMs: 6 };
  const missing = expect.objectContaining({ code: 'not-found' });

  it('are there after a restart, oldest first', () => {
    const db = open();
    const store = createPolicyStore(db);
    store.add(other);
    store.add(policy);
    store.update({ ...policy, enabled: false, recursive: false, retentionCount: 3 });
    db.close();
    const again = open();
    expect(createPolicyStore(again).list()).toEqual([
      { ...policy, enabled: false, recursive: false, retentionCount: 3 },
      other,
    ]);
    again.close();
  });

  it('go one by one, or with their host', () => {
    const db = open();
    const store = createPolicyStore(db);
    store.add(policy);
    store.add(other);
    store.removeOf('other');
    expect(store.list()).toEqual([policy]);
    store.remove(policy.id);
    expect(() => store.remove(policy.id)).toThrow(missing);
    expect(() => store.get(policy.id)).toThrow(missing);
    expect(() => store.update(policy)).toThrow(missing);
    db.close();
  });

  it('that are spoilt say so, and are not taken for none', () => {
    const db = open();
    createPolicyStore(db).add(policy);
    db.exec("UPDATE snapshot_policies SET schedule_cron = '; rm'");
    expect(() => createPolicyStore(db).list()).toThrow(expect.objectContaining({ code: 'internal' }));
    db.close();
  });
});

describe('policies on the demo fleet', () => {
  let core: TestCore;
  beforeEach(async () => {
    core = await startTestCore({ dataDirectory: folder, demo: true, start: createCore });
  });
  afterEach(() => core.close());
  const list = async () => (await core.call('policies:list', {})).policies;
  const one = async (id: string) => (await list()).find((policy) => policy.id === id);

  it('are not judged before the host was read, and then tell what is due', async () => {
    const made = await core.call('policies:create', { settings });
    expect(await one(made.id)).toMatchObject({
      ...{ hostName: 'nas-01', words: expect.stringContaining('4 hours'), state: 'unknown' },
      reason: 'The host was never read.',
    });
    await core.call('inventory:refresh', { hostId: 'demo-nas' });
    // Made just now: no moment has come since.
    expect(await one(made.id)).toMatchObject({
      state: 'waiting',
      volumeCount: expect.toSatisfy((n) => n > 1),
    });
    await core.call('inventory:refresh', { hostId: 'demo-kvm' });
    const weekly = (await list()).find(({ hostId }) => hostId === 'demo-kvm');
    expect(weekly).toMatchObject({ state: 'due', poolId: 'lvm:vg0' });
    expect(weekly?.dueVolumeIds).toContain('lvm:vg0/swap');
    expect(weekly?.dueVolumeIds.length).toBeLessThanOrEqual(weekly?.volumeCount ?? 0);
  });

  it('are changed, disabled and deleted; what is due counts from the change on', async () => {
    await core.call('inventory:refresh', { hostId: 'demo-kvm' });
    const [weekly] = (await list()).filter(({ hostId }) => hostId === 'demo-kvm');
    if (weekly === undefined) throw new Error('The demo has no policy for kvm-03');
    const { hostId, backend, poolName, recursive, schedule, retentionCount } = weekly;
    const own = { hostId, backend, poolName, recursive, schedule, retentionCount, enabled: true };
    const change = (patch: Partial<PolicySettings>) =>
      core.call('policies:update', { policyId: weekly.id, settings: { ...own, ...patch } });
    await change({ retentionCount: 9 });
    expect(await one(weekly.id)).toMatchObject({ retentionCount: 9, state: 'due' });
    await change({ enabled: false });
    expect(await one(weekly.id)).toMatchObject({ state: 'off', nextAtMs: null, dueVolumeIds: [] });
    await change({ schedule: '@monthly' });
    expect(await one(weekly.id)).toMatchObject({ state: 'waiting' });
    await core.call('policies:delete', { policyId: weekly.id });
    expect(await one(weekly.id)).toBeUndefined();
    await expect(core.call('policies:delete', { policyId: weekly.id })).rejects.toThrow(': not-found: ');
  });

  it.each([
    ['an array', { backend: 'mdadm' as const, poolName: '/dev/md0' }, 'invalid-request'],
    ['no schedule', { schedule: '0 0 30 2 *' }, 'invalid-request'],
    ['something that is not there', { poolName: 'tank/none' }, 'invalid-request'],
    ['no host', { hostId: 'gone' }, 'not-found'],
  ])('are refused for %s', async (_what, patch, code) => {
    await core.call('inventory:refresh', { hostId: 'demo-nas' });
    const before = await list();
    await expect(core.call('policies:create', { settings: { ...settings, ...patch } })).rejects.toThrow(
      `: ${code}: `,
    );
    expect(await list()).toHaveLength(before.length);
  });

  it('of a schedule that this version does not read stand beside the others', async () => {
    const made = await core.call('policies:create', { settings });
    const db = openDatabase(join(folder, 'app.sqlite'), appMigrations, 'The file app.sqlite').db;
    db.prepare('UPDATE snapshot_policies SET schedule_cron = ? WHERE id = ?').run('0 0 * * 9', made.id);
    db.close();
    const rows = await list();
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.find(({ id }) => id === made.id)).toMatchObject({
      ...{ state: 'unknown', words: '0 0 * * 9', nextAtMs: null },
      reason: expect.stringContaining('is not a schedule'),
    });
  });

  it.each([
    ['tank/home/anna', false, 1],
    // tank/home itself has none.
    ['tank/home', true, 6],
  ])('prune the snapshots of %s and no others (recursive: %s)', async (poolName, recursive, count) => {
    await core.call('inventory:refresh', { hostId: 'demo-nas' });
    const made = await core.call('policies:create', {
      settings: { ...settings, poolName, recursive },
    });
    const rule = { last: 1, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
    const scope = { hostId: 'demo-nas', poolId: null, search: '', rule };
    const { rows } = await core.call('snapshots:prune', { ...scope, policyId: made.id });
    const volumes = new Set(rows.map(({ snapshot }) => snapshot.volumeName));
    expect([...volumes].filter((name) => name !== poolName && !name?.startsWith('tank/home/'))).toEqual([]);
    expect(volumes.size).toBe(count);
    const all = await core.call('snapshots:prune', { ...scope, policyId: null });
    expect(all.remove).toBeGreaterThan(rows.length);
    const elsewhere = { ...scope, hostId: 'demo-kvm', policyId: made.id };
    expect(await core.call('snapshots:prune', elsewhere)).toMatchObject({ keep: 0, remove: 0, stay: 0 });
  });

  it('tell what would be there on a day to come, and send nothing for it', async () => {
    const made = await core.call('policies:create', {
      settings: { ...settings, schedule: '@daily', retentionCount: 3 },
    });
    const ask = (days: number, shownDay: number, policyId = made.id) =>
      core.call('policies:dryRun', { policyId, days, shownDay });
    await expect(ask(7, 6)).rejects.toThrow(': refused: ');
    await core.call('inventory:refresh', { hostId: 'demo-nas' });
    const { days, shown, shownCount, volumeCount, presentCount } = await ask(7, 6);
    expect(volumeCount).toBeGreaterThan(1);
    expect(days).toHaveLength(7);
    // Today has no midnight to come.
    expect(days[0]).toMatchObject({ taken: 0, removed: 0, there: presentCount });
    expect(days.slice(1).every(({ taken }) => taken === volumeCount)).toBe(true);
    const last = days[6];
    expect(last?.there).toBe(shownCount);
    expect((last?.there ?? 0) - (last?.stay ?? 0)).toBe(3 * volumeCount);
    expect(shown.filter(({ name }) => name === null)).toHaveLength(3 * volumeCount);
    expect((await ask(7, 0)).shownCount).toBe(presentCount);

    const often = await core.call('policies:create', { settings: { ...settings, schedule: '* * * * *' } });
    await expect(ask(366, 0, often.id)).rejects.toThrow(': refused: ');
    await expect(ask(7, 0, '00000000-0000-4000-8000-000000000000')).rejects.toThrow(': not-found: ');
  });

  it('describe a schedule while it is typed', async () => {
    const { words, nextAtMs } = await core.call('policies:describe', { schedule: '@hourly' });
    expect(words).toBe('Every hour');
    expect(nextAtMs).toHaveLength(5);
    await expect(core.call('policies:describe', { schedule: 'often' })).rejects.toThrow(
      ': invalid-request: ',
    );
  });
});
