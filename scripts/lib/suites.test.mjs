import { describe, expect, it } from 'vitest';
import { chooseSuites } from './suites.mjs';

describe('chooseSuites', () => {
  it('runs both without an argument', () => {
    expect(chooseSuites([])).toEqual({ unit: [], e2e: [] });
  });

  it('sends each path to its runner and leaves the other out', () => {
    expect(chooseSuites(['src-main/core/ssh'])).toEqual({ unit: ['src-main/core/ssh'], e2e: undefined });
    expect(chooseSuites(['e2e/tour.spec.ts'])).toEqual({ unit: undefined, e2e: ['e2e/tour.spec.ts'] });
    expect(chooseSuites(['lvm', 'tour.spec.ts:12'])).toEqual({ unit: ['lvm'], e2e: ['tour.spec.ts:12'] });
  });

  it('gives options with their values to the one suite that was chosen', () => {
    expect(chooseSuites(['quote.test.ts', '-t', 'a name'])).toEqual({
      unit: ['quote.test.ts', '-t', 'a name'],
      e2e: undefined,
    });
    expect(chooseSuites(['e2e/tour.spec.ts', '-g', 'dark']).e2e).toEqual(['e2e/tour.spec.ts', '-g', 'dark']);
  });

  it('refuses options that no single suite claims', () => {
    expect(() => chooseSuites(['-t', 'x'])).toThrow(/one test runner/);
    expect(() => chooseSuites(['lvm', 'e2e/tour.spec.ts', '-u'])).toThrow(/one test runner/);
  });
});
