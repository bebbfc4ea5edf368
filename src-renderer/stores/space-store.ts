import { create } from 'zustand';
import type { WireError } from '../../src-preload/contract/result';
import type { VolumeSpace } from '../../src-preload/contract/space';
import { call } from '../api';

interface SpaceState {
  open: boolean;
  status: 'loading' | 'ready' | 'failed';
  total: number;
  volumes: readonly VolumeSpace[];
  error: WireError | null;
}

const closed: SpaceState = { open: false, status: 'loading', total: 0, volumes: [], error: null };

export const useSpaceStore = create<SpaceState>(() => closed);

export async function openSpace(): Promise<void> {
  useSpaceStore.setState({ ...closed, open: true });
  const answer = await call('snapshots:space', {});
  if (!useSpaceStore.getState().open) return;
  useSpaceStore.setState(
    answer.ok ? { status: 'ready', ...answer.value } : { status: 'failed', error: answer.error },
  );
}

export function closeSpace(): void {
  useSpaceStore.setState(closed);
}
