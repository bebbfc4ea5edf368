import { gibibyte, mebibyte } from '../hosts/blueprint';
import { hardDisk, nvme, partitioned, solidState } from './makers';
import type { DemoDisk } from './types';

const name = (index: number) => `sd${String.fromCharCode(97 + index)}`;

/** nas-01: three pools, two spare disks to try things with, and a cache whose endurance is nearly used up. */
export function nas01Disks(): DemoDisk[] {
  const eighteen = ['ZR5A1K0L', 'ZR5A1K3W', 'ZR5A2C7B', 'ZR5B0E11', 'ZR5B0F9Q', 'ZR5B4M2D', 'ZR5C0009'];
  const free = ['ZR5D11AA', 'ZR5D11C4'];
  const boot = solidState(
    { name: 'sda', model: 'KINGSTON_SA400S37240G', serial: '50026B7782A1C3D0', sizeBytes: 240_057_409_536 },
    { hours: 24_310, celsius: 29 },
    21,
  );
  return [
    partitioned(boot, [
      {
        number: 1,
        sizeBytes: 512 * mebibyte,
        content: { type: 'vfat' },
        partitionLabel: 'EFI System Partition',
        mountpoint: '/boot/efi',
        usedBytes: 6 * mebibyte,
      },
      { number: 2, sizeBytes: 0, content: { type: 'ext4' }, mountpoint: '/', usedBytes: 41.3 * gibibyte },
      { number: 3, sizeBytes: 8 * gibibyte, content: { type: 'swap' }, mountpoint: '[SWAP]' },
    ]),
    ...[...eighteen, ...free].map((serial, index) =>
      hardDisk(
        { name: name(index + 1), model: 'ST18000NM000J-2TV103', serial, sizeBytes: 18_000_207_937_536 },
        free.includes(serial)
          ? { hours: 12, celsius: 27, tests: [] }
          : { hours: 23_900 + index * 13, celsius: 34 + (index % 3) },
      ),
    ),
    hardDisk(
      {
        name: name(10),
        model: 'ST24000NM002H-3KS133',
        serial: 'ZYD0A5TQ',
        sizeBytes: 24_000_277_250_048,
      },
      { hours: 17_480, celsius: 38 },
    ),
    nvme(
      {
        name: 'nvme0n1',
        model: 'INTEL SSDPEK1A118GA',
        serial: 'BTOC14120X4J118B',
        sizeBytes: 118_410_444_800,
      },
      { hours: 23_870, celsius: 44, usedPercent: 12 },
    ),
    nvme(
      {
        name: 'nvme1n1',
        model: 'INTEL SSDPEK1A118GA',
        serial: 'BTOC14120X7M118B',
        sizeBytes: 118_410_444_800,
      },
      { hours: 23_870, celsius: 45, usedPercent: 12 },
    ),
    nvme(
      {
        name: 'nvme2n1',
        model: 'Samsung SSD 980 PRO 1TB',
        serial: 'S5GXNX0T431256A',
        sizeBytes: 1_000_204_886_016,
      },
      { hours: 23_411, celsius: 51, usedPercent: 87 },
    ),
    nvme(
      {
        name: 'nvme3n1',
        model: 'WD_BLACK SN850X 4000GB',
        serial: '23304Z801127',
        sizeBytes: 4_000_787_030_016,
      },
      { hours: 14_902, celsius: 47, usedPercent: 9 },
    ),
    nvme(
      {
        name: 'nvme4n1',
        model: 'WD_BLACK SN850X 4000GB',
        serial: '23304Z801388',
        sizeBytes: 4_000_787_030_016,
      },
      { hours: 14_902, celsius: 46, usedPercent: 9 },
    ),
  ];
}
