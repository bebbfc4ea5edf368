import type { ClusterInventory } from '../../../src-preload/contract/clusters';

/** What the storages of clusters hold together. A shared one counts once, however many nodes tell of it. */
export function storageTotals(
  inventories: readonly (Pick<ClusterInventory, 'storages'> | null | undefined)[],
): { usedBytes: number; totalBytes: number } {
  let usedBytes = 0;
  let totalBytes = 0;
  for (const inventory of inventories) {
    const seen = new Set<string>();
    for (const { name, shared, usedBytes: used, totalBytes: total, available } of inventory?.storages ?? []) {
      if (!available || used === null || total === null || (shared && seen.has(name))) continue;
      if (shared) seen.add(name);
      usedBytes += used;
      totalBytes += total;
    }
  }
  return { usedBytes, totalBytes };
}
