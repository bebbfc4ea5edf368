import { expect, it } from 'vitest';
import { judgeAge } from './backup-age';

const hour = 3_600_000;

it.each([
  ['fresh within its time', 23 * hour, true, 'fresh'],
  ['stale after it', 24 * hour + 1, true, 'stale'],
  ['never, when every storage was read', null, true, 'never'],
  ['not known, when one was not', null, false, 'unknown'],
  ['stale even so, when an old one was found', 30 * hour, false, 'stale'],
] as const)('a last backup is %s', (_name, ageMs, complete, verdict) => {
  const nowMs = 1_000 * hour;
  expect(judgeAge({ lastAtMs: ageMs === null ? null : nowMs - ageMs }, 24, nowMs, complete)).toBe(verdict);
});
