import type { Disk } from '../../../../src-preload/contract/disks';

/** smartd looks every 30 minutes; reading each disk with every inventory would cost more than all the rest of it. */
export const smartLastsMs = 10 * 60 * 1000;

/**
 * Disks whose SMART needs no reading yet: it gave a verdict, it is recent, and no self-test runs. What could not be
 * read is tried again each time, so that a remedy shows at once. Pure.
 */
export function recentSmart(disks: readonly Disk[], nowMs: number): Disk[] {
  return disks.filter(({ smart, smartReadAtMs }) => {
    const verdict = smart.status === 'passed' || smart.status === 'failed';
    const age = nowMs - smartReadAtMs;
    // A clock that was set back makes no reading last.
    return verdict && smart.selfTest.state !== 'running' && age >= 0 && age < smartLastsMs;
  });
}
