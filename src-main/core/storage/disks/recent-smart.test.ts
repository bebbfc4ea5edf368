import { describe, expect, it } from 'vitest';
import type { Disk, Smart } from '../../../../src-preload/contract/disks';
import { recentSmart, smartLastsMs } from './recent-smart';
import { withoutSmart } from './smart-report';

const now = 10_000_000;
const passed: Smart = {
  ...withoutSmart('unknown', 'not asked'),
  status: 'passed',
  reason: null,
  selfTest: { state: 'passed', remainingPercent: null, text: 'passed' },
};

function disk(smart: Smart, readAtMs: number): Disk {
  return {
    id: 'ata-A',
    path: '/dev/sda',
    stablePath: '/dev/disk/by-id/ata-A',
    model: 'A',
    serial: '1',
    wwn: null,
    sizeBytes: 1,
    transport: 'sata',
    rotational: true,
    removable: false,
    readOnly: false,
    logicalSectorBytes: 512,
    physicalSectorBytes: 4096,
    partitions: [],
    uses: [],
    ineligible: [],
    smart,
    smartReadAtMs: readAtMs,
    health: 'ok',
  };
}

const lasts = (smart: Smart, readAtMs: number): boolean =>
  recentSmart([disk(smart, readAtMs)], now).length === 1;

describe('what SMART said of a disk', () => {
  it('lasts for ten minutes, good or bad', () => {
    for (const status of ['passed', 'failed'] as const) {
      expect(lasts({ ...passed, status }, now)).toBe(true);
      expect(lasts({ ...passed, status }, now - smartLastsMs + 1)).toBe(true);
      expect(lasts({ ...passed, status }, now - smartLastsMs)).toBe(false);
    }
  });

  it('is asked for again where there was no verdict, where a self-test runs, and after a clock was set back', () => {
    expect(lasts(withoutSmart('unknown', 'no sudo rule'), now)).toBe(false);
    expect(lasts(withoutSmart('unavailable', 'not installed'), now)).toBe(false);
    expect(lasts({ ...passed, selfTest: { ...passed.selfTest, state: 'running' } }, now)).toBe(false);
    expect(lasts(passed, now + 1)).toBe(false);
  });
});
