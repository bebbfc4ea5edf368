import type { Disk } from '../../../src-preload/contract/disks';
import type { Health } from '../../../src-preload/contract/hosts';
import type { TopologyNode } from '../../../src-preload/contract/inventory';

/** Members that hold data: what has members of its own is only a group of them. */
export function leavesOf(nodes: readonly TopologyNode[]): TopologyNode[] {
  return nodes.flatMap((node) => (node.children.length === 0 ? [node] : leavesOf(node.children)));
}

const worstFirst: Record<Health, number> = { critical: 0, warning: 1, unknown: 2, ok: 3 };

/** The member a replacement is most likely about: the worst one; null when all are well. */
export function faultiest(members: readonly TopologyNode[]): TopologyNode | null {
  const [first] = [...members].sort((a, b) => worstFirst[a.health] - worstFirst[b.health]);
  return first === undefined || first.health === 'ok' ? null : first;
}

/** The disk behind a member, by any of its paths; null when the disks are not known or none fits. */
export function diskOf(node: TopologyNode, disks: readonly Disk[] | null): Disk | null {
  const names = new Set([node.name, node.path].filter((name) => name !== undefined));
  const holds = ({ path, stablePath, partitions }: Disk): boolean =>
    [path, stablePath].some((own) => names.has(own)) ||
    partitions.some((partition) => names.has(partition.path)) ||
    // by-id names of partitions: the disk's own name and `-part1`.
    [...names].some((name) => name.replace(/-part\d+$/, '') === stablePath);
  return disks?.find(holds) ?? null;
}

/** Words that tell one disk from another in the hand: model and serial number. */
export function diskWords({ model, serial }: Disk): string {
  return [model, serial === null ? null : `serial ${serial}`].filter((word) => word !== null).join(', ');
}
