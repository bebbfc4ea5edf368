import type {
  ClusterInventory,
  Guest,
  PackedGuests,
  PackedInventory,
  Repeated,
} from '../../src-preload/contract/clusters';

function broken(): never {
  throw new Error('The columns of the guests do not fit together.');
}

function cell<T>(column: readonly T[], row: number): T {
  const value = column[row];
  return value === undefined ? broken() : value;
}

/** Guests come by column: src-main/core/clusters/pack-inventory.ts. */
export function unpackGuests(packed: PackedGuests): Guest[] {
  const word = <T>({ values, at }: Repeated<T>, row: number): T => cell(values, cell(at, row));
  const templates = new Set(packed.templates);
  return packed.vmid.map((vmid, row) => ({
    vmid,
    type: word(packed.type, row),
    name: cell(packed.name, row),
    node: word(packed.node, row),
    status: word(packed.status, row),
    template: templates.has(row),
    uptimeSeconds: cell(packed.uptimeSeconds, row),
    cpu: cell(packed.cpu, row),
    cpuCount: cell(packed.cpuCount, row),
    memoryBytes: cell(packed.memoryBytes, row),
    memoryTotalBytes: cell(packed.memoryTotalBytes, row),
    diskTotalBytes: cell(packed.diskTotalBytes, row),
    tags: word(packed.tags, row),
    pool: word(packed.pool, row),
    lock: word(packed.lock, row),
    haState: word(packed.haState, row),
  }));
}

export const unpackInventory = ({ guests, ...rest }: PackedInventory): ClusterInventory => ({
  ...rest,
  guests: unpackGuests(guests),
});
