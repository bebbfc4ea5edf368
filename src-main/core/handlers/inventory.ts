import type { CoreHandlers } from '../../../src-preload/contract';
import type { InventoryService } from '../inventory/service';

type InventoryHandlers = Pick<
  CoreHandlers,
  'inventory:read' | 'inventory:refresh' | 'inventory:refreshAll' | 'inventory:snapshots'
>;

export function inventoryHandlers(inventory: InventoryService): InventoryHandlers {
  return {
    'inventory:read': async ({ hostId }) => ({ inventory: await inventory.read(hostId) }),
    'inventory:refresh': ({ hostId }, { signal }) => inventory.refresh(hostId, signal),
    'inventory:refreshAll': async () => ({ started: inventory.refreshAll() }),
    'inventory:snapshots': (query) => inventory.snapshots(query),
  };
}
