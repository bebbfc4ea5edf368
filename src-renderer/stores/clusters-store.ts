import { create } from 'zustand';
import type {
  Cluster,
  ClusterInventory,
  ClusterOverview,
  ClusterTask,
  Guest,
} from '../../src-preload/contract/clusters';
import type { WireError } from '../../src-preload/contract/result';
import type { ActionId } from '../../src-preload/contract/operations';
import { call, listen } from '../api';
import { loadOffers, startOffers } from './offers-store';
import { mostSelected } from './selection-store';
import { unpackInventory } from './unpack-inventory';

export type ClusterPanel =
  | { kind: 'node'; clusterId: string; node: string }
  | { kind: 'storage'; clusterId: string; node: string; storage: string }
  | { kind: 'task'; clusterId: string; task: ClusterTask };

interface ClustersState {
  status: 'loading' | 'ready' | 'failed';
  clusters: readonly ClusterOverview[];
  error: WireError | null;
  /** Last known, by cluster; null: never read. */
  inventories: Readonly<Record<string, ClusterInventory | null>>;
  /** What the last reading that a person asked for met, by cluster. */
  errors: Readonly<Record<string, WireError | null>>;
  refreshing: ReadonlySet<string>;
  /** The form; `cluster: null`: a new one. null: closed. */
  form: { cluster: Cluster | null } | null;
  /** The guest whose drawer is open. */
  open: { clusterId: string; vmid: number } | null;
  /** What else of a cluster stands in a drawer. */
  panel: ClusterPanel | null;
  /** Guests that are ticked, as `cluster/vmid`. */
  ticked: ReadonlySet<string>;
  /** Why the last plan over several could not be asked for. */
  bulkProblem: string | null;
}

export const useClustersStore = create<ClustersState>(() => ({
  status: 'loading',
  clusters: [],
  error: null,
  inventories: {},
  errors: {},
  refreshing: new Set(),
  form: null,
  open: null,
  panel: null,
  ticked: new Set(),
  bulkProblem: null,
}));

let latest = 0;

/** The list with states and summaries, and what is known of each. Of overlapping reads only the newest counts. */
export async function loadClusters(): Promise<void> {
  const mine = ++latest;
  const answer = await call('clusters:list', {});
  if (mine !== latest) return;
  if (!answer.ok) {
    useClustersStore.setState({ status: 'failed', error: answer.error });
    return;
  }
  const { clusters } = answer.value;
  useClustersStore.setState({ status: 'ready', clusters, error: null });
  const known = await Promise.all(
    clusters.map(async ({ cluster, summary }) => {
      const held = useClustersStore.getState().inventories[cluster.id];
      // One cluster out of many was read again: the others need not cross the border anew.
      if (held && held.takenAtMs === summary?.takenAtMs) return [cluster.id, held] as const;
      const read = await call('clusters:read', { clusterId: cluster.id });
      const inventory = read.ok ? read.value.inventory : null;
      return [cluster.id, inventory === null ? null : unpackInventory(inventory)] as const;
    }),
  );
  if (mine !== latest) return;
  useClustersStore.setState({ inventories: Object.fromEntries(known) });
}

/** F41: how old a reading may be that stands for a new one where many are asked at once. */
const sharedAgeSeconds = 10;

async function refreshOne(clusterId: string, maxAgeSeconds?: number): Promise<void> {
  const mark = (busy: boolean): ReadonlySet<string> => {
    const refreshing = new Set(useClustersStore.getState().refreshing);
    if (busy) refreshing.add(clusterId);
    else refreshing.delete(clusterId);
    return refreshing;
  };
  useClustersStore.setState({ refreshing: mark(true) });
  const answer = await call('clusters:refresh', { clusterId, maxAgeSeconds });
  const { errors } = useClustersStore.getState();
  useClustersStore.setState({
    refreshing: mark(false),
    errors: { ...errors, [clusterId]: answer.ok ? null : answer.error },
  });
}

export async function refreshCluster(clusterId: string): Promise<void> {
  await refreshOne(clusterId);
  await loadClusters();
}

export async function refreshClusters(): Promise<void> {
  await Promise.all(
    useClustersStore.getState().clusters.map(({ cluster }) => refreshOne(cluster.id, sharedAgeSeconds)),
  );
  await loadClusters();
}

export function useCluster(clusterId: string | undefined): ClusterOverview | undefined {
  return useClustersStore((state) => state.clusters.find(({ cluster }) => cluster.id === clusterId));
}

export function openClusterForm(cluster: Cluster | null): void {
  useClustersStore.setState({ form: { cluster } });
}

export function closeClusterForm(): void {
  useClustersStore.setState({ form: null });
}

export function openGuest(clusterId: string, { vmid }: Pick<Guest, 'vmid'>): void {
  useClustersStore.setState({ open: { clusterId, vmid } });
}

export function openPanel(panel: ClusterPanel): void {
  useClustersStore.setState({ panel });
}

export function closePanel(): void {
  useClustersStore.setState({ panel: null });
}

/** When the cluster was read last: a change of ours, or of somebody else, may have come since. */
export function useTakenAt(clusterId: string): number | undefined {
  return useClustersStore((state) => state.inventories[clusterId]?.takenAtMs);
}

export function closeGuest(): void {
  useClustersStore.setState({ open: null });
}

export function tickGuests(keys: readonly string[], chosen: boolean): void {
  const ticked = new Set(useClustersStore.getState().ticked);
  for (const key of keys) {
    if (!chosen) ticked.delete(key);
    else if (ticked.size < mostSelected) ticked.add(key);
  }
  useClustersStore.setState({ ticked, bulkProblem: null });
}

export function clearTicked(): void {
  useClustersStore.setState({ ticked: new Set(), bulkProblem: null });
}

/**
 * One action for several guests of one cluster: one form, one plan. What cannot be done to one of them is said by the
 * plan, which leaves it out.
 */
export async function planForGuests(
  clusterId: string,
  vmids: readonly number[],
  action: ActionId,
): Promise<void> {
  useClustersStore.setState({ bulkProblem: null });
  const answers = await Promise.all(vmids.map((vmid) => loadOffers(clusterId, { kind: 'guest', vmid })));
  const offers = answers.flatMap((answer) =>
    answer.status === 'ready' ? answer.offers.filter((offer) => offer.action === action).slice(0, 1) : [],
  );
  // The form asks what a guest that can be changed asks.
  const [first, ...others] = offers.toSorted((a, b) => Number(a.excuse !== null) - Number(b.excuse !== null));
  if (first === undefined) {
    useClustersStore.setState({ bulkProblem: 'None of them is there any more. Refresh the cluster.' });
    return;
  }
  if (first.excuse !== null) {
    useClustersStore.setState({ bulkProblem: first.excuse });
    return;
  }
  startOffers(clusterId, first, others);
}

/** Several clusters report at once after a refresh: one read per burst is enough. */
export function followClusters(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = listen('clusters:changed', () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void loadClusters();
    }, 120);
  });
  const stopTicks = listen('operations:progress', ({ phase }) => {
    if (phase === 'finished') clearTicked();
  });
  return () => {
    clearTimeout(timer);
    stop();
    stopTicks();
  };
}
