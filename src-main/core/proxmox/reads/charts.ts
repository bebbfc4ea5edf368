import { createLTTB } from 'downsample';
import { z } from 'zod';
import type { GuestType } from '../../../../src-preload/contract/clusters';
import type { Chart, ChartSeries, Timeframe } from '../../../../src-preload/contract/nodes';
import type { ApiClient } from '../client/client';
import { apiPath } from '../client/path';
import { looseNumber } from '../loose';

/** `GET …/rrddata`: a point without data has nothing but its time. */
export const chartRowsSchema = z.array(z.record(z.string(), looseNumber.nullish().catch(null)));
type Rows = z.infer<typeof chartRowsSchema>;

interface Drawn {
  title: string;
  unit: ChartSeries['unit'];
  lines: readonly { key: string; label: string }[];
  /** Key of what it can be at most. */
  maximum?: string;
  /** Or that itself. */
  top?: number;
}

const nodeCharts: readonly Drawn[] = [
  {
    title: 'Processors',
    unit: 'part',
    top: 1,
    lines: [
      { key: 'cpu', label: 'Busy' },
      { key: 'iowait', label: 'Waiting for disks' },
    ],
  },
  {
    title: 'Memory',
    unit: 'bytes',
    maximum: 'memtotal',
    lines: [
      { key: 'memused', label: 'Used' },
      { key: 'arcsize', label: 'ZFS cache' },
    ],
  },
  { title: 'Load', unit: 'number', lines: [{ key: 'loadavg', label: 'Load of a minute' }] },
  {
    title: 'Network',
    unit: 'bytes-per-second',
    lines: [
      { key: 'netin', label: 'In' },
      { key: 'netout', label: 'Out' },
    ],
  },
  {
    title: 'Root file system',
    unit: 'bytes',
    maximum: 'roottotal',
    lines: [{ key: 'rootused', label: 'Used' }],
  },
];

export const guestCharts: readonly Drawn[] = [
  { title: 'Processors', unit: 'part', top: 1, lines: [{ key: 'cpu', label: 'Busy' }] },
  {
    title: 'Memory',
    unit: 'bytes',
    maximum: 'maxmem',
    lines: [
      { key: 'mem', label: 'Used by the guest' },
      { key: 'memhost', label: 'Taken on the node' },
    ],
  },
  {
    title: 'Network',
    unit: 'bytes-per-second',
    lines: [
      { key: 'netin', label: 'In' },
      { key: 'netout', label: 'Out' },
    ],
  },
  {
    title: 'Disk',
    unit: 'bytes-per-second',
    lines: [
      { key: 'diskread', label: 'Read' },
      { key: 'diskwrite', label: 'Written' },
    ],
  },
];

interface Place {
  index: number;
  y: number;
}

/** LTTB (Steinarsson 2013) keeps the shape: peaks stay. */
const keepShape = createLTTB<Place>({ x: 'index', y: 'y' });

/**
 * Which rows to draw when there are more than fit: each line chooses its share, and rows are kept whole, so that lines
 * share their times. The first row, the last one, and where a gap begins stay.
 * @param lines values by row; null: a gap
 */
export function chosenRows(lines: readonly (readonly (number | null)[])[], maxPoints: number): number[] {
  const count = lines[0]?.length ?? 0;
  if (count <= maxPoints) return Array.from({ length: count }, (_, index) => index);
  const chosen = new Set<number>([0, count - 1]);
  const take = (index: number): void => {
    if (chosen.size < maxPoints) chosen.add(index);
  };
  for (const values of lines) {
    for (const [index, value] of values.entries()) {
      if (value === null && (values[index - 1] ?? null) !== null) take(index);
    }
  }
  const share = Math.max(3, Math.floor((maxPoints - chosen.size) / Math.max(1, lines.length)));
  for (const values of lines) {
    const places = values.flatMap((y, index): Place[] => (y === null ? [] : [{ index, y }]));
    const kept = places.length <= share ? places : Array.from(keepShape(places, share));
    for (const { index } of kept) take(index);
  }
  return [...chosen].sort((a, b) => a - b);
}

export function chartsOf(rows: Rows, drawn: readonly Drawn[], maxPoints: number): Chart[] {
  const sorted = rows
    .flatMap((row) => (typeof row['time'] === 'number' ? [{ row, time: row['time'] }] : []))
    .sort((a, b) => a.time - b.time);
  return drawn.flatMap(({ title, unit, lines, maximum, top }): Chart[] => {
    const told = lines
      .map(({ key, label }) => ({ key, label, values: sorted.map(({ row }) => row[key] ?? null) }))
      .filter(({ values }) => values.some((value) => value !== null));
    if (told.length === 0) return [];
    const kept = chosenRows(
      told.map(({ values }) => values),
      maxPoints,
    );
    const highest =
      maximum === undefined
        ? null
        : sorted.reduce<number | null>((most, { row }) => row[maximum] ?? most, null);
    return [
      {
        title,
        maximum: top ?? highest,
        timesMs: kept.map((index) => (sorted[index]?.time ?? 0) * 1000),
        series: told.map(({ key, label, values }) => ({
          key,
          label,
          unit,
          values: kept.map((index) => values[index] ?? null),
        })),
      },
    ];
  });
}

export async function readNodeCharts(
  client: ApiClient,
  { node, timeframe, maxPoints }: { node: string; timeframe: Timeframe; maxPoints: number },
  signal: AbortSignal,
): Promise<Chart[]> {
  const rows = await client.get(apiPath('/nodes/{node}/rrddata', { node }), chartRowsSchema, {
    operation: `read the charts of ${node}`,
    query: { timeframe, cf: 'AVERAGE' },
    signal,
  });
  return chartsOf(rows, nodeCharts, maxPoints);
}

export async function readGuestCharts(
  client: ApiClient,
  {
    type,
    node,
    vmid,
    timeframe,
    maxPoints,
  }: { type: GuestType; node: string; vmid: number; timeframe: Timeframe; maxPoints: number },
  signal: AbortSignal,
): Promise<Chart[]> {
  const rows = await client.get(
    apiPath(`/nodes/{node}/${type}/{vmid}/rrddata`, { node, vmid }),
    chartRowsSchema,
    { operation: 'read the charts of the guest', query: { timeframe, cf: 'AVERAGE' }, signal },
  );
  return chartsOf(rows, guestCharts, maxPoints);
}
