import BetterSqlite3, { type Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCore } from '../../create-core';
import { appMigrations } from '../../data/migrations';
import { migrate } from '../../data/migrate';
import { startTestCore } from '../../testing/test-core';
import { Capacity } from './capacity';
import { createCapacityStore, type CapacityOf, type CapacityStore } from './capacity-store';

const minute = 60_000;
const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);

const tank: CapacityOf = {
  id: 'zfs:tank',
  name: 'tank',
  kind: 'zpool',
  sizeBytes: 1000,
  usedBytes: 400,
  dataPercent: null,
  metadataPercent: null,
};
const thin: CapacityOf = {
  ...tank,
  id: 'lvm:vg0/thin',
  name: 'vg0/thin',
  kind: 'thin-pool',
  dataPercent: 40,
  metadataPercent: 12.5,
};

let db: Database;
let store: CapacityStore;
beforeEach(() => {
  db = new BetterSqlite3(':memory:');
  migrate(db, appMigrations, 'app.sqlite');
  store = createCapacityStore(db);
});
afterEach(() => db.close());

const times = (hostId = 'nas', poolId = 'zfs:tank'): number[] =>
  db
    .prepare('SELECT at_ms FROM capacity WHERE host_id = ? AND pool_id = ? ORDER BY at_ms')
    .pluck()
    .all(hostId, poolId) as number[];

describe('the recorded capacity', () => {
  it('has one point of each pool in a quarter of an hour', () => {
    for (let at = 0; at <= 60; at += 1) store.record('nas', start + at * minute, [tank, thin]);
    expect(times()).toEqual([0, 15, 30, 45, 60].map((at) => start + at * minute));
    expect(times('nas', 'lvm:vg0/thin')).toHaveLength(5);
    expect(times('other')).toEqual([]);
  });

  it('goes on when the clock is set back', () => {
    store.record('nas', start + day, [tank]);
    store.record('nas', start, [tank]);
    store.record('nas', start + 5 * minute, [tank]);
    expect(times()).toEqual([start, start + day]);
  });

  it('keeps the last point of a day after a month, and nothing after two years', () => {
    for (let at = 0; at < 40 * 24; at += 2) store.record('nas', start + at * 60 * minute, [tank]);
    const now = start + (40 * 24 - 2) * 60 * minute;
    const old = times().filter((at) => at < start + 9 * day);
    expect(old).toEqual(Array.from({ length: 9 }, (_, index) => start + index * day + 22 * 60 * minute));
    expect(times().filter((at) => at >= now - 29 * day)).toHaveLength(29 * 12 + 1);
    store.record('nas', start + 735 * day, [tank]);
    expect(times()[0]).toBe(start + 5 * day + 22 * 60 * minute);
  });

  it('leaves out what cannot fill up or does not say how full it is', () => {
    store.record('nas', start, [
      { ...tank, id: 'mdadm:md0', kind: 'raid-array' },
      { ...thin, dataPercent: null },
      { ...tank, sizeBytes: 0 },
    ]);
    expect(store.histories('nas')).toEqual([]);
  });

  it('of a pool that is gone is kept and no longer shown, until it is back', () => {
    store.record('nas', start, [tank, thin]);
    store.record('nas', start + day, [thin]);
    expect(store.histories('nas').map(({ poolId }) => poolId)).toEqual(['lvm:vg0/thin']);
    store.record('nas', start + 2 * day, [{ ...tank, name: 'renamed' }, thin]);
    expect(store.histories('nas')).toMatchObject([
      { poolId: 'lvm:vg0/thin', points: [{ metadataPercent: 12.5 }, {}, {}] },
      { poolName: 'renamed', points: [{ atMs: start }, { atMs: start + 2 * day }] },
    ]);
  });

  it('of a removed host is forgotten', () => {
    store.record('nas', start, [tank]);
    store.record('box', start, [tank]);
    store.remove('nas');
    expect(times()).toEqual([]);
    expect(store.histories('nas')).toEqual([]);
    expect(times('box')).toEqual([start]);
  });
});

describe('the trends', () => {
  it('rank what is full first, then the soonest, then the fullest of the rest', async () => {
    const capacity = new Capacity(store);
    for (let at = 0; at <= 10; at += 1) {
      capacity.record('nas', start + at * day, [
        { ...tank, id: 'zfs:slow', name: 'slow', usedBytes: 100 + at },
        { ...tank, id: 'zfs:still', name: 'still' },
        { ...tank, id: 'zfs:full', name: 'full', usedBytes: 1000 },
        { ...thin, usedBytes: 400 + at * 10, dataPercent: 40 + at, metadataPercent: 20 + at * 4 },
      ]);
    }
    capacity.record('box', start, [{ ...tank, usedBytes: 900 }]);
    const trends = await capacity.trends([
      { id: 'nas', name: 'nas' },
      { id: 'box', name: 'box' },
    ]);
    expect(
      trends.map(({ poolName, measure, forecast }) => `${poolName} ${measure} ${forecast.kind}`),
    ).toEqual([
      'full data full',
      'vg0/thin metadata growing',
      'vg0/thin data growing',
      'slow data growing',
      'tank data too-little-history',
      'still data not-growing',
    ]);
    expect(trends[1]).toMatchObject({
      percent: 60,
      usedBytes: null,
      forecast: { fullAtMs: start + 20 * day },
    });
    expect(trends[1]?.points.at(-1)).toEqual({ atMs: start + 10 * day, percent: 60 });
  });

  it('are worked out anew after a new point', async () => {
    const capacity = new Capacity(store);
    const percents = async () => (await capacity.trends([{ id: 'nas', name: 'nas' }])).map((t) => t.percent);
    capacity.record('nas', start, [tank]);
    expect(await percents()).toEqual([40]);
    capacity.record('nas', start + day, [{ ...tank, usedBytes: 500 }]);
    expect(await percents()).toEqual([50]);
    capacity.forget('nas');
    expect(await percents()).toEqual([]);
  });
});

describe('the demo fleet', () => {
  it('has a past to forecast from, and its readings go on from there', async () => {
    const test = await startTestCore({ demo: true, start: createCore });
    try {
      const before = (await test.call('inventory:capacity', { hostId: 'demo-kvm' })).trends;
      const guests = before.find(
        ({ poolId, measure }) => poolId === 'lvm:vmdata/guests' && measure === 'data',
      );
      expect(guests).toMatchObject({ hostName: 'kvm-03', forecast: { kind: 'growing' } });
      await test.call('inventory:refresh', { hostId: 'demo-kvm' });
      const after = (await test.call('inventory:capacity', { hostId: null })).trends;
      const same = after.find(({ poolId, measure }) => poolId === 'lvm:vmdata/guests' && measure === 'data');
      expect(same?.atMs).toBeGreaterThan(guests?.atMs ?? Infinity);
      // What the host tells now fits what was said of its past.
      expect(same?.percent).toBeGreaterThan(guests?.percent ?? Infinity);
      expect((same?.percent ?? 0) - (guests?.percent ?? 0)).toBeLessThan(2);
      expect(new Set(after.map(({ hostName }) => hostName))).toContain('vault-02');
      expect(after.every(({ hostName }) => hostName !== 'edge-04')).toBe(true);
    } finally {
      await test.close();
    }
  });

  it('tells the same sizes as its past for every pool', async () => {
    const test = await startTestCore({ demo: true, start: createCore });
    try {
      for (const hostId of ['demo-nas', 'demo-vault', 'demo-kvm']) {
        const past = (await test.call('inventory:capacity', { hostId })).trends;
        const { pools } = await test.call('inventory:refresh', { hostId });
        for (const { poolId, measure, sizeBytes, usedBytes } of past) {
          const pool = pools.find(({ id }) => id === poolId);
          expect(pool, poolId).toBeDefined();
          if (measure === 'metadata') continue;
          expect(Math.abs((sizeBytes ?? 0) / (pool?.sizeBytes ?? 1) - 1), poolId).toBeLessThan(0.001);
          expect((usedBytes ?? 0) / (pool?.usedBytes ?? 1), poolId).toBeLessThanOrEqual(1.001);
        }
      }
    } finally {
      await test.close();
    }
  });
});
