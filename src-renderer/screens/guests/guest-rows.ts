import type { Cluster, ClusterInventory, Guest } from '../../../src-preload/contract/clusters';

export interface GuestRow {
  key: string;
  cluster: Cluster;
  guest: Guest;
}

export type GuestSort = 'vmid' | 'name' | 'node' | 'status' | 'cpu' | 'memory' | 'uptime';

export function guestRows(cluster: Cluster, inventory: ClusterInventory | null): GuestRow[] {
  return (inventory?.guests ?? []).map((guest) => ({ key: `${cluster.id}/${guest.vmid}`, cluster, guest }));
}

/** Words of a search must all be found: in name, id, tags, node, pool or cluster. */
export function guestMatcher(search: string): (row: GuestRow) => boolean {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return () => true;
  return ({ cluster, guest }) => {
    const { vmid, name, node, pool, tags } = guest;
    const text =
      `${vmid} ${name ?? ''} ${node} ${cluster.name} ${pool ?? ''} ${tags.join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

/** One collator for all: `localeCompare` makes up its mind anew for every pair. */
const collator = new Intl.Collator(undefined, { numeric: true });
const byWords = (a: string, b: string): number => collator.compare(a, b);

const order: Record<Guest['status'], number> = { running: 0, paused: 1, unknown: 2, stopped: 3 };

/** What is not known stands last, whichever way it is sorted. */
function compareNumbers(a: number | null, b: number | null, sign: 1 | -1): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return sign * (a - b);
}

export function sortGuests(rows: readonly GuestRow[], key: GuestSort, descending: boolean): GuestRow[] {
  const sign = descending ? -1 : 1;
  const compare = (a: Guest, b: Guest): number => {
    switch (key) {
      case 'vmid':
        return sign * (a.vmid - b.vmid);
      case 'name':
        if (a.name === null || b.name === null) return a.name === b.name ? 0 : a.name === null ? 1 : -1;
        return sign * byWords(a.name, b.name);
      case 'node':
        return sign * byWords(a.node, b.node);
      case 'status':
        return sign * (order[a.status] - order[b.status]);
      case 'cpu':
        return compareNumbers(a.cpu, b.cpu, sign);
      case 'memory':
        return compareNumbers(a.memoryBytes, b.memoryBytes, sign);
      case 'uptime':
        return compareNumbers(a.uptimeSeconds, b.uptimeSeconds, sign);
    }
  };
  return rows.toSorted(
    (a, b) =>
      compare(a.guest, b.guest) || a.guest.vmid - b.guest.vmid || byWords(a.cluster.name, b.cluster.name),
  );
}
