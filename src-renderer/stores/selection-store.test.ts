// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from 'vitest';
import type { SnapshotRow } from '../../src-preload/contract/inventory';
import { installBridge } from '../test/bridge';
import {
  clearSelection,
  mostSelected,
  partsOf,
  planDestroy,
  select,
  tick,
  useSelectionStore,
} from './selection-store';

const row = (name: string, hostId = 'nas'): SnapshotRow => ({
  id: `zfs:tank@${name}`,
  backend: 'zfs',
  poolId: 'zfs:tank',
  fullName: `tank@${name}`,
  name,
  volumeName: 'tank',
  kind: 'zfs-snapshot',
  usedBytes: 1,
  sizeBytes: 1,
  createdAtMs: 0,
  percentFull: null,
  state: 'ok',
  cloneNames: [],
  holdCount: 0,
  hostId,
  hostName: hostId,
});
const rows = ['a', 'b', 'c', 'd'].map((name) => row(name));
const names = () => [...useSelectionStore.getState().rows.values()].map(({ name }) => name);

beforeEach(clearSelection);

describe('ticking snapshots', () => {
  it('takes a range with Shift, also upwards, and takes it away again', () => {
    const rowAt = (index: number) => rows[index];
    tick(2, rows[2] ?? row('x'), true, false, rowAt);
    tick(0, rows[0] ?? row('x'), true, true, rowAt);
    expect(names().sort()).toEqual(['a', 'b', 'c']);
    tick(1, rows[1] ?? row('x'), false, false, rowAt);
    expect(names().sort()).toEqual(['a', 'c']);
  });

  it('holds no more than one bulk operation takes', () => {
    select(
      Array.from({ length: mostSelected + 50 }, (_, index) => row(`s${index}`)),
      true,
    );
    expect(useSelectionStore.getState().rows.size).toBe(mostSelected);
  });

  it('is parted by host, for a confirmation names one', () => {
    const parts = partsOf([row('a'), row('a', 'vault'), row('b')]);
    expect(parts.map(({ hostId, rows: part }) => [hostId, part.map(({ name }) => name)])).toEqual([
      ['nas', ['a', 'b']],
      ['vault', ['a']],
    ]);
  });
});

describe('destroying what is ticked', () => {
  const offer = (name: string, excuse: string | null) => ({
    action: 'zfs.snapshot.destroy',
    label: 'Destroy…',
    group: 'destroy',
    risk: 'destructive',
    excuse,
    input: { snapshot: `tank@${name}` },
    fields: [],
  });
  const answer = (excuse: (name: string) => string | null) => (request: unknown) => {
    const { subject } = request as { subject: { snapshotId: string } };
    const name = subject.snapshotId.slice('zfs:tank@'.length);
    return name === 'gone'
      ? { ok: false, error: { code: 'not-found', message: 'gone' } }
      : { ok: true, value: { offers: [offer(name, excuse(name))] } };
  };

  it('asks for one plan over all that can go', async () => {
    const bridge = installBridge({
      'operations:offers': answer((name) => (name === 'b' ? 'It is being merged.' : null)),
      'operations:plan': () => ({ ok: false, error: { code: 'refused', message: 'no' } }),
    });
    await planDestroy({
      hostId: 'nas',
      hostName: 'nas',
      backend: 'zfs',
      rows: ['a', 'b', 'gone', 'c'].map((name) => row(name)),
    });
    expect(bridge.calls.at(-1)).toEqual({
      channel: 'operations:plan',
      request: {
        hostId: 'nas',
        action: 'zfs.snapshot.destroy',
        input: { items: [{ snapshot: 'tank@a' }, { snapshot: 'tank@c' }], goOn: true },
      },
    });
  });

  it('says why when none can go, and asks for nothing', async () => {
    const bridge = installBridge({ 'operations:offers': answer(() => 'Holdfast is in read-only mode.') });
    await planDestroy({ hostId: 'nas', hostName: 'nas', backend: 'zfs', rows: [row('a')] });
    expect(useSelectionStore.getState().problem).toContain('read-only');
    expect(bridge.calls.map(({ channel }) => channel)).toEqual(['operations:offers']);
  });
});
