import { Group, Progress, Text } from '@mantine/core';
import type { Activity } from '../../src-preload/contract/inventory';
import { formatPercent } from '../format/bytes-format';
import { formatDuration } from '../format/time-format';

const kindWords: Record<Activity['kind'], string> = {
  scrub: 'Scrub',
  resilver: 'Resilver',
  merge: 'Merge',
  move: 'Move',
  reshape: 'Reshape',
  check: 'Check',
  balance: 'Balance',
  trim: 'Trim',
  replace: 'Replace',
};

/**
 * A long-running job of a pool. Finished ones are a quiet sentence in the tool's own words.
 * `live`: read from a host that answers; otherwise nobody knows how far the job is by now.
 */
export function ActivityBar({ activity, live }: { activity: Activity; live: boolean }) {
  if (activity.state === 'finished' || activity.state === 'canceled') {
    return (
      <Text size="xs" c="dimmed" lineClamp={2} title={activity.text}>
        {activity.text}
      </Text>
    );
  }
  const paused = activity.state === 'paused';
  const still = paused || !live;
  return (
    <div>
      <Group justify="space-between" gap="xs" mb={5}>
        <Text size="xs" fw={600}>
          {kindWords[activity.kind]} {live ? '' : 'was '}
          {paused ? 'paused' : 'running'}
        </Text>
        <Text size="xs" c="dimmed" className="numeric">
          {formatPercent(activity.percent)}
          {live && activity.etaSeconds !== null && ` · ${formatDuration(activity.etaSeconds)} left`}
        </Text>
      </Group>
      <Progress
        value={activity.percent ?? 100}
        size={6}
        color={still ? 'gray' : 'tide'}
        striped={!still}
        animated={!still}
        aria-label={`${kindWords[activity.kind]} progress`}
      />
      <Text size="xs" c="dimmed" mt={5} lineClamp={2} title={activity.text}>
        {activity.text}
      </Text>
    </div>
  );
}
