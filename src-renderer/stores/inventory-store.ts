import { create } from 'zustand';
import type { HostInventory } from '../../src-preload/contract/inventory';
import type { WireError } from '../../src-preload/contract/result';
import { call, listen } from '../api';

export interface InventoryEntry {
  status: 'loading' | 'ready' | 'failed';
  /** null with `ready`: the host was never read. */
  inventory: HostInventory | null;
  error: WireError | null;
  refreshing: boolean;
}

interface InventoryState {
  byHost: Readonly<Record<string, InventoryEntry>>;
}

export const useInventoryStore = create<InventoryState>(() => ({ byHost: {} }));

const blank: InventoryEntry = { status: 'loading', inventory: null, error: null, refreshing: false };

function put(hostId: string, patch: Partial<InventoryEntry>): void {
  useInventoryStore.setState(({ byHost }) => ({
    byHost: { ...byHost, [hostId]: { ...(byHost[hostId] ?? blank), ...patch } },
  }));
}

/** Last known inventory; never touches the network. */
export async function loadInventory(hostId: string): Promise<void> {
  const answer = await call('inventory:read', { hostId });
  if (answer.ok) put(hostId, { status: 'ready', inventory: answer.value.inventory, error: null });
  else put(hostId, { status: 'failed', error: answer.error });
}

/** Reads the host again. On failure the last known inventory stays, with the error beside it. */
export async function refreshInventory(hostId: string): Promise<void> {
  put(hostId, { refreshing: true });
  const answer = await call('inventory:refresh', { hostId, smart: true });
  if (answer.ok) put(hostId, { status: 'ready', inventory: answer.value, error: null, refreshing: false });
  else put(hostId, { error: answer.error, refreshing: false });
}

/** Another core may serve another profile: its hosts are not these. */
export function forgetInventories(): void {
  useInventoryStore.setState({ byHost: {} });
}

export function followInventory(): () => void {
  return listen('inventory:changed', ({ hostId }) => {
    if (useInventoryStore.getState().byHost[hostId] !== undefined) void loadInventory(hostId);
  });
}
