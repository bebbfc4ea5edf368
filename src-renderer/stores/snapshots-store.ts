import { create } from 'zustand';
import type { SnapshotRow } from '../../src-preload/contract/inventory';
import type { WireError } from '../../src-preload/contract/result';
import type { Request } from '../../src-preload/contract';
import { call, listen } from '../api';

export type SnapshotQuery = Omit<Request<'inventory:snapshots'>, 'offset' | 'limit'>;

/** Rows per read. A screen shows about 30; 100,000 rows are never held at once unless scrolled through. */
export const pageSize = 200;

interface SnapshotsState {
  query: SnapshotQuery;
  status: 'loading' | 'ready' | 'failed';
  total: number;
  totalUsedBytes: number;
  pages: ReadonlyMap<number, readonly SnapshotRow[]>;
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
  pages: new Map(),
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
  useSnapshotsStore.setState(({ pages }) => ({
    status: 'ready',
    error: null,
    total: answer.value.total,
    totalUsedBytes: answer.value.totalUsedBytes,
    pages: new Map(pages).set(page, answer.value.rows),
  }));
}

function startOver(keepRows: boolean): Promise<void> {
  generation += 1;
  pending.clear();
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
