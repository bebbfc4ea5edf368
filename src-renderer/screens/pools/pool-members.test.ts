import { describe, expect, it } from 'vitest';
import type { Disk } from '../../../src-preload/contract/disks';
import type { TopologyNode } from '../../../src-preload/contract/inventory';
import { diskOf, diskWords, faultiest, leavesOf } from './pool-members';

const node = (name: string, patch: Partial<TopologyNode> = {}): TopologyNode => ({
  name,
  role: 'disk',
  state: 'ONLINE',
  health: 'ok',
  sizeBytes: null,
  freeBytes: null,
  readErrors: null,
  writeErrors: null,
  checksumErrors: null,
  note: null,
  children: [],
  ...patch,
});
const disk = (patch: Partial<Disk>): Disk => ({
  id: 'ata-A',
  path: '/dev/sda',
  stablePath: '/dev/disk/by-id/ata-A',
  model: 'WD40EFRX',
  serial: 'WX1',
  wwn: null,
  sizeBytes: 4e12,
  transport: 'sata',
  rotational: true,
  removable: false,
  readOnly: false,
  logicalSectorBytes: 512,
  physicalSectorBytes: 4096,
  partitions: [],
  uses: [],
  ineligible: [],
  smartReadAtMs: 1_000,
  smart: {
    status: 'passed',
    reason: null,
    temperatureCelsius: null,
    powerOnHours: null,
    wearPercent: null,
    reallocatedSectors: null,
    pendingSectors: null,
    mediaErrors: null,
    selfTest: { state: 'none', remainingPercent: null, text: '' },
  },
  health: 'ok',
  ...patch,
});

describe('members of a pool', () => {
  it('are the leaves, also below replacing-N and spare-N', () => {
    const tree = [
      node('mirror-0', {
        children: [node('replacing-0', { children: [node('a'), node('b')] }), node('c')],
      }),
    ];
    expect(leavesOf(tree).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('that is worst is proposed, and none when all are well', () => {
    const bad = node('b', { health: 'critical' });
    expect(faultiest([node('a', { health: 'warning' }), bad, node('c')])).toBe(bad);
    expect(faultiest([node('a'), node('c')])).toBeNull();
    expect(faultiest([])).toBeNull();
  });

  it('are found among the disks by kernel name, by-id name, its partition, or their path', () => {
    const disks = [
      disk({}),
      disk({
        id: 'ata-B',
        path: '/dev/sdb',
        stablePath: '/dev/disk/by-id/ata-B',
        serial: null,
        partitions: [
          {
            path: '/dev/sdb1',
            label: null,
            sizeBytes: 1,
            content: null,
            mountpoints: [],
            filesystemSizeBytes: null,
            filesystemUsedBytes: null,
          },
        ],
      }),
    ];
    expect(diskOf(node('/dev/sda'), disks)?.id).toBe('ata-A');
    expect(diskOf(node('/dev/disk/by-id/ata-B-part1'), disks)?.id).toBe('ata-B');
    expect(diskOf(node('/dev/sdb1'), disks)?.id).toBe('ata-B');
    expect(diskOf(node('12345', { path: '/dev/sdb1' }), disks)?.id).toBe('ata-B');
    expect(diskOf(node('/dev/sdc'), disks)).toBeNull();
    expect(diskOf(node('/dev/sda'), null)).toBeNull();
    expect(disks.map(diskWords)).toEqual(['WD40EFRX, serial WX1', 'WD40EFRX']);
  });
});
