import { describe, expect, it } from 'vitest';
import { taskStatistics } from './task-statistics';

describe('the statistics of tasks', () => {
  it('count what became of them, and by type the most frequent first', () => {
    expect(
      taskStatistics([
        { type: 'vzdump', outcome: 'ok' },
        { type: 'vzdump', outcome: 'failed' },
        { type: 'qmstart', outcome: 'warnings' },
        { type: 'aptupdate', outcome: 'running' },
        { type: 'vzdump', outcome: 'broken-off' },
      ]),
    ).toEqual({
      total: 5,
      ok: 1,
      warnings: 1,
      failed: 2,
      running: 1,
      byType: [
        { type: 'vzdump', count: 3, failed: 2 },
        { type: 'aptupdate', count: 1, failed: 0 },
        { type: 'qmstart', count: 1, failed: 0 },
      ],
    });
  });

  it('of none are nothing', () => {
    expect(taskStatistics([])).toEqual({ total: 0, ok: 0, warnings: 0, failed: 0, running: 0, byType: [] });
  });
});
