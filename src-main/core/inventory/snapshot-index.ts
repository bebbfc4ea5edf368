import type { Snapshot, SnapshotRow, snapshotSortKeys } from '../../../src-preload/contract/inventory';

export type SnapshotSortKey = (typeof snapshotSortKeys)[number];

export interface SnapshotQuery {
  hostId: string | null;
  poolId: string | null;
  volumeName: string | null;
  search: string;
  sort: SnapshotSortKey;
  descending: boolean;
  offset: number;
  limit: number;
}

export interface SnapshotPage {
  total: number;
  /** Of those whose details were read. */
  totalUsedBytes: number;
  unreadCount: number;
  rows: SnapshotRow[];
}

interface Entry {
  snapshot: Snapshot;
  hostId: string;
  hostName: string;
  /** Lower case full name and host name, searched by substring. */
  haystack: string;
  /** Its pool holds snapshots without creation time: there age is told by `order` alone. */
  agedByOrder: boolean;
}

interface Totals {
  totalUsedBytes: number;
  unreadCount: number;
}

interface Match {
  query: SnapshotQuery;
  entries: Entry[];
  /** null: details came meanwhile. */
  totals: Totals | null;
}

/** Answers kept so that scrolling on in one listing costs only its page. */
const keptMatches = 12;

type Compare = (a: Entry, b: Entry) => number;

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Full name, then host: no two entries are equal, so pages never overlap. */
function byName(a: Entry, b: Entry): number {
  return byText(a.snapshot.fullName, b.snapshot.fullName) || byText(a.hostId, b.hostId);
}

/** Snapshots without the value come last, in either direction: "unknown" is neither the least nor the most. */
function byNumber(key: 'usedBytes' | 'sizeBytes', sign: 1 | -1): Compare {
  return (a, b) => {
    const left = a.snapshot[key];
    const right = b.snapshot[key];
    if (left === right) return byName(a, b);
    if (left === null) return 1;
    if (right === null) return -1;
    return sign * (left - right);
  };
}

/**
 * Creation time, then what has none. Numbers of `order` say nothing between pools, hence pool by pool; in such a pool
 * a creation time that came on demand moves nothing, or half of the pool would stand apart from the other half.
 */
function byAge(sign: 1 | -1): Compare {
  const timeOf = ({ snapshot, agedByOrder }: Entry): number | null =>
    agedByOrder ? null : snapshot.createdAtMs;
  return (a, b) => {
    const left = timeOf(a);
    const right = timeOf(b);
    if (left !== null && right !== null && left !== right) return sign * (left - right);
    if (left === null && right !== null) return 1;
    if (left !== null && right === null) return -1;
    if (left !== null || !(a.agedByOrder || b.agedByOrder)) return byName(a, b);
    if (a.agedByOrder !== b.agedByOrder) return a.agedByOrder ? -1 : 1;
    return (
      byText(a.hostId, b.hostId) ||
      byText(a.snapshot.poolId, b.snapshot.poolId) ||
      sign * ((a.snapshot.order ?? 0) - (b.snapshot.order ?? 0)) ||
      byName(a, b)
    );
  };
}

function comparison(sort: SnapshotSortKey, descending: boolean): Compare {
  const sign = descending ? -1 : 1;
  switch (sort) {
    case 'fullName':
      return (a, b) => sign * byName(a, b);
    case 'hostName':
      return (a, b) => sign * byText(a.hostName, b.hostName) || byName(a, b);
    case 'createdAtMs':
      return byAge(sign);
    case 'usedBytes':
    case 'sizeBytes':
      return byNumber(sort, sign);
  }
}

/** Two sorted lists as one. Linear, where sorting both again would not be. */
function merged(a: readonly Entry[], b: readonly Entry[], compare: Compare): Entry[] {
  const all: Entry[] = [];
  let left = 0;
  let right = 0;
  for (;;) {
    const first = a[left];
    const second = b[right];
    if (first === undefined) return all.concat(b.slice(right));
    if (second === undefined) return all.concat(a.slice(left));
    if (compare(first, second) <= 0) {
      all.push(first);
      left += 1;
    } else {
      all.push(second);
      right += 1;
    }
  }
}

function totalsOf(entries: readonly Entry[]): Totals {
  const totals: Totals = { totalUsedBytes: 0, unreadCount: 0 };
  for (const { snapshot } of entries) {
    totals.totalUsedBytes += snapshot.usedBytes ?? 0;
    if (snapshot.holdCount === null) totals.unreadCount += 1;
  }
  return totals;
}

/** True when whatever `next` finds, `before` has found: the same listing with more letters typed. */
function narrows(before: SnapshotQuery, next: SnapshotQuery): boolean {
  return (
    next.search.startsWith(before.search) &&
    next.hostId === before.hostId &&
    next.poolId === before.poolId &&
    next.volumeName === before.volumeName &&
    next.sort === before.sort &&
    next.descending === before.descending
  );
}

interface Sorted {
  entries: Entry[];
  /** Hosts that were read again since. */
  stale: Set<string>;
}

/**
 * Last known snapshots of all hosts, searchable and sorted. 100,000 rows and more: each host's part is sorted once
 * per key, a host that was read again is merged into the rest, a listing is matched once and then cut into pages,
 * and typing on searches in what was found.
 */
export class SnapshotIndex {
  readonly #hosts = new Map<string, Entry[]>();
  /** As arrays of their own, the same one until something changes. */
  readonly #lists = new Map<string, readonly Snapshot[]>();
  readonly #sortedHosts = new Map<string, Map<string, Entry[]>>();
  readonly #sortedAll = new Map<string, Sorted>();
  readonly #matches = new Map<string, Match>();

  set(hostId: string, hostName: string, snapshots: readonly Snapshot[]): void {
    this.#lists.set(hostId, snapshots);
    const aged = new Set(
      snapshots
        .filter(({ createdAtMs, order }) => createdAtMs === null && order !== undefined)
        .map(({ poolId }) => poolId),
    );
    this.#hosts.set(
      hostId,
      snapshots.map((snapshot) => ({
        snapshot,
        hostId,
        hostName,
        haystack: `${snapshot.fullName}\n${hostName}`.toLowerCase(),
        agedByOrder: aged.has(snapshot.poolId),
      })),
    );
    this.#forgetAnswers(hostId);
  }

  has(hostId: string): boolean {
    return this.#hosts.has(hostId);
  }

  rename(hostId: string, hostName: string): void {
    const entries = this.#hosts.get(hostId);
    if (entries === undefined || entries[0]?.hostName === hostName) return;
    this.set(
      hostId,
      hostName,
      entries.map(({ snapshot }) => snapshot),
    );
  }

  delete(hostId: string): void {
    this.#hosts.delete(hostId);
    this.#lists.delete(hostId);
    this.#forgetAnswers(hostId);
  }

  /** All of one host, as they were read last: the same array for as long as nothing changes. */
  ofHost(hostId: string): readonly Snapshot[] {
    let list = this.#lists.get(hostId);
    if (list === undefined) {
      list = this.#hosts.get(hostId)?.map(({ snapshot }) => snapshot) ?? [];
      this.#lists.set(hostId, list);
    }
    return list;
  }

  /** Those of the ids that the host has. */
  findMany(hostId: string, ids: ReadonlySet<string>): Snapshot[] {
    return this.ofHost(hostId).filter(({ id }) => ids.has(id));
  }

  /**
   * Puts details in place that were read on demand. Listings keep their order until the host is read again: rows must
   * not jump away, nor pages overlap, because somebody looked at them.
   */
  putDetails(hostId: string, snapshots: readonly Snapshot[]): void {
    this.#lists.delete(hostId);
    const byId = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]));
    for (const entry of this.#hosts.get(hostId) ?? []) {
      entry.snapshot = byId.get(entry.snapshot.id) ?? entry.snapshot;
    }
    for (const match of this.#matches.values()) match.totals = null;
  }

  /** One snapshot of one host; null: there is none by that id. */
  find(hostId: string, id: string): Snapshot | null {
    return this.#hosts.get(hostId)?.find(({ snapshot }) => snapshot.id === id)?.snapshot ?? null;
  }

  query(query: SnapshotQuery): SnapshotPage {
    const match = this.#match(query);
    const { entries } = match;
    match.totals ??= totalsOf(entries);
    return {
      total: entries.length,
      ...match.totals,
      rows: entries
        .slice(query.offset, query.offset + query.limit)
        .map(({ snapshot, hostId, hostName }) => ({ ...snapshot, hostId, hostName })),
    };
  }

  #match(query: SnapshotQuery): Match {
    const { hostId, poolId, volumeName, search, sort, descending } = query;
    const key = JSON.stringify([hostId, poolId, volumeName, search, sort, descending]);
    const kept = this.#matches.get(key);
    if (kept !== undefined) {
      this.#matches.delete(key);
      this.#matches.set(key, kept);
      return kept;
    }
    const words = search
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const wider = [...this.#matches.values()].findLast((match) => narrows(match.query, query));
    const sorted = (): Entry[] =>
      hostId === null ? this.#all(sort, descending) : this.#ofHost(hostId, sort, descending);
    const source = wider?.entries ?? sorted();
    const entries = source.filter(
      ({ snapshot, haystack }) =>
        (poolId === null || snapshot.poolId === poolId) &&
        (volumeName === null || snapshot.volumeName === volumeName) &&
        words.every((word) => haystack.includes(word)),
    );
    const match: Match = { query, entries, totals: null };
    this.#matches.set(key, match);
    const oldest = this.#matches.keys().next();
    if (this.#matches.size > keptMatches && oldest.done !== true) this.#matches.delete(oldest.value);
    return match;
  }

  #ofHost(hostId: string, sort: SnapshotSortKey, descending: boolean): Entry[] {
    let bySort = this.#sortedHosts.get(hostId);
    if (bySort === undefined) {
      bySort = new Map();
      this.#sortedHosts.set(hostId, bySort);
    }
    const key = `${sort} ${descending}`;
    let sorted = bySort.get(key);
    if (sorted === undefined) {
      sorted = [...(this.#hosts.get(hostId) ?? [])].sort(comparison(sort, descending));
      bySort.set(key, sorted);
    }
    return sorted;
  }

  #all(sort: SnapshotSortKey, descending: boolean): Entry[] {
    const key = `${sort} ${descending}`;
    const compare = comparison(sort, descending);
    const kept = this.#sortedAll.get(key);
    if (kept === undefined) {
      const entries = [...this.#hosts.keys()]
        .flatMap((hostId) => this.#ofHost(hostId, sort, descending))
        .sort(compare);
      this.#sortedAll.set(key, { entries, stale: new Set() });
      return entries;
    }
    if (kept.stale.size > 0) {
      const { stale } = kept;
      kept.entries = [...stale].reduce(
        (all, hostId) => merged(all, this.#ofHost(hostId, sort, descending), compare),
        kept.entries.filter(({ hostId }) => !stale.has(hostId)),
      );
      stale.clear();
    }
    return kept.entries;
  }

  #forgetAnswers(hostId: string): void {
    this.#sortedHosts.delete(hostId);
    for (const { stale } of this.#sortedAll.values()) stale.add(hostId);
    this.#matches.clear();
  }
}
