import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { snapshotSortKeys, type Snapshot, type SnapshotRow } from '../../../src-preload/contract/inventory';
import { SnapshotIndex, type SnapshotQuery } from './snapshot-index';

function snapshot(fullName: string, change: Partial<Snapshot> = {}): Snapshot {
  const [volumeName = '', name = ''] = fullName.split('@');
  return {
    id: `zfs:${fullName}`,
    backend: 'zfs',
    poolId: `zfs:${fullName.split('/')[0] ?? ''}`,
    fullName,
    name,
    volumeName,
    kind: 'zfs-snapshot',
    usedBytes: 10,
    sizeBytes: 100,
    createdAtMs: 1_000,
    percentFull: null,
    state: 'ok',
    cloneNames: [],
    holdCount: 0,
    ...change,
  };
}

const everything: SnapshotQuery = {
  hostId: null,
  poolId: null,
  volumeName: null,
  search: '',
  sort: 'fullName',
  descending: false,
  offset: 0,
  limit: 1000,
};

const names = (rows: readonly SnapshotRow[]): string[] => rows.map(({ fullName }) => fullName);

describe('the snapshot index', () => {
  it('searches without regard to case over full name and host, every word', () => {
    const index = new SnapshotIndex();
    index.set('h1', 'Alpha', [snapshot('tank/data@Daily-1'), snapshot('tank/home@daily-2')]);
    index.set('h2', 'Beta', [snapshot('tank/data@daily-3')]);
    const search = (text: string): string[] => names(index.query({ ...everything, search: text }).rows);
    expect(search('DATA@d')).toEqual(['tank/data@Daily-1', 'tank/data@daily-3']);
    expect(search('beta')).toEqual(['tank/data@daily-3']);
    expect(search('alpha home')).toEqual(['tank/home@daily-2']);
    expect(search('gamma')).toEqual([]);
  });

  it('filters by host, pool and volume and sums what it found', () => {
    const index = new SnapshotIndex();
    index.set('h1', 'Alpha', [
      snapshot('tank/data@a', { usedBytes: 5 }),
      snapshot('tank/data@b', { usedBytes: null }),
      snapshot('fast/vm@c', { usedBytes: 7 }),
    ]);
    index.set('h2', 'Beta', [snapshot('tank/data@d', { usedBytes: 100 })]);
    const page = index.query({ ...everything, hostId: 'h1', poolId: 'zfs:tank', volumeName: 'tank/data' });
    expect(names(page.rows)).toEqual(['tank/data@a', 'tank/data@b']);
    expect(page).toMatchObject({ total: 2, totalUsedBytes: 5 });
    expect(index.query({ ...everything, hostId: 'h2' }).rows[0]).toMatchObject({
      hostId: 'h2',
      hostName: 'Beta',
    });
  });

  it('finds the same letter by letter as at once', () => {
    const names = fc.array(fc.stringMatching(/^[abAB ]{1,6}$/), { maxLength: 30 });
    fc.assert(
      fc.property(names, fc.stringMatching(/^[ab ]{1,5}$/), (all, search) => {
        const snapshots = all.map((name, number) => snapshot(`tank/${name}@${number}`));
        const typed = new SnapshotIndex();
        const pasted = new SnapshotIndex();
        typed.set('h1', 'Alpha', snapshots);
        pasted.set('h1', 'Alpha', snapshots);
        for (let length = 0; length <= search.length; length += 1) {
          typed.query({ ...everything, search: search.slice(0, length) });
        }
        const query = { ...everything, search };
        expect(typed.query(query)).toEqual(pasted.query(query));
        const words = search.split(' ').filter((word) => word !== '');
        const wanted = snapshots.filter(({ fullName }) =>
          words.every((word) => `${fullName} alpha`.toLowerCase().includes(word)),
        );
        expect(pasted.query(query).total).toBe(wanted.length);
      }),
    );
  });

  it('forgets what it answered when a host is read again, renamed or removed', () => {
    const index = new SnapshotIndex();
    index.set('h1', 'Alpha', [snapshot('tank/data@a')]);
    expect(index.query(everything).total).toBe(1);
    index.set('h1', 'Alpha', [snapshot('tank/data@a'), snapshot('tank/data@b')]);
    expect(index.query(everything).total).toBe(2);
    index.rename('h1', 'Omega');
    expect(index.query({ ...everything, search: 'omega' }).total).toBe(2);
    expect(index.query({ ...everything, search: 'alpha' }).total).toBe(0);
    index.delete('h1');
    expect(index.query(everything).total).toBe(0);
  });

  it('orders like a plain sort, unknown values last, and its pages join without gap or overlap', () => {
    const value = fc.option(fc.nat({ max: 5 }), { nil: null });
    const hosts = fc.array(
      fc.array(fc.record({ usedBytes: value, sizeBytes: value, createdAtMs: value }), { maxLength: 30 }),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(
        hosts,
        fc.constantFrom(...snapshotSortKeys),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        (all, sort, descending, limit) => {
          const index = new SnapshotIndex();
          all.forEach((values, host) => {
            // Every other host is read twice, with a question in between: its part is merged anew.
            if (host % 2 === 1) {
              index.set(`h${host}`, `host ${host % 2}`, [snapshot('tank/old@x')]);
              index.query({ ...everything, sort, descending });
            }
            index.set(
              `h${host}`,
              `host ${host % 2}`,
              values.map((change, number) => snapshot(`tank/v@${number}`, change)),
            );
          });
          const total = all.flat().length;
          const rows: SnapshotRow[] = [];
          for (let offset = 0; offset < total; offset += limit) {
            rows.push(...index.query({ ...everything, sort, descending, offset, limit }).rows);
          }
          expect(new Set(rows.map(({ hostId, id }) => `${hostId} ${id}`)).size).toBe(total);
          const column = rows.map((row) => row[sort]);
          const known = column.filter((cell) => cell !== null);
          expect(column.slice(known.length).every((cell) => cell === null)).toBe(true);
          const plain = [...known].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
          expect(known).toEqual(descending ? plain.reverse() : plain);
        },
      ),
      { numRuns: 200 },
    );
  });

  const unread = (fullName: string, order: number, change: Partial<Snapshot> = {}): Snapshot =>
    snapshot(fullName, {
      usedBytes: null,
      sizeBytes: null,
      createdAtMs: null,
      cloneNames: null,
      holdCount: null,
      order,
      ...change,
    });

  it('orders what has no creation time by its order, pool by pool, behind what has one', () => {
    const index = new SnapshotIndex();
    index.set('h1', 'Alpha', [
      unread('b/x@2', 20),
      unread('a/x@9', 90),
      unread('a/y@1', 10, { createdAtMs: 5_000_000 }),
      unread('b/x@1', 10),
      unread('a/x@8', 80),
    ]);
    index.set('h2', 'Beta', [
      snapshot('tank/data@a', { createdAtMs: 2 }),
      snapshot('tank/data@b', { createdAtMs: 1 }),
    ]);
    const byAge = (descending: boolean): string[] =>
      names(index.query({ ...everything, sort: 'createdAtMs', descending }).rows);
    expect(byAge(true)).toEqual(['tank/data@a', 'tank/data@b', 'a/x@9', 'a/x@8', 'a/y@1', 'b/x@2', 'b/x@1']);
    expect(byAge(false)).toEqual(['tank/data@b', 'tank/data@a', 'a/y@1', 'a/x@8', 'a/x@9', 'b/x@1', 'b/x@2']);
  });

  it('puts details in place, counts anew, and moves no row', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(40), { minLength: 1 }),
        fc.array(fc.nat(40)),
        fc.constantFrom(...snapshotSortKeys),
        (orders, looked, sort) => {
          const all = orders.map((order) => unread(`tank/v@${order}`, order));
          const index = new SnapshotIndex();
          index.set('h1', 'Alpha', all);
          const query = { ...everything, sort };
          const before = index.query(query);
          expect(before).toMatchObject({ total: all.length, totalUsedBytes: 0, unreadCount: all.length });
          const details = orders
            .filter((order) => looked.includes(order))
            .map((order) =>
              snapshot(`tank/v@${order}`, { order, usedBytes: 100 - order, createdAtMs: order }),
            );
          index.putDetails('h1', details);
          const after = index.query(query);
          expect(names(after.rows)).toEqual(names(before.rows));
          expect(after.unreadCount).toBe(all.length - details.length);
          expect(after.totalUsedBytes).toBe(
            details.reduce((sum, { usedBytes }) => sum + (usedBytes ?? 0), 0),
          );
          for (const each of details) expect(index.find('h1', each.id)).toEqual(each);
        },
      ),
    );
  });
});
