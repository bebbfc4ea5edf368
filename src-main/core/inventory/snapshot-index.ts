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
  totalUsedBytes: number;
  rows: SnapshotRow[];
}

interface Entry {
  snapshot: Snapshot;
  hostId: string;
  hostName: string;
  /** Lower case full name and host name, searched by substring. */
  haystack: string;
}

interface Match {
  entries: Entry[];
  totalUsedBytes: number;
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
function byNumber(key: 'createdAtMs' | 'usedBytes' | 'sizeBytes', sign: 1 | -1): Compare {
  return (a, b) => {
    const left = a.snapshot[key];
    const right = b.snapshot[key];
    if (left === right) return byName(a, b);
    if (left === null) return 1;
    if (right === null) return -1;
    return sign * (left - right);
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
    case 'usedBytes':
    case 'sizeBytes':
      return byNumber(sort, sign);
  }
}

/**
 * Last known snapshots of all hosts, searchable and sorted. 100,000 rows and more: each host's part is sorted once
 * per key and merged (sort() takes ready runs in linear time), a listing is matched once and then cut into pages.
 */
export class SnapshotIndex {
  readonly #hosts = new Map<string, Entry[]>();
  readonly #sortedHosts = new Map<string, Map<string, Entry[]>>();
  readonly #sortedAll = new Map<string, Entry[]>();
  readonly #matches = new Map<string, Match>();

  set(hostId: string, hostName: string, snapshots: readonly Snapshot[]): void {
    this.#hosts.set(
      hostId,
      snapshots.map((snapshot) => ({
        snapshot,
        hostId,
        hostName,
        haystack: `${snapshot.fullName}\n${hostName}`.toLowerCase(),
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
    this.#forgetAnswers(hostId);
  }

  query(query: SnapshotQuery): SnapshotPage {
    const { entries, totalUsedBytes } = this.#match(query);
    return {
      total: entries.length,
      totalUsedBytes,
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
    const source = hostId === null ? this.#all(sort, descending) : this.#ofHost(hostId, sort, descending);
    const entries = source.filter(
      ({ snapshot, haystack }) =>
        (poolId === null || snapshot.poolId === poolId) &&
        (volumeName === null || snapshot.volumeName === volumeName) &&
        words.every((word) => haystack.includes(word)),
    );
    const match: Match = {
      entries,
      totalUsedBytes: entries.reduce((sum, { snapshot }) => sum + (snapshot.usedBytes ?? 0), 0),
    };
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
    let sorted = this.#sortedAll.get(key);
    if (sorted === undefined) {
      sorted = [...this.#hosts.keys()]
        .flatMap((hostId) => this.#ofHost(hostId, sort, descending))
        .sort(comparison(sort, descending));
      this.#sortedAll.set(key, sorted);
    }
    return sorted;
  }

  #forgetAnswers(hostId: string): void {
    this.#sortedHosts.delete(hostId);
    this.#sortedAll.clear();
    this.#matches.clear();
  }
}
