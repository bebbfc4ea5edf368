import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadPatienceMs, watchLoading } from './load-watch';

/** Tells what Electron 25.1 was seen to tell, in its order. */
class Page extends EventEmitter {
  private loading = false;
  isLoadingMainFrame(): boolean {
    return this.loading;
  }
  begin(): void {
    this.loading = true;
    this.emit('did-start-loading');
    this.emit('did-start-navigation', {}, 'holdfast://app/index.html', false, true);
  }
  end(): void {
    this.emit('dom-ready', {});
    this.emit('did-finish-load');
    this.loading = false;
    this.emit('did-stop-loading');
  }
  changeRoute(route: string): void {
    this.emit('did-start-loading');
    this.emit('did-start-navigation', {}, `holdfast://app/index.html#${route}`, true, true);
    this.emit('did-navigate-in-page', {}, `holdfast://app/index.html#${route}`, true);
    this.emit('did-stop-loading');
  }
}

describe('the watch over the loading page', () => {
  let page: Page;
  let onLate: ReturnType<typeof vi.fn<(times: number) => void>>;
  beforeEach(() => {
    vi.useFakeTimers();
    page = new Page();
    onLate = vi.fn<(times: number) => void>();
    watchLoading(page, onLate);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('says nothing of a page that loads', () => {
    page.begin();
    vi.advanceTimersByTime(loadPatienceMs - 1);
    page.end();
    vi.advanceTimersByTime(10 * loadPatienceMs);
    expect(onLate).not.toHaveBeenCalled();
  });

  it('says nothing of a page that stays on a screen after its route changed', () => {
    page.begin();
    page.end();
    page.changeRoute('/settings');
    vi.advanceTimersByTime(10 * loadPatienceMs);
    expect(onLate).not.toHaveBeenCalled();
  });

  it('says nothing of a frame within the page', () => {
    page.begin();
    page.end();
    page.emit('did-start-navigation', {}, 'about:blank', false, false);
    vi.advanceTimersByTime(10 * loadPatienceMs);
    expect(onLate).not.toHaveBeenCalled();
  });

  it('says nothing of a load that failed or was taken back', () => {
    page.begin();
    page.emit('did-stop-loading');
    vi.advanceTimersByTime(10 * loadPatienceMs);
    expect(onLate).not.toHaveBeenCalled();
  });

  it('tells of one that does not, once for each time it began, and counts', () => {
    page.begin();
    vi.advanceTimersByTime(3 * loadPatienceMs);
    expect(onLate.mock.calls).toEqual([[1]]);
    page.begin();
    vi.advanceTimersByTime(loadPatienceMs);
    expect(onLate.mock.calls).toEqual([[1], [2]]);
    page.begin();
    page.end();
    page.begin();
    vi.advanceTimersByTime(loadPatienceMs);
    expect(onLate.mock.calls).toEqual([[1], [2], [1]]);
  });

  it('counts from the last beginning', () => {
    page.begin();
    vi.advanceTimersByTime(loadPatienceMs - 1);
    page.begin();
    vi.advanceTimersByTime(loadPatienceMs - 1);
    expect(onLate).not.toHaveBeenCalled();
  });

  it('says nothing of a window that was closed', () => {
    page.begin();
    page.emit('destroyed');
    vi.advanceTimersByTime(10 * loadPatienceMs);
    expect(onLate).not.toHaveBeenCalled();
  });
});
