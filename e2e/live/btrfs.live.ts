import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationResult, Plan } from '../../src-preload/contract/operations';
import { commandsOf } from '../../src-main/core/testing/commands-of';
import { onLab, resetLabWithoutMsb, type Lab } from './lab';
import { startLiveCore, type LiveCore } from './live-core';

/** The btrfs journey on real file systems, checked with btrfs(8) itself. */
describe('btrfs on the lab machine', () => {
  let lab: Lab;
  let live: LiveCore;
  let hostId: string;
  let filesystem: string;
  const disk = (number: number): string => `/dev/disk/by-id/virtio-LABDISK000${number}`;
  const slow = (letter: string): string => `/dev/mapper/slow${letter}`;
  const sh = (line: string): Promise<string> =>
    onLab(lab, `export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C; ${line}`);
  const subvolumes = async (): Promise<string[]> =>
    (await sh("sudo btrfs subvolume list /mnt/b | sed 's/.* path //'"))
      .split('\n')
      .filter((path) => path !== '');
  const isReadOnly = (path: string): Promise<string> => sh(`sudo btrfs property get -t subvol '${path}' ro`);
  const devices = async (): Promise<string[]> =>
    (
      await sh(
        "sudo btrfs filesystem show --raw /mnt/b | sed -n 's/.*devid *\\([0-9]*\\) .* path \\(.*\\)/\\1 \\2/p'",
      )
    )
      .split('\n')
      .filter((line) => line !== '');

  /** Milliseconds that each read and each write of these slow devices takes from now on. */
  const pace = (readMs: number, writeMs = readMs, letters = 'b c d'): Promise<string> =>
    sh(
      `for d in ${letters}; do sudo dmsetup suspend --nolockfs slow$d; sudo dmsetup load slow$d --table "0 1048576 delay /dev/vd$d 0 ${readMs} /dev/vd$d 0 ${writeMs}"; sudo dmsetup resume slow$d; done`,
    );

  /** Writes take so long that work goes on until `command` of btrfs(8) was sent; then they may end. */
  async function held<T>(command: string, ask: () => Promise<T>): Promise<T> {
    await pace(1, 3000);
    const sent = `until pgrep -f 'btrfs[ ]${command}' > /dev/null; do sleep 0.5; done; sleep 1`;
    const released = sh(`timeout 120 sh -c "${sent}"; true`).then(() => pace(5));
    const asked = await ask();
    await released;
    return asked;
  }

  async function run(
    action: string,
    input: Record<string, string | boolean | number>,
  ): Promise<{ plan: Plan; result: OperationResult }> {
    const plan = await live.call('operations:plan', { hostId, action, input: { filesystem, ...input } });
    const result = await live.call('operations:run', {
      planId: plan.id,
      typedTarget: plan.typed.target,
      typedHost: plan.typed.host,
    });
    return { plan, result };
  }
  const done = { outcome: 'ok', verification: { status: 'confirmed' } };
  const underWay = { outcome: 'warning', verification: { status: 'pending' } };
  const blockersOf = async (
    action: string,
    input: Record<string, string | boolean | number>,
  ): Promise<string> => {
    const plan = await live.call('operations:plan', { hostId, action, input: { filesystem, ...input } });
    return plan.blockers.map(({ text }) => text).join(' ');
  };

  beforeAll(async () => {
    lab = await resetLabWithoutMsb();
    await sh(
      [
        'set -e',
        // Slow devices, so that what takes hours elsewhere can be seen running here.
        'for d in b c d; do sudo dmsetup create slow$d --table "0 1048576 delay /dev/vd$d 0 40"; done',
        'sudo mkfs.btrfs -q -L pool -d raid1 -m raid1 /dev/mapper/slowb /dev/mapper/slowc 2>/dev/null',
        'sudo mkdir -p /mnt/b /mnt/data',
        'sudo mount /dev/mapper/slowb /mnt/b',
        'sudo btrfs subvolume create /mnt/b/@data',
        'sudo btrfs subvolume create "/mnt/b/@data/with space"',
        'sudo mount -o subvol=@data /dev/mapper/slowb /mnt/data',
        'sudo dd if=/dev/urandom of=/mnt/b/@data/f bs=1M count=60 status=none',
        'sudo sync',
        'sudo mkfs.ext4 -q -L other /dev/vdi',
      ].join('\n'),
    );
    filesystem = (await sh('findmnt -no UUID /mnt/b')).trim();
    live = await startLiveCore();
    hostId = (await live.addLabHost(lab)).id;
    await live.call('settings:update', { readOnly: false });
  });

  afterAll(async () => {
    await live?.close();
    await sh(
      'sudo umount /mnt/data /mnt/b; for d in b c d; do sudo dmsetup remove --retry slow$d; done; sudo wipefs -a -q /dev/vd[b-i]; sudo btrfs device scan --forget; sudo udevadm trigger --settle --subsystem-match=block',
    );
    expect(await sh('sudo btrfs filesystem show')).toBe('');
  });

  it('reads file system, subvolumes and devices as btrfs(8) reports them', async () => {
    const inventory = await live.call('inventory:refresh', { hostId });
    const pool = inventory.pools.find(({ id }) => id === `btrfs:${filesystem}`);
    const free = /Free \(estimated\):\s+(\d+)/.exec(await sh('sudo btrfs filesystem usage -b /mnt/b'))?.[1];
    expect(pool).toMatchObject({
      name: 'pool',
      level: 'data RAID1, metadata RAID1',
      state: 'mounted',
      health: 'ok',
      freeBytes: Number(free),
    });
    expect(pool?.topology.map(({ name }) => name)).toEqual([slow('b'), slow('c')]);
    expect(inventory.volumes.filter(({ backend }) => backend === 'btrfs').map(({ name }) => name)).toEqual([
      '/mnt/b',
      '/mnt/data',
      '/mnt/data/with space',
    ]);
  });

  it('says that a login without root cannot read it, and shows nothing as empty', async () => {
    const host = await live.addLabHost(lab, { name: 'lab without sudo', user: 'nosudo', sudo: false });
    const inventory = await live.call('inventory:refresh', { hostId: host.id });
    expect(inventory.backends.find(({ kind }) => kind === 'btrfs')).toMatchObject({
      available: true,
      error: { code: 'unauthorized' },
    });
    await live.call('hosts:remove', { hostId: host.id });
  });

  it('creates a subvolume', async () => {
    const { plan, result } = await run('btrfs.subvolume.create', { parent: '/mnt/b', name: '@new' });
    expect(commandsOf(plan)[0]?.argv.join(' ')).toMatch(/btrfs subvolume create -- \/mnt\/b\/@new$/);
    expect(result).toMatchObject(done);
    expect(await subvolumes()).toContain('@new');
  });

  it('takes snapshots, read-only and writable, and makes their folder first', async () => {
    const first = await run('btrfs.snapshot.create', {
      source: '/mnt/b/@data',
      destination: '/mnt/b/.snapshots/one',
      readOnly: true,
    });
    expect(first.plan.steps).toHaveLength(2);
    expect(first.result).toMatchObject(done);
    const second = await run('btrfs.snapshot.create', {
      source: '/mnt/data',
      destination: '/mnt/b/.snapshots/two',
      readOnly: false,
    });
    expect(second.plan.steps).toHaveLength(1);
    expect(second.result).toMatchObject(done);
    expect(await subvolumes()).toEqual(
      expect.arrayContaining(['.snapshots', '.snapshots/one', '.snapshots/two']),
    );
    expect(await isReadOnly('/mnt/b/.snapshots/one')).toBe('ro=true\n');
    expect(await isReadOnly('/mnt/b/.snapshots/two')).toBe('ro=false\n');
    const inventory = await live.call('inventory:refresh', { hostId });
    expect(inventory.snapshotCount).toBe(2);
  });

  it('blocks a snapshot into a folder that is there, and onto another file system', async () => {
    const source = '/mnt/b/@data';
    expect(
      await blockersOf('btrfs.snapshot.create', {
        source,
        destination: '/mnt/b/.snapshots/one',
        readOnly: true,
      }),
    ).toContain('inside it');
    expect(
      await blockersOf('btrfs.snapshot.create', { source, destination: '/tmp/x', readOnly: true }),
    ).toContain('another file system');
  });

  it('makes a snapshot writable and read-only again', async () => {
    const path = '/mnt/b/.snapshots/one';
    expect((await run('btrfs.subvolume.write-access', { path, readOnly: false })).result).toMatchObject(done);
    expect(await isReadOnly(path)).toBe('ro=false\n');
    expect((await run('btrfs.subvolume.write-access', { path, readOnly: true })).result).toMatchObject(done);
    expect(await isReadOnly(path)).toBe('ro=true\n');
  });

  it('destroys snapshots, and never what is mounted or holds others', async () => {
    for (const name of ['one', 'two']) {
      const { result } = await run('btrfs.snapshot.destroy', { path: `/mnt/b/.snapshots/${name}` });
      expect(result).toMatchObject(done);
    }
    expect(await subvolumes()).not.toContain('.snapshots/one');
    const blocked = await blockersOf('btrfs.subvolume.destroy', { path: '/mnt/b/@data' });
    expect(blocked).toContain('mounted at /mnt/data');
    expect(blocked).toContain('within');
    expect((await run('btrfs.subvolume.destroy', { path: '/mnt/b/@new' })).result).toMatchObject(done);
    expect(await subvolumes()).not.toContain('@new');
  });

  it('sets the label', async () => {
    expect((await run('btrfs.label.set', { label: 'films' })).result).toMatchObject(done);
    expect(await sh('sudo btrfs filesystem label /mnt/b')).toBe('films\n');
  });

  it('starts a scrub that goes on by itself, cancels and resumes it', async () => {
    await sh(
      `for d in 1 2; do echo 524288 | sudo tee /sys/fs/btrfs/${filesystem}/devinfo/$d/scrub_speed_max > /dev/null; done`,
    );
    const { result } = await run('btrfs.scrub.start', {});
    expect(result).toMatchObject(underWay);
    expect(result.durationMs).toBeLessThan(30_000);
    const inventory = await live.call('inventory:refresh', { hostId });
    expect(inventory.pools[0]?.activity).toMatchObject({ kind: 'scrub', state: 'running' });
    expect((await run('btrfs.scrub.cancel', {})).result).toMatchObject(done);
    expect(await sh('sudo btrfs scrub status /mnt/b')).toContain('aborted');
    expect((await run('btrfs.scrub.resume', {})).result).toMatchObject(underWay);
    expect(await sh('sudo btrfs scrub status /mnt/b')).toContain('running');
    await sh('sudo btrfs scrub cancel /mnt/b');
  });

  it('balances, pauses, resumes and cancels', async () => {
    await pace(300, 1500);
    const { result } = await run('btrfs.balance.start', {
      everything: true,
      dataPercent: 0,
      metadataPercent: 0,
    });
    expect(result).toMatchObject(underWay);
    expect(await blockersOf('btrfs.device.remove', { device: 2 })).toContain('balance');
    const paused = await held('balance pause', () => run('btrfs.balance.pause', {}));
    expect(paused.result).toMatchObject(done);
    expect(await sh('sudo btrfs balance status /mnt/b || true')).toContain('is paused');
    await pace(1, 3000);
    expect((await run('btrfs.balance.resume', {})).result).toMatchObject(underWay);
    const ended = await held('balance cancel', () => run('btrfs.balance.cancel', {}));
    expect(ended.result).toMatchObject(done);
    expect(await sh('sudo btrfs balance status /mnt/b')).toContain('No balance found');
    await pace(40);
  });

  it('takes no disk that holds something', async () => {
    expect(await blockersOf('btrfs.device.add', { newDisk: disk(8) })).toContain('ext4 "other"');
    expect(await sh('sudo blkid -p -o value -s TYPE /dev/vdi')).toBe('ext4\n');
  });

  it('adds a device, and removes another', async () => {
    expect((await run('btrfs.device.add', { newDisk: disk(4) })).result).toMatchObject(done);
    expect(await devices()).toEqual([`1 ${slow('b')}`, `2 ${slow('c')}`, '3 /dev/vde']);
    const { result } = await run('btrfs.device.remove', { device: 2 });
    expect(['ok', 'warning']).toContain(result.outcome);
    await expect
      .poll(devices, { timeout: 120_000, interval: 2000 })
      .toEqual([`1 ${slow('b')}`, '3 /dev/vde']);
    expect(await blockersOf('btrfs.device.remove', { device: 1 })).toContain('at least 2 devices');
  });

  it('replaces a device and follows that to its end', async () => {
    const started = await run('btrfs.device.replace', { device: 3, newDisk: disk(5), avoidOld: false });
    expect(started.plan.consequences.map(({ text }) => text).join(' ')).toContain('has made no errors');
    expect(['ok', 'warning']).toContain(started.result.outcome);
    await expect
      .poll(devices, { timeout: 180_000, interval: 2000 })
      .toEqual([`1 ${slow('b')}`, '3 /dev/vdf']);
    expect(await sh('sudo btrfs replace status -1 /mnt/b')).toContain('finished');
    expect(await blockersOf('btrfs.replace.cancel', {})).toContain('No replacement is under way');
  });

  it('grows a device to its disk', async () => {
    await sh('sudo btrfs filesystem resize 3:400M /mnt/b');
    expect((await run('btrfs.device.resize', { device: 3 })).result).toMatchObject(done);
    expect(await sh('sudo btrfs filesystem show --raw /mnt/b')).toMatch(/devid\s+3 size 536870912/);
  });

  it('cancels a replacement that goes on, and keeps the device', async () => {
    await sh('sudo dd if=/dev/urandom of=/mnt/b/@data/more bs=1M count=100 status=none; sudo sync');
    // What is read of the old device comes slowly: there is a replacement to cancel.
    await pace(3000, 1, 'b');
    const started = await run('btrfs.device.replace', { device: 1, newDisk: disk(7), avoidOld: false });
    expect(started.result).toMatchObject(underWay);
    // btrfs takes it once data is copied, and calls it "not started" before.
    const status = (): Promise<string> => sh('sudo btrfs replace status -1 /mnt/b');
    await expect.poll(status, { timeout: 120_000, interval: 1000 }).toMatch(/[1-9]\S*% done/);
    const { result } = await run('btrfs.replace.cancel', {});
    await pace(1, 1, 'b');
    expect(result).toMatchObject(done);
    expect(await status()).toContain('canceled on');
    expect(await devices()).toContain(`1 ${slow('b')}`);
    expect((await devices()).join()).not.toContain('/dev/vdh');
  });

  it('refuses to make a file system, and records that it was asked', async () => {
    const refusal = await live.refusal('operations:plan', {
      hostId,
      action: 'btrfs.filesystem.create',
      input: { newDisk: disk(6) },
    });
    expect(refusal.code).toBe('refused');
    expect(await sh('sudo blkid -p -o value -s TYPE /dev/vdg || true')).toBe('');
  });
});
