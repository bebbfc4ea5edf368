import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onLab, resetLabWithoutMsb, type Lab } from './lab';
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
    lab = await resetLabWithoutMsb();
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

  it('reads the details of single snapshots as zfs(8) prints them, and says which are gone', async () => {
    await zfs('snapshot tank/data@gone');
    await live.call('inventory:refresh', { hostId });
    await zfs('destroy tank/data@gone');
    const answer = await live.call('inventory:snapshotDetails', {
      hostId,
      snapshotIds: ['zfs:tank/data@first', 'zfs:tank/data@gone'],
    });
    expect(answer.gone).toEqual(['zfs:tank/data@gone']);
    const [used, referenced, creation] = (
      await zfs('list -Hp -t snapshot -o used,refer,creation tank/data@first')
    )
      .trim()
      .split('\t')
      .map(Number);
    expect(answer.snapshots).toEqual([
      expect.objectContaining({
        id: 'zfs:tank/data@first',
        usedBytes: used,
        sizeBytes: referenced,
        createdAtMs: (creation ?? NaN) * 1000,
      }),
    ]);
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

/** Pools, disks and datasets from the first disk to the last, each step checked with zpool(8) and zfs(8). */
describe('the work on ZFS pools, on the lab machine', () => {
  let lab: Lab;
  let live: LiveCore;
  let hostId: string;
  const zfs = (line: string) => onLab(lab, `sudo zfs ${line}`);
  const zpool = (line: string) => onLab(lab, `sudo zpool ${line}`);
  const disk = (number: number) => `/dev/disk/by-id/virtio-LABDISK000${number}`;
  const member = (number: number) => `${disk(number)}-part1`;
  const members = async (pool: string) =>
    (await zpool(`list -vHP -o name ${pool}`)).split('\n').flatMap((line) => /\/dev\/\S+/.exec(line) ?? []);
  const stateOf = async (pool: string, name: string) =>
    new RegExp(`${name}\\s+([A-Z]+)`).exec(await zpool(`status -P ${pool}`))?.[1];
  const resilvered = (pool: string) => zpool(`wait -t resilver,replace ${pool}`);
  const scans = (suspend: 0 | 1) =>
    onLab(lab, `echo ${suspend} | sudo tee /sys/module/zfs/parameters/zfs_scan_suspend_progress`);
  type Input = Parameters<LiveCore['run']>[2];
  const done = async (action: string, input: Input) => {
    const { plan, result } = await live.run(hostId, action, input);
    expect([action, plan.blockers, result.outcome, result.message]).toEqual([
      action,
      [],
      expect.stringMatching(/^(?:ok|warning)$/),
      expect.any(String),
    ]);
    expect(['confirmed', 'pending']).toContain(result.verification.status);
    return { plan, result };
  };
  const blocked = async (action: string, input: Input) => {
    const plan = await live.call('operations:plan', { hostId, action, input });
    const typed = { typedTarget: plan.typed.target, typedHost: plan.typed.host };
    expect((await live.call('operations:run', { planId: plan.id, ...typed })).outcome).toBe('refused');
    return plan.blockers.map(({ text }) => text).join(' ');
  };

  beforeAll(async () => {
    lab = await resetLabWithoutMsb();
    live = await startLiveCore();
    hostId = (await live.addLabHost(lab)).id;
    await live.call('settings:update', { readOnly: false });
  });

  afterAll(async () => {
    await live?.close();
    await onLab(lab, 'for p in $(sudo zpool list -Ho name); do sudo zpool destroy -f $p; done');
    expect(await onLab(lab, 'sudo zpool list -H')).toBe('');
  });

  it('creates a mirror with the sector size asked for, and offers what is there', async () => {
    const { plan } = await done('zfs.pool.create', {
      name: 'tank',
      level: 'mirror',
      devices: [disk(1), disk(2)],
      ashift: '12',
    });
    expect(plan.steps[0]?.commandLine).toContain(
      `zpool create -o ashift=12 tank mirror ${disk(1)} ${disk(2)}`,
    );
    expect(await members('tank')).toEqual([member(1), member(2)]);
    expect(await zpool('get -Hp -o value ashift tank')).toBe('12\n');
    const { pools } = await live.call('inventory:refresh', { hostId });
    expect(pools[0]).toMatchObject({ level: 'mirror', health: 'ok' });
    expect(pools[0]?.facts).toContainEqual({ label: 'Sector size (ashift)', text: '12 (4096 bytes)' });
  });

  it('takes no disk that is in use or holds data, and names by what', async () => {
    await onLab(lab, `sudo mkfs.ext4 -q -L data ${disk(3)}; sudo udevadm settle`);
    const words = await blocked('zfs.pool.create', {
      name: 'other',
      level: 'raidz',
      devices: [disk(1), disk(3), disk(4)],
      ashift: 'auto',
    });
    expect(words).toContain(`${disk(1)} is in use by pool tank`);
    expect(words).toContain('holds ext4 "data"');
    await onLab(lab, `sudo wipefs -aq ${disk(3)}; sudo udevadm trigger --settle --subsystem-match=block`);
    expect(await zpool('list -Ho name')).toBe('tank\n');
  });

  it('scrubs, pauses, goes on and stops', async () => {
    await onLab(lab, 'sudo dd if=/dev/urandom of=/tank/file bs=1M count=24 status=none');
    await scans(1);
    await done('zfs.scrub.start', { pool: 'tank' });
    expect(await zpool('status tank')).toContain('scrub in progress');
    const running = (await live.call('inventory:refresh', { hostId })).pools[0]?.activity;
    expect(running).toMatchObject({ kind: 'scrub', state: 'running' });
    await done('zfs.scrub.pause', { pool: 'tank' });
    expect(await zpool('status tank')).toContain('scrub paused');
    await done('zfs.scrub.start', { pool: 'tank' });
    await done('zfs.scrub.stop', { pool: 'tank' });
    expect(await zpool('status tank')).toContain('scrub canceled');
    await scans(0);
  });

  it('attaches, takes offline, brings online and detaches', async () => {
    await done('zfs.device.attach', { pool: 'tank', member: member(1), device: disk(3) });
    await resilvered('tank');
    expect(await members('tank')).toContain(member(3));
    await done('zfs.device.offline', { pool: 'tank', member: member(2) });
    expect(await stateOf('tank', member(2))).toBe('OFFLINE');
    await done('zfs.device.online', { pool: 'tank', member: member(2) });
    await resilvered('tank');
    expect(await stateOf('tank', member(2))).toBe('ONLINE');
    await done('zfs.device.detach', { pool: 'tank', member: member(3) });
    expect(await members('tank')).toEqual([member(1), member(2)]);
  });

  it('replaces a disk and follows it to the end', async () => {
    await scans(1);
    const { plan, result } = await done('zfs.device.replace', {
      pool: 'tank',
      member: member(2),
      device: disk(4),
    });
    expect(plan.consequences.map(({ text }) => text).join(' ')).toContain('is healthy');
    expect(result.verification.status).toBe('pending');
    const { pools } = await live.call('inventory:refresh', { hostId });
    expect(pools[0]?.activity).toMatchObject({ kind: 'resilver', state: 'running' });
    expect(JSON.stringify(pools[0]?.topology)).toContain('replacing-1');
    await scans(0);
    await resilvered('tank');
    expect(await members('tank')).toEqual([member(1), member(4)]);
    expect((await live.call('inventory:refresh', { hostId })).pools[0]?.health).toBe('ok');
  });

  it('clears what a damaged disk counted', async () => {
    await zpool('export tank');
    await onLab(
      lab,
      `sudo dd if=/dev/urandom of=${member(4)} bs=1M seek=5 count=150 conv=notrunc status=none`,
    );
    await zpool('import tank');
    await zpool('scrub -w tank');
    const before = await live.call('inventory:refresh', { hostId });
    expect(before.pools[0]?.problems.map(({ text }) => text).join(' ')).toContain('checksum');
    await done('zfs.errors.clear', { pool: 'tank', member: null });
    expect(await zpool('status -x tank')).toContain('is healthy');
  });

  it('trims, and makes and discards a checkpoint', async () => {
    await done('zfs.trim.start', { pool: 'tank' });
    await zpool('wait -t trim tank');
    expect(await zpool('status -t tank')).toContain('100% trimmed');
    await zpool('trim -r 1K tank');
    await done('zfs.trim.cancel', { pool: 'tank' });
    expect(await zpool('status -t tank')).not.toContain('started at');
    await done('zfs.checkpoint.create', { pool: 'tank' });
    expect(await zpool('status tank')).toContain('checkpoint: created');
    await done('zfs.checkpoint.discard', { pool: 'tank' });
    expect(await zpool('list -Hp -o checkpoint tank')).toBe('-\n');
  });

  it('creates datasets and volumes, sets properties, renames', async () => {
    const plain = { quota: null, recordsize: 'inherit', atime: 'inherit' };
    await done('zfs.dataset.create', {
      parent: 'tank',
      name: 'data',
      compression: 'zstd',
      ...plain,
      atime: 'off',
    });
    expect(await zfs('get -H -o value compression,atime tank/data')).toBe('zstd\noff\n');
    await done('zfs.volume.create', {
      parent: 'tank',
      name: 'vol',
      size: '32M',
      sparse: true,
      compression: 'inherit',
    });
    expect(await zfs('get -Hp -o value volsize,refreservation tank/vol')).toBe('33554432\n0\n');
    await done('zfs.property.set', { dataset: 'tank/vol', property: 'volsize', value: '64M' });
    expect(await zfs('get -Hp -o value volsize tank/vol')).toBe('67108864\n');
    expect(
      await blocked('zfs.property.set', { dataset: 'tank/vol', property: 'volsize', value: '16M' }),
    ).toContain('cuts off');
    await done('zfs.property.set', { dataset: 'tank/data', property: 'quota', value: '100M' });
    expect(await zfs('get -Hp -o value quota tank/data')).toBe('104857600\n');
    await done('zfs.dataset.rename', { dataset: 'tank/data', newName: 'tank/work' });
    expect(await zfs('list -Ho name -r tank')).toBe('tank\ntank/vol\ntank/work\n');
  });

  it('holds, bookmarks, clones, promotes, and restores beside', async () => {
    await onLab(
      lab,
      'echo one | sudo tee /tank/work/file; sudo zfs snapshot tank/work@s1; echo two | sudo tee /tank/work/file',
    );
    await done('zfs.snapshot.hold', { snapshot: 'tank/work@s1', tag: 'keep' });
    expect(await zfs('holds -H tank/work@s1')).toContain('\tkeep\t');
    expect(await blocked('zfs.snapshot.destroy', { snapshot: 'tank/work@s1' })).toContain('keep');
    await done('zfs.snapshot.release', { snapshot: 'tank/work@s1', tag: 'keep' });
    expect(await zfs('holds -H tank/work@s1')).toBe('');
    await done('zfs.bookmark.create', { snapshot: 'tank/work@s1', name: 'b1' });
    expect(await zfs('list -Ho name -t bookmark')).toBe('tank/work#b1\n');
    await done('zfs.bookmark.destroy', { dataset: 'tank/work', name: 'b1' });
    expect(await zfs('list -Ho name -t bookmark')).toBe('');
    await done('zfs.snapshot.restoreBeside', {
      snapshot: 'tank/work@s1',
      before: 'now',
      name: 'tank/work-s1',
    });
    expect(await onLab(lab, 'cat /tank/work/file /tank/work-s1/file')).toBe('two\none\n');
    expect(await zfs('list -Ho name -t snapshot tank/work')).toBe('tank/work@s1\ntank/work@now\n');
    await done('zfs.snapshot.clone', { snapshot: 'tank/work@now', name: 'tank/copy' });
    await done('zfs.dataset.promote', { dataset: 'tank/copy' });
    expect(await zfs('get -H -o value origin tank/copy tank/work')).toBe('-\ntank/copy@now\n');
    await zfs('promote tank/work');
    await zfs('destroy tank/copy');
  });

  it('destroys many snapshots under one confirmation and says what they free together', async () => {
    for (const name of ['a', 'b', 'c']) {
      await onLab(
        lab,
        `sudo dd if=/dev/urandom of=/tank/work/big bs=1M count=4 status=none; sudo zfs snapshot tank/work@${name}`,
      );
    }
    const items = ['a', 'b', 's1'].map((name) => ({ snapshot: `tank/work@${name}` }));
    const { plan, result } = await live.run(hostId, 'zfs.snapshot.destroy', { items, goOn: true });
    // s1 is what tank/work-s1 was cloned from: left out, and said.
    expect(plan.steps).toHaveLength(2);
    const words = plan.consequences.map(({ text }) => text).join(' ');
    expect(words).toContain('1 snapshot of 3 cannot be done');
    const told = /Together they free ([\d.]+) MiB/.exec(words)?.[1];
    const preview = Number((await zfs('list -Hp -o used tank/work@c')).trim());
    expect(Number(told)).toBeGreaterThan(7);
    expect(preview).toBeGreaterThanOrEqual(0);
    expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(await zfs('list -Ho name -t snapshot tank/work')).toBe(
      'tank/work@s1\ntank/work@now\ntank/work@c\n',
    );
  });

  it('destroys a tree only when asked for all of it, never what is in use', async () => {
    await zfs('create tank/old');
    await zfs('create tank/old/below');
    await zfs('snapshot -r tank/old@x');
    expect(await blocked('zfs.dataset.destroy', { dataset: 'tank/old', recursive: false })).toContain(
      'tank/old/below',
    );
    await onLab(
      lab,
      'sudo setsid -f sh -c "cd /tank/old/below; echo \\$\\$ > /tmp/user; exec sleep 300 > /dev/null 2>&1"; sleep 1',
    );
    expect(await blocked('zfs.dataset.destroy', { dataset: 'tank/old', recursive: true })).toContain(
      '/tank/old/below is in use',
    );
    await onLab(lab, 'sudo kill $(cat /tmp/user)');
    const { plan } = await done('zfs.dataset.destroy', { dataset: 'tank/old', recursive: true });
    const lost = plan.consequences.flatMap(({ items }) => items.map(({ name }) => name));
    expect(lost).toEqual(expect.arrayContaining(['tank/old/below', 'tank/old@x', 'tank/old/below@x']));
    expect(await zfs('list -Ho name -r tank')).toBe('tank\ntank/vol\ntank/work\ntank/work-s1\n');
  });

  it('exports and imports', async () => {
    await done('zfs.pool.export', { pool: 'tank' });
    expect(await zpool('list -H')).toBe('');
    await done('zfs.pool.import', { pool: 'tank' });
    expect(await zpool('list -Ho name,health')).toBe('tank\tONLINE\n');
  });

  it('keeps a chain that verifies over all of it', async () => {
    expect(await live.call('audit:verify', { sourceId: hostId })).toMatchObject({ ok: true, problems: [] });
  });
});

describe('a login without sudo rights', () => {
  let lab: Lab;
  let live: LiveCore;

  beforeAll(async () => {
    lab = await resetLabWithoutMsb();
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
    expect(failed.map(({ kind }) => kind).sort()).toEqual(['btrfs', 'lvm', 'zfs']);
    for (const { error } of failed) {
      expect(error?.code).toBe('sudo-refused');
      expect(error?.remedy).toContain('nosudo ALL=');
    }
    expect(inventory.pools).toEqual([]);
  });
});
