import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../retention/retention';
import { dayEnds, foresee, type Present } from './foresee';

const day = 86_400_000;
const start = new Date('2026-11-23T00:00:00').getTime();
const ends = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => start + (index + 1) * day);

const snapshot = (name: string, createdAtMs: number | null, more: Partial<Present> = {}): Present => ({
  name,
  fullName: `tank/data@${name}`,
  volumeName: 'tank/data',
  createdAtMs,
  holdCount: 0,
  cloneNames: [],
  state: 'ok',
  ...more,
});

describe('what a policy would leave', () => {
  it('grows until as many are there as stay, then one goes for each that comes', () => {
    const { days, shown } = foresee({
      volumeNames: ['tank/data'],
      present: [snapshot('holdfast-old', start - day)],
      nowMs: start,
      momentsMs: ends(4).map((endMs) => endMs - day / 2),
      last: 3,
      dayEndsMs: ends(4),
      shownDay: 1,
    });
    expect(days.map(({ taken, removed, there, stay }) => [taken, removed, there, stay])).toEqual([
      [1, 0, 2, 0],
      [1, 0, 3, 0],
      [1, 1, 3, 0],
      [1, 1, 3, 0],
    ]);
    expect(shown).toEqual([
      { volumeName: 'tank/data', name: null, createdAtMs: start + 1.5 * day, reason: null },
      { volumeName: 'tank/data', name: null, createdAtMs: start + 0.5 * day, reason: null },
      { volumeName: 'tank/data', name: 'holdfast-old', createdAtMs: start - day, reason: null },
    ]);
  });

  it('lets stay what is held, cloned or of unknown age, and says why', () => {
    const { days, shown } = foresee({
      volumeNames: ['tank/data'],
      present: [
        snapshot('held', start - 3 * day, { holdCount: 1 }),
        snapshot('cloned', start - 2 * day, { cloneNames: ['tank/copy'] }),
        snapshot('plain', start - day),
        snapshot('undated', null),
        snapshot('future', start + 9 * day),
        snapshot('elsewhere', start, { volumeName: 'tank/other' }),
      ],
      nowMs: start,
      momentsMs: [start + 1],
      last: 1,
      dayEndsMs: ends(1),
      shownDay: 0,
    });
    expect(days).toEqual([{ endMs: start + day, taken: 1, removed: 1, there: 5, stay: 4 }]);
    expect(shown.map(({ name, reason }) => [name, reason])).toEqual([
      [null, null],
      ['undated', 'its age is not known'],
      ['future', 'it is dated in the future'],
      ['held', 'it is held'],
      ['cloned', 'tank/copy was cloned from it'],
    ]);
  });

  it('is what the prune preview says when each moment has come', () => {
    const present = fc.array(
      fc.record({ ago: fc.nat(30), holdCount: fc.constantFrom(0, 0, 1), cloned: fc.boolean() }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(present, fc.integer({ min: 1, max: 5 }), fc.nat(6), (old, last, count) => {
        const before = old.map(({ ago, holdCount, cloned }, index) =>
          snapshot(`old-${index}`, start - (ago + 1) * day, { holdCount, cloneNames: cloned ? ['c'] : [] }),
        );
        const momentsMs = Array.from({ length: count }, (_, index) => start + index * 1000);
        const { shown } = foresee({
          ...{ volumeNames: ['tank/data'], present: before, momentsMs, last, nowMs: start },
          ...{ dayEndsMs: ends(1), shownDay: 0 },
        });
        let there = before.map((each) => ({ ...each, id: each.fullName }));
        for (const atMs of momentsMs) {
          there.push({ ...snapshot(`new-${atMs}`, atMs), id: String(atMs) });
          const rule = { last, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
          const verdicts = judge(there, rule, atMs);
          there = there.filter(({ id }) => verdicts.get(id)?.verdict !== 'remove');
        }
        expect(shown.map(({ createdAtMs }) => createdAtMs).sort()).toEqual(
          there.map(({ createdAtMs }) => createdAtMs).sort(),
        );
      }),
    );
  });

  it('goes by the days of the calendar', () => {
    const noon = new Date('2026-11-23T12:00:00').getTime();
    expect(dayEnds(noon, 2)).toEqual([
      new Date('2026-11-24T00:00:00').getTime(),
      new Date('2026-11-25T00:00:00').getTime(),
    ]);
  });
});
