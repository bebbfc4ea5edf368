import { create } from 'zustand';
import type { Difference } from '../../src-preload/contract/compare';
import type { SnapshotRow } from '../../src-preload/contract/inventory';
import type { WireError } from '../../src-preload/contract/result';
import { call } from '../api';

interface CompareState {
  /** The earlier one; null: closed. */
  earlier: SnapshotRow | null;
  /** Later snapshots of the same volume, newest first. */
  candidates: readonly SnapshotRow[];
  /** null: the volume as it is now. */
  laterId: string | null;
  status: 'loading' | 'ready' | 'failed';
  differences: readonly Difference[];
  total: number;
  note: string | null;
  error: WireError | null;
}

const closed: CompareState = {
  earlier: null,
  candidates: [],
  laterId: null,
  status: 'loading',
  differences: [],
  total: 0,
  note: null,
  error: null,
};

export const useCompareStore = create<CompareState>(() => closed);

let asking: AbortController | null = null;
/** Later snapshots to choose from; beyond that the newest. */
const mostCandidates = 1000;

async function ask(earlier: SnapshotRow, laterId: string | null): Promise<void> {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  useCompareStore.setState({
    laterId,
    status: 'loading',
    differences: [],
    total: 0,
    note: null,
    error: null,
  });
  const { hostId, id: snapshotId } = earlier;
  const answer = await call('snapshots:compare', { hostId, snapshotId, laterId }, mine.signal);
  if (mine.signal.aborted) return;
  useCompareStore.setState(
    answer.ok ? { status: 'ready', ...answer.value } : { status: 'failed', error: answer.error },
  );
}

async function findLater(earlier: SnapshotRow): Promise<void> {
  const answer = await call('inventory:snapshots', {
    hostId: earlier.hostId,
    poolId: earlier.poolId,
    volumeName: earlier.volumeName,
    search: '',
    sort: 'createdAtMs',
    descending: true,
    offset: 0,
    limit: mostCandidates,
  });
  if (!answer.ok || useCompareStore.getState().earlier !== earlier) return;
  useCompareStore.setState({
    candidates: answer.value.rows.filter(
      (row) =>
        row.id !== earlier.id &&
        (row.order ?? row.createdAtMs ?? 0) >= (earlier.order ?? earlier.createdAtMs ?? 0),
    ),
  });
}

export function openCompare(earlier: SnapshotRow): void {
  asking?.abort();
  useCompareStore.setState({ ...closed, earlier });
  void findLater(earlier);
  void ask(earlier, null);
}

export function compareWith(laterId: string | null): void {
  const { earlier } = useCompareStore.getState();
  if (earlier !== null) void ask(earlier, laterId);
}

export function closeCompare(): void {
  asking?.abort();
  useCompareStore.setState(closed);
}
