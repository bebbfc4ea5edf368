import { describe, expect, it } from 'vitest';
import { captured } from '../testing/captured';
import { isDisk, parseBlockDevices } from './block-devices';
import { parseLinks, stableNames } from './by-id';
import { groupOfMapperName } from './uses';

describe('names of disks', () => {
  it('come from by-id, the one with model and serial first', () => {
    const stable = stableNames(parseLinks(captured('disks', 'nvme-010-by-id').stdout));
    expect(stable.get('nvme0n1')).toBe('nvme-QEMU_NVMe_Ctrl_LABNVME0001');
    expect(stable.get('sda')).toBe('ata-QEMU_HARDDISK_LABIDE0001');
    expect(stable.get('vda')).toBe('virtio-LABROOT');
  });

  it('are not those of arrays, volumes and members', () => {
    const links = parseLinks(captured('disks', 'mixed-by-id').stdout);
    expect([...links.keys()].some((name) => /^(?:dm|md|lvm)-/.test(name))).toBe(true);
    const stable = stableNames(links);
    expect([...stable.values()].filter((name) => /^(?:dm|md|lvm)-/.test(name))).toEqual([]);
    expect(stable.get('vdd')).toBe('virtio-LABDISK0003');
  });

  it('prefer the serial over numbers, and never need a character that commands do not carry', () => {
    const prefer = (...names: string[]) =>
      stableNames(new Map(names.map((name) => [name, 'sdb']))).get('sdb');
    expect(prefer('wwn-0x5000c500a1', 'scsi-35000c500a1', 'ata-ST4000_Z1', 'usb-Dock_1-0:0')).toBe(
      'ata-ST4000_Z1',
    );
    expect(prefer('scsi-35000c500a1', 'scsi-SSEAGATE_ST600_S0M1')).toBe('scsi-SSEAGATE_ST600_S0M1');
    expect(prefer('ata-bad\\x20name', 'wwn-0x5000c500a1')).toBe('wwn-0x5000c500a1');
    expect(prefer('lvm-pv-uuid-abc')).toBeUndefined();
  });

  it('are not guessed from lines that are no links', () => {
    expect(() => parseLinks('what is this\n')).toThrow(
      expect.objectContaining({ code: 'unexpected-output' }),
    );
  });

  it('of device-mapper are those of a group and its volume, dashes undone', () => {
    expect(groupOfMapperName('vg0-my--data')).toBe('vg0');
    expect(groupOfMapperName('my--vg-data')).toBe('my-vg');
    expect(groupOfMapperName('nodash')).toBeNull();
  });
});

describe('block devices', () => {
  it.each([
    'mixed-lsblk',
    'left-lsblk',
    'mdadm-026-lsblk-J-md-O',
    'zfs-029-lsblk-J-zfs-O',
    'lvm-032-lsblk-J-lvm',
    'btrfs-052-lsblk-J-btrfs-O',
    'dm-015-lsblk-J-dm',
    'nvme-005-lsblk-nvme',
  ])('are read from %s', (name) => {
    const devices = parseBlockDevices(captured('disks', name).stdout);
    expect(devices.filter(isDisk).length).toBeGreaterThan(0);
    expect(devices.filter(isDisk).every(({ sizeBytes }) => sizeBytes > 0)).toBe(true);
    expect(devices.filter(isDisk).some(({ name: own }) => /^(?:zd|loop|md|dm)/.test(own))).toBe(false);
  });

  it('show a device with two parents below each', () => {
    const devices = parseBlockDevices(captured('disks', 'mdadm-026-lsblk-J-md-O').stdout);
    const below = devices.filter(({ children }) => children.some(({ kernelName }) => kernelName === 'md127'));
    expect(below.map(({ path }) => path)).toEqual(['/dev/vdb', '/dev/vdc']);
  });

  it('of older versions, with numbers and switches as text and one mountpoint', () => {
    const [device] = parseBlockDevices(
      '{"blockdevices":[{"name":"sda","type":"disk","size":"1000","ro":"0","rm":"1","rota":"1","mountpoint":"/"}]}',
    );
    expect(device).toMatchObject({
      path: '/dev/sda',
      sizeBytes: 1000,
      readOnly: false,
      removable: true,
      rotational: true,
      mountpoints: ['/'],
    });
  });

  it('are never guessed', () => {
    for (const text of [
      '',
      '{}',
      '{"blockdevices":[{"name":"sda"}]}',
      '{"blockdevices":[{"name":"sda","type":"disk","size":-1}]}',
    ]) {
      expect(() => parseBlockDevices(text)).toThrow(expect.objectContaining({ code: 'unexpected-output' }));
    }
  });
});
