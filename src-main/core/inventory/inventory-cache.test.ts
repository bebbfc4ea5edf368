import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostSummary } from '../../../src-preload/contract/hosts';
import type { Snapshot } from '../../../src-preload/contract/inventory';
import { appMigrations } from '../data/migrations';
import { openDatabase } from '../data/open-database';
import { createInventoryCache } from './inventory-cache';
import type { InventoryReading } from './service';

let folder: string;
let db: Database;
const open = (): Database => openDatabase(join(folder, 'app.sqlite'), appMigrations, 'app.sqlite').db;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-cache-'));
  db = open();
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const summary = (takenAtMs = 1000): HostSummary => ({
  takenAtMs,
  health: 'ok',
  poolCount: 1,
  volumeCount: 0,
  snapshotCount: 3,
  sizeBytes: 10,
  usedBytes: 5,
  problems: [],
  activities: [],
});

function reading(count: number, takenAtMs = 1000): InventoryReading {
  const snapshots = Array.from({ length: count }, (_, index): Snapshot => {
    const fullName = `tank/data-${String(index % 500)}@auto ü ${String(index)}`;
    return {
      id: `zfs:${fullName}`,
      backend: 'zfs',
      poolId: 'zfs:tank',
      fullName,
      name: `auto ü ${String(index)}`,
      volumeName: `tank/data-${String(index % 500)}`,
      kind: 'zfs-snapshot',
      usedBytes: index * 4096,
      sizeBytes: 1e9 + index,
      createdAtMs: 1.7e12 + index,
      percentFull: null,
      state: 'ok',
      cloneNames: [],
      holdCount: 0,
    };
  });
  const inventory = {
    hostId: 'nas',
    takenAtMs,
    durationMs: 12,
    backends: [],
    pools: [],
    volumes: [],
    snapshotCount: count,
    disks: null,
    disksError: null,
  };
  return { inventory, snapshots };
}

describe('the inventory cache', () => {
  it.each([0, 3, 2_000, 4_001])('gives back %i snapshots after a restart', async (count) => {
    await createInventoryCache(db).write('nas', reading(count), summary());
    db.close();
    db = open();
    const cache = createInventoryCache(db);
    expect(cache.summary('nas')).toEqual(summary());
    expect(await cache.read('nas')).toEqual(reading(count));
    cache.remove('nas');
    expect(cache.summary('nas')).toBeNull();
    expect(await cache.read('nas')).toBeNull();
  });

  it('drops a reading of another format instead of misreading it', async () => {
    const cache = createInventoryCache(db);
    await cache.write('nas', reading(3), summary());
    db.exec('UPDATE inventory SET format = 1');
    expect(cache.summary('nas')).toBeNull();
    expect(await cache.read('nas')).toBeNull();
  });

  it('says so when a body is damaged or holds what the contract does not know', async () => {
    const cache = createInventoryCache(db);
    await cache.write('nas', reading(3), summary());
    const stored = db.prepare<[], { body: Buffer }>('SELECT body FROM inventory').get();
    const replace = db.prepare('UPDATE inventory SET body = ?');
    for (const length of [0, 3, 40, (stored?.body.length ?? 0) - 1]) {
      replace.run(stored?.body.subarray(0, length));
      await expect(cache.read('nas')).rejects.toThrow();
    }
    const strange = { ...reading(0), inventory: { ...reading(0).inventory, invented: 1 } };
    await cache.write('nas', strange, summary());
    await expect(cache.read('nas')).rejects.toThrow(/invented/);
  });

  it('keeps the newest of two writes and nothing of a host removed meanwhile', async () => {
    const cache = createInventoryCache(db);
    await Promise.all([
      cache.write('nas', reading(9_000, 1), summary(1)),
      cache.write('nas', reading(1, 2), summary(2)),
    ]);
    expect((await cache.read('nas'))?.inventory.takenAtMs).toBe(2);
    const write = cache.write('nas', reading(9_000, 3), summary(3));
    cache.remove('nas');
    await write;
    expect(await cache.read('nas')).toBeNull();
  });

  it('packs snapshots that are still the same array only once, and never gives back others', async () => {
    const cache = createInventoryCache(db);
    const first = reading(4_001);
    await cache.write('nas', first, summary());
    const again = { inventory: reading(4_001, 2).inventory, snapshots: first.snapshots };
    const partsBefore = db.prepare<[], { body: Buffer }>('SELECT body FROM inventory').get()?.body;
    await cache.write('nas', again, summary(2));
    expect(await cache.read('nas')).toEqual(again);
    const partsAfter = db.prepare<[], { body: Buffer }>('SELECT body FROM inventory').get()?.body;
    const tail = 10_000;
    expect(partsAfter?.subarray(-tail).equals(partsBefore?.subarray(-tail) ?? Buffer.alloc(0))).toBe(true);

    // Lost behind its back: what is not stored is written, whatever was written once.
    db.exec('DELETE FROM inventory');
    await cache.write('nas', again, summary(2));
    expect(await cache.read('nas')).toEqual(again);
    const other = reading(1, 3);
    await cache.write('nas', other, summary(3));
    expect(await cache.read('nas')).toEqual(other);
    await cache.write('nas', again, summary(2));
    expect(await cache.read('nas')).toEqual(again);
  });

  it('turns the event loop many times on the way through 100,000 snapshots', async () => {
    const cache = createInventoryCache(db);
    const large = reading(100_000);
    let turns = 0;
    let going = true;
    const count = (): void => {
      turns += 1;
      if (going) setImmediate(count);
    };
    setImmediate(count);
    await cache.write('nas', large, summary());
    expect(turns).toBeGreaterThan(50);
    turns = 0;
    expect((await cache.read('nas'))?.snapshots).toHaveLength(100_000);
    expect(turns).toBeGreaterThan(50);
    going = false;
  });
});
