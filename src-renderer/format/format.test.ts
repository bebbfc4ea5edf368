import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatPercent, plural, usedPercent } from './bytes-format';
import { formatAge, formatDuration, formatElapsed, formatMoment, snapshotNameAt } from './time-format';

describe('formatBytes', () => {
  it('uses binary units with three digits and never shows unknown as zero', () => {
    expect(formatBytes(0)).toBe('0 B');
    expect(formatBytes(1536)).toBe('1.50 KiB');
    expect(formatBytes(1.46 * 1024 ** 4)).toBe('1.46 TiB');
    expect(formatBytes(null)).toBe('–');
  });
});

describe('formatPercent', () => {
  it('never rounds up to a full pool', () => {
    expect(formatPercent(99.9)).toBe('99 %');
    expect(formatPercent(4.26)).toBe('4.3 %');
    expect(formatPercent(null)).toBe('–');
  });
  it('knows no share of an unknown size', () => {
    expect(usedPercent(5, 0)).toBeNull();
    expect(usedPercent(50, 200)).toBe(25);
    expect(usedPercent(300, 200)).toBe(100);
  });
});

describe('plural', () => {
  it('agrees with its count', () => {
    expect(plural(1, 'pool')).toBe('1 pool');
    expect(plural(4012, 'snapshot')).toBe('4,012 snapshots');
  });
});

describe('ages and durations', () => {
  it('names one unit', () => {
    expect(formatDuration(59)).toBe('59 s');
    expect(formatDuration(3600 * 26)).toBe('1 d');
    expect(formatElapsed(240)).toBe('240 ms');
    expect(formatElapsed(2400)).toBe('2.4 s');
  });
  it('says when a moment lies ahead of our clock', () => {
    expect(formatAge(1_000_000, 1_000_000)).toBe('just now');
    expect(formatAge(0, 90_000)).toBe('1 min ago');
    expect(formatAge(100_000, 0)).toBe('in 1 min');
    expect(formatAge(null, 0)).toBe('–');
  });
  it('never throws and never claims a negative age', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 0, max: 4e12 }), (at, now) => {
        expect(formatAge(at, now)).not.toContain('-');
        expect(formatMoment(at)).toMatch(/^\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      }),
    );
  });
});

describe('snapshotNameAt', () => {
  it('is a name that ZFS and LVM accept', () => {
    expect(snapshotNameAt(Date.UTC(2026, 10, 23, 4, 26, 30))).toBe('holdfast-20261123-042630');
  });
});
