import { create } from 'zustand';
import type { SnapshotRow } from '../../src-preload/contract/inventory';
import type { WireError } from '../../src-preload/contract/result';
import type { Request, Response } from '../../src-preload/contract';
import { call, listen } from '../api';
import { useFleetStore } from './fleet-store';
import { renewSelected, selectionKey } from './selection-store';

export type SnapshotQuery = Omit<Request<'inventory:snapshots'>, 'offset' | 'limit'>;

/** Rows per read. A screen shows about 30; 100,000 rows are never held at once unless scrolled through. */
export const pageSize = 200;

interface SnapshotsState {
  query: SnapshotQuery;
  status: 'loading' | 'ready' | 'failed';
  total: number;
  totalUsedBytes: number;
  /** Found, but their details were not read yet. */
  unreadCount: number;
  pages: ReadonlyMap<number, readonly SnapshotRow[]>;
  /** Keys of rows that vanished on their host since it was read. */
  gone: ReadonlySet<string>;
  error: WireError | null;
}

export const useSnapshotsStore = create<SnapshotsState>(() => ({
  query: {
    hostId: null,
    poolId: null,
    volumeName: null,
    search: '',
    sort: 'createdAtMs',
    descending: true,
  },
  status: 'loading',
  total: 0,
  totalUsedBytes: 0,
  unreadCount: 0,
  pages: new Map(),
  gone: new Set(),
  error: null,
}));

/** Answers of an older query are dropped. */
let generation = 0;
const pending = new Set<number>();

async function loadPage(page: number): Promise<void> {
  const mine = generation;
  if (pending.has(page)) return;
  pending.add(page);
  const { query } = useSnapshotsStore.getState();
  const answer = await call('inventory:snapshots', { ...query, offset: page * pageSize, limit: pageSize });
  if (mine !== generation) return;
  pending.delete(page);
  if (!answer.ok) {
    useSnapshotsStore.setState({ status: 'failed', error: answer.error });
    return;
  }
  useSnapshotsStore.setState(({ pages, gone }) => ({
    status: 'ready',
    error: null,
    gone: page === 0 ? new Set() : gone,
    total: answer.value.total,
    totalUsedBytes: answer.value.totalUsedBytes,
    unreadCount: answer.value.unreadCount,
    pages: new Map(pages).set(page, answer.value.rows),
  }));
  // The rows in view may be of another page, which a new reading made stale.
  if (page === 0) ensureRange(inView.first, inView.last);
  else readDetailsSoon();
}

function startOver(keepRows: boolean): Promise<void> {
  generation += 1;
  pending.clear();
  stopDetails();
  settled.clear();
  if (!keepRows) useSnapshotsStore.setState({ status: 'loading', pages: new Map() });
  return loadPage(0);
}

export function setSnapshotQuery(patch: Partial<SnapshotQuery>): Promise<void> {
  useSnapshotsStore.setState(({ query }) => ({ query: { ...query, ...patch } }));
  return startOver(false);
}

/** Reads what the visible range of rows still lacks. */
export function ensureRange(first: number, last: number): void {
  const { pages, total } = useSnapshotsStore.getState();
  const end = Math.min(last, total - 1);
  for (let page = Math.floor(first / pageSize); page * pageSize <= end; page += 1) {
    if (!pages.has(page)) void loadPage(page);
  }
  inView = { first, last };
  readDetailsSoon();
}

/** On a host with very many snapshots only their names are read at first. */
export function isUnread({ holdCount }: Pick<SnapshotRow, 'holdCount'>): boolean {
  return holdCount === null;
}

/** As the contract allows. */
const detailsBatch = 200;
/** Long enough that rows which only scroll by are not asked for. */
const detailsDelayMs = 200;

let inView = { first: 0, last: 0 };
let detailsTimer: ReturnType<typeof setTimeout> | undefined;
let detailsAbort: AbortController | null = null;
/** Rows that were gone, or could not be read: not asked for again until the listing is read anew. */
const settled = new Set<string>();

/** Ends what is under way for rows that have left the view. */
function stopDetails(): void {
  clearTimeout(detailsTimer);
  detailsTimer = undefined;
  detailsAbort?.abort();
  detailsAbort = null;
}

function readDetailsSoon(): void {
  stopDetails();
  if (unreadInView().length === 0) return;
  detailsTimer = setTimeout(() => void readDetails(), detailsDelayMs);
}

function unreadInView(): SnapshotRow[] {
  const { pages, total } = useSnapshotsStore.getState();
  const rows: SnapshotRow[] = [];
  for (let index = inView.first; index <= Math.min(inView.last, total - 1); index += 1) {
    const row = snapshotAt(pages, index);
    if (row !== undefined && isUnread(row) && !settled.has(selectionKey(row))) rows.push(row);
  }
  return rows;
}

async function readDetails(): Promise<void> {
  const abort = new AbortController();
  detailsAbort = abort;
  const online = new Set(
    useFleetStore.getState().hosts.flatMap(({ host, state }) => (state.status === 'online' ? [host.id] : [])),
  );
  const wanted = new Map<string, SnapshotRow[]>();
  for (const row of unreadInView()) {
    if (online.has(row.hostId)) wanted.set(row.hostId, [...(wanted.get(row.hostId) ?? []), row]);
  }
  await Promise.all([...wanted].map(([hostId, rows]) => readDetailsOf(hostId, rows, abort.signal)));
}

async function readDetailsOf(
  hostId: string,
  rows: readonly SnapshotRow[],
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < rows.length; at += detailsBatch) {
    const batch = rows.slice(at, at + detailsBatch);
    const answer = await call(
      'inventory:snapshotDetails',
      { hostId, snapshotIds: batch.map(({ id }) => id) },
      signal,
    );
    if (signal.aborted) return;
    for (const row of batch) settled.add(selectionKey(row));
    // The host's state tells of a lost connection; its rows go on saying that they were not read.
    if (!answer.ok) return;
    putDetails(hostId, answer.value);
  }
}

function putDetails(hostId: string, { snapshots, gone }: Response<'inventory:snapshotDetails'>): void {
  const byId = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]));
  const renewed: SnapshotRow[] = [];
  useSnapshotsStore.setState((state) => {
    const pages = new Map(state.pages);
    let { totalUsedBytes, unreadCount } = state;
    for (const [number, page] of pages) {
      if (!page.some((row) => row.hostId === hostId && byId.has(row.id))) continue;
      pages.set(
        number,
        page.map((row) => {
          const details = row.hostId === hostId ? byId.get(row.id) : undefined;
          if (details === undefined) return row;
          if (isUnread(row)) {
            totalUsedBytes += details.usedBytes ?? 0;
            unreadCount -= 1;
          }
          const whole = { ...row, ...details };
          renewed.push(whole);
          return whole;
        }),
      );
    }
    return {
      pages,
      totalUsedBytes,
      unreadCount,
      gone: new Set([...state.gone, ...gone.map((id) => selectionKey({ hostId, id }))]),
    };
  });
  renewSelected(renewed);
}

export function snapshotAt(pages: SnapshotsState['pages'], index: number): SnapshotRow | undefined {
  return pages.get(Math.floor(index / pageSize))?.[index % pageSize];
}

export function followSnapshots(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = listen('inventory:changed', () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      // Later pages are stale as well: keep page 0 on screen until its new rows arrive.
      useSnapshotsStore.setState(({ pages }) => {
        const first = pages.get(0);
        return { pages: first === undefined ? new Map() : new Map([[0, first]]) };
      });
      void startOver(true);
    }, 150);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
