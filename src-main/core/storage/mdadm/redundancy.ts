import type { ArrayDetail, DetailMember } from './detail';

/** It holds its place and all of its data. */
export function isInSync(member: DetailMember): boolean {
  return (
    /(?:^| )sync(?: |$)/.test(member.state) && !isFaulty(member) && !member.missing && member.slot !== null
  );
}

export function isFaulty(member: DetailMember): boolean {
  return /(?:^| )faulty(?: |$)/.test(member.state);
}

export function isRebuilding(member: DetailMember): boolean {
  return /(?:^| )rebuilding(?: |$)/.test(member.state);
}

/** Waits for a place; one that is being rebuilt has a place already. */
export function isSpare(member: DetailMember): boolean {
  return /^spare(?: |$)/.test(member.state) && !isRebuilding(member);
}

export function isEmptyPlace(member: DetailMember): boolean {
  return member.path === null && !member.missing;
}

/** `raid1`, `raid10` …: levels whose members can be failed, added and replaced. */
export function hasRedundancy(level: string | null): boolean {
  return level !== null && /^raid(?:1|4|5|6|10)$/.test(level);
}

/** Places nobody holds with full data: empty ones and those being rebuilt. */
export function unheldPlaces(detail: Pick<ArrayDetail, 'raidDevices' | 'members'>): number[] {
  const held = new Set(detail.members.filter(isInSync).map(({ slot }) => slot));
  return Array.from({ length: detail.raidDevices ?? 0 }, (_, slot) => slot).filter((slot) => !held.has(slot));
}

/**
 * How many more members may fail, in the worst order, before data is lost; negative: too many are gone already;
 * null: the level is not one of ours.
 *
 * | level  | may fail in all                                                                          |
 * | 0      | none                                                                                     |
 * | 1      | all but one                                                                              |
 * | 4, 5   | 1                                                                                        |
 * | 6      | 2                                                                                        |
 * | 10     | of each set of copies all but one; sets are neighbours where near=N divides the members, |
 * |        | else counted as if all losses met the same set                                           |
 */
export function furtherLosses(detail: ArrayDetail): number | null {
  const places = detail.raidDevices;
  if (places === null) return null;
  const lost = unheldPlaces(detail);
  switch (detail.level) {
    case 'raid0':
    case 'linear':
      return 0 - lost.length;
    case 'raid1':
      return places - lost.length - 1;
    case 'raid4':
    case 'raid5':
      return 1 - lost.length;
    case 'raid6':
      return 2 - lost.length;
    case 'raid10': {
      const [, kind, number] = /^(near|far|offset)=(\d+)$/.exec(detail.layout ?? '') ?? [];
      const copies = number === undefined ? 2 : Number(number);
      if (kind !== 'near' || places % copies !== 0) return copies - 1 - lost.length;
      const sets = Array.from(
        { length: places / copies },
        (_, set) => copies - 1 - lost.filter((slot) => Math.floor(slot / copies) === set).length,
      );
      return Math.min(...sets);
    }
    default:
      return null;
  }
}

/** Whether the array still has all its data when this member no longer counts. null: not known. */
export function survivesWithout(detail: ArrayDetail, member: DetailMember): boolean | null {
  const left = furtherLosses({ ...detail, members: detail.members.filter((each) => each !== member) });
  return left === null ? null : left >= 0;
}

/** Bytes an array of this level offers, metadata left out, and therefore a little too many. */
export function capacityOf(level: string, members: number, smallestBytes: number): number {
  switch (level) {
    case '0':
      return members * smallestBytes;
    case '1':
      return smallestBytes;
    case '5':
      return (members - 1) * smallestBytes;
    case '6':
      return (members - 2) * smallestBytes;
    default:
      return Math.floor((members * smallestBytes) / 2);
  }
}
