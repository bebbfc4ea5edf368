import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RetentionRule } from '../../../src-preload/contract/prune';
import { judge, type Judged } from './retention';

const nothing: RetentionRule = { last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
const at = (text: string): number => new Date(text).getTime();
const nowMs = at('2026-11-23T12:00:00');

function snapshot(name: string, created: string | null, more: Partial<Judged> = {}): Judged {
  return {
    id: `zfs:tank/data@${name}`,
    fullName: `tank/data@${name}`,
    volumeName: 'tank/data',
    createdAtMs: created === null ? null : at(created),
    holdCount: 0,
    cloneNames: [],
    state: 'ok',
    ...more,
  };
}

const verdictsOf = (snapshots: readonly Judged[], rule: Partial<RetentionRule>) => {
  const verdicts = judge(snapshots, { ...nothing, ...rule }, nowMs);
  return Object.fromEntries(snapshots.map(({ id, fullName }) => [fullName.split('@')[1], verdicts.get(id)]));
};

describe('what a retention rule keeps', () => {
  const days = [
    snapshot('mon-noon', '2026-11-23T11:00:00'),
    snapshot('mon-early', '2026-11-23T02:00:00'),
    snapshot('sun', '2026-11-22T23:59:00'),
    snapshot('sat', '2026-11-21T23:00:00'),
    snapshot('oct', '2026-10-31T23:00:00'),
  ];

  it('is the newest of each day, back as many days as there are snapshots of', () => {
    expect(verdictsOf(days, { daily: 3 })).toEqual({
      'mon-noon': { verdict: 'keep', reasons: ['daily: 2026-11-23'] },
      'mon-early': { verdict: 'remove', reasons: ['nothing keeps it'] },
      sun: { verdict: 'keep', reasons: ['daily: 2026-11-22'] },
      sat: { verdict: 'keep', reasons: ['daily: 2026-11-21'] },
      oct: { verdict: 'remove', reasons: ['nothing keeps it'] },
    });
  });

  it('says every reason there is', () => {
    expect(
      verdictsOf(days, { last: 1, hourly: 1, daily: 1, weekly: 2, monthly: 2, yearly: 1 }),
    ).toMatchObject({
      'mon-noon': {
        verdict: 'keep',
        reasons: [
          'one of the last 1 (1)',
          'hourly: 2026-11-23 11:00',
          'daily: 2026-11-23',
          'weekly: week of 2026-11-23',
          'monthly: 2026-11',
          'yearly: 2026',
        ],
      },
      sun: { verdict: 'keep', reasons: ['weekly: week of 2026-11-16'] },
      oct: { verdict: 'keep', reasons: ['monthly: 2026-10'] },
      sat: { verdict: 'remove' },
    });
  });

  it('lets stay what is held, cloned, being merged, undated or dated in the future', () => {
    const found = verdictsOf(
      [
        snapshot('new', '2026-11-23T11:00:00'),
        snapshot('held', '2026-11-01T00:00:00', { holdCount: 1 }),
        snapshot('cloned', '2026-11-01T00:00:00', { cloneNames: ['tank/copy'] }),
        snapshot('merging', '2026-11-01T00:00:00', { state: 'merging' }),
        snapshot('unread', '2026-11-01T00:00:00', { holdCount: null, cloneNames: null }),
        snapshot('undated', null),
        snapshot('listed', null, { order: 7 }),
        snapshot('future', '2027-01-01T00:00:00'),
      ],
      { last: 1 },
    );
    expect(found).toMatchObject({
      new: { verdict: 'keep' },
      held: { verdict: 'stay', reasons: ['it is held'] },
      cloned: { verdict: 'stay', reasons: ['tank/copy was cloned from it'] },
      merging: { verdict: 'stay', reasons: ['it is being merged'] },
      listed: { verdict: 'stay', reasons: ['its age was not read yet'] },
      unread: { verdict: 'stay', reasons: ['its holds and clones were not read yet'] },
      undated: { verdict: 'stay', reasons: ['its age is not known'] },
      future: { verdict: 'stay', reasons: ['it is dated in the future'] },
    });
  });

  it('judges each volume by itself, and one without a volume alone', () => {
    const other = { volumeName: 'tank/other', id: 'zfs:tank/other@a', fullName: 'tank/other@a' };
    const orphans = ['x', 'y'].map((name) => ({
      ...snapshot(name, '2026-01-01T00:00:00'),
      volumeName: null,
    }));
    const all = [
      snapshot('a', '2026-11-23T11:00:00'),
      { ...snapshot('a', '2025-01-01T00:00:00'), ...other },
      ...orphans,
    ];
    expect([...judge(all, { ...nothing, last: 1 }, nowMs).values()].map(({ verdict }) => verdict)).toEqual([
      'keep',
      'keep',
      'keep',
      'keep',
    ]);
  });

  const counts = fc.record({
    last: fc.nat(4),
    hourly: fc.nat(4),
    daily: fc.nat(4),
    weekly: fc.nat(4),
    monthly: fc.nat(4),
    yearly: fc.nat(4),
  });
  const many = fc
    .uniqueArray(fc.integer({ min: nowMs - 900 * 86_400_000, max: nowMs }), { maxLength: 60 })
    .map((times) => times.map((time, index) => ({ ...snapshot(`s${index}`, null), createdAtMs: time })));

  it('never keeps more than it counts, and never less than there are', () => {
    fc.assert(
      fc.property(many, counts, (snapshots, rule) => {
        const verdicts = judge(snapshots, rule, nowMs);
        expect(verdicts.size).toBe(snapshots.length);
        const kept = [...verdicts.values()].filter(({ verdict }) => verdict === 'keep').length;
        const sum = Object.values(rule).reduce((total, count) => total + count, 0);
        expect(kept).toBeLessThanOrEqual(sum);
        expect(kept).toBeGreaterThanOrEqual(Math.min(rule.last, snapshots.length));
        const newest = [...snapshots].sort((a, b) => b.createdAtMs - a.createdAtMs)[0];
        if (newest !== undefined && sum > 0) expect(verdicts.get(newest.id)?.verdict).toBe('keep');
      }),
    );
  });

  it('keeps the same when asked again after the removal', () => {
    fc.assert(
      fc.property(many, counts, (snapshots, rule) => {
        const before = judge(snapshots, rule, nowMs);
        const kept = snapshots.filter(({ id }) => before.get(id)?.verdict === 'keep');
        const again = judge(kept, rule, nowMs);
        expect(kept.filter(({ id }) => again.get(id)?.verdict !== 'keep')).toEqual([]);
      }),
    );
  });

  it('keeps no less by a rule that counts more', () => {
    fc.assert(
      fc.property(many, counts, counts, (snapshots, rule, more) => {
        const wider: RetentionRule = {
          last: rule.last + more.last,
          hourly: rule.hourly + more.hourly,
          daily: rule.daily + more.daily,
          weekly: rule.weekly + more.weekly,
          monthly: rule.monthly + more.monthly,
          yearly: rule.yearly + more.yearly,
        };
        const wide = judge(snapshots, wider, nowMs);
        for (const [id, { verdict }] of judge(snapshots, rule, nowMs)) {
          if (verdict === 'keep') expect(wide.get(id)?.verdict).toBe('keep');
        }
      }),
    );
  });
});
