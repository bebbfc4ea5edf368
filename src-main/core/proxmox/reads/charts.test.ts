import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chartsOf, chosenRows } from './charts';

describe('the rows that a chart draws', () => {
  it('are all while they fit', () => {
    expect(chosenRows([[1, null, 3]], 10)).toEqual([0, 1, 2]);
  });

  it('keep the highest peak of each line, the ends, and where a gap begins', () => {
    const first = Array.from({ length: 1000 }, (_, index) => (index === 333 ? 100 : 1));
    const second = Array.from({ length: 1000 }, (_, index) =>
      index === 777 ? 500 : index >= 500 && index < 600 ? null : 2,
    );
    const rows = chosenRows([first, second], 60);
    expect(rows).toEqual(expect.arrayContaining([0, 333, 500, 777, 999]));
    expect(rows.length).toBeLessThanOrEqual(60);
  });

  it('are never more than asked for, in order, and each once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ min: 0, max: 1e12, noNaN: true })), { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 10, max: 5000 }),
        (values, most) => {
          const rows = chosenRows([values, values.toReversed()], most);
          expect(rows.length).toBeLessThanOrEqual(Math.max(most, 0));
          expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
          expect(rows.every((row) => row >= 0 && row < values.length)).toBe(true);
        },
      ),
    );
  });
});

describe('charts', () => {
  it('show only what was measured, sorted, with gaps as gaps', () => {
    const [chart, ...others] = chartsOf(
      [{ time: 120, cpu: 0.5 }, { time: 60 }, { time: 180, cpu: null }],
      [
        { title: 'Processors', unit: 'part', top: 1, lines: [{ key: 'cpu', label: 'Busy' }] },
        { title: 'Memory', unit: 'bytes', maximum: 'maxmem', lines: [{ key: 'mem', label: 'Used' }] },
      ],
      500,
    );
    expect(others).toEqual([]);
    expect(chart).toEqual({
      title: 'Processors',
      maximum: 1,
      timesMs: [60_000, 120_000, 180_000],
      series: [{ key: 'cpu', label: 'Busy', unit: 'part', values: [null, 0.5, null] }],
    });
  });
});
