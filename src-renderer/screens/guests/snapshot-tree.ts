import type { GuestSnapshot, GuestSnapshots } from '../../../src-preload/contract/clusters';

export interface TreeLine {
  /** null: where the guest stands now. */
  snapshot: GuestSnapshot | null;
  depth: number;
}

/** Snapshots below what they were taken after, oldest first, and the present state where it stands. */
export function treeLines({ snapshots, current }: GuestSnapshots): TreeLine[] {
  const below = (parent: string | null, depth: number): TreeLine[] => [
    ...snapshots
      .filter((snapshot) => snapshot.parent === parent)
      .flatMap((snapshot) => [{ snapshot, depth }, ...below(snapshot.name, depth + 1)]),
    ...(current.parent === parent ? [{ snapshot: null, depth }] : []),
  ];
  return below(null, 0);
}
