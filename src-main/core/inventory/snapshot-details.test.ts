import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostSummary } from '../../../src-preload/contract/hosts';
import type { Snapshot } from '../../../src-preload/contract/inventory';
import { AppError } from '../errors/app-error';
import { inventoryHandlers } from '../handlers/inventory';
import { hostOf } from '../ssh/testing/fake-host';
import type { SshSession } from '../ssh/types';
import type { Capacity } from './capacity/capacity';
import { InventoryService, type InventoryReading } from './service';

const nas = hostOf({ port: 22, user: 'admin' }, { id: 'nas', name: 'nas-01' });

function unread(name: string, order: number): Snapshot {
  return {
    id: `zfs:tank/data@${name}`,
    backend: 'zfs',
    poolId: 'zfs:tank',
    fullName: `tank/data@${name}`,
    name,
    volumeName: 'tank/data',
    kind: 'zfs-snapshot',
    usedBytes: null,
    sizeBytes: null,
    createdAtMs: null,
    percentFull: null,
    state: 'ok',
    cloneNames: null,
    holdCount: null,
    order,
  };
}

const whole = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  usedBytes: 10,
  sizeBytes: 100,
  createdAtMs: 5_000,
  cloneNames: [],
  holdCount: 1,
});

const summary: HostSummary = {
  takenAtMs: 1000,
  health: 'ok',
  poolCount: 1,
  volumeCount: 0,
  snapshotCount: 3,
  sizeBytes: 10,
  usedBytes: 5,
  problems: [],
  activities: [],
};

const session: SshSession = {
  hostId: nas.id,
  exec: () => Promise.reject(new Error('Nothing is run.')),
  render: () => ({ argv: [], commandLine: '' }),
  locate: async () => new Map(),
};

/** The service over a host that holds these snapshots. */
function serviceOver(held: { snapshots: Snapshot[]; gate?: Promise<void> }) {
  const written: InventoryReading[] = [];
  const asked: string[][] = [];
  let reads = 0;
  const service = new InventoryService({
    takeDue: () => null,
    onSeen: () => undefined,
    hosts: {
      list: () => [nas],
      get: (id) => {
        if (id !== nas.id) throw new AppError('not-found', 'There is no such host.');
        return nas;
      },
    },
    sessions: {
      session: async () => session,
      disconnect: async () => undefined,
      close: async () => undefined,
    },
    cache: {
      summary: () => null,
      read: async () => null,
      write: async (_, reading) => {
        written.push(reading);
      },
      remove: () => undefined,
    },
    readInventory: async () => {
      const { snapshots, gate } = held;
      await gate;
      return {
        inventory: {
          hostId: nas.id,
          takenAtMs: 1000,
          durationMs: 1,
          backends: [],
          pools: [],
          volumes: [],
          snapshotCount: snapshots.length,
          disks: null,
          disksError: null,
        },
        snapshots,
      };
    },
    readSnapshotDetails: async (_, snapshots) => {
      asked.push(snapshots.map(({ name }) => name));
      return snapshots.filter(({ name }) => name !== 'gone').map(whole);
    },
    summarise: () => summary,
    capacity: { record: () => undefined, forget: () => undefined },
    unknownOperations: () => 0,
    onContact: () => undefined,
    onRefresh: () => undefined,
    onRead: () => (reads += 1),
    onHostChanged: () => undefined,
    onReading: () => undefined,
    onInventoryChanged: () => undefined,
    onActivityEnded: () => undefined,
    nowMs: () => 1000,
    log: { write: () => undefined },
  });
  const capacity: Pick<Capacity, 'trends'> = { trends: async () => [] };
  const handlers = inventoryHandlers(service, capacity, { list: () => [nas], get: () => nas });
  const details = (...names: string[]) =>
    handlers['inventory:snapshotDetails'](
      { hostId: nas.id, snapshotIds: names.map((name) => `zfs:tank/data@${name}`) },
      { signal: new AbortController().signal },
    );
  return { service, details, written, asked, reads: () => reads };
}

const everything = {
  hostId: null,
  poolId: null,
  volumeName: null,
  search: '',
  sort: 'createdAtMs',
  descending: true,
  offset: 0,
  limit: 10,
} as const;

describe('a refresh after a change', () => {
  it('is a reading of its own: one that was under way may have seen what was before', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held: { snapshots: Snapshot[]; gate?: Promise<void> } = {
      snapshots: [unread('a', 1), unread('b', 2)],
      gate,
    };
    const { service } = serviceOver(held);
    const before = service.refresh(nas.id);
    await vi.waitFor(() => expect(service.state(nas.id).status).not.toBe('never'));
    // Destroyed while the old listing is on its way.
    await Promise.resolve();
    held.snapshots = [unread('a', 1)];
    service.refreshAfterChange(nas.id);
    release();
    expect((await before).snapshotCount).toBe(2);
    await vi.waitFor(async () => expect((await service.snapshots(everything)).total).toBe(1));
    service.refreshAfterChange(nas.id);
    await service.close();
  });
});

describe('details of snapshots on demand', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('reads what was asked for, says what is gone, and keeps the rest', async () => {
    const held = { snapshots: [unread('a', 1), unread('b', 2), unread('gone', 3)] };
    const { service, details, written, asked, reads } = serviceOver(held);
    await service.refresh(nas.id);
    expect(written).toHaveLength(1);
    expect(await details('a', 'gone', 'never-was')).toEqual({
      snapshots: [whole(unread('a', 1))],
      gone: ['zfs:tank/data@gone', 'zfs:tank/data@never-was'],
    });
    expect(asked).toEqual([['a', 'gone']]);
    expect(reads()).toBe(1);
    const page = await service.snapshots(everything);
    expect(page).toMatchObject({ total: 3, totalUsedBytes: 10, unreadCount: 2 });
    expect(page.rows.map(({ name, usedBytes }) => [name, usedBytes])).toEqual([
      ['gone', null],
      ['b', null],
      ['a', 10],
    ]);
  });

  it('writes the cache once for many answers, and at the end for the last', async () => {
    const { service, details, written } = serviceOver({ snapshots: [unread('a', 1), unread('b', 2)] });
    await service.refresh(nas.id);
    await details('a');
    await details('b');
    expect(written).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(written).toHaveLength(2);
    expect(written[1]?.snapshots).toEqual([whole(unread('a', 1)), whole(unread('b', 2))]);
    await details('a');
    await service.close();
    expect(written).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(written).toHaveLength(3);
  });

  it('keeps what never changes over the next reading, unless another snapshot bears the name', async () => {
    const held = { snapshots: [unread('a', 1), unread('b', 2)] };
    const { service, details, written } = serviceOver(held);
    await service.refresh(nas.id);
    await details('a', 'b');
    held.snapshots = [unread('a', 1), unread('b', 9)];
    await service.refresh(nas.id);
    expect(written.at(-1)?.snapshots).toEqual([
      { ...unread('a', 1), createdAtMs: 5_000, sizeBytes: 100 },
      unread('b', 9),
    ]);
    // What waited to be written is in that.
    await vi.advanceTimersByTimeAsync(60_000);
    expect(written).toHaveLength(2);
  });

  it('connects to nobody', async () => {
    const { service, details, asked } = serviceOver({ snapshots: [unread('a', 1)] });
    await service.refresh(nas.id);
    await service.disconnect(nas.id);
    await expect(details('a')).rejects.toMatchObject({ code: 'unreachable' });
    expect(asked).toEqual([]);
  });

  it('brings nothing back of a host that was forgotten', async () => {
    const { service, details, written } = serviceOver({ snapshots: [unread('a', 1)] });
    await service.refresh(nas.id);
    await details('a');
    service.forget(nas.id);
    await vi.advanceTimersByTimeAsync(60_000);
    await service.close();
    expect(written).toHaveLength(1);
  });
});
