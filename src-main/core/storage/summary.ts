import {
  healths,
  type Health,
  type HostProblem,
  type HostSummary,
} from '../../../src-preload/contract/hosts';
import { sandboxProblems } from '../sandbox/health';
import { systemProblems } from './system/health';
import type { Activity, HostInventory, Pool } from '../../../src-preload/contract/inventory';
import { diskProblems } from './disks/health';

const activityWords: Record<Activity['kind'], string> = {
  scrub: 'scrub',
  resilver: 'resilver',
  merge: 'merge',
  move: 'move',
  reshape: 'reshape',
  check: 'check',
  balance: 'balance',
  trim: 'trim',
  replace: 'replace',
};

/** `tank: scrub 45 %`, `vg0: merge waits`; nothing for what has ended. */
function describeActivity({ name, activity }: Pool): string[] {
  if (activity === null || activity.state === 'finished' || activity.state === 'canceled') return [];
  const word = activityWords[activity.kind];
  if (activity.state === 'paused')
    return [`${name}: ${word} ${activity.kind === 'merge' ? 'waits' : 'paused'}`];
  return [`${name}: ${word}${activity.percent === null ? '' : ` ${Math.floor(activity.percent)} %`}`];
}

function worst(values: readonly Health[]): Health {
  return healths.find((health) => values.includes(health)) ?? 'unknown';
}

function unreadDisks({ disksError }: HostInventory): HostProblem[] {
  if (disksError === null) return [];
  const advice = disksError.remedy ?? 'Refresh; if it stays, run lsblk on the host.';
  return [{ severity: 'warning', text: disksError.message, advice, poolId: null }];
}

/**
 * What the fleet shows of a host, from its inventory.
 *
 * Sizes count pools that stand on their own: a thin pool's space is its volume group's. A host without any
 * backend that could be read is `unknown`, never good; one that could be read and has no pools is `ok`.
 */
export function summarise(inventory: HostInventory): HostSummary {
  const { pools, volumes, backends } = inventory;
  const unread = backends.filter(({ error, available }) => available && error !== null);
  const read = backends.some(({ available, error }) => available && error === null);
  const problems: HostProblem[] = [
    ...unread.map(({ title, error }): HostProblem => ({
      severity: 'warning',
      text: `${title} could not be read. ${error?.message ?? ''}`.trim(),
      advice: error?.remedy ?? 'Refresh; if it stays, run the command of the error on the host.',
      poolId: null,
    })),
    ...pools.flatMap((pool) => pool.problems),
    ...unreadDisks(inventory),
    ...diskProblems(inventory.disks ?? []),
    ...systemProblems(inventory.system ?? null),
    ...sandboxProblems(inventory.sandbox ?? null),
  ];
  const order = (problem: HostProblem): number => (problem.severity === 'critical' ? 0 : 1);
  const standing = pools.filter(({ parentPoolId }) => parentPoolId === null);
  return {
    takenAtMs: inventory.takenAtMs,
    health: worst([
      ...pools.map((pool) => pool.health),
      ...problems.map((problem) => problem.severity),
      ...(unread.length > 0 || !read ? ['unknown' as const] : ['ok' as const]),
    ]),
    poolCount: pools.length,
    volumeCount: volumes.length,
    snapshotCount: inventory.snapshotCount,
    sizeBytes: standing.reduce((sum, pool) => sum + pool.sizeBytes, 0),
    usedBytes: standing.reduce((sum, pool) => sum + pool.usedBytes, 0),
    problems: problems.sort((a, b) => order(a) - order(b)),
    activities: pools.flatMap(describeActivity),
  };
}
