import { Group, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { useNow } from '../../components/Age';
import { FillBar } from '../../components/CapacityBar';
import { Sparkline } from '../../components/Sparkline';
import { formatPercent } from '../../format/bytes-format';
import { daysUntilFull, forecastSentence, forecastWords } from '../../format/capacity-format';
import { useCapacityStore, wantCapacity } from '../../stores/capacity-store';
import { trendTitle } from '../pools/PoolTrends';

const shown = 5;
const soonDays = 30;

/** The pools of the fleet that run out first. Nothing where nothing is known to grow. */
export function FillsUpFirst() {
  const now = useNow();
  const { trends, error } = useCapacityStore();
  useEffect(wantCapacity, []);
  const first = trends
    // A group whose extents are all given away is full on purpose.
    .filter((trend) => !(trend.allocated && trend.forecast.kind === 'full'))
    .filter(({ forecast }) => forecast.kind === 'growing' || forecast.kind === 'full')
    .slice(0, shown);
  if (error !== null) {
    return (
      <Text size="sm" c="dimmed">
        The capacity forecast could not be read: {error.message}
      </Text>
    );
  }
  if (first.length === 0) return null;
  return (
    <section className="panel" aria-label="Fills up first">
      <Group px={16} pt={12} pb={4} gap="xs" align="baseline">
        <Title order={2}>Fills up first</Title>
        <Text size="xs" c="dimmed">
          if it goes on as in the last month
        </Text>
      </Group>
      <ul style={{ listStyle: 'none', margin: 0, padding: '0 0 6px' }}>
        {first.map((trend) => {
          const days = daysUntilFull(trend, now);
          return (
            <li
              key={`${trend.hostId} ${trend.poolId} ${trend.measure}`}
              title={forecastSentence(trend)}
              style={{
                display: 'grid',
                gridTemplateColumns: 'minmax(0, 1.4fr) 120px minmax(90px, 1fr) 52px minmax(0, 1.1fr)',
                gap: 16,
                alignItems: 'center',
                padding: '5px 16px',
              }}
            >
              <Text size="sm" className="truncate">
                <Text
                  span
                  size="sm"
                  fw={500}
                  component={Link}
                  href={`/hosts/${trend.hostId}`}
                  c="var(--mantine-primary-color-light-color)"
                >
                  {trend.hostName}
                </Text>{' '}
                <span className="mono">{trendTitle(trend)}</span>
              </Text>
              <Sparkline points={trend.points} label={`${trendTitle(trend)} over the last month`} />
              <FillBar percent={trend.percent} label={`${trendTitle(trend)} used`} />
              <Text size="xs" ta="right" className="numeric">
                {formatPercent(trend.percent)}
              </Text>
              <Text size="sm" fw={days !== null && days < soonDays ? 600 : 400} className="numeric truncate">
                {forecastWords(trend, now)}
              </Text>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
