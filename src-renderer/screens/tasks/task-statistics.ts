import type { ClusterTask } from '../../../src-preload/contract/clusters';

export interface TaskStatistics {
  total: number;
  ok: number;
  warnings: number;
  failed: number;
  running: number;
  /** Most frequent first. */
  byType: readonly { type: string; count: number; failed: number }[];
}

/** What became of tasks (F40). One that broke off did not do its work, so it counts as failed. */
export function taskStatistics(tasks: readonly Pick<ClusterTask, 'type' | 'outcome'>[]): TaskStatistics {
  const types = new Map<string, { count: number; failed: number }>();
  const count = { ok: 0, warnings: 0, failed: 0, running: 0 };
  for (const { type, outcome } of tasks) {
    const failed = outcome === 'failed' || outcome === 'broken-off';
    if (failed) count.failed += 1;
    else count[outcome] += 1;
    const known = types.get(type) ?? { count: 0, failed: 0 };
    types.set(type, { count: known.count + 1, failed: known.failed + (failed ? 1 : 0) });
  }
  return {
    total: tasks.length,
    ...count,
    byType: [...types]
      .map(([type, numbers]) => ({ type, ...numbers }))
      .sort((a, b) => b.count - a.count || (a.type < b.type ? -1 : 1)),
  };
}
