import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commandsOf } from '../../src-main/core/testing/commands-of';
import { onLab, resetLabWithoutMsb, type Lab } from './lab';
import { startLiveCore, type LiveCore } from './live-core';

/** The LVM journey on a real volume group, checked with lvm(8) itself. */
describe('LVM on the lab machine', () => {
  let lab: Lab;
  let live: LiveCore;
  let hostId: string;
  const volumes = async () =>
    (await onLab(lab, 'sudo lvs --noheadings -o lv_name vg0'))
      .split('\n')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .sort();

  beforeAll(async () => {
    lab = await resetLabWithoutMsb();
    await onLab(
      lab,
      [
        'set -e',
        'sudo vgcreate -q vg0 /dev/vdd /dev/vde',
        'sudo lvcreate -q -y -L 64M -n data vg0',
        'sudo lvcreate -q -y -L 128M -T vg0/pool',
        'sudo lvcreate -q -y -V 64M -T vg0/pool -n thin',
        'echo one | sudo dd of=/dev/vg0/data conv=fsync status=none',
        'echo one | sudo dd of=/dev/vg0/thin conv=fsync status=none',
      ].join('\n'),
    );
    live = await startLiveCore();
    hostId = (await live.addLabHost(lab)).id;
    await live.call('settings:update', { readOnly: false });
  });

  afterAll(async () => {
    await live?.close();
    await onLab(
      lab,
      'sudo umount /mnt/lv /mnt/vg7 2>/dev/null; sudo pvmove --abort 2>/dev/null; sudo vgremove -q -f vg7 2>/dev/null; sudo vgremove -q -f vg8 2>/dev/null; sudo vgremove -q -f vg0; sudo pvremove -q /dev/vdd /dev/vde',
    );
    expect(await onLab(lab, 'sudo vgs --noheadings')).toBe('');
  });

  const firstBytes = (volume: string) => onLab(lab, `sudo dd if=/dev/vg0/${volume} bs=4 count=1 status=none`);

  it('reads groups, pools and volumes as lvm(8) reports them', async () => {
    const inventory = await live.call('inventory:refresh', { hostId });
    const group = inventory.pools.find(({ id }) => id === 'lvm:vg0');
    const free = Number(
      (await onLab(lab, 'sudo vgs --noheadings --units b --nosuffix -o vg_free vg0')).trim(),
    );
    expect(group).toMatchObject({ kind: 'volume-group', health: 'ok', freeBytes: free });
    expect(inventory.pools.find(({ id }) => id === 'lvm:vg0/pool')).toMatchObject({
      kind: 'thin-pool',
      parentPoolId: 'lvm:vg0',
    });
    expect(inventory.volumes.map(({ name }) => name).sort()).toEqual(['vg0/data', 'vg0/thin']);
  });

  it('takes a thick snapshot with the size asked for', async () => {
    const { plan, result } = await live.run(hostId, 'lvm.snapshot.create', {
      volumeGroup: 'vg0',
      logicalVolume: 'data',
      name: 'before',
      size: '32M',
    });
    expect(commandsOf(plan)[0]?.argv.join(' ')).toMatch(/lvcreate -L 32M -s -n before vg0\/data$/);
    expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(await volumes()).toContain('before');
  });

  it('rolls a closed volume back at once', async () => {
    await onLab(lab, 'echo two | sudo dd of=/dev/vg0/data conv=fsync status=none');
    const { result } = await live.run(hostId, 'lvm.snapshot.rollback', {
      volumeGroup: 'vg0',
      snapshot: 'before',
    });
    expect(['ok', 'warning']).toContain(result.outcome);
    // The merge runs in the background; the snapshot goes when it is done.
    await expect.poll(volumes, { timeout: 60_000, interval: 1000 }).not.toContain('before');
    expect(await firstBytes('data')).toBe('one\n');
  });

  it('says that the merge of an open volume is deferred', async () => {
    await live.run(hostId, 'lvm.snapshot.create', {
      volumeGroup: 'vg0',
      logicalVolume: 'data',
      name: 'deferred',
      size: '32M',
    });
    await onLab(
      lab,
      `sudo setsid -f sh -c 'echo $$ > /tmp/opener; exec sleep 300 3< /dev/vg0/data > /dev/null 2>&1'`,
    );
    await expect
      .poll(() => onLab(lab, 'sudo lvs --noheadings -o lv_device_open vg0/data'), {
        timeout: 30_000,
        interval: 500,
      })
      .toContain('open');
    const { plan, result } = await live.run(hostId, 'lvm.snapshot.rollback', {
      volumeGroup: 'vg0',
      snapshot: 'deferred',
    });
    expect(plan.consequences.map(({ text }) => text).join(' ')).toMatch(/next (activation|time)|deferred/i);
    expect(result.verification.status).toBe('pending');
    expect(result.outcome).toBe('warning');
    await onLab(
      lab,
      'sudo kill $(cat /tmp/opener); sudo lvchange -an vg0/data && sudo lvchange -ay vg0/data',
    );
    await expect.poll(volumes, { timeout: 60_000, interval: 1000 }).not.toContain('deferred');
  });

  it('takes, rolls back and destroys thin snapshots, naming siblings', async () => {
    for (const name of ['t1', 't2']) {
      const { result } = await live.run(hostId, 'lvm.snapshot.create', {
        volumeGroup: 'vg0',
        logicalVolume: 'thin',
        name,
        size: null,
      });
      expect(result.outcome).toBe('ok');
    }
    const plan = await live.call('operations:plan', {
      hostId,
      action: 'lvm.snapshot.rollback',
      input: { volumeGroup: 'vg0', snapshot: 't1' },
    });
    const named = plan.consequences
      .flatMap(({ text, items }) => [text, ...items.map(({ name }) => name)])
      .join(' ');
    expect(named).toContain('t2');
    const { result } = await live.run(hostId, 'lvm.snapshot.destroy', { volumeGroup: 'vg0', name: 't2' });
    expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(await volumes()).not.toContain('t2');
    expect(await volumes()).toContain('t1');
  });

  it('blocks a snapshot that the group has no room for', async () => {
    const plan = await live.call('operations:plan', {
      hostId,
      action: 'lvm.snapshot.create',
      input: { volumeGroup: 'vg0', logicalVolume: 'thin', name: 'toobig', size: '900G' },
    });
    expect(plan.blockers.length).toBeGreaterThan(0);
  });

  it('creates, extends, renames and destroys groups and volumes', async () => {
    const group = { volumeGroup: 'vg7' };
    const disks = [6, 7].map((number) => `/dev/disk/by-id/virtio-LABDISK000${number}`);
    const done = { outcome: 'ok', verification: { status: 'confirmed' } };
    const run = async (action: string, input: Record<string, unknown>) => {
      const { plan, result } = await live.run(hostId, action, input as Parameters<typeof live.run>[2]);
      expect([action, plan.blockers]).toEqual([action, []]);
      expect([action, result]).toEqual([action, expect.objectContaining({ outcome: 'ok' })]);
      expect(result).toMatchObject(done);
    };
    const report = async (fields: string) =>
      (await onLab(lab, `sudo lvs --noheadings --units m --nosuffix -o ${fields} vg7`))
        .trim()
        .replace(/\s+/g, ' ');
    await run('lvm.group.create', { name: 'vg7', devices: disks });
    expect((await onLab(lab, 'sudo vgs --noheadings -o pv_count vg7')).trim()).toBe('2');
    await run('lvm.group.extend', { ...group, devices: ['/dev/disk/by-id/virtio-LABDISK0008'] });
    expect((await onLab(lab, 'sudo vgs --noheadings -o pv_count vg7')).trim()).toBe('3');
    await run('lvm.volume.create', { ...group, name: 'data', size: '64M' });
    await onLab(
      lab,
      'sudo mkfs.ext4 -q /dev/vg7/data; sudo mkdir -p /mnt/vg7; sudo mount /dev/vg7/data /mnt/vg7',
    );
    await run('lvm.volume.extend', { ...group, volume: 'data', by: '64M', resizeFilesystem: true });
    expect(await report('lv_name,lv_size')).toBe('data 128.00');
    expect(Number((await onLab(lab, 'df -B1 --output=size /mnt/vg7 | tail -1')).trim())).toBeGreaterThan(
      90 * 1024 * 1024,
    );
    const mounted = await live.call('operations:plan', {
      hostId,
      action: 'lvm.volume.destroy',
      input: { ...group, volume: 'data' },
    });
    expect(mounted.blockers.map(({ text }) => text).join()).toContain('in use');
    await onLab(lab, 'sudo umount /mnt/vg7');
    await run('lvm.volume.rename', { ...group, volume: 'data', name: 'store' });
    expect(await report('lv_name')).toBe('store');
    await run('lvm.volume.destroy', { ...group, volume: 'store' });
    expect(await report('lv_name')).toBe('');
    const taken = await live.call('operations:plan', {
      hostId,
      action: 'lvm.group.create',
      input: { name: 'vg8', devices: disks },
    });
    expect(taken.blockers.map(({ text }) => text).join()).toContain('belongs to volume group vg7');
    await onLab(lab, 'sudo vgremove -q vg7; sudo pvremove -q /dev/vdg /dev/vdh /dev/vdi');
  });

  const planned = async (action: string, input: Record<string, unknown>) => {
    const { plan, result } = await live.run(hostId, action, input as Parameters<typeof live.run>[2]);
    expect([action, plan.blockers]).toEqual([action, []]);
    // A move that still runs is a warning: pending.
    expect(`${action} ${result.outcome}`).toMatch(/ (?:ok|warning)$/);
    return result.verification.status;
  };
  const blockersOf = async (action: string, input: Record<string, unknown>) => {
    const plan = await live.call('operations:plan', {
      hostId,
      action,
      input: input as Parameters<typeof live.run>[2],
    });
    return plan.blockers.map(({ text }) => text).join('\n');
  };
  const fieldOf = async (command: string) => (await onLab(lab, command)).trim();

  /** Percent of the time the kernel may spend on copying: a small move is over before anybody can look. */
  const copyShare = (percent: number) =>
    onLab(
      lab,
      `sudo modprobe dm_mirror; echo ${percent} | sudo tee /sys/module/dm_mirror/parameters/raid1_resync_throttle`,
    );

  it('empties a disk onto a new one while its volume is in use, stops that, and takes the disk out', async () => {
    const group = { volumeGroup: 'vg7' };
    const byId = (number: number) => `/dev/disk/by-id/virtio-LABDISK000${number}`;
    await onLab(
      lab,
      [
        'set -e',
        'sudo vgcreate -q vg7 /dev/vdf /dev/vdg',
        'sudo lvcreate -q -y -L 256M -n data vg7 /dev/vdf',
        'sudo mkfs.ext4 -q /dev/vg7/data',
        'sudo mkdir -p /mnt/vg7',
        'sudo mount /dev/vg7/data /mnt/vg7',
        'echo kept | sudo tee /mnt/vg7/file',
      ].join('\n'),
    );
    const reduce = { ...group, device: '/dev/vdf', clearLabel: true };
    expect(await blockersOf('lvm.group.reduce', reduce)).toContain('256 MiB lie on /dev/vdf: vg7/data.');
    const move = { ...group, device: '/dev/vdf', target: byId(7) };
    await copyShare(1);
    expect(await planned('lvm.pv.move', move)).toBe('pending');
    expect(await fieldOf('sudo lvs -a --noheadings -o move_pv vg7/pvmove0 | head -1')).toBe('/dev/vdf');
    expect(await blockersOf('lvm.group.rename', { ...group, name: 'vg8' })).toContain('is being moved');
    const inventory = await live.call('inventory:refresh', { hostId });
    expect(inventory.pools.find(({ id }) => id === 'lvm:vg7')?.activity).toMatchObject({
      kind: 'move',
      text: expect.stringContaining('from /dev/vdf to /dev/vdh'),
    });
    expect(await planned('lvm.pv.moveAbort', group)).toBe('confirmed');
    await copyShare(100);
    expect(await fieldOf('sudo lvs -a --noheadings -o lv_name vg7')).not.toContain('pvmove');

    expect(['pending', 'confirmed']).toContain(await planned('lvm.pv.move', { ...move, target: '/dev/vdh' }));
    await vi.waitFor(
      async () => expect(await fieldOf('sudo lvs -a --noheadings -o lv_name vg7')).not.toContain('pvmove'),
      { timeout: 120_000, interval: 2_000 },
    );
    expect(await fieldOf('sudo pvs --noheadings -o pv_used --units m --nosuffix /dev/vdf')).toBe('0');
    expect(await fieldOf('cat /mnt/vg7/file')).toBe('kept');
    expect(await planned('lvm.group.reduce', reduce)).toBe('confirmed');
    expect(await fieldOf('sudo vgs --noheadings -o pv_count vg7')).toBe('2');
    expect(await fieldOf('sudo blkid -p /dev/vdf; true')).toBe('');
  });

  it('deactivates, activates and renames, and destroys the group when it is empty', async () => {
    const volume = { volumeGroup: 'vg7', volume: 'data' };
    expect(await blockersOf('lvm.volume.deactivate', volume)).toContain('vg7/data is in use');
    await onLab(lab, 'sudo umount /mnt/vg7');
    expect(await planned('lvm.volume.deactivate', volume)).toBe('confirmed');
    expect(await fieldOf('sudo lvs --noheadings -o lv_active vg7/data')).toBe('');
    expect(await planned('lvm.group.rename', { volumeGroup: 'vg7', name: 'vg8' })).toBe('confirmed');
    expect(await planned('lvm.volume.activate', { ...volume, volumeGroup: 'vg8' })).toBe('confirmed');
    expect(await fieldOf('sudo lvs --noheadings -o lv_active vg8/data')).toBe('active');
    const destroy = { volumeGroup: 'vg8', clearLabel: true };
    expect(await blockersOf('lvm.group.destroy', destroy)).toContain('vg8 has 1 volume: vg8/data.');
    expect(await planned('lvm.volume.destroy', { ...volume, volumeGroup: 'vg8' })).toBe('confirmed');
    expect(await planned('lvm.group.destroy', destroy)).toBe('confirmed');
    expect(await fieldOf('sudo vgs --noheadings -o vg_name')).toBe('vg0');
    expect(await fieldOf('sudo pvs --noheadings -o pv_name | grep -c vd[gh]; true')).toBe('0');
  });

  it('makes a thin pool, extends its metadata, and promises more than it has', async () => {
    const pool = { volumeGroup: 'vg0', name: 'second', size: '48M', metadataSize: '4M' };
    expect(await planned('lvm.thinpool.create', pool)).toBe('confirmed');
    const metadata = () =>
      fieldOf('sudo lvs --noheadings --units m --nosuffix -o lv_metadata_size vg0/second');
    expect(await metadata()).toBe('4.00');
    const extend = { volumeGroup: 'vg0', pool: 'second', by: '4M' };
    expect(await planned('lvm.thinpool.extendMetadata', extend)).toBe('confirmed');
    expect(await metadata()).toBe('8.00');
    const thin = { volumeGroup: 'vg0', pool: 'second', name: 'promised', size: '1G' };
    expect(await planned('lvm.thin.create', thin)).toBe('confirmed');
    expect(await fieldOf('sudo lvs --noheadings -o pool_lv,lv_size --units m vg0/promised')).toMatch(
      /^second\s+1024\.00m$/,
    );
    expect(await planned('lvm.volume.destroy', { volumeGroup: 'vg0', volume: 'second' })).toBe('confirmed');
  });

  it('gives up a disk that is gone and held nothing', async () => {
    await onLab(lab, 'sudo vgextend -q vg0 /dev/vdi');
    const device = await fieldOf('basename $(readlink -f /sys/block/vdi/device)');
    const driver = '/sys/bus/virtio/drivers/virtio_blk';
    await onLab(lab, `echo ${device} | sudo tee ${driver}/unbind`);
    try {
      const inventory = await live.call('inventory:refresh', { hostId });
      expect(inventory.pools.find(({ id }) => id === 'lvm:vg0')).toMatchObject({ health: 'critical' });
      expect(
        await blockersOf('lvm.volume.create', { volumeGroup: 'vg0', name: 'more', size: '4M' }),
      ).toContain('misses a physical volume');
      expect(await planned('lvm.group.removeMissing', { volumeGroup: 'vg0' })).toBe('confirmed');
      expect(await fieldOf('sudo vgs --noheadings -o vg_missing_pv_count,pv_count vg0')).toMatch(/^0\s+2$/);
    } finally {
      await onLab(lab, `echo ${device} | sudo tee ${driver}/bind; sleep 1; sudo udevadm settle`);
      // It came back under the next free name.
      await onLab(
        lab,
        'for d in /dev/disk/by-id/virtio-LABDISK0008; do sudo pvremove -q -y -ff $d; sudo wipefs -qa $d; done',
      );
    }
  });
});
