import { describe, expect, it } from 'vitest';
import type { SnapshotRow } from '../../../src-preload/contract/inventory';
import { forgottenAfterMs, spaceByVolume } from './space';

const nowMs = 1_795_410_000_000;

function row(volumeName: string | null, name: string, more: Partial<SnapshotRow> = {}): SnapshotRow {
  return {
    hostId: 'a',
    hostName: 'nas',
    id: `zfs:${volumeName ?? ''}@${name}`,
    backend: 'zfs',
    poolId: 'zfs:tank',
    fullName: `${volumeName ?? ''}@${name}`,
    name,
    volumeName,
    kind: 'zfs-snapshot',
    usedBytes: 10,
    sizeBytes: 100,
    createdAtMs: nowMs - 1000,
    percentFull: null,
    state: 'ok',
    cloneNames: [],
    holdCount: 0,
    ...more,
  };
}

describe('space by volume', () => {
  it('names what all hold together where the tool says so, and those that hold most first', () => {
    const found = spaceByVolume(
      [
        row('tank/a', '1', { usedBytes: 5, createdAtMs: nowMs - 5000 }),
        row('tank/a', '2', { usedBytes: 7 }),
        row('tank/b', '1', { usedBytes: 900 }),
        row('tank/a', '1', { hostId: 'b', hostName: 'other', usedBytes: 1 }),
        row(null, 'orphan', { usedBytes: 2 }),
      ],
      [
        { hostId: 'a', name: 'tank/a', usedBySnapshotsBytes: 5000 },
        { hostId: 'a', name: 'tank/b', usedBySnapshotsBytes: null },
      ],
      nowMs,
    );
    expect(found.map(({ hostId, volumeName }) => [hostId, volumeName])).toEqual([
      ['a', 'tank/a'],
      ['a', 'tank/b'],
      ['a', null],
      ['b', 'tank/a'],
    ]);
    expect(found[0]).toMatchObject({
      count: 2,
      heldBytes: 5000,
      aloneBytes: 12,
      oldestAtMs: nowMs - 5000,
      newestAtMs: nowMs - 1000,
      forgotten: false,
    });
    expect(found[1]).toMatchObject({ heldBytes: null, aloneBytes: 900 });
  });

  it('says that it does not know where a part was not read', () => {
    const [found] = spaceByVolume([row('tank/a', '1'), row('tank/a', '2', { usedBytes: null })], [], nowMs);
    expect(found).toMatchObject({ aloneBytes: null, heldBytes: null });
  });

  it('calls forgotten what has no newer one for long, and nothing whose age is not known', () => {
    const old = nowMs - forgottenAfterMs - 1;
    const found = spaceByVolume(
      [
        row('tank/old', '1', { createdAtMs: old }),
        row('tank/kept', '1', { createdAtMs: old }),
        row('tank/kept', '2'),
        row('tank/unread', '1', { createdAtMs: null }),
      ],
      [],
      nowMs,
    );
    expect(found.filter(({ forgotten }) => forgotten).map(({ volumeName }) => volumeName)).toEqual([
      'tank/old',
    ]);
  });
});
