import { mebibyte } from '../hosts/blueprint';
import { failedTest, hardDisk, partitioned, passedTest, solidState, type Worn } from './makers';
import type { DemoDisk } from './types';

const twelve = 12_000_138_625_024;

/**
 * vault-02: the disk that broke the mirror fails by its own word, the one the mirror reads from begins to. One disk
 * is free; another still carries somebody's file system.
 */
export function vault02Disks(): DemoDisk[] {
  const old = (name: string, serial: string, worn: Worn) =>
    hardDisk({ name, model: 'ST12000NM0127', serial, sizeBytes: twelve }, worn);
  const boot = (name: string, serial: string) =>
    partitioned(
      solidState(
        { name, model: 'INTEL_SSDSC2KB240G8', serial, sizeBytes: 240_057_409_536 },
        { hours: 21_350, celsius: 31 },
        17,
      ),
      [
        { number: 1, sizeBytes: mebibyte },
        { number: 2, sizeBytes: 512 * mebibyte, content: { type: 'vfat' } },
        { number: 3, sizeBytes: 0, content: { type: 'zfs_member', label: 'rpool' } },
      ],
    );
  return [
    boot('sda', 'BTYF01530A4F'),
    boot('sdb', 'BTYF015309ZR'),
    old('sdc', 'ZJV1G4KK', {
      hours: 30_118,
      celsius: 44,
      failing: true,
      reallocated: 3872,
      pending: 416,
      uncorrectable: 97,
      tests: [failedTest(30_096, 60), passedTest('Short offline', 29_760)],
    }),
    old('sdd', 'ZJV2B80T', { hours: 30_115, celsius: 41, reallocated: 16, pending: 8 }),
    old('sde', 'ZJV1LQ9C', { hours: 30_117, celsius: 39 }),
    old('sdf', 'ZJV2C0XA', { hours: 30_117, celsius: 40 }),
    hardDisk(
      { name: 'sdg', model: 'ST12000NM000J-2TY103', serial: 'WV70BZ5E', sizeBytes: twelve },
      { hours: 9, celsius: 42, tests: [] },
    ),
    hardDisk(
      { name: 'sdh', model: 'ST12000NM000J-2TY103', serial: 'WV70C1M8', sizeBytes: twelve },
      { hours: 4, celsius: 33, tests: [passedTest('Extended offline', 3)] },
    ),
    {
      ...hardDisk(
        {
          name: 'sdi',
          model: 'WDC_WD40EFRX-68N32N0',
          serial: 'WD-WCC7K3PA1XYZ',
          sizeBytes: 4_000_787_030_016,
        },
        { hours: 38_204, celsius: 35 },
      ),
      content: { type: 'ext4', label: 'old-office' },
    },
  ];
}
