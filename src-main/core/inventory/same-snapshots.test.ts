import { describe, expect, it } from 'vitest';
import { snapshotSchema, type Snapshot } from '../../../src-preload/contract/inventory';
import { areSame } from './same-snapshots';

const snapshot: Required<Snapshot> = {
  id: 'zfs:tank@a',
  backend: 'zfs',
  poolId: 'zfs:tank',
  fullName: 'tank@a',
  name: 'a',
  volumeName: 'tank',
  kind: 'zfs-snapshot',
  usedBytes: 1,
  sizeBytes: 2,
  createdAtMs: 3,
  percentFull: null,
  state: 'ok',
  cloneNames: ['tank/c'],
  holdCount: 0,
  order: 4,
  readOnly: true,
};
const others: Required<Snapshot> = {
  id: 'b',
  backend: 'lvm',
  poolId: 'b',
  fullName: 'b',
  name: 'b',
  volumeName: null,
  kind: 'lvm-thin',
  usedBytes: null,
  sizeBytes: 9,
  createdAtMs: null,
  percentFull: 9,
  state: 'invalid',
  cloneNames: ['tank/d'],
  holdCount: null,
  order: 9,
  readOnly: false,
};
const keys = Object.keys(snapshotSchema.shape) as (keyof Snapshot)[];

describe('two readings of snapshots', () => {
  it('are the same when each field of each is', () => {
    const copy = { ...snapshot, cloneNames: ['tank/c'] };
    expect(areSame([snapshot, copy], [copy, snapshot])).toBe(true);
    expect(areSame([], [])).toBe(true);
  });

  it.each(keys)('differ when %s does', (key) => {
    const changed = { ...snapshot, [key]: others[key] };
    expect(areSame([snapshot], [changed])).toBe(false);
    expect(areSame([changed], [snapshot])).toBe(false);
  });

  it('differ when one is more, or there are other clones', () => {
    expect(areSame([snapshot], [snapshot, snapshot])).toBe(false);
    for (const cloneNames of [null, [], ['tank/c', 'tank/d']]) {
      expect(areSame([snapshot], [{ ...snapshot, cloneNames }])).toBe(false);
    }
  });
});
