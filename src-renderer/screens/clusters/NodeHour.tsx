import { Group, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { Sparkline } from '../../components/Sparkline';
import { formatPercent } from '../../format/bytes-format';
import { useTakenAt } from '../../stores/clusters-store';
import { useNodeHour, type HourLine } from './node-hour';

/** From the moment on when it was in view for the first time. */
function useInView(): { ref: React.RefObject<HTMLDivElement | null>; inView: boolean } {
  const ref = useRef<HTMLDivElement>(null);
  const [inView, setInView] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (element === null || inView) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setInView(true);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [inView]);
  return { ref, inView };
}

function wordsOf(node: string, { label, points }: HourLine): string {
  const values = points.flatMap(({ percent }) => (percent === null ? [] : [percent]));
  const now = values.at(-1);
  if (now === undefined) return `${label} of ${node} in the last hour: nothing was measured`;
  return `${label} of ${node} in the last hour: ${formatPercent(Math.min(...values))} to ${formatPercent(Math.max(...values))}, last ${formatPercent(now)}`;
}

/** CPU, memory and disk of a node in the last hour. */
export function NodeHour({ clusterId, node }: { clusterId: string; node: string }) {
  const { ref, inView } = useInView();
  const hour = useNodeHour({ clusterId, node, inView }, useTakenAt(clusterId) ?? null);
  return (
    <div ref={ref} style={{ minHeight: 48 }}>
      {hour !== null && hour.error === null && hour.lines.length > 0 && (
        <Group gap="md" wrap="nowrap">
          {hour.lines.map((line) => (
            <div key={line.label}>
              <Text size="xs" c="dimmed" aria-hidden>
                {line.label}
              </Text>
              <Sparkline points={line.points} width={80} label={wordsOf(node, line)} />
            </div>
          ))}
        </Group>
      )}
      {hour !== null && hour.lines.length === 0 && (
        <Text size="xs" c="dimmed">
          {hour.error === null
            ? 'Nothing was measured in the last hour.'
            : `The last hour is not known: ${hour.error}`}
        </Text>
      )}
    </div>
  );
}
