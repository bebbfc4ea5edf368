import { useEffect, useState } from 'react';
import type { Chart } from '../../../src-preload/contract/nodes';
import type { Response } from '../../../src-preload/contract';
import type { Result } from '../../../src-preload/contract/result';
import { call } from '../../api';
import type { SparkPoint } from '../../components/Sparkline';

/** Milliseconds for which the last hour of a node is not asked for again. */
export const nodeHourMs = 60_000;
const maxPoints = 60;

type Answer = Result<Response<'nodes:charts'>>;
const asked = new Map<string, { atMs: number; answer: Promise<Answer> }>();

/** One call for each node, shared by all that show it, for a minute. One that failed is asked for again. */
function nodeHour(clusterId: string, node: string): Promise<Answer> {
  const key = `${clusterId}/${node}`;
  const last = asked.get(key);
  if (last !== undefined && Date.now() - last.atMs < nodeHourMs) return last.answer;
  const answer = call('nodes:charts', {
    clusterId,
    subject: { kind: 'node', node },
    timeframe: 'hour',
    maxPoints,
  });
  const mine = { atMs: Date.now(), answer };
  asked.set(key, mine);
  void answer.then((result) => {
    if (!result.ok && asked.get(key) === mine) asked.delete(key);
  });
  return answer;
}

export interface HourLine {
  label: string;
  points: SparkPoint[];
}

const drawn = [
  { label: 'CPU', title: 'Processors', key: 'cpu' },
  { label: 'Memory', title: 'Memory', key: 'memused' },
  { label: 'Disk', title: 'Root file system', key: 'rootused' },
] as const;

/** In percent of what there is. What was not measured is left out, and a gap stays one. */
export function hourLines(charts: readonly Chart[]): HourLine[] {
  return drawn.flatMap(({ label, title, key }) => {
    const chart = charts.find((each) => each.title === title);
    const series = chart?.series.find((each) => each.key === key);
    if (chart === undefined || series === undefined || chart.maximum === null || chart.maximum <= 0)
      return [];
    const { maximum, timesMs } = chart;
    const points = timesMs.map((atMs, index) => {
      const value = series.values[index] ?? null;
      return { atMs, percent: value === null ? null : Math.min(100, (value / maximum) * 100) };
    });
    return [{ label, points }];
  });
}

/**
 * The last hour of a node, once it is in view; again when the cluster was read, as far as a minute has passed.
 * @param takenAtMs when the cluster was read
 * @returns null: not there yet, or not in view
 */
export function useNodeHour(
  { clusterId, node, inView }: { clusterId: string; node: string; inView: boolean },
  takenAtMs: number | null,
): { lines: HourLine[]; error: string | null } | null {
  const [found, setFound] = useState<{ lines: HourLine[]; error: string | null } | null>(null);
  useEffect(() => {
    if (!inView) return undefined;
    let mine = true;
    void nodeHour(clusterId, node).then((answer) => {
      if (!mine) return;
      setFound(
        answer.ok
          ? { lines: hourLines(answer.value.charts), error: null }
          : { lines: [], error: answer.error.message },
      );
    });
    return () => {
      mine = false;
    };
  }, [clusterId, node, inView, takenAtMs]);
  return found;
}
