import { describe, expect, it } from 'vitest';
import type { Activity, HostInventory, Pool } from '../../../src-preload/contract/inventory';
import { endedActivities, isMoving } from './activity-watch';

function activity(patch: Partial<Activity> = {}): Activity {
  return { kind: 'resilver', state: 'running', percent: 40, etaSeconds: 60, text: '', ...patch };
}

function inventory(...pools: (Partial<Pool> & Pick<Pool, 'id' | 'activity'>)[]): HostInventory {
  return {
    hostId: 'nas',
    takenAtMs: 0,
    durationMs: 0,
    backends: [],
    volumes: [],
    snapshotCount: 0,
    disks: null,
    disksError: null,
    pools: pools.map((pool) => ({
      backend: 'zfs',
      kind: 'zpool',
      name: pool.id.slice(4),
      parentPoolId: null,
      health: 'ok',
      state: 'ONLINE',
      sizeBytes: 1,
      usedBytes: 0,
      freeBytes: 1,
      fragmentationPercent: null,
      dataPercent: null,
      metadataPercent: null,
      topology: [],
      problems: [],
      ...pool,
    })),
  };
}

const running = inventory({ id: 'zfs:tank', activity: activity() });

describe('work that ended between two readings', () => {
  it.each<[string, Activity | null, Partial<Pool>, string[]]>([
    ['goes on', activity({ percent: 80 }), {}, []],
    ['is paused', activity({ state: 'paused' }), {}, []],
    [
      'is done and says so',
      activity({ state: 'finished', text: 'resilvered 7.21T in 05:12:44 with 0 errors' }),
      {},
      ['Resilver of tank: ended', 'resilvered 7.21T in 05:12:44 with 0 errors. tank is healthy.'],
    ],
    ['is done and leaves no trace', null, {}, ['Resilver of tank: ended', 'tank is healthy.']],
    [
      'ended with the pool still degraded',
      null,
      { health: 'critical', state: 'DEGRADED' },
      ['Resilver of tank: ended', 'tank is DEGRADED and needs attention.'],
    ],
    [
      'was called off',
      activity({ state: 'canceled' }),
      {},
      ['Resilver of tank: called off', 'tank is healthy.'],
    ],
    ['gave way to a scrub', activity({ kind: 'scrub' }), {}, ['Resilver of tank: ended', 'tank is healthy.']],
  ])('%s', (_name, after, pool, said) => {
    const ended = endedActivities(running, inventory({ id: 'zfs:tank', activity: after, ...pool }));
    expect(ended.flatMap(({ title, text }) => [title, text])).toEqual(said);
  });

  it('is told once: what had ended before is not told again, and a pool that is gone says nothing', () => {
    const done = inventory({ id: 'zfs:tank', activity: activity({ state: 'finished' }) });
    expect(endedActivities(done, done)).toEqual([]);
    expect(endedActivities(running, inventory())).toEqual([]);
  });

  it('asks for attention when the pool is not well or the work was called off', () => {
    const attention = (pool: Partial<Pool> & Pick<Pool, 'activity'>) =>
      endedActivities(running, inventory({ id: 'zfs:tank', ...pool })).map((ended) => ended.attention);
    expect(attention({ activity: null })).toEqual([false]);
    expect(attention({ activity: null, health: 'warning' })).toEqual([true]);
    expect(attention({ activity: activity({ state: 'canceled' }) })).toEqual([true]);
  });

  it('knows when a closer look is worth it', () => {
    expect(isMoving(running)).toBe(true);
    expect(isMoving(inventory({ id: 'zfs:tank', activity: activity({ state: 'paused' }) }))).toBe(false);
    expect(isMoving(inventory({ id: 'zfs:tank', activity: null }))).toBe(false);
  });
});
