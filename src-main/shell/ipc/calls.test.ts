import { describe, expect, it } from 'vitest';
import { createCalls } from './calls';

function open(calls: ReturnType<typeof createCalls>, page: number, id: string): AbortController {
  const controller = calls.open(page, id);
  if (controller === null) throw new Error('refused');
  return controller;
}

describe('createCalls', () => {
  it('cancels one call, never a neighbour or another page', () => {
    const calls = createCalls();
    const [a, b, other] = [open(calls, 1, 'a'), open(calls, 1, 'b'), open(calls, 2, 'a')];
    calls.cancel(1, 'a');
    expect([a, b, other].map(({ signal }) => signal.aborted)).toEqual([true, false, false]);
    calls.cancel(1, 'unknown');
    calls.cancel(9, 'a');
  });

  it('refuses an id that is in use, until its call has ended', () => {
    const calls = createCalls();
    const first = open(calls, 1, 'a');
    expect(calls.open(1, 'a')).toBeNull();
    calls.close(1, 'a', first);
    expect(calls.open(1, 'a')).not.toBeNull();
  });

  it('cancels all calls of a page that went away, and keeps those of its successor', () => {
    const calls = createCalls();
    const before = open(calls, 1, 'a');
    calls.cancelAll(1);
    expect(before.signal.aborted).toBe(true);
    const after = open(calls, 1, 'a');
    calls.close(1, 'a', before);
    calls.cancel(1, 'a');
    expect(after.signal.aborted).toBe(true);
  });

  it('bounds the calls of one page', () => {
    const calls = createCalls();
    for (let index = 0; index < 256; index += 1) open(calls, 1, String(index));
    expect(calls.open(1, 'one more')).toBeNull();
    expect(calls.open(2, 'another page')).not.toBeNull();
  });
});
