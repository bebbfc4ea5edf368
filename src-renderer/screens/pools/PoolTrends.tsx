import { Group, Text } from '@mantine/core';
import { IconHourglassLow } from '@tabler/icons-react';
import { useEffect } from 'react';
import type { CapacityTrend } from '../../../src-preload/contract/capacity';
import { useNow } from '../../components/Age';
import { Sparkline } from '../../components/Sparkline';
import { formatPercent } from '../../format/bytes-format';
import { daysUntilFull, forecastSentence, forecastWords } from '../../format/capacity-format';
import { useCapacityStore, wantCapacity } from '../../stores/capacity-store';

/** Sooner than this it belongs on the closed card. */
const soonDays = 180;

export function trendTitle({ poolName, measure, allocated }: CapacityTrend): string {
  if (measure === 'metadata') return `${poolName} metadata`;
  return allocated ? `${poolName} allocated` : poolName;
}

function useTrends(hostId: string, poolIds: readonly string[]): CapacityTrend[] {
  const trends = useCapacityStore((state) => state.trends);
  useEffect(wantCapacity, []);
  return trends.filter((trend) => trend.hostId === hostId && poolIds.includes(trend.poolId));
}

/** One line, and only where a pool fills up within half a year. */
export function SoonFull({ hostId, poolId }: { hostId: string; poolId: string }) {
  const now = useNow();
  const [trend] = useTrends(hostId, [poolId]);
  const days = trend === undefined ? null : daysUntilFull(trend, now);
  if (trend === undefined || days === null || days > soonDays || trend.forecast.kind === 'full') return null;
  return (
    <Group gap={6} wrap="nowrap" mb={2}>
      <IconHourglassLow size={14} aria-hidden style={{ flex: 'none' }} />
      <Text size="xs" fw={500} className="truncate numeric" title={forecastSentence(trend)}>
        At this pace {forecastWords(trend, now)}
      </Text>
    </Group>
  );
}

/** How full a pool and what lives in it were, and when they will be full. */
export function PoolTrends({ hostId, poolIds }: { hostId: string; poolIds: readonly string[] }) {
  const now = useNow();
  const error = useCapacityStore((state) => state.error);
  const trends = useTrends(hostId, poolIds);
  // By pool and measure, not by urgency: a list that changes places is hard to read.
  const ordered = [...trends].sort((a, b) => trendTitle(a).localeCompare(trendTitle(b)));
  if (error !== null) {
    return (
      <Text size="xs" c="dimmed" mb={10}>
        The forecast could not be read: {error.message}
      </Text>
    );
  }
  if (ordered.length === 0) return null;
  return (
    <ul aria-label="Capacity forecast" style={{ listStyle: 'none', margin: '0 0 12px', padding: 0 }}>
      {ordered.map((trend) => (
        <li key={`${trend.poolId} ${trend.measure}`}>
          <Group gap={14} wrap="nowrap" py={3}>
            <Sparkline
              points={trend.points}
              label={`${trendTitle(trend)} over the last month: now ${formatPercent(trend.percent)}`}
            />
            <div style={{ minWidth: 0 }}>
              <Text size="sm" className="numeric truncate">
                <span className="mono">{trendTitle(trend)}</span>: {forecastWords(trend, now)}
              </Text>
              <Text size="xs" c="dimmed">
                {forecastSentence(trend)}
              </Text>
            </div>
          </Group>
        </li>
      ))}
    </ul>
  );
}
