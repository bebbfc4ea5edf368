import { createLTTB } from 'downsample';
import { chartsOf, chartRowsSchema, guestCharts } from '../src-main/core/proxmox/reads/charts';
import { createRandom } from '../src-main/demo/random';
import { ms, pairedRatio, type BenchRow } from './types';

const pairs = 25;
const points = 500;
/** As Proxmox VE 9 keeps a year: one row for six hours. */
const rowsOfYear = 1440;
const stepSeconds = 6 * 3600;
const keys = ['cpu', 'mem', 'memhost', 'netin', 'netout', 'diskread', 'diskwrite'] as const;

/** `GET …/rrddata?timeframe=year` of a guest, a gap of a week in it. */
function year(): string {
  const random = createRandom(7);
  const data = Array.from({ length: rowsOfYear }, (_, index) => {
    const time = 1_764_000_000 + index * stepSeconds;
    if (index > 400 && index < 428) return { time };
    return {
      time,
      maxcpu: 4,
      maxmem: 8_589_934_592,
      ...Object.fromEntries(keys.map((key) => [key, random.next() * 1e6 * (1 + Math.sin(index / 20))])),
    };
  });
  return JSON.stringify({ data });
}

interface Point {
  x: number;
  y: number;
}

const rrdYear: BenchRow = {
  id: 'rrd-year',
  run: async () => {
    const text = year();
    const rows = (JSON.parse(text) as { data: unknown }).data;
    const plain = chartRowsSchema.parse(rows);
    const library = createLTTB<Point>({ x: 'x', y: 'y' });
    const series = keys.map((key) =>
      plain.flatMap((row): Point[] => {
        const { time } = row;
        const y = row[key];
        return typeof y === 'number' && typeof time === 'number' ? [{ x: time, y }] : [];
      }),
    );
    const ours = (): void => {
      const charts = chartsOf(chartRowsSchema.parse(rows), guestCharts, points);
      if (charts.length !== guestCharts.length) throw new Error(`Only ${charts.length} charts were drawn.`);
    };
    const baseline = (): void => {
      for (const one of series) {
        if (library(one, points).length !== points) throw new Error('The library left points out.');
      }
    };
    for (let warm = 0; warm < 10; warm += 1) {
      ours();
      baseline();
    }
    const { ratio, measuredMs, baselineMs } = await pairedRatio(pairs, ours, baseline);
    return {
      id: 'rrd-year',
      ratio,
      limit: null,
      baseline: 'LTTB of the library over the same lines, ready as points',
      n: pairs,
      note: `${rowsOfYear} rows, ${keys.length} lines in ${guestCharts.length} charts, checked, sorted and thinned to ${points} points: ${ms(measuredMs)} against ${ms(baselineMs)}`,
    };
  },
};

export const rows: BenchRow[] = [rrdYear];
