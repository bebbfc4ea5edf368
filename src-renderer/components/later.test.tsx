// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Later } from './later';

beforeEach(() => {
  vi.useFakeTimers();
  // jsdom has none: idle as soon as what runs has run.
  vi.stubGlobal('requestIdleCallback', (work: () => void) => setTimeout(work, 1));
  vi.stubGlobal('cancelIdleCallback', clearTimeout);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const later = (waiting: boolean) => <Later waiting={waiting}>dialogs</Later>;
const pass = (milliseconds: number) => act(() => vi.advanceTimersByTime(milliseconds));

describe('Later', () => {
  it('stays away while the first screen waits for its data, and comes when the window rests', () => {
    const { rerender } = render(later(true));
    pass(2_000);
    expect(screen.queryByText('dialogs')).toBeNull();
    rerender(later(false));
    expect(screen.queryByText('dialogs')).toBeNull();
    pass(2);
    expect(screen.queryByText('dialogs')).not.toBeNull();
  });

  it('does not wait for ever', () => {
    render(later(true));
    pass(3_001);
    expect(screen.queryByText('dialogs')).not.toBeNull();
  });
});
