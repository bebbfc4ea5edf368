import { join } from 'node:path';
import type { InventoryReading } from '../src-main/core/inventory/service';
import { summarise } from '../src-main/core/storage/summary';
import { parseSnapshots } from '../src-main/core/storage/zfs/snapshot-reader';
import { addHosts, startCore } from './core';
import { withHosts } from './servers';
import { snapshotListing } from './snapshot-listing';

/** A profile with so many hosts that were read once and are now out of reach, as after a night. */
export async function profileWithHosts(profile: string, count: number): Promise<void> {
  await withHosts({ kind: 'copies', count }, async (hosts) => {
    const core = await startCore(join(profile, 'data'), (stores) => addHosts(stores, hosts));
    const arrived = core.inventories(count);
    await core.call('inventory:refreshAll', {});
    await arrived;
    await core.close();
  });
}

/** A profile with one such host and so many snapshots on it. */
export async function profileWithSnapshots(profile: string, count: number): Promise<void> {
  await profileWithHosts(profile, 1);
  const core = await startCore(join(profile, 'data'), async ({ hosts, cache }) => {
    for (const { id } of hosts.list()) {
      const known = await cache.read(id);
      if (known === null) throw new Error(`${id} was not read.`);
      const snapshots = parseSnapshots(snapshotListing(count));
      const reading: InventoryReading = {
        inventory: { ...known.inventory, snapshotCount: snapshots.length },
        snapshots,
      };
      await cache.write(id, reading, summarise(reading.inventory));
    }
  });
  await core.close();
}
