import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLoadWatch, loadPatienceMs } from './load-watch';

describe('the watch over the loading page', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('says nothing of a page that loads', () => {
    const onLate = vi.fn();
    const watch = createLoadWatch(onLate);
    watch.began();
    vi.advanceTimersByTime(loadPatienceMs - 1);
    watch.ended();
    vi.advanceTimersByTime(10 * loadPatienceMs);
    expect(onLate).not.toHaveBeenCalled();
  });

  it('tells of one that does not, once for each time it began, and counts', () => {
    const onLate = vi.fn();
    const watch = createLoadWatch(onLate);
    watch.began();
    vi.advanceTimersByTime(3 * loadPatienceMs);
    expect(onLate.mock.calls).toEqual([[1]]);
    watch.began();
    vi.advanceTimersByTime(loadPatienceMs);
    expect(onLate.mock.calls).toEqual([[1], [2]]);
    watch.began();
    watch.ended();
    watch.began();
    vi.advanceTimersByTime(loadPatienceMs);
    expect(onLate.mock.calls).toEqual([[1], [2], [1]]);
  });

  it('counts from the last beginning', () => {
    const onLate = vi.fn();
    const watch = createLoadWatch(onLate);
    watch.began();
    vi.advanceTimersByTime(loadPatienceMs - 1);
    watch.began();
    vi.advanceTimersByTime(loadPatienceMs - 1);
    expect(onLate).not.toHaveBeenCalled();
  });
});
