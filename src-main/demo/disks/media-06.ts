import type { BtrfsModel } from '../btrfs/model';
import { gibibyte, mebibyte } from '../hosts/blueprint';
import { hardDisk, partitioned, solidState } from './makers';
import type { DemoDisk } from './types';

/** media-06: its disks as the model of its file systems has them now, and the one it starts from. */
export function media06Disks(model: BtrfsModel): DemoDisk[] {
  const boot = solidState(
    {
      name: 'sda',
      model: 'Samsung_SSD_860_EVO_250GB',
      serial: 'S3YHNB0K512904T',
      sizeBytes: 250_059_350_016,
    },
    { hours: 41_020, celsius: 31 },
    34,
  );
  const system = partitioned(boot, [
    {
      number: 1,
      sizeBytes: 512 * mebibyte,
      content: { type: 'vfat' },
      partitionLabel: 'EFI System Partition',
      mountpoint: '/boot/efi',
      usedBytes: 6 * mebibyte,
    },
    { number: 2, sizeBytes: 0, content: { type: 'ext4' }, mountpoint: '/', usedBytes: 62 * gibibyte },
  ]);
  return [
    system,
    ...model.disks.map((disk, index): DemoDisk => {
      const name = disk.path.replace('/dev/', '');
      const [, soldAs = '', serial = ''] = /by-id\/ata-(.+)_([^_]+)$/.exec(disk.aliases[0] ?? '') ?? [];
      // The disk that makes errors in its file system says so itself.
      const worn = name === 'sdd' ? { reallocated: 24, pending: 8, uncorrectable: 3 } : {};
      const sold = hardDisk(
        { name, model: soldAs, serial, sizeBytes: disk.sizeBytes },
        { hours: 19_400 + index * 411, celsius: 33 + (index % 4), ...worn },
      );
      const owner = model.ownerOf(disk);
      if (owner === null) return disk.content === null ? sold : { ...sold, content: disk.content };
      const mountpoint = owner.mounts[0]?.target;
      return {
        ...sold,
        content: { type: 'btrfs', uuid: owner.uuid, ...(owner.label === '' ? {} : { label: owner.label }) },
        // lsblk shows the mount on one of the devices alone: the one that mount(8) named.
        ...(mountpoint !== undefined && owner.devices[0]?.path === disk.path ? { mountpoint } : {}),
      };
    }),
  ];
}
