import { Group, Text, Title } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Chart, ChartSeries } from '../../src-preload/contract/nodes';
import { formatBytes, formatPercent } from '../format/bytes-format';
import { formatMoment } from '../format/time-format';

const height = 150;
/** Strokes of the lines of one chart, as variables of the theme. */
const strokes = ['--hf-fill', '--hf-warning'] as const;

export function formatMeasure(value: number | null | undefined, unit: ChartSeries['unit']): string {
  if (value === null || value === undefined) return '–';
  switch (unit) {
    case 'part':
      // A tenth is all that is shown, and 0.07 * 100 is not 7.
      return formatPercent(Math.round(value * 1000) / 10);
    case 'bytes':
      return formatBytes(Math.round(value));
    case 'bytes-per-second':
      return `${formatBytes(Math.round(value))}/s`;
    case 'number':
      return value.toFixed(2);
  }
}

/** What a chart says to who can't see it. */
export function chartWords({ title, series }: Pick<Chart, 'title' | 'series'>): string {
  const lines = series.map(({ label, unit, values }) => {
    const told = values.filter((value) => value !== null);
    if (told.length === 0) return `${label}: nothing is told`;
    return `${label}: now ${formatMeasure(told.at(-1), unit)}, highest ${formatMeasure(Math.max(...told), unit)}`;
  });
  return `${title}. ${lines.join('. ')}.`;
}

/** Local times on the axis: hours within days, days beyond. Parts of `2026-11-23 04:26:30`. */
export function axisTimes(splits: readonly number[], stepSeconds: number): string[] {
  return splits.map((seconds) => {
    const moment = formatMoment(seconds * 1000);
    const time = moment.slice(11, 16);
    return stepSeconds >= 86_400 || time === '00:00' ? moment.slice(5, 10) : time;
  });
}

/** Steps of an axis in bytes: powers of two, so that labels are round. */
const binarySteps = Array.from({ length: 53 }, (_, power) => 2 ** power);

const variable = (element: HTMLElement, name: string): string =>
  getComputedStyle(element).getPropertyValue(name).trim() || '#888';

/** One quantity over time. Gaps stay gaps. */
export function TimeChart({ chart }: { chart: Chart }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const grid = variable(element, '--hf-border');
    const words = variable(element, '--mantine-color-dimmed');
    const unit = chart.series[0]?.unit ?? 'number';
    const axis: uPlot.Axis = {
      stroke: words,
      grid: { stroke: grid, width: 1 },
      ticks: { show: false },
      font: '11px Inter Variable, sans-serif',
    };
    const plot = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height,
        legend: { show: false },
        cursor: { y: false },
        scales: {
          y: { range: (_self, _low, high) => [0, chart.maximum ?? (high > 0 ? high * 1.1 : 1)] },
        },
        axes: [
          { ...axis, size: 30, values: (_self, splits, _axis, _space, step) => axisTimes(splits, step) },
          {
            ...axis,
            ...(unit === 'bytes' || unit === 'bytes-per-second' ? { incrs: binarySteps } : {}),
            size: 74,
            values: (_self, splits) => splits.map((value) => formatMeasure(value, unit)),
          },
        ],
        series: [
          {},
          ...chart.series.map(({ label }, index): uPlot.Series => {
            const stroke = variable(element, strokes[index] ?? strokes[0]);
            return {
              label,
              stroke,
              width: 1.5,
              points: { show: false },
              ...(index === 0 ? { fill: `color-mix(in srgb, ${stroke} 14%, transparent)` } : {}),
            };
          }),
        ],
        hooks: {
          setCursor: [
            (self) => {
              const at = self.cursor.idx;
              const line = element.parentElement?.querySelector('[data-reading]');
              if (line === null || line === undefined) return;
              line.textContent =
                at === null || at === undefined
                  ? ''
                  : [
                      formatMoment(chart.timesMs[at] ?? 0),
                      ...chart.series.map(
                        ({ label, values }) => `${label} ${formatMeasure(values[at], unit)}`,
                      ),
                    ].join(' · ');
            },
          ],
        },
      },
      [chart.timesMs.map((ms) => ms / 1000), ...chart.series.map(({ values }) => [...values])],
      element,
    );
    const watcher = new ResizeObserver(() =>
      plot.setSize({ width: Math.max(200, element.clientWidth), height }),
    );
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      plot.destroy();
    };
  }, [chart]);
  return (
    <section aria-label={chart.title}>
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Title order={3} style={{ flex: 'none' }}>
          {chart.title}
        </Title>
        <Text size="xs" c="dimmed" className="numeric truncate" data-reading aria-hidden />
        <Group gap="md" wrap="nowrap">
          {chart.series.map(({ label, key }, index) => (
            <Group key={key} gap={5} wrap="nowrap">
              <span
                aria-hidden
                style={{ width: 10, height: 3, background: `var(${strokes[index] ?? strokes[0]})` }}
              />
              <Text size="xs" c="dimmed">
                {label}
              </Text>
            </Group>
          ))}
        </Group>
      </Group>
      <div
        ref={place}
        role="img"
        aria-label={chartWords(chart)}
        style={{ width: '100%', minHeight: height }}
      />
    </section>
  );
}
