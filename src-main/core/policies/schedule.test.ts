import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scheduleSchema } from '../../../src-preload/contract/policies';
import { AppError } from '../errors/app-error';
import { readSchedule } from './schedule';

const at = (text: string): number => new Date(text).getTime();

describe('a schedule', () => {
  it.each([
    ['@hourly', 'Every hour', '2026-11-23T13:00', '2026-11-23T12:00'],
    ['@daily', 'At 00:00', '2026-11-24T00:00', '2026-11-23T00:00'],
    ['@weekly', 'At 00:00, only on Sunday', '2026-11-29T00:00', '2026-11-22T00:00'],
    ['@monthly', 'At 00:00, on day 1 of the month', '2026-12-01T00:00', '2026-11-01T00:00'],
    ['*/15 * * * *', 'Every 15 minutes', '2026-11-23T12:45', '2026-11-23T12:30'],
    ['30 2 * * 1-5', 'At 02:30, Monday through Friday', '2026-11-24T02:30', '2026-11-23T02:30'],
    [
      '0 0 29 2 *',
      'At 00:00, on day 29 of the month, only in February',
      '2028-02-29T00:00',
      '2024-02-29T00:00',
    ],
  ])('%s is told in words, and by the clock of this computer', (text, words, next, previous) => {
    const schedule = readSchedule(text);
    const now = at('2026-11-23T12:34:56');
    expect(schedule.words).toBe(words);
    expect(schedule.next(now, 1)).toEqual([at(next)]);
    expect(schedule.previous(now)).toBe(at(previous));
  });

  it('counts a moment from its first second on', () => {
    const moment = at('2026-11-23T12:00:00');
    expect(readSchedule('@hourly').previous(moment)).toBe(moment);
    expect(readSchedule('@hourly').previous(moment + 1)).toBe(moment);
    expect(readSchedule('@hourly').previous(moment - 1)).toBe(moment - 60 * 60_000);
    expect(readSchedule('@hourly').next(moment, 2)).toEqual([moment + 3_600_000, moment + 7_200_000]);
  });

  it('names moments that lie in order around any time', () => {
    const field = (min: number, max: number) =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min, max }).map(String),
        fc.integer({ min: 2, max: 6 }).map((step) => `*/${step}`),
      );
    fc.assert(
      fc.property(
        field(0, 59),
        field(0, 23),
        fc.oneof(fc.constant('*'), fc.integer({ min: 1, max: 28 }).map(String)),
        field(0, 6),
        fc.integer({ min: at('2026-01-01'), max: at('2030-01-01') }),
        (minute, hour, dayOfMonth, dayOfWeek, now) => {
          const schedule = readSchedule(`${minute} ${hour} ${dayOfMonth} * ${dayOfWeek}`);
          const [next = 0, later = 0] = schedule.next(now, 2);
          const previous = schedule.previous(now) ?? 0;
          expect(previous).toBeLessThanOrEqual(now);
          expect(next).toBeGreaterThan(now);
          expect(later).toBeGreaterThan(next);
          // Nothing lies between the two.
          expect(schedule.next(previous, 1)).toEqual([next]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    '',
    'daily',
    '@reboot',
    '@yearly2',
    '* * * *',
    '* * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 30 2 *',
    '* * * 13 *',
    '*/0 * * * *',
    'a b c d e',
    '0 0 * * 8',
  ])('is not %j', (text) => {
    expect(() => readSchedule(text)).toThrow(
      expect.objectContaining({ code: 'invalid-request', remedy: expect.stringContaining('Five fields') }),
    );
  });

  it('is refused in words, whatever is typed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 20 }), fc.stringMatching(/^[0-9*/, -]{0,20}$/)), (text) => {
        try {
          expect(readSchedule(text).words).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect(error).toMatchObject({ code: 'invalid-request' });
        }
        scheduleSchema.safeParse(text);
      }),
      { numRuns: 300 },
    );
  });
});
