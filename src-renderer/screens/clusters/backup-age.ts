import type { BackupAge } from '../../../src-preload/contract/clusters';

/** What may be asked: 1 to 8760 hours; these are offered. */
export const thresholds = [
  { hours: 12, label: '12 h' },
  { hours: 24, label: '24 h' },
  { hours: 48, label: '48 h' },
  { hours: 72, label: '72 h' },
  { hours: 168, label: '7 d' },
] as const;

export type AgeVerdict = 'fresh' | 'stale' | 'never' | 'unknown';

/** @param complete every storage could be read: only then is nothing found the same as nothing there */
export function judgeAge(
  { lastAtMs }: Pick<BackupAge, 'lastAtMs'>,
  thresholdHours: number,
  nowMs: number,
  complete: boolean,
): AgeVerdict {
  if (lastAtMs === null) return complete ? 'never' : 'unknown';
  return nowMs - lastAtMs > thresholdHours * 3_600_000 ? 'stale' : 'fresh';
}
