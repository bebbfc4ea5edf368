import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Disk } from '../../src-preload/contract/disks';
import type { HostInventory } from '../../src-preload/contract/inventory';
import { onLab, resetLabWithoutMsb, type Lab } from './lab';
import { startLiveCore, type LiveCore } from './live-core';

const ide = '/dev/disk/by-id/ata-QEMU_HARDDISK_LABIDE0001';

/** Disks, what uses them and their self-tests on the real machine, checked with its own tools. */
describe('disks on the lab machine', () => {
  let lab: Lab;
  let live: LiveCore;
  let hostId: string;
  let inventory: HostInventory;
  const disk = (name: string): Disk => {
    const found = inventory.disks?.find(({ path }) => path === `/dev/${name}`);
    if (found === undefined) throw new Error(`There is no disk ${name}.`);
    return found;
  };
  const offers = async (name: string) => {
    const subject = { kind: 'disk', diskId: disk(name).id } as const;
    const found = (await live.call('operations:offers', { hostId, subject })).offers;
    return new Map(found.map((offer) => [offer.action, offer]));
  };

  beforeAll(async () => {
    lab = await resetLabWithoutMsb();
    await onLab(
      lab,
      [
        'set -e',
        'sudo zpool create tank mirror /dev/disk/by-id/virtio-LABDISK0001 /dev/vdc',
        'sudo vgcreate -q vg0 /dev/vdd',
        'sudo lvcreate -q -y -L 100M -n data vg0',
        'sudo mkfs.ext4 -q /dev/vg0/data',
        'sudo mkdir -p /mnt/d',
        'sudo mount /dev/vg0/data /mnt/d',
        'sudo sgdisk -n1:0:+100M -n2:0:0 /dev/vdf > /dev/null',
        'sudo udevadm settle',
        'sudo mkswap /dev/vdf1 > /dev/null',
        'sudo swapon /dev/vdf1',
        'sudo mkfs.btrfs -q -f -L old /dev/vdg 2> /dev/null',
        'sudo udevadm settle',
      ].join('\n'),
    );
    live = await startLiveCore();
    hostId = (await live.addLabHost(lab, { accessLevel: 'operate' })).id;
    await live.call('settings:update', { readOnly: false });
    inventory = await live.call('inventory:refresh', { hostId });
  });

  afterAll(async () => {
    await live?.close();
    await onLab(
      lab,
      'sudo umount /mnt/d; sudo swapoff /dev/vdf1; sudo zpool destroy -f tank; sudo vgremove -q -f vg0; sudo wipefs -q -a /dev/vd[b-g][0-9]* /dev/vd[b-g] 2>/dev/null; true',
    );
    expect(await onLab(lab, 'sudo zpool list -H; sudo vgs --noheadings; sudo swapon --noheadings')).toBe('');
  });

  it('are the disks that lsblk lists, by the names that last', async () => {
    expect(inventory.disksError).toBeNull();
    const listed = (await onLab(lab, 'lsblk -dbno NAME,TYPE,SIZE,SERIAL'))
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([name, type]) => type === 'disk' && !/^zd/.test(name ?? ''));
    expect(listed.length).toBeGreaterThan(8);
    expect(
      inventory.disks?.map(({ path, sizeBytes, serial }) => [path, String(sizeBytes), serial]).sort(),
    ).toEqual(listed.map(([name, , size, serial]) => [`/dev/${name}`, size, serial]).sort());
    for (const { path, stablePath } of inventory.disks ?? []) {
      expect((await onLab(lab, `readlink -f ${stablePath}`)).trim()).toBe(path);
    }
  });

  it('say what uses them, and are free only when nothing does', async () => {
    expect(disk('vdb').uses).toEqual([{ kind: 'zpool', name: 'tank', path: '/dev/vdb1' }]);
    expect(disk('vdc').uses).toEqual([{ kind: 'zpool', name: 'tank', path: '/dev/vdc1' }]);
    expect(disk('vdd').uses.map(({ kind, name }) => [kind, name])).toEqual([
      ['volume-group', 'vg0'],
      ['mount', '/mnt/d'],
    ]);
    expect(disk('vdf').uses).toContainEqual({ kind: 'swap', name: 'swap', path: '/dev/vdf1' });
    const free = (inventory.disks ?? []).filter(({ ineligible }) => ineligible.length === 0);
    expect(free.map(({ path }) => path).sort()).toEqual(['/dev/sda', '/dev/vde', '/dev/vdh', '/dev/vdi']);
    for (const { path } of free) {
      expect(JSON.parse(await onLab(lab, `sudo wipefs -J ${path}`))).toEqual({ signatures: [] });
    }
    expect(disk('vdg').ineligible.join(' ')).toMatch(/btrfs/);
  });

  it('show the fill of a mounted file system as df does', async () => {
    const [size, used] = (await onLab(lab, 'df -B1 --output=size,used /mnt/d | tail -1')).trim().split(/\s+/);
    const mounted = disk('vdd').partitions.find(({ mountpoints }) => mountpoints.includes('/mnt/d'));
    expect(mounted?.filesystemSizeBytes).toBe(Number(size));
    expect(Math.abs((mounted?.filesystemUsedBytes ?? 0) - Number(used))).toBeLessThan(1024 * 1024);
  });

  it('tell SMART where there is some, and plainly that there is none elsewhere', async () => {
    expect(disk('sda')).toMatchObject({ health: 'ok', smart: { status: 'passed', temperatureCelsius: 31 } });
    expect(await onLab(lab, `sudo smartctl -H ${ide}`)).toContain('PASSED');
    expect(disk('vdb')).toMatchObject({ health: 'unknown', smart: { status: 'unavailable' } });
  });

  it('take a short and a long self-test, which the log of the disk then shows', async () => {
    for (const [action, line] of [
      ['disk.selftest.short', /# 1\s+Short offline\s+Completed without error/],
      ['disk.selftest.long', /# 1\s+Extended offline\s+Completed without error/],
    ] as const) {
      const offer = (await offers('sda')).get(action);
      expect(offer).toMatchObject({ excuse: null, input: { device: ide } });
      const { plan, result } = await live.run(hostId, action, { device: ide });
      expect(plan.typed).toEqual({ target: null, host: null });
      expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
      expect(await onLab(lab, `sudo smartctl -l selftest ${ide}`)).toMatch(line);
      const rows = await live.auditOf(hostId, result.operationId);
      expect(rows.map(({ event }) => event)).toEqual(['started', 'finished']);
      expect(rows[0]?.commands).toContain(plan.steps[0]?.commandLine);
    }
  });

  it('refuse a self-test of a virtual disk, and stopping one that does not run', async () => {
    expect((await offers('vdb')).get('disk.selftest.short')?.excuse).toContain('virtual disk');
    const before = await onLab(lab, `sudo smartctl -l selftest ${ide}`);
    for (const [action, device] of [
      ['disk.selftest.short', '/dev/disk/by-id/virtio-LABDISK0001'],
      ['disk.selftest.abort', ide],
    ] as const) {
      const { plan, result } = await live.run(hostId, action, { device });
      expect(plan.blockers).not.toEqual([]);
      expect(result.outcome).toBe('refused');
    }
    expect(await onLab(lab, `sudo smartctl -l selftest ${ide}`)).toBe(before);
  });
});

/** From a blank disk to a mount that lasts, and back to a host as it was. */
describe('a file system of the lab machine', () => {
  const disk = '/dev/disk/by-id/virtio-LABDISK0007';
  const partition = `${disk}-part1`;
  let lab: Lab;
  let live: LiveCore;
  let hostId: string;
  let fstab: string;
  const rawFstab = () => onLab(lab, 'sudo base64 -w0 /etc/fstab; stat -c " %a %U %G" /etc/fstab');
  const offer = async (action: string) => {
    const { disks } = await live.call('inventory:refresh', { hostId });
    const found = disks?.find(({ stablePath }) => stablePath === disk);
    if (found === undefined) throw new Error('The disk is not there.');
    const subject = { kind: 'disk', diskId: found.id } as const;
    const { offers } = await live.call('operations:offers', { hostId, subject });
    return { disk: found, offer: offers.find((each) => each.action === action) };
  };

  beforeAll(async () => {
    lab = await resetLabWithoutMsb();
    fstab = await rawFstab();
    await onLab(
      lab,
      [
        'set -e',
        `sudo sgdisk -n1:0:0 ${disk} > /dev/null`,
        'sudo udevadm settle',
        `sudo mkfs.ext4 -q -L usbdata ${partition}`,
        `sudo udevadm trigger --settle ${disk} ${partition}`,
      ].join('\n'),
    );
    live = await startLiveCore();
    hostId = (await live.addLabHost(lab, { accessLevel: 'administer' })).id;
    await live.call('settings:update', { readOnly: false });
  });

  afterAll(async () => {
    await live?.close();
    await onLab(
      lab,
      `sudo umount /mnt/usb 2>/dev/null; sudo rmdir /mnt/usb 2>/dev/null; sudo wipefs -q -a ${partition} ${disk}; sudo udevadm settle`,
    );
    expect(await rawFstab()).toBe(fstab);
  });

  it('is mounted by its UUID, now and at every start', async () => {
    const { offer: found } = await offer('disk.mount');
    expect(found?.fields.find(({ name }) => name === 'device')?.value).toBe(partition);
    const { plan, result } = await live.run(hostId, 'disk.mount', {
      ...{ device: partition, mountPoint: '/mnt/usb', readOnly: false, atStart: true },
    });
    expect(plan.blockers).toEqual([]);
    expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    const uuid = (await onLab(lab, `sudo blkid -s UUID -o value ${partition}`)).trim();
    expect(await onLab(lab, 'findmnt -no UUID,FSTYPE,OPTIONS -M /mnt/usb')).toMatch(
      new RegExp(`^${uuid} +ext4 +rw,nosuid,nodev`),
    );
    expect((await onLab(lab, 'cat /etc/fstab')).split('\n')[0]).toBe(
      `UUID=${uuid} /mnt/usb ext4 nosuid,nodev,nofail,x-systemd.device-timeout=10 0 2`,
    );
    expect((await onLab(lab, 'systemctl show -P FragmentPath mnt-usb.mount')).trim()).toMatch(
      /generator\/mnt-usb\.mount$/,
    );
    // Nothing that findmnt calls an error in it.
    await onLab(lab, 'sudo findmnt --verify --tab-file /etc/fstab > /dev/null');
  });

  it('is not unmounted while a program uses it, and its line stays', async () => {
    await onLab(
      lab,
      "sudo sh -c 'cd /mnt/usb; nohup sleep 300 > /dev/null 2>&1 < /dev/null & echo $! > /tmp/busy'",
    );
    const { result } = await live.run(hostId, 'disk.unmount', { device: partition, mountPoint: '/mnt/usb' });
    expect(result).toMatchObject({ outcome: 'failed', message: expect.stringContaining('is in use') });
    expect(await onLab(lab, 'cat /etc/fstab')).toContain(' /mnt/usb ext4 ');
    await onLab(lab, 'sudo kill $(cat /tmp/busy); sudo rm /tmp/busy');
  });

  it('is mounted once only', async () => {
    const { plan } = await live.run(hostId, 'disk.mount', {
      ...{ device: partition, mountPoint: '/mnt/other', readOnly: false, atStart: true },
    });
    expect(plan.blockers.map(({ text }) => text).join(' ')).toMatch(/mounted already, at \/mnt\/usb/);
  });

  it('is unmounted, and fstab is as it was, byte for byte', async () => {
    const { disk: mounted, offer: found } = await offer('disk.unmount');
    expect(mounted.uses).toContainEqual({
      kind: 'mount',
      name: '/mnt/usb',
      path: expect.stringMatching(/^\/dev\/vdh1$/),
    });
    expect(found?.input).toEqual({ device: partition, mountPoint: '/mnt/usb' });
    const { result } = await live.run(hostId, 'disk.unmount', found?.input ?? {});
    expect(result).toMatchObject({ outcome: 'ok', verification: { status: 'confirmed' } });
    expect(await onLab(lab, 'findmnt -n -M /mnt/usb || echo none')).toBe('none\n');
    expect(await rawFstab()).toBe(fstab);
  });
});

describe('the disks of a login without sudo rights', () => {
  let lab: Lab;
  let live: LiveCore;

  beforeAll(async () => {
    lab = await resetLabWithoutMsb();
    live = await startLiveCore();
  });
  afterAll(async () => live?.close());

  it('say which sudo rule lets SMART be read', async () => {
    const { id } = await live.addLabHost(lab, { user: 'nosudo' });
    const { disks } = await live.call('inventory:refresh', { hostId: id });
    const found = disks?.find(({ path }) => path === '/dev/sda');
    expect(found).toMatchObject({ health: 'unknown', smart: { status: 'unknown' } });
    expect(found?.smart.reason).toContain('nosudo ALL=(root) NOPASSWD: /usr/sbin/smartctl');
  });
});
