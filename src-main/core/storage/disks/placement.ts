import type { BackendKind, Pool, TopologyNode } from '../../../../src-preload/contract/inventory';
import { withDescendants, type BlockDevice } from './block-devices';

/** Where a pool's member was found among the block devices. */
export interface Placement {
  pool: Pool;
  /** The disk, a partition of it, or what lies on it: `/dev/mapper/crypt-sdb`. */
  path: string;
}

export interface Placements {
  /** By path of the disk. */
  byDisk: ReadonlyMap<string, readonly Placement[]>;
  /** Pools with a member that was found nowhere: what names them elsewhere may still be theirs. */
  incomplete: ReadonlySet<string>;
  /** Backends that could be read: of these, what no pool claims belongs to none. */
  read: ReadonlySet<BackendKind>;
}

function leavesOf(nodes: readonly TopologyNode[]): TopologyNode[] {
  return nodes.flatMap((node) => (node.children.length === 0 ? [node] : leavesOf(node.children)));
}

/** `/dev/disk/by-id/ata-X-part1`, `/dev/sdb1`, `sdb` or `ata-X`: whatever the tool calls it. */
function kernelNameOf(name: string, links: ReadonlyMap<string, string>): string {
  const bare = name.startsWith('/') ? name.slice(name.lastIndexOf('/') + 1) : name;
  return links.get(bare) ?? bare;
}

/** Finds the members of every pool among the disks: by path, kernel name and by-id name. Pure. */
export function placeMembers(
  disks: readonly BlockDevice[],
  links: ReadonlyMap<string, string>,
  pools: readonly Pool[],
  read: ReadonlySet<BackendKind>,
): Placements {
  const holders = new Map<string, { disk: BlockDevice; path: string }[]>();
  for (const disk of disks) {
    for (const { path, name, kernelName } of withDescendants(disk)) {
      for (const key of new Set([path, name, kernelName])) {
        const known = holders.get(key) ?? [];
        if (!known.some((holder) => holder.disk === disk)) holders.set(key, [...known, { disk, path }]);
      }
    }
  }
  const byDisk = new Map<string, Placement[]>();
  const incomplete = new Set<string>();
  for (const pool of pools.filter(({ parentPoolId }) => parentPoolId === null)) {
    for (const node of leavesOf(pool.topology)) {
      const names = [node.path, node.name].filter((name) => name !== undefined);
      const found = names
        .flatMap((name) => [name, kernelNameOf(name, links)])
        .map((name) => holders.get(name))
        .find((each) => each !== undefined);
      if (found === undefined) incomplete.add(pool.id);
      for (const { disk, path } of found ?? []) {
        byDisk.set(disk.path, [...(byDisk.get(disk.path) ?? []), { pool, path }]);
      }
    }
  }
  return { byDisk, incomplete, read };
}
