import { describe, expect, it } from 'vitest';
import { hostSummarySchema } from '../../../src-preload/contract/hosts';
import type { Disk } from '../../../src-preload/contract/disks';
import type { BackendStatus, HostInventory } from '../../../src-preload/contract/inventory';
import { AppError } from '../errors/app-error';
import { withoutSmart } from './disks/smart-report';
import { parseLvm } from './lvm/parse';
import { summarise } from './summary';
import { captured } from './testing/captured';
import { parseZfs } from './zfs/parse';

const backend: BackendStatus = {
  kind: 'lvm',
  title: 'LVM',
  available: true,
  version: '2.03.16',
  packageName: 'lvm2',
  error: null,
  capabilities: { snapshots: true, rollback: 'any', snapshotNeedsSize: true },
};

function lvm(prefix: string, backends: BackendStatus[] = [backend]): HostInventory {
  const { pools, volumes, snapshots } = parseLvm({
    groups: captured('lvm', `${prefix}-vgs`).stdout,
    volumes: captured('lvm', `${prefix}-lvs`).stdout,
    disks: captured('lvm', `${prefix}-pvs`).stdout,
  });
  return {
    hostId: 'h',
    takenAtMs: 5,
    durationMs: 1,
    backends,
    pools,
    volumes,
    snapshotCount: snapshots.length,
    disks: null,
    disksError: null,
  };
}

describe('the summary of a host', () => {
  it('counts a thin pool, but not its space twice', () => {
    const summary = summarise(lvm('mixed'));
    expect(hostSummarySchema.parse(summary)).toMatchObject({
      takenAtMs: 5,
      health: 'ok',
      poolCount: 3,
      volumeCount: 5,
      snapshotCount: 7,
      sizeBytes: 1_598_029_824 + 532_676_608,
      usedBytes: 654_311_424 + 532_676_608,
      problems: [],
      activities: [],
    });
  });

  it('puts critical problems first and takes the worst as the health', () => {
    const summary = summarise(lvm('invalid'));
    expect(summary.health).toBe('critical');
    expect(summary.problems.map(({ severity }) => severity)).toEqual(['critical', 'critical', 'warning']);
  });

  it('tells what is under way, and what waits', () => {
    expect(summarise(lvm('merge-running')).activities).toEqual(['vg0: merge 21 %']);
    expect(summarise(lvm('merge-deferred')).activities).toEqual(['vg0: merge waits']);
  });

  it('leaves out what has ended', () => {
    const { pools, volumes } = parseZfs({
      pools: captured('zfs', 'list-replacing-degraded').stdout,
      status: captured('zfs', 'status-scrub-finished').stdout,
      datasets: '',
    });
    expect(pools.some(({ activity }) => activity?.state === 'finished')).toBe(true);
    const summary = summarise({ ...lvm('none'), pools, volumes, snapshotCount: 0 });
    expect(summary.activities).toEqual([]);
  });

  it('is never good when a backend could not be read', () => {
    const error = new AppError('unauthorized', 'LVM can only be read as root.', {
      remedy: 'Use sudo.',
    }).toWire();
    const summary = summarise(lvm('none', [{ ...backend, error }]));
    expect(summary).toMatchObject({ health: 'warning', sizeBytes: 0 });
    expect(summary.problems).toEqual([
      {
        severity: 'warning',
        text: 'LVM could not be read. LVM can only be read as root.',
        advice: 'Use sudo.',
        poolId: null,
      },
    ]);
  });

  it('is unknown where there is nothing to read, and good where there is simply no pool', () => {
    const error = new AppError('command-missing', 'LVM is not installed.').toWire();
    expect(summarise(lvm('none', [{ ...backend, available: false, error }]))).toMatchObject({
      health: 'unknown',
      problems: [],
    });
    expect(summarise(lvm('none')).health).toBe('ok');
  });

  it('names failing disks with model and serial, and does not mind disks without SMART', () => {
    const disk: Disk = {
      id: 'ata-ST4000_Z1',
      path: '/dev/sdc',
      stablePath: '/dev/disk/by-id/ata-ST4000_Z1',
      model: 'ST4000NM0035',
      serial: 'ZC1A',
      wwn: null,
      sizeBytes: 4e12,
      transport: 'sata',
      rotational: true,
      removable: false,
      readOnly: false,
      logicalSectorBytes: 512,
      physicalSectorBytes: 4096,
      partitions: [],
      uses: [{ kind: 'zpool', name: 'tank', path: '/dev/sdc1' }],
      ineligible: [],
      smartReadAtMs: 1_000,
      smart: withoutSmart('unavailable', 'A virtual disk has no SMART.'),
      health: 'unknown',
    };
    const host = (smart: Partial<Disk['smart']>): HostInventory => ({
      ...lvm('none'),
      disks: [{ ...disk, smart: { ...disk.smart, ...smart } }],
    });
    expect(summarise(host({}))).toMatchObject({ health: 'ok', problems: [] });
    expect(summarise(host({ status: 'unknown' }))).toMatchObject({ health: 'ok', problems: [] });
    expect(summarise(host({ status: 'passed', pendingSectors: 2 }))).toMatchObject({ health: 'warning' });
    const failing = summarise(host({ status: 'failed', reallocatedSectors: 9 }));
    expect(failing.health).toBe('critical');
    expect(failing.problems[0]).toMatchObject({
      severity: 'critical',
      text: 'Disk /dev/sdc (ST4000NM0035, serial ZC1A) is failing: its own SMART check says so: 9 reallocated sectors.',
      advice: expect.stringContaining('It holds part of tank.'),
    });
  });

  it('says when the disks could not be read', () => {
    const disksError = new AppError('timed-out', 'lsblk did not answer.').toWire();
    expect(summarise({ ...lvm('none'), disksError })).toMatchObject({
      health: 'warning',
      problems: [{ severity: 'warning', text: 'lsblk did not answer.' }],
    });
  });
});
