import { create } from 'zustand';
import type { HostOverview } from '../../src-preload/contract/hosts';
import type { Request } from '../../src-preload/contract';
import type { WireError } from '../../src-preload/contract/result';
import { call, listen } from '../api';

interface FleetState {
  status: 'loading' | 'ready' | 'failed';
  hosts: readonly HostOverview[];
  error: WireError | null;
  refreshing: boolean;
}

export const useFleetStore = create<FleetState>(() => ({
  status: 'loading',
  hosts: [],
  error: null,
  refreshing: false,
}));

let latest = 0;

/** Reads the host list with states and summaries. Of overlapping reads only the newest counts. */
export async function loadFleet(): Promise<void> {
  const mine = ++latest;
  const answer = await call('hosts:list', {});
  if (mine !== latest) return;
  if (answer.ok) useFleetStore.setState({ status: 'ready', hosts: answer.value.hosts, error: null });
  else useFleetStore.setState({ status: 'failed', error: answer.error });
}

/**
 * Asks the core to read every host again; results arrive by event.
 * @param request `smart`: SMART of every disk too, however recent it is
 */
export async function refreshFleet(request: Request<'inventory:refreshAll'> = {}): Promise<void> {
  useFleetStore.setState({ refreshing: true });
  const answer = await call('inventory:refreshAll', request);
  useFleetStore.setState({ refreshing: false, error: answer.ok ? null : answer.error });
  await loadFleet();
}

export function useHost(hostId: string | undefined): HostOverview | undefined {
  return useFleetStore((state) => state.hosts.find((entry) => entry.host.id === hostId));
}

/** Many hosts report at once after a refresh: one read per burst is enough. */
export function followFleet(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void loadFleet();
    }, 120);
  };
  const stops = [listen('hosts:changed', soon), listen('inventory:changed', soon)];
  return () => {
    clearTimeout(timer);
    stops.forEach((stop) => stop());
  };
}
