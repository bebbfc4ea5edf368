import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import { migration } from '../data/migrations/0100-state-changes';
import { mostKept, StateChanges } from './state-changes';
import { statesOfHost } from './states-of';

let db: BetterSqlite3.Database;
let changes: StateChanges;
beforeEach(() => {
  db = new BetterSqlite3(':memory:');
  migration.up(db);
  changes = new StateChanges(db);
});

const tank = { kind: 'pool', id: 'tank' } as const;
const note = (atMs: number, states: Record<string, string>) =>
  changes.note('nas', atMs, new Map(Object.entries(states)));

describe('changes of state', () => {
  it('are told newest first, the first reading not among them', () => {
    note(1, { 'pool:tank': 'ONLINE', 'pool:tank2': 'ONLINE' });
    expect(changes.of('nas', tank)).toEqual([]);
    note(2, { 'pool:tank': 'ONLINE', 'pool:tank2': 'ONLINE' });
    note(3, { 'pool:tank': 'DEGRADED', 'pool:tank2': 'ONLINE' });
    note(4, { 'pool:tank2': 'ONLINE' });
    note(5, { 'pool:tank': 'ONLINE', 'pool:tank2': 'FAULTED' });
    expect(changes.of('nas', tank)).toEqual([
      { atMs: 5, from: null, to: 'ONLINE' },
      { atMs: 4, from: 'DEGRADED', to: null },
      { atMs: 3, from: 'ONLINE', to: 'DEGRADED' },
    ]);
    expect(changes.of('other', tank)).toEqual([]);
    expect(changes.of('nas', { kind: 'sandbox-volume', id: 'tank' })).toEqual([]);
    expect(changes.of('nas', { kind: 'guest', vmid: 110 })).toEqual([]);
  });

  it('are kept over a restart, and forgotten with their host', () => {
    note(1, { 'guest:110': 'running' });
    changes = new StateChanges(db);
    note(2, { 'guest:110': 'stopped' });
    const guest = { kind: 'guest', vmid: 110 } as const;
    expect(changes.of('nas', guest)).toEqual([{ atMs: 2, from: 'running', to: 'stopped' }]);
    changes.forget('nas');
    expect(changes.of('nas', guest)).toEqual([]);
    expect(changes.last('nas')).toBeNull();
  });

  it('do not grow without end', () => {
    note(0, { 'guest:1': 'a' });
    for (let at = 1; at <= mostKept + 20; at += 1) note(at, { 'guest:1': at % 2 === 0 ? 'a' : 'b' });
    const { rows } = db.prepare<[], { rows: number }>('SELECT count(*) AS rows FROM state_changes').get() ?? {
      rows: 0,
    };
    expect(rows).toBe(mostKept);
    expect(changes.of('nas', { kind: 'guest', vmid: 1 })[0]?.atMs).toBe(mostKept + 20);
  });

  it('lead from each reading to the next, whatever was read', () => {
    const reading = fc.dictionary(
      fc.constantFrom('pool:a', 'node:b', 'guest:7'),
      fc.constantFrom('x', 'y', 'z'),
    );
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 12 }), (readings) => {
        changes.forget('nas');
        readings.forEach((states, index) => note(index, states));
        const last = new Map(Object.entries(readings.at(-1) ?? {}));
        expect(changes.last('nas')).toEqual(readings.length === 0 ? null : last);
        for (const [object, key] of [
          [{ kind: 'pool', id: 'a' }, 'pool:a'],
          [{ kind: 'guest', vmid: 7 }, 'guest:7'],
        ] as const) {
          const told = changes.of('nas', object);
          if (told.length > 0) expect(told[0]?.to ?? null).toBe(last.get(key) ?? null);
          for (const [index, { from }] of told.entries()) {
            const before = told[index + 1];
            if (before !== undefined) expect(from).toBe(before.to);
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('what a reading of a host says of states', () => {
  const inventory = (change: Partial<HostInventory>) =>
    ({ pools: [], backends: [], sandbox: null, ...change }) as unknown as HostInventory;

  it('leaves what could not be read as it was last seen', () => {
    const before = new Map([
      ['pool:zfs:tank', 'ONLINE'],
      ['sandbox-volume:cache', 'in use'],
    ]);
    const unread = inventory({
      backends: [{ kind: 'zfs', error: { code: 'timed-out' } }] as unknown as HostInventory['backends'],
    });
    expect(statesOfHost(unread, before)).toEqual(before);
    expect([...statesOfHost(inventory({}), before).keys()]).toEqual(['sandbox-volume:cache']);
    // What another backend does not list any more is gone all the same.
    const group = new Map([...before, ['pool:lvm:vg0', 'wz--n-'] as const]);
    expect(statesOfHost(unread, group)).toEqual(before);
  });
});
