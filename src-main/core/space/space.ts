import type { SnapshotRow, Volume } from '../../../src-preload/contract/inventory';
import type { VolumeSpace } from '../../../src-preload/contract/space';

/** No snapshot of a volume for so long, in milliseconds: then those that are left count as forgotten. */
export const forgottenAfterMs = 90 * 86_400_000;

const keyOf = (hostId: string, volumeName: string | null): string => `${hostId}\n${volumeName ?? ''}`;

function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => Math.min(a, b));
}

function most(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => Math.max(a, b));
}

/** Rows that share a volume, the volumes that hold most first. Pure. */
export function spaceByVolume(
  snapshots: readonly SnapshotRow[],
  volumes: readonly (Pick<Volume, 'name' | 'usedBySnapshotsBytes'> & { hostId: string })[],
  nowMs: number,
): VolumeSpace[] {
  const held = new Map(
    volumes.map(({ hostId, name, usedBySnapshotsBytes }) => [keyOf(hostId, name), usedBySnapshotsBytes]),
  );
  const groups = new Map<string, SnapshotRow[]>();
  for (const row of snapshots) {
    const key = keyOf(row.hostId, row.volumeName);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [row]);
    else known.push(row);
  }
  const found = [...groups].flatMap(([key, rows]): VolumeSpace[] => {
    const [first] = rows;
    if (first === undefined) return [];
    const used = rows.map(({ usedBytes }) => usedBytes);
    const newestAtMs = most(rows.map(({ createdAtMs }) => createdAtMs));
    return [
      {
        hostId: first.hostId,
        hostName: first.hostName,
        poolId: first.poolId,
        volumeName: first.volumeName,
        count: rows.length,
        heldBytes: held.get(key) ?? null,
        aloneBytes: used.includes(null) ? null : used.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0),
        oldestAtMs: least(rows.map(({ createdAtMs }) => createdAtMs)),
        newestAtMs,
        forgotten: newestAtMs !== null && nowMs - newestAtMs > forgottenAfterMs,
      },
    ];
  });
  const weight = ({ heldBytes, aloneBytes }: VolumeSpace): number => heldBytes ?? aloneBytes ?? -1;
  return found.sort(
    (a, b) =>
      weight(b) - weight(a) || b.count - a.count || ((a.volumeName ?? '') < (b.volumeName ?? '') ? -1 : 1),
  );
}
