import type { CoreHandlers } from '../../../src-preload/contract';
import { mostSpaceRows } from '../../../src-preload/contract/space';
import type { HostStore } from '../hosts/types';
import type { InventoryService } from '../inventory/service';
import { spaceByVolume } from './space';

export function spaceHandlers(
  hosts: Pick<HostStore, 'list'>,
  inventory: Pick<InventoryService, 'read' | 'allSnapshots'>,
  nowMs: () => number,
): Pick<CoreHandlers, 'snapshots:space'> {
  return {
    'snapshots:space': async () => {
      const rows = await inventory.allSnapshots();
      const volumes = await Promise.all(
        hosts.list().map(async ({ id: hostId }) => {
          const known = await inventory.read(hostId);
          return (known?.volumes ?? []).map(({ name, usedBySnapshotsBytes }) => ({
            hostId,
            name,
            usedBySnapshotsBytes,
          }));
        }),
      );
      const found = spaceByVolume(rows, volumes.flat(), nowMs());
      return { total: found.length, volumes: found.slice(0, mostSpaceRows) };
    },
  };
}
