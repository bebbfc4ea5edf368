import type { HostProblem } from '../../../src-preload/contract/hosts';
import type { PolicyRow } from '../../../src-preload/contract/policies';
import { formatCount, plural } from '../../format/bytes-format';
import { formatMoment } from '../../format/time-format';

/** Policies of a host whose moment has passed without a snapshot, as trouble with what to do about it. */
export function overdueProblems(policies: readonly PolicyRow[], hostId: string): HostProblem[] {
  return policies
    .filter((policy) => policy.hostId === hostId && policy.state === 'due')
    .map(({ poolName, poolId, dueVolumeIds, volumeCount, lastDueAtMs }) => {
      const late =
        dueVolumeIds.length === volumeCount
          ? plural(volumeCount, 'volume')
          : `${formatCount(dueVolumeIds.length)} of ${plural(volumeCount, 'volume')}`;
      const since = lastDueAtMs === null ? '' : ` since ${formatMoment(lastDueAtMs)}`;
      return {
        severity: 'warning',
        text: `Snapshot policy of ${poolName}: ${late} without a snapshot${since}.`,
        advice: 'Take what is due on the Policies screen, or look at what should have taken it.',
        poolId,
      };
    });
}
