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

/** A long-running job of a pool. Finished ones are one quiet line in the tool's own words. */
export function ActivityBar({ activity }: { activity: Activity }) {
  if (activity.state === 'finished' || activity.state === 'canceled') {
    return (
      <Text size="xs" c="dimmed" className="truncate" title={activity.text}>
        {activity.text}
      </Text>
    );
  }
  const paused = activity.state === 'paused';
  return (
    <div>
      <Group justify="space-between" gap="xs" mb={5}>
        <Text size="xs" fw={600}>
          {kindWords[activity.kind]} {paused ? 'paused' : 'running'}
        </Text>
        <Text size="xs" c="dimmed" className="numeric">
          {formatPercent(activity.percent)}
          {activity.etaSeconds !== null && ` · ${formatDuration(activity.etaSeconds)} left`}
        </Text>
      </Group>
      <Progress
        value={activity.percent ?? 100}
        size={6}
        color={paused ? 'gray' : 'tide'}
        striped={!paused}
        animated={!paused}
        aria-label={`${kindWords[activity.kind]} progress`}
      />
      <Text size="xs" c="dimmed" mt={5} className="truncate" title={activity.text}>
        {activity.text}
      </Text>
    </div>
  );
}
