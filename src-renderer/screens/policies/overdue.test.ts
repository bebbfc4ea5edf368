import { describe, expect, it } from 'vitest';
import type { PolicyRow } from '../../../src-preload/contract/policies';
import { overdueProblems } from './overdue';

const due: PolicyRow = {
  id: '6f1c2b84-5a0e-4f5e-9a64-6a2f7d1c0001',
  hostId: 'nas',
  hostName: 'nas-01',
  backend: 'zfs',
  poolName: 'tank',
  recursive: true,
  schedule: '@daily',
  retentionCount: 7,
  enabled: true,
  createdAtMs: 1,
  updatedAtMs: 1,
  words: 'Every day',
  nextAtMs: null,
  lastDueAtMs: new Date('2026-11-23T00:00:00').getTime(),
  state: 'due',
  reason: null,
  poolId: 'zfs:tank',
  volumeCount: 3,
  dueVolumeIds: ['zfs:tank/a'],
  readAtMs: 1,
};

describe('overdue policies', () => {
  it('are trouble of their host, with the volumes and what to do', () => {
    expect(overdueProblems([due], 'nas')).toEqual([
      {
        severity: 'warning',
        text: 'Snapshot policy of tank: 1 of 3 volumes without a snapshot since 2026-11-23 00:00:00.',
        advice: 'Take what is due on the Policies screen, or look at what should have taken it.',
        poolId: 'zfs:tank',
      },
    ]);
    const all = { ...due, dueVolumeIds: ['a', 'b', 'c'] };
    expect(overdueProblems([all], 'nas')[0]?.text).toContain(': 3 volumes without');
  });

  it('are none of another host, and none where nothing is due or that can’t be told', () => {
    expect(overdueProblems([due], 'other')).toEqual([]);
    for (const state of ['off', 'waiting', 'met', 'unknown'] as const) {
      expect(overdueProblems([{ ...due, state }], 'nas')).toEqual([]);
    }
  });
});
