import { describe, expect, it } from 'vitest';
import type { Cluster, Guest } from '../../../src-preload/contract/clusters';
import { guestMatcher, guestRows, sortGuests } from './guest-rows';

const cluster = { id: 'atlas', name: 'atlas' } as unknown as Cluster;
const guest = (change: Partial<Guest>): Guest => ({
  vmid: 100,
  type: 'qemu',
  name: 'web-1',
  node: 'pve1',
  status: 'running',
  template: false,
  uptimeSeconds: 10,
  cpu: 0.5,
  cpuCount: 2,
  memoryBytes: 1,
  memoryTotalBytes: 2,
  diskTotalBytes: 3,
  tags: ['prod', 'web'],
  pool: null,
  lock: null,
  haState: null,
  ...change,
});
const rows = (...guests: Guest[]) =>
  guestRows(cluster, { guests } as unknown as Parameters<typeof guestRows>[1]);

describe('rows of guests', () => {
  it('are none of a cluster that was never read', () => {
    expect(guestRows(cluster, null)).toEqual([]);
  });

  it.each([
    ['web', true],
    ['WEB prod', true],
    ['100', true],
    ['pve1 atlas', true],
    ['web db', false],
    ['', true],
  ])('are found by %j: %s', (search, found) => {
    const [row] = rows(guest({}));
    expect(row !== undefined && guestMatcher(search)(row)).toBe(found);
  });

  it('sort what is not known last, both ways', () => {
    const all = rows(
      guest({ vmid: 1, cpu: null, name: null }),
      guest({ vmid: 2, cpu: 0.1, name: 'b' }),
      guest({ vmid: 3, cpu: 0.9, name: 'a' }),
    );
    const ids = (...args: [Parameters<typeof sortGuests>[1], boolean]) =>
      sortGuests(all, ...args).map((row) => row.guest.vmid);
    expect(ids('cpu', false)).toEqual([2, 3, 1]);
    expect(ids('cpu', true)).toEqual([3, 2, 1]);
    expect(ids('name', false)).toEqual([3, 2, 1]);
    expect(ids('name', true)).toEqual([2, 3, 1]);
    expect(ids('vmid', true)).toEqual([3, 2, 1]);
  });
});
