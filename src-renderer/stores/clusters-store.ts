import { create } from 'zustand';
import type {
  Cluster,
  ClusterInventory,
  ClusterOverview,
  ClusterTask,
  Guest,
} from '../../src-preload/contract/clusters';
import type { WireError } from '../../src-preload/contract/result';
import { call, listen } from '../api';

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
    clusters.map(async ({ cluster }) => {
      const read = await call('clusters:read', { clusterId: cluster.id });
      return [cluster.id, read.ok ? read.value.inventory : null] as const;
    }),
  );
  if (mine !== latest) return;
  useClustersStore.setState({ inventories: Object.fromEntries(known) });
}

export async function refreshCluster(clusterId: string): Promise<void> {
  const mark = (busy: boolean): ReadonlySet<string> => {
    const refreshing = new Set(useClustersStore.getState().refreshing);
    if (busy) refreshing.add(clusterId);
    else refreshing.delete(clusterId);
    return refreshing;
  };
  useClustersStore.setState({ refreshing: mark(true) });
  const answer = await call('clusters:refresh', { clusterId });
  const { errors, inventories } = useClustersStore.getState();
  useClustersStore.setState({
    refreshing: mark(false),
    errors: { ...errors, [clusterId]: answer.ok ? null : answer.error },
    ...(answer.ok ? { inventories: { ...inventories, [clusterId]: answer.value } } : {}),
  });
  await loadClusters();
}

export async function refreshClusters(): Promise<void> {
  await Promise.all(useClustersStore.getState().clusters.map(({ cluster }) => refreshCluster(cluster.id)));
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

export function closeGuest(): void {
  useClustersStore.setState({ open: null });
}

export async function readTasks(
  clusterId: string,
  signal: AbortSignal,
): Promise<{ tasks: ClusterTask[] } | { error: WireError }> {
  const answer = await call('clusters:tasks', { clusterId }, signal);
  return answer.ok ? { tasks: answer.value.tasks } : { error: answer.error };
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
  return () => {
    clearTimeout(timer);
    stop();
  };
}
