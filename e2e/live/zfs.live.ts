import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onLab, resetLab, type Lab } from './lab';
import { startLiveCore, type LiveCore } from './live-core';

/** The ZFS journey on a real pool, checked with zfs(8) itself. */
describe('ZFS on the lab machine', () => {
  let lab: Lab;
  let live: LiveCore;
  let hostId: string;
  const zfs = (line: string) => onLab(lab, `sudo zfs ${line}`);
  const snapshots = async () =>
    (await zfs('list -H -t snapshot -o name -s createtxg')).split('\n').filter((name) => name !== '');

  beforeAll(async () => {
    lab = resetLab();
    await onLab(
      lab,
      'sudo zpool create tank mirror /dev/vdb /dev/vdc && sudo zfs create tank/data && sudo zfs create -V 32M tank/vol',
    );
    await onLab(lab, 'echo one | sudo tee /tank/data/file >/dev/null');
    live = await startLiveCore();
    hostId = (await live.addLabHost(lab)).id;
    await live.call('settings:update', { readOnly: false });
  });

  afterAll(async () => {
    await live?.close();
    await onLab(lab, 'sudo zpool destroy -f tank');
    expect(await onLab(lab, 'sudo zpool list -H')).toBe('');
  });

  it('reads the pool as zpool(8) reports it', async () => {
    const inventory = await live.call('inventory:refresh', { hostId });
    const pool = inventory.pools.find(({ id }) => id === 'zfs:tank');
    // Usable space, which is what people can fill: without parity and mirror copies, unlike `zpool list`.
    const [used, available] = (await zfs('list -Hp -o used,avail tank')).trim().split('\t').map(Number);
    expect(pool).toMatchObject({ state: 'ONLINE', health: 'ok' });
    expect(Math.abs((pool?.usedBytes ?? 0) - (used ?? NaN))).toBeLessThan(1024 * 1024);
    expect(Math.abs((pool?.sizeBytes ?? 0) - ((used ?? NaN) + (available ?? NaN)))).toBeLessThan(1024 * 1024);
    expect(pool?.topology[0]).toMatchObject({ role: 'mirror', state: 'ONLINE' });
    expect(pool?.topology[0]?.children).toHaveLength(2);
    expect(inventory.volumes.map(({ name }) => name).sort()).toEqual(['tank', 'tank/data', 'tank/vol']);
  });

  it('takes a snapshot that zfs(8) then lists, with its two rows in the audit', async () => {
    const { plan, result } = await live.run(hostId, 'zfs.snapshot.create', {
      dataset: 'tank/data',
      name: 'first',
      recursive: false,
    });
    expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(await snapshots()).toEqual(['tank/data@first']);
    const rows = await live.auditOf(hostId, result.operationId);
    expect(rows.map(({ event }) => event)).toEqual(['started', 'finished']);
    expect(rows[0]?.commands).toContain(plan.steps[0]?.commandLine);
    expect(live.questions.at(-1)?.detail).toContain(plan.steps[0]?.commandLine);
  });

  it('changes nothing when the person cancels, and leaves a row', async () => {
    live.answer.confirm = false;
    const { result } = await live.run(hostId, 'zfs.snapshot.create', {
      dataset: 'tank/data',
      name: 'never',
      recursive: false,
    });
    live.answer.confirm = true;
    expect(result.outcome).toBe('cancelled');
    expect(await snapshots()).toEqual(['tank/data@first']);
    const rows = await live.auditOf(hostId, result.operationId);
    expect(rows.map(({ event }) => event)).toEqual(['cancelled']);
  });

  it('rolls back, naming the newer snapshots that die, and verifies', async () => {
    await onLab(
      lab,
      'echo two | sudo tee /tank/data/file >/dev/null; sudo zfs snapshot tank/data@second; sudo zfs snapshot tank/data@third',
    );
    const { plan, result } = await live.run(hostId, 'zfs.snapshot.rollback', {
      snapshot: 'tank/data@first',
      destroyNewer: true,
    });
    const lost = plan.consequences.flatMap(({ severity, items }) =>
      severity === 'loss' ? items.map(({ name }) => name) : [],
    );
    expect(lost).toEqual(expect.arrayContaining(['tank/data@second', 'tank/data@third']));
    expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(await onLab(lab, 'cat /tank/data/file')).toBe('one\n');
    expect(await snapshots()).toEqual(['tank/data@first']);
  });

  it('refuses when the world changed after the plan, and runs nothing', async () => {
    await zfs('snapshot tank/data@second');
    const plan = await live.call('operations:plan', {
      hostId,
      action: 'zfs.snapshot.rollback',
      input: { snapshot: 'tank/data@first', destroyNewer: true },
    });
    await zfs('snapshot tank/data@surprise');
    await new Promise((done) => setTimeout(done, 5100));
    const result = await live.call('operations:run', {
      planId: plan.id,
      typedTarget: plan.typed.target,
      typedHost: plan.typed.host,
    });
    expect(result.outcome).toBe('refused');
    expect(await snapshots()).toContain('tank/data@surprise');
  });

  it('names the clone that keeps a snapshot alive, and destroys nothing', async () => {
    await zfs('clone tank/data@first tank/copy');
    const plan = await live.call('operations:plan', {
      hostId,
      action: 'zfs.snapshot.destroy',
      input: { snapshot: 'tank/data@first' },
    });
    expect(plan.blockers.map(({ text }) => text).join(' ')).toContain('tank/copy');
    const refusal = await live.call('operations:run', {
      planId: plan.id,
      typedTarget: plan.typed.target,
      typedHost: plan.typed.host,
    });
    expect(refusal.outcome).toBe('refused');
    await zfs('destroy tank/copy');
  });

  it('names the hold on a snapshot', async () => {
    await zfs('hold keep tank/data@first');
    const plan = await live.call('operations:plan', {
      hostId,
      action: 'zfs.snapshot.destroy',
      input: { snapshot: 'tank/data@first' },
    });
    expect(plan.blockers.map(({ text, remedy }) => text + remedy).join(' ')).toContain('keep');
    await zfs('release keep tank/data@first');
  });

  it('destroys one snapshot and no other', async () => {
    const before = await snapshots();
    const { result } = await live.run(hostId, 'zfs.snapshot.destroy', { snapshot: 'tank/data@second' });
    expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(await snapshots()).toEqual(before.filter((name) => name !== 'tank/data@second'));
  });

  it('keeps a chain that verifies over all of it', async () => {
    const report = await live.call('audit:verify', { sourceId: hostId });
    expect(report.problems).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.rowCount).toBeGreaterThan(8);
  });
});

describe('a login without sudo rights', () => {
  let lab: Lab;
  let live: LiveCore;

  beforeAll(async () => {
    lab = resetLab();
    await onLab(lab, 'sudo zpool create tank /dev/vdb');
    live = await startLiveCore();
    await live.call('settings:update', { readOnly: false });
  });
  afterAll(async () => {
    await live?.close();
    await onLab(lab, 'sudo zpool destroy -f tank');
  });

  it('says that sudo refused and which rule lifts it, never an empty host', async () => {
    const { id } = await live.addLabHost(lab, { user: 'nosudo' });
    const inventory = await live.call('inventory:refresh', { hostId: id });
    const failed = inventory.backends.filter(({ error }) => error !== null);
    expect(failed.map(({ kind }) => kind).sort()).toEqual(['lvm', 'zfs']);
    for (const { error } of failed) {
      expect(error?.code).toBe('sudo-refused');
      expect(error?.remedy).toContain('nosudo ALL=');
    }
    expect(inventory.pools).toEqual([]);
  });
});
