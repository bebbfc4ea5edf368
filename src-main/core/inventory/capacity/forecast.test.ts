import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecast, type CapacityPoint } from './forecast';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2026, 0, 5);
const size = 1_000_000;

/** A point every `everyHours` for `days`, as full as `used` says, `at` in days from the start. */
function history(days: number, used: (at: number) => number, everyHours = 6): CapacityPoint[] {
  return Array.from({ length: Math.floor((days * 24) / everyHours) + 1 }, (_, index) => {
    const at = (index * everyHours) / 24;
    return { atMs: start + at * day, used: used(at), size };
  });
}

function daysUntilFull(points: readonly CapacityPoint[]): number {
  const result = forecast(points);
  if (result.kind !== 'growing') throw new Error(`It is ${result.kind}.`);
  return (result.fullAtMs - (points.at(-1)?.atMs ?? 0)) / day;
}

describe('a forecast', () => {
  it('of steady growth is the day on which it runs out', () => {
    const points = history(20, (at) => 500_000 + at * 10_000);
    expect(daysUntilFull(points)).toBeCloseTo(30, 5);
    expect(forecast(points)).toMatchObject({ kind: 'growing', perDay: expect.closeTo(10_000, 3) });
  });

  it('is not bent by a burst of writes that is cleaned up again', () => {
    const points = history(20, (at) => 500_000 + at * 10_000 + (at > 6 && at < 8 ? 45_000 : 0));
    expect(daysUntilFull(points)).toBeGreaterThan(28);
    expect(daysUntilFull(points)).toBeLessThan(33);
  });

  it('sees the trend through nightly ups and downs and bounds it', () => {
    const points = history(28, (at) => 400_000 + at * 4_000 + 6_000 * Math.sin(at * 6));
    const result = forecast(points);
    if (result.kind !== 'growing') throw new Error(result.kind);
    expect(daysUntilFull(points)).toBeGreaterThan(115);
    expect(daysUntilFull(points)).toBeLessThan(130);
    expect(result.earliestAtMs).toBeLessThan(result.fullAtMs);
    expect(result.latestAtMs).toBeGreaterThan(result.fullAtMs);
  });

  it('is not given for what shrinks, stays or only goes up and down', () => {
    expect(forecast(history(20, (at) => 500_000 - at * 1_000))).toEqual({ kind: 'not-growing' });
    expect(forecast(history(20, () => 500_000))).toEqual({ kind: 'not-growing' });
    expect(forecast(history(20, (at) => 500_000 + 20_000 * Math.sin(at * 3)))).toEqual({
      kind: 'not-growing',
    });
  });

  it('waits for three days of history, and says how much there is', () => {
    expect(forecast([])).toMatchObject({ kind: 'too-little-history', spanSeconds: 0 });
    expect(forecast(history(2, (at) => at * 1_000))).toEqual({
      kind: 'too-little-history',
      spanSeconds: 2 * 86_400,
      neededSeconds: 3 * 86_400,
      sinceChangeAtMs: null,
    });
    // Two readings a week apart are a line, not a trend.
    expect(forecast(history(7, (at) => at * 1_000, 24 * 7)).kind).toBe('too-little-history');
    expect(forecast(history(3, (at) => at * 1_000)).kind).toBe('growing');
  });

  it('counts only what came after one big import or deletion', () => {
    const deleted = history(25, (at) => (at < 15 ? 900_000 : 500_000) + at * 5_000);
    expect(daysUntilFull(deleted)).toBeCloseTo((size - 500_000 - 25 * 5_000) / 5_000, 3);
    const imported = history(25, (at) => (at < 24 ? 100_000 : 400_000) + at * 5_000);
    expect(forecast(imported)).toMatchObject({
      kind: 'too-little-history',
      sinceChangeAtMs: start + 24 * day,
    });
  });

  it('takes a clean-up that comes every week for a part of the trend', () => {
    const saw = history(28, (at) => 400_000 + (at % 7) * 12_000);
    expect(forecast(saw)).toEqual({ kind: 'not-growing' });
  });

  it('looks further back where the last month was read too seldom', () => {
    const weekly = history(70, (at) => 300_000 + at * 2_000, 24 * 7);
    expect(daysUntilFull(weekly)).toBeCloseTo((700_000 - 140_000) / 2_000, 3);
    // Otherwise the last month counts alone.
    const turned = history(100, (at) => (at < 60 ? 300_000 : 300_000 + (at - 60) * 3_000));
    expect(daysUntilFull(turned)).toBeCloseTo((700_000 - 120_000) / 3_000, 3);
  });

  it('of what is full is that it is full', () => {
    expect(forecast(history(20, () => size))).toEqual({ kind: 'full' });
  });

  it('never lies before the newest point, and its bounds hold it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 3 * day }), fc.integer({ min: 0, max: size })), {
          maxLength: 60,
        }),
        (steps) => {
          let atMs = start;
          const points = steps.map(([gap, used]) => ({ atMs: (atMs += gap), used, size }));
          const result = forecast(points);
          if (result.kind !== 'growing') return;
          expect(result.fullAtMs).toBeGreaterThanOrEqual(points.at(-1)?.atMs ?? 0);
          expect(result.earliestAtMs).toBeLessThanOrEqual(result.fullAtMs);
          expect(result.latestAtMs).toBeGreaterThanOrEqual(result.fullAtMs);
          expect(result.perDay).toBeGreaterThan(0);
        },
      ),
    );
  });
});
