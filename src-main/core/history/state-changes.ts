import type { Database } from 'better-sqlite3';
import {
  mostStateChanges,
  type StateChange,
  type StatefulObject,
} from '../../../src-preload/contract/history';

/** Of one host or cluster; the oldest go first. */
export const mostKept = 5_000;

/** `pool:zfs:tank`, `guest:110` with the state that the tool tells. */
export type States = ReadonlyMap<string, string>;

export const keyOf = (object: StatefulObject): string =>
  object.kind === 'guest' ? `guest:${object.vmid}` : `${object.kind}:${object.id}`;

/** An object that a reading found in another state. */
export interface StateMove {
  object: string;
  from: string | null;
  to: string | null;
}

/** Stands for the source itself: a host without pools was read as well. */
const read = '';

/** What readings saw change of pools, volumes, nodes and guests, whoever changed it (X17). */
export class StateChanges {
  readonly #seen;
  readonly #see;
  readonly #unsee;
  readonly #change;
  readonly #forgetOld;
  readonly #of;

  constructor(private readonly db: Database) {
    this.#seen = db.prepare<[string], { object: string; state: string }>(
      'SELECT object, state FROM seen_states WHERE source_id = ?',
    );
    this.#see = db.prepare(
      'INSERT INTO seen_states VALUES (?, ?, ?) ON CONFLICT (source_id, object) DO UPDATE SET state = excluded.state',
    );
    this.#unsee = db.prepare('DELETE FROM seen_states WHERE source_id = ? AND object = ?');
    this.#change = db.prepare(
      'INSERT INTO state_changes (source_id, object, at_ms, from_state, to_state) VALUES (?, ?, ?, ?, ?)',
    );
    this.#forgetOld = db.prepare(
      'DELETE FROM state_changes WHERE source_id = ? AND id <= (SELECT id FROM state_changes WHERE source_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
    );
    this.#of = db.prepare<[string, string, number], { id: number } & StateChange>(
      'SELECT id, at_ms AS atMs, from_state AS "from", to_state AS "to" FROM state_changes WHERE source_id = ? AND object = ? ORDER BY id DESC LIMIT ?',
    );
  }

  /** As last seen; null: never. */
  last(sourceId: string): States | null {
    const rows = this.#seen.all(sourceId);
    if (rows.length === 0) return null;
    return new Map(rows.filter(({ object }) => object !== read).map(({ object, state }) => [object, state]));
  }

  /**
   * After a whole reading: `now` are all objects there are. The first reading of a source is no change.
   * @param last as `last` tells it
   * @returns what changed
   */
  note(sourceId: string, atMs: number, now: States, last = this.last(sourceId)): StateMove[] {
    const before = last ?? new Map<string, string>();
    const gone = [...before.keys()].filter((object) => !now.has(object));
    const other = [...now].filter(([object, state]) => before.get(object) !== state);
    if (last !== null && gone.length === 0 && other.length === 0) return [];
    this.db.transaction(() => {
      this.#see.run(sourceId, read, '');
      for (const object of gone) {
        this.#change.run(sourceId, object, atMs, before.get(object), null);
        this.#unsee.run(sourceId, object);
      }
      for (const [object, state] of other) {
        if (last !== null) this.#change.run(sourceId, object, atMs, before.get(object) ?? null, state);
        this.#see.run(sourceId, object, state);
      }
      this.#forgetOld.run(sourceId, sourceId, mostKept);
    })();
    if (last === null) return [];
    return [
      ...gone.map((object): StateMove => ({ object, from: before.get(object) ?? null, to: null })),
      ...other.map(([object, to]): StateMove => ({ object, from: before.get(object) ?? null, to })),
    ];
  }

  /** Newest first. */
  of(sourceId: string, object: StatefulObject): StateChange[] {
    return this.#of
      .all(sourceId, keyOf(object), mostStateChanges)
      .map(({ atMs, from, to }) => ({ atMs, from, to }));
  }

  forget(sourceId: string): void {
    this.db.prepare('DELETE FROM seen_states WHERE source_id = ?').run(sourceId);
    this.db.prepare('DELETE FROM state_changes WHERE source_id = ?').run(sourceId);
  }
}
