import { create } from 'zustand';
import type { CapacityTrend } from '../../src-preload/contract/capacity';
import type { WireError } from '../../src-preload/contract/result';
import { call, listen } from '../api';

interface CapacityState {
  status: 'unasked' | 'loading' | 'ready' | 'failed';
  /** Of all hosts, the soonest full first. */
  trends: readonly CapacityTrend[];
  error: WireError | null;
}

const nothing: CapacityState = { status: 'unasked', trends: [], error: null };
export const useCapacityStore = create<CapacityState>(() => nothing);

let latest = 0;

async function readCapacity(): Promise<void> {
  const mine = ++latest;
  const answer = await call('inventory:capacity', { hostId: null });
  // Another read was begun, or another core serves another profile.
  if (mine !== latest) return;
  if (answer.ok) useCapacityStore.setState({ status: 'ready', trends: answer.value.trends, error: null });
  else useCapacityStore.setState({ status: 'failed', error: answer.error });
}

/** Asks once, whoever shows it; what is recorded later comes by itself. */
export function wantCapacity(): void {
  if (useCapacityStore.getState().status !== 'unasked') return;
  useCapacityStore.setState({ status: 'loading' });
  void readCapacity();
}

/** Another core may serve another profile: its pools are not these. Who showed them wants them again. */
export function forgetCapacity(): void {
  const { status } = useCapacityStore.getState();
  latest += 1;
  useCapacityStore.setState(nothing);
  if (status !== 'unasked') wantCapacity();
}

/** Many hosts report at once after a refresh: one read per burst is enough. */
export function followCapacity(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const soon = () => {
    if (useCapacityStore.getState().status === 'unasked') return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void readCapacity();
    }, 400);
  };
  const stop = listen('inventory:changed', soon);
  return () => {
    clearTimeout(timer);
    stop();
  };
}
