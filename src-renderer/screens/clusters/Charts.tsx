import { SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { ChartSubject, Timeframe } from '../../../src-preload/contract/nodes';
import { ReadBar, ReadView } from '../../components/ReadView';
import { TimeChart } from '../../components/TimeChart';
import { useRead } from '../../components/use-read';

const frames: readonly { value: Timeframe; label: string }[] = [
  { value: 'hour', label: 'Hour' },
  { value: 'day', label: 'Day' },
  { value: 'week', label: 'Week' },
  { value: 'month', label: 'Month' },
  { value: 'year', label: 'Year' },
];
/** F52 */
const maxPoints = 500;

/** What Proxmox VE measured of a node or a guest over time. */
export function Charts({ clusterId, subject }: { clusterId: string; subject: ChartSubject }) {
  const [timeframe, setTimeframe] = useState<Timeframe>('day');
  const { read, again } = useRead('nodes:charts', { clusterId, subject, timeframe, maxPoints });
  return (
    <Stack gap="md">
      <ReadBar onAgain={again}>
        <SegmentedControl
          size="xs"
          aria-label="Time"
          value={timeframe}
          data={frames.map(({ value, label }) => ({ value, label }))}
          onChange={(value) => setTimeframe(frames.find((frame) => frame.value === value)?.value ?? 'day')}
        />
      </ReadBar>
      <ReadView read={read} label="Reading the charts">
        {({ charts }) =>
          charts.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing was measured in that time.
            </Text>
          ) : (
            charts.map((chart) => <TimeChart key={chart.title} chart={chart} />)
          )
        }
      </ReadView>
    </Stack>
  );
}
