import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OperationProgress } from '../../../src-preload/contract/operations';
import { ProgressReporter } from './progress';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function reporter(): { progress: ProgressReporter; told: OperationProgress[] } {
  const told: OperationProgress[] = [];
  return { progress: new ProgressReporter('plan', 'operation', (event) => told.push(event)), told };
}

describe('progress', () => {
  it('gathers output and tells it before the next phase, in order', () => {
    const { progress, told } = reporter();
    progress.phase('executing', 0);
    for (let index = 0; index < 50; index += 1) progress.output(0, 'stdout', `${index} `);
    progress.output(0, 'stderr', 'oops');
    expect(told).toHaveLength(1);
    progress.phase('verifying');
    expect(told.map(({ phase, output }) => [phase, output?.stream ?? null])).toEqual([
      ['executing', null],
      ['executing', 'stdout'],
      ['executing', 'stderr'],
      ['verifying', null],
    ]);
    expect(told[1]?.output?.chunk.startsWith('0 1 2 ')).toBe(true);
  });

  it('sends what came after a short while by itself', () => {
    const { progress, told } = reporter();
    progress.output(0, 'stdout', 'a');
    vi.advanceTimersByTime(99);
    expect(told).toHaveLength(0);
    vi.advanceTimersByTime(1);
    expect(told.map(({ output }) => output?.chunk)).toEqual(['a']);
    progress.flush();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stops telling output beyond its cap and says so once', () => {
    const { progress, told } = reporter();
    for (let index = 0; index < 2000; index += 1) progress.output(0, 'stdout', 'x'.repeat(1024));
    progress.flush();
    const text = told.map(({ output }) => output?.chunk ?? '').join('');
    expect(text.length).toBeLessThan(257 * 1024);
    expect(text.match(/more output is not shown/g)).toHaveLength(1);
    progress.output(0, 'stdout', 'y');
    progress.flush();
    expect(told.map(({ output }) => output?.chunk ?? '').join('')).toBe(text);
  });
});
