import type {
  ClusterInventory,
  Guest,
  PackedGuests,
  PackedInventory,
  Repeated,
} from '../../../src-preload/contract/clusters';

/** Each value once, told apart by identity, and for each row which one it has. */
function repeated<T>(rows: readonly Guest[], valueOf: (guest: Guest) => T): Repeated<T> {
  const places = new Map<T, number>();
  const values: T[] = [];
  const at: number[] = [];
  let last: T | undefined;
  let place = -1;
  for (const guest of rows) {
    const value = valueOf(guest);
    if (value !== last || place < 0) {
      last = value;
      place = places.get(value) ?? values.length;
      if (place === values.length) {
        places.set(value, place);
        values.push(value);
      }
    }
    at.push(place);
  }
  return { values, at };
}

/** A hundredth of a percent is finer than any screen shows, and a tenth of the digits. */
const fine = (part: number | null): number | null => (part === null ? null : Math.round(part * 1e4) / 1e4);

/**
 * Guests by column: the border to the page is crossed as JSON or as a structured clone, and both spend most of their time
 * on the names of keys. Taken apart again in src-renderer/stores/unpack-inventory.ts.
 */
export function packGuests(guests: readonly Guest[]): PackedGuests {
  return {
    vmid: guests.map(({ vmid }) => vmid),
    type: repeated(guests, ({ type }) => type),
    name: guests.map(({ name }) => name),
    node: repeated(guests, ({ node }) => node),
    status: repeated(guests, ({ status }) => status),
    templates: guests.flatMap(({ template }, index) => (template ? [index] : [])),
    uptimeSeconds: guests.map(({ uptimeSeconds }) => uptimeSeconds),
    cpu: guests.map(({ cpu }) => fine(cpu)),
    cpuCount: guests.map(({ cpuCount }) => cpuCount),
    memoryBytes: guests.map(({ memoryBytes }) => memoryBytes),
    memoryTotalBytes: guests.map(({ memoryTotalBytes }) => memoryTotalBytes),
    diskTotalBytes: guests.map(({ diskTotalBytes }) => diskTotalBytes),
    tags: repeated(guests, ({ tags }) => tags),
    pool: repeated(guests, ({ pool }) => pool),
    lock: repeated(guests, ({ lock }) => lock),
    haState: repeated(guests, ({ haState }) => haState),
  };
}

export const packInventory = ({ guests, ...rest }: ClusterInventory): PackedInventory => ({
  ...rest,
  guests: packGuests(guests),
});
