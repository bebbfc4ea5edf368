import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captured } from '../testing/captured';
import { parseDetail, type ArrayDetail, type DetailMember } from './detail';
import { furtherLosses, survivesWithout, unheldPlaces } from './redundancy';

const member = (slot: number, state = 'active sync'): DetailMember => ({
  number: slot,
  slot,
  state,
  path: `/dev/sd${String.fromCharCode(98 + slot)}`,
  missing: false,
});

function arrayOf(level: string, places: number, lost: readonly number[], layout: string | null): ArrayDetail {
  const idle = parseDetail(captured('mdadm', 'idle-detail-md5').stdout);
  return {
    ...idle,
    level,
    layout,
    raidDevices: places,
    members: Array.from({ length: places }, (_, slot) =>
      member(slot, lost.includes(slot) ? 'faulty' : undefined),
    ),
  };
}

/** By brute force: whether data of every stripe can be put together. */
function hasData(level: string, places: number, lost: ReadonlySet<number>): boolean {
  switch (level) {
    case 'raid1':
      return lost.size < places;
    case 'raid5':
      return lost.size <= 1;
    case 'raid6':
      return lost.size <= 2;
    case 'raid10': {
      for (let set = 0; set < places; set += 2) if (lost.has(set) && lost.has(set + 1)) return false;
      return true;
    }
    default:
      return lost.size === 0;
  }
}

describe('what an array can still lose', () => {
  it('is what the levels promise, and a member can go exactly when the data stays', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('raid0', 'raid1', 'raid5', 'raid6', 'raid10'),
        fc.integer({ min: 2, max: 4 }),
        fc.uniqueArray(fc.nat(7), { maxLength: 5 }),
        (level, half, losses) => {
          const places = half * 2;
          const lost = losses.filter((slot) => slot < places);
          const array = arrayOf(level, places, lost, level === 'raid10' ? 'near=2' : null);
          const left = furtherLosses(array);
          expect(unheldPlaces(array)).toEqual([...lost].sort((a, b) => a - b));
          expect(left !== null && left >= 0).toBe(hasData(level, places, new Set(lost)));
          for (const each of array.members.filter(({ state }) => state === 'active sync')) {
            expect(
              survivesWithout(array, each),
              `${level} of ${places}, lost ${lost.join()}, ${each.slot ?? ''}`,
            ).toBe(hasData(level, places, new Set([...lost, each.slot ?? -1])));
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('counts a layout it does not know as if all losses met', () => {
    expect(furtherLosses(arrayOf('raid10', 5, [0], 'near=2'))).toBe(0);
    expect(furtherLosses(arrayOf('raid10', 4, [0], 'far=2'))).toBe(0);
    expect(furtherLosses(arrayOf('raid10', 4, [], 'offset=3'))).toBe(2);
    expect(furtherLosses(arrayOf('multipath', 4, [], null))).toBeNull();
  });

  it('does not count a member that is still being rebuilt, or one that takes the place of another', () => {
    const rebuilding = parseDetail(captured('mdadm', 'rebuilding-detail-md5').stdout);
    expect([unheldPlaces(rebuilding), furtherLosses(rebuilding)]).toEqual([[2], 0]);
    const replacing = parseDetail(captured('mdadm', 'replacing-detail-md0').stdout);
    expect([unheldPlaces(replacing), furtherLosses(replacing)]).toEqual([[], 1]);
  });
});
