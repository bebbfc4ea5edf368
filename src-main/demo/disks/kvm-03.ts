import { gibibyte, mebibyte } from '../hosts/blueprint';
import { nvme, partitioned, solidState, usbDisk, virtioDisk } from './makers';
import type { DemoDisk } from './types';

/** kvm-03: LVM on NVMe and SATA, two disks that a SAN gateway provides as virtio, without any SMART, and a USB disk that is not mounted. */
export function kvm03Disks(): DemoDisk[] {
  const volume = (name: string, gibibytes: number, more: { mountpoint: string; usedBytes?: number }) => ({
    name: `vg0-${name}`,
    type: 'lvm' as const,
    kernelName: `dm-${name.length}`,
    sizeBytes: gibibytes * gibibyte,
    mountpoint: more.mountpoint,
    content: { type: more.mountpoint === '[SWAP]' ? 'swap' : 'ext4' },
    ...(more.usedBytes === undefined
      ? {}
      : { filesystem: { sizeBytes: Math.round(gibibytes * gibibyte * 0.98), usedBytes: more.usedBytes } }),
  });
  const system = (index: number, serial: string) =>
    partitioned(
      nvme(
        {
          name: `nvme${index}n1`,
          model: 'SAMSUNG MZVL2512HCJQ',
          serial,
          sizeBytes: 512_110_190_592,
        },
        { hours: 9_840, celsius: 42, usedPercent: 6 },
      ),
      [
        {
          number: 1,
          sizeBytes: 512 * mebibyte,
          content: { type: 'vfat' },
          partitionLabel: 'EFI System Partition',
          ...(index === 0 ? { mountpoint: '/boot/efi', usedBytes: 12 * mebibyte } : {}),
        },
        {
          number: 2,
          sizeBytes: 1024 * mebibyte,
          content: { type: 'ext4' },
          ...(index === 0 ? { mountpoint: '/boot', usedBytes: 310 * mebibyte } : {}),
        },
        {
          number: 3,
          sizeBytes: 470 * gibibyte,
          ...(index === 0
            ? {
                children: [
                  volume('root', 40, { mountpoint: '/', usedBytes: 22 * gibibyte }),
                  volume('var', 60, { mountpoint: '/var', usedBytes: 47 * gibibyte }),
                  volume('swap', 16, { mountpoint: '[SWAP]' }),
                ],
              }
            : {}),
        },
      ],
    );
  const guests = (name: string, serial: string) =>
    partitioned(
      solidState(
        { name, model: 'MZ7LH480HAHQ-00005', serial, sizeBytes: 480_103_981_056 },
        { hours: 9_812, celsius: 33 },
        11,
      ),
      [{ number: 1, sizeBytes: 0, partitionLabel: 'guests' }],
    );
  return [
    guests('sda', 'S45PNA0M701114'),
    guests('sdb', 'S45PNA0M701139'),
    virtioDisk({ name: 'vda', serial: 'SAN-LUN-0017', sizeBytes: 200 * gibibyte }),
    virtioDisk({ name: 'vdb', serial: 'SAN-LUN-0018', sizeBytes: 200 * gibibyte }),
    partitioned(
      usbDisk({ name: 'sdc', model: 'WD_Elements_25A2', serial: '575834314', sizeBytes: 2_000_365_289_472 }),
      [{ number: 1, sizeBytes: 0, content: { type: 'ext4', label: 'backup' } }],
    ),
    system(0, 'S64KNX0T512881'),
    system(1, 'S64KNX0T512902'),
  ];
}
