import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packedGuestsSchema, type Guest } from '../../../src-preload/contract/clusters';
import { unpackGuests } from '../../../src-renderer/stores/unpack-inventory';
import { packGuests } from './pack-inventory';

const count = fc.option(fc.nat(), { nil: null });
const word = fc.option(fc.string(), { nil: null });
const guest: fc.Arbitrary<Guest> = fc.record({
  vmid: fc.integer({ min: 1, max: 999_999_999 }),
  type: fc.constantFrom('qemu' as const, 'lxc' as const),
  name: word,
  node: fc.string(),
  status: fc.constantFrom('running' as const, 'stopped' as const, 'paused' as const, 'unknown' as const),
  template: fc.boolean(),
  uptimeSeconds: count,
  cpu: fc.option(
    fc.integer({ min: 0, max: 10_000 }).map((part) => part / 10_000),
    { nil: null },
  ),
  cpuCount: count,
  memoryBytes: count,
  memoryTotalBytes: count,
  diskTotalBytes: count,
  tags: fc.array(fc.string()),
  pool: word,
  lock: word,
  haState: word,
});

describe('guests that cross to the page by column', () => {
  it('are on the other side what they were', () => {
    fc.assert(
      fc.property(fc.array(guest), (guests) => {
        const packed = packedGuestsSchema.parse(JSON.parse(JSON.stringify(packGuests(guests))));
        expect(unpackGuests(packed)).toEqual(guests);
      }),
      { numRuns: 60 },
    );
  });

  it('are refused when a column is too short', () => {
    const [one] = fc.sample(guest, 1);
    const packed = packGuests(one === undefined ? [] : [one]);
    expect(() => unpackGuests({ ...packed, name: [] })).toThrow('do not fit together');
  });
});
