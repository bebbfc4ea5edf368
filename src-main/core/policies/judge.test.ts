import { describe, expect, it } from 'vitest';
import type { HostInventory, Pool, Volume } from '../../../src-preload/contract/inventory';
import type { Policy } from '../../../src-preload/contract/policies';
import { judgePolicy, volumesOf, type NewestOf } from './judge';
import { readSchedule } from './schedule';

const at = (text: string): number => new Date(text).getTime();
const now = at('2026-11-23T12:34:00');
const midnight = at('2026-11-23T00:00:00');

const pool = (name: string, rest: Partial<Pool> = {}): Pool =>
  ({ id: `zfs:${name}`, backend: 'zfs', name, parentPoolId: null, ...rest }) as Pool;
const volume = (name: string, rest: Partial<Volume> = {}): Volume =>
  ({ id: `zfs:${name}`, backend: 'zfs', poolId: 'zfs:tank', name, kind: 'filesystem', ...rest }) as Volume;

const inventory = (rest: Partial<HostInventory> = {}): HostInventory =>
  ({
    hostId: 'nas',
    takenAtMs: now,
    backends: [{ kind: 'zfs', error: null }],
    pools: [pool('tank'), pool('fast')],
    volumes: [
      ...['tank', 'tank/home', 'tank/home/anna', 'tank/homework'].map((name) => volume(name)),
      volume('fast/db', { poolId: 'zfs:fast' }),
    ],
    ...rest,
  }) as HostInventory;

const policy: Policy = {
  id: '6f1c2b84-5a0e-4f5e-9a64-6a2f7d1c0001',
  hostId: 'nas',
  backend: 'zfs',
  poolName: 'tank/home',
  recursive: true,
  schedule: '@daily',
  retentionCount: 7,
  enabled: true,
  createdAtMs: 1,
  updatedAtMs: 1,
};
const names = (scope: Partial<Policy>, read = inventory()): string[] =>
  volumesOf({ ...policy, ...scope }, read).volumes.map(({ name }) => name);

describe('what a policy is about', () => {
  it('is one dataset, also those below it when asked, never one of a like name', () => {
    expect(names({ recursive: false })).toEqual(['tank/home']);
    expect(names({ recursive: true })).toEqual(['tank/home', 'tank/home/anna']);
  });

  it('is all of a pool by the name of the pool', () => {
    expect(names({ poolName: 'tank', recursive: false })).toHaveLength(4);
    expect(names({ poolName: 'fast' })).toEqual(['fast/db']);
  });

  it('is also what lies in the thin pools of a volume group, without what takes no snapshots', () => {
    const group = { backend: 'lvm' as const };
    const read = inventory({
      pools: [
        pool('vg0', { ...group, id: 'lvm:vg0' }),
        pool('vg0/thin', { ...group, id: 'lvm:vg0/thin', parentPoolId: 'lvm:vg0' }),
        pool('vg1', { ...group, id: 'lvm:vg1' }),
      ],
      volumes: [
        volume('vg0/root', { ...group, poolId: 'lvm:vg0' }),
        volume('vg0/vm', { ...group, poolId: 'lvm:vg0/thin' }),
        volume('vg0/pvmove0', { ...group, poolId: 'lvm:vg0', kind: 'other' }),
        volume('vg1/data', { ...group, poolId: 'lvm:vg1' }),
      ],
    });
    expect(names({ ...group, poolName: 'vg0' }, read)).toEqual(['vg0/root', 'vg0/vm']);
    expect(names({ ...group, poolName: 'vg1/data' }, read)).toEqual(['vg1/data']);
    expect(names({ poolName: 'vg0' }, read)).toEqual([]);
  });
});

describe('a policy', () => {
  const judged = (
    newestOf: NewestOf,
    change: Partial<Policy> = {},
    read: HostInventory | null = inventory(),
  ) => {
    const full = { ...policy, ...change };
    return judgePolicy(full, readSchedule(full.schedule), read, newestOf, now);
  };

  it('is met when every volume has a snapshot since the last moment, a minute early at the most', () => {
    expect(judged(() => midnight)).toMatchObject({ state: 'met', lastDueAtMs: midnight, dueVolumeIds: [] });
    expect(judged(() => midnight - 60_000)).toMatchObject({ state: 'met' });
  });

  it('is due and names the volumes that have none', () => {
    expect(judged(({ name }) => (name === 'tank/home' ? midnight + 1 : midnight - 60_001))).toMatchObject({
      ...{ state: 'due', volumeCount: 2, dueVolumeIds: ['zfs:tank/home/anna'], poolId: 'zfs:tank' },
    });
    expect(judged(() => null)).toMatchObject({ state: 'due', volumeCount: 2 });
  });

  it('waits for its first moment, and is off when it is disabled', () => {
    expect(judged(() => null, { updatedAtMs: now - 1 })).toMatchObject({
      state: 'waiting',
      lastDueAtMs: null,
    });
    expect(judged(() => null, { enabled: false })).toMatchObject({ state: 'off', dueVolumeIds: [] });
  });

  it('is not called met or due when that can’t be told', () => {
    const reason = (words: string) => ({ state: 'unknown', reason: expect.stringContaining(words) });
    expect(judged(() => midnight, {}, null)).toMatchObject(reason('never read'));
    expect(judged(() => undefined)).toMatchObject(reason('not read yet'));
    expect(judged(() => midnight, { poolName: 'gone' })).toMatchObject(reason('gone was not found'));
    expect(judged(() => midnight, {}, inventory({ takenAtMs: midnight - 1 }))).toMatchObject(
      reason('not read since'),
    );
    const error = { code: 'unauthorized' as const, message: 'Not root.' };
    const failed = inventory({ backends: [{ kind: 'zfs', error } as HostInventory['backends'][number]] });
    expect(judged(() => midnight, {}, failed)).toMatchObject(reason('Not root.'));
  });
});
