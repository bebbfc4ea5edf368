import type { CoreHandlers } from '../../../src-preload/contract';
import type { HostStore } from '../hosts/types';
import type { Capacity } from '../inventory/capacity/capacity';
import type { InventoryService } from '../inventory/service';

type InventoryHandlers = Pick<
  CoreHandlers,
  | 'inventory:read'
  | 'inventory:refresh'
  | 'inventory:refreshAll'
  | 'inventory:snapshots'
  | 'inventory:snapshotDetails'
  | 'inventory:capacity'
>;

export function inventoryHandlers(
  inventory: InventoryService,
  capacity: Pick<Capacity, 'trends'>,
  hosts: Pick<HostStore, 'list' | 'get'>,
): InventoryHandlers {
  return {
    'inventory:read': async ({ hostId }) => ({ inventory: await inventory.read(hostId) }),
    'inventory:refresh': ({ hostId, smart }, { signal }) => inventory.refresh(hostId, signal, { smart }),
    'inventory:refreshAll': async ({ smart }) => ({ started: inventory.refreshAll({ smart }) }),
    'inventory:snapshots': (query) => inventory.snapshots(query),
    'inventory:snapshotDetails': ({ hostId, snapshotIds }, { signal }) =>
      inventory.snapshotDetails(hostId, snapshotIds, signal),
    'inventory:capacity': async ({ hostId }) => ({
      trends: await capacity.trends(hostId === null ? hosts.list() : [hosts.get(hostId)]),
    }),
  };
}
