import { describe, expect, it } from 'vitest';
import type { ClusterStorage } from '../../../src-preload/contract/clusters';
import { storageTotals } from './storage-totals';

const storage = (change: Partial<ClusterStorage>): ClusterStorage => ({
  name: 'local',
  node: 'pve1',
  type: 'dir',
  content: [],
  shared: false,
  available: true,
  usedBytes: 10,
  totalBytes: 100,
  ...change,
});

describe('what storages hold together', () => {
  it('counts a shared one once for each cluster, and leaves out what is not told', () => {
    const storages = [
      storage({}),
      storage({ node: 'pve2' }),
      storage({ name: 'nas', shared: true, usedBytes: 500, totalBytes: 1000 }),
      storage({ name: 'nas', node: 'pve2', shared: true, usedBytes: 500, totalBytes: 1000 }),
      storage({ node: 'pve3', available: false }),
      storage({ node: 'pve4', usedBytes: null, totalBytes: null }),
    ];
    expect(storageTotals([{ storages }, null, { storages: [storage({})] }])).toEqual({
      usedBytes: 530,
      totalBytes: 1300,
    });
  });
});
