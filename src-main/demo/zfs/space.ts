/**
 * Who holds which bytes of a dataset, by transaction group as ZFS itself does: a block born in
 * txg `birthTxg` and overwritten in `deathTxg` is part of every snapshot taken in between. Sizes of
 * snapshots follow from that alone, so creating, destroying and rolling back always add up.
 */
export interface Segment {
  readonly birthTxg: number;
  /** null: part of the live dataset. */
  readonly deathTxg: number | null;
  readonly bytes: number;
  /** Blocks of the origin that a clone shows: referenced, but charged to the origin. */
  readonly shared: boolean;
}

export interface SnapshotSpace {
  /** Bytes that only this snapshot holds. */
  usedBytes: number;
  referencedBytes: number;
  /** Bytes written between the snapshot before and this one. */
  writtenBytes: number;
}

export interface DatasetSpace {
  referencedBytes: number;
  /** Live bytes charged to this dataset. */
  usedByDatasetBytes: number;
  usedBySnapshotsBytes: number;
  /** Live bytes written since the newest snapshot. */
  writtenBytes: number;
  /** In the order of `snapshotTxgs`. */
  snapshots: SnapshotSpace[];
}

/** Index of the first element that is at least `value`. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First and last snapshot that shows the segment; `first > last` where none does. */
function shownBy(segment: Segment, snapshotTxgs: readonly number[]): { first: number; last: number } {
  return {
    first: lowerBound(snapshotTxgs, segment.birthTxg),
    last: (segment.deathTxg === null ? snapshotTxgs.length : lowerBound(snapshotTxgs, segment.deathTxg)) - 1,
  };
}

/** @param snapshotTxgs ascending */
export function measure(segments: readonly Segment[], snapshotTxgs: readonly number[]): DatasetSpace {
  const count = snapshotTxgs.length;
  const used = new Array<number>(count).fill(0);
  const written = new Array<number>(count).fill(0);
  const change = new Array<number>(count + 1).fill(0);
  const space: DatasetSpace = {
    referencedBytes: 0,
    usedByDatasetBytes: 0,
    usedBySnapshotsBytes: 0,
    writtenBytes: 0,
    snapshots: [],
  };
  const add = (list: number[], index: number, bytes: number) => {
    list[index] = (list[index] ?? 0) + bytes;
  };
  for (const segment of segments) {
    const { first, last } = shownBy(segment, snapshotTxgs);
    if (first <= last) {
      add(change, first, segment.bytes);
      add(change, last + 1, -segment.bytes);
      if (!segment.shared) add(written, first, segment.bytes);
    }
    if (segment.deathTxg === null) {
      space.referencedBytes += segment.bytes;
      if (segment.shared) continue;
      space.usedByDatasetBytes += segment.bytes;
      if (first === count) space.writtenBytes += segment.bytes;
    } else if (!segment.shared && first <= last) {
      space.usedBySnapshotsBytes += segment.bytes;
      if (first === last) add(used, first, segment.bytes);
    }
  }
  let referencedBytes = 0;
  for (let index = 0; index < count; index += 1) {
    referencedBytes += change[index] ?? 0;
    space.snapshots.push({
      usedBytes: used[index] ?? 0,
      referencedBytes,
      writtenBytes: written[index] ?? 0,
    });
  }
  return space;
}

/** Drops what neither the live dataset nor any snapshot shows. */
export function collectGarbage(segments: readonly Segment[], snapshotTxgs: readonly number[]): Segment[] {
  return segments.filter((segment) => {
    if (segment.deathTxg === null) return true;
    const { first, last } = shownBy(segment, snapshotTxgs);
    return first <= last;
  });
}

/** The live dataset as it was at `snapshotTxg`; snapshots after it must be gone already. */
export function rollBackSegments(segments: readonly Segment[], snapshotTxg: number): Segment[] {
  return segments
    .filter((segment) => segment.birthTxg <= snapshotTxg)
    .map((segment) =>
      segment.deathTxg !== null && segment.deathTxg > snapshotTxg ? { ...segment, deathTxg: null } : segment,
    );
}

/** Bytes that only these snapshots hold between them: what destroying all of them frees. */
export function freedTogether(
  segments: readonly Segment[],
  snapshotTxgs: readonly number[],
  chosen: ReadonlySet<number>,
): number {
  return segments.reduce((sum, segment) => {
    if (segment.deathTxg === null || segment.shared) return sum;
    const { first, last } = shownBy(segment, snapshotTxgs);
    if (first > last) return sum;
    for (let index = first; index <= last; index += 1) if (!chosen.has(index)) return sum;
    return sum + segment.bytes;
  }, 0);
}

/** Live bytes born after `txg`: the property `written@snapshot`. */
export function writtenSince(segments: readonly Segment[], txg: number): number {
  return segments.reduce(
    (sum, segment) =>
      segment.deathTxg === null && !segment.shared && segment.birthTxg > txg ? sum + segment.bytes : sum,
    0,
  );
}

export interface Write {
  txg: number;
  bytes: number;
  /** Live bytes the write replaces. */
  overwrittenBytes: number;
  /** Which live blocks it replaces: `newest` is what makes single snapshots hold bytes of their own. */
  overwrite: 'oldest' | 'newest';
}

/** Neighbouring writes between the same two snapshots share a segment, so the list stays short. */
export function writeSegments(
  segments: readonly Segment[],
  newestSnapshotTxg: number,
  write: Write,
): Segment[] {
  const result = [...segments];
  const live =
    write.overwrittenBytes === 0
      ? []
      : [...result.keys()]
          .filter((index) => result[index]?.deathTxg === null)
          .sort((left, right) => (result[left]?.birthTxg ?? 0) - (result[right]?.birthTxg ?? 0));
  if (write.overwrite === 'newest') live.reverse();
  let left = write.overwrittenBytes;
  for (const index of live) {
    const segment = result[index];
    if (segment === undefined || left === 0) break;
    const taken = Math.min(left, segment.bytes);
    left -= taken;
    result[index] = { ...segment, bytes: segment.bytes - taken };
    // Blocks that no snapshot shows are free at once.
    if (segment.birthTxg > newestSnapshotTxg) continue;
    const twin = result.findIndex(
      (other) =>
        other.birthTxg === segment.birthTxg &&
        other.shared === segment.shared &&
        other.deathTxg !== null &&
        other.deathTxg > newestSnapshotTxg,
    );
    const before = result[twin];
    if (before === undefined) result.push({ ...segment, deathTxg: write.txg, bytes: taken });
    else result[twin] = { ...before, bytes: before.bytes + taken };
  }
  if (write.bytes > 0) {
    const open = result.findIndex(
      (segment) => segment.deathTxg === null && !segment.shared && segment.birthTxg > newestSnapshotTxg,
    );
    const before = result[open];
    if (before === undefined) {
      result.push({ birthTxg: write.txg, deathTxg: null, bytes: write.bytes, shared: false });
    } else {
      result[open] = { ...before, bytes: before.bytes + write.bytes };
    }
  }
  return result.filter((segment) => segment.bytes > 0);
}
