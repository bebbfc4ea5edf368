// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { act, cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Chart } from '../../../src-preload/contract/nodes';
import { installBridge, installBrowserParts } from '../../test/bridge';
import { NodeHour } from './NodeHour';
import { hourLines, nodeHourMs } from './node-hour';

const chart = (title: string, key: string, maximum: number, values: (number | null)[]): Chart => ({
  title,
  maximum,
  timesMs: values.map((_, index) => index * 60_000),
  series: [{ key, label: key, unit: 'bytes', values }],
});
const charts = [
  chart('Processors', 'cpu', 1, [0.1, null, 0.3, 0.25]),
  chart('Memory', 'memused', 200, [50, 60, 70, 80]),
  chart('Root file system', 'rootused', 100, [40, 40, 40, 40]),
];

let show: (() => void)[];
let bridge: ReturnType<typeof installBridge>;
let fails: boolean;
beforeEach(() => {
  vi.useFakeTimers();
  installBrowserParts();
  show = [];
  fails = false;
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      constructor(told: (entries: { isIntersecting: boolean }[]) => void) {
        show.push(() => told([{ isIntersecting: true }]));
      }
      observe() {}
      disconnect() {}
    },
  );
  bridge = installBridge({
    'nodes:charts': () =>
      fails
        ? {
            ok: false,
            error: { code: 'unreachable', message: 'atlas-2 is down.', remedy: null, detail: null },
          }
        : { ok: true, value: { charts } },
  });
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function mount(node: string) {
  render(
    <MantineProvider>
      <NodeHour clusterId="atlas" node={node} />
    </MantineProvider>,
  );
}
const scrollTo = () =>
  act(async () => {
    show.forEach((one) => one());
    await vi.advanceTimersByTimeAsync(0);
  });

describe('the last hour of a node', () => {
  it('is read when it comes into view, once a minute, and says its numbers', async () => {
    mount('atlas-1');
    await act(() => vi.advanceTimersByTimeAsync(0));
    expect(bridge.calls).toEqual([]);
    await scrollTo();
    expect(screen.getAllByRole('img').map((image) => image.getAttribute('aria-label'))).toEqual([
      'CPU of atlas-1 in the last hour: 10 % to 30 %, last 25 %',
      'Memory of atlas-1 in the last hour: 25 % to 40 %, last 40 %',
      'Disk of atlas-1 in the last hour: 40 % to 40 %, last 40 %',
    ]);
    expect(bridge.calls.map(({ request }) => request)).toEqual([
      expect.objectContaining({ subject: { kind: 'node', node: 'atlas-1' }, timeframe: 'hour' }),
    ]);
    cleanup();
    mount('atlas-1');
    await scrollTo();
    expect(bridge.calls).toHaveLength(1);
    expect(screen.getAllByRole('img')).toHaveLength(3);
    cleanup();
    await vi.advanceTimersByTimeAsync(nodeHourMs);
    mount('atlas-1');
    await scrollTo();
    expect(bridge.calls).toHaveLength(2);
  });

  it('that could not be read says why, and is asked for again', async () => {
    fails = true;
    mount('atlas-2');
    await scrollTo();
    expect(screen.getByText('The last hour is not known: atlas-2 is down.')).toBeTruthy();
    expect(screen.queryAllByRole('img')).toEqual([]);
    cleanup();
    fails = false;
    mount('atlas-2');
    await scrollTo();
    expect(screen.getAllByRole('img')).toHaveLength(3);
  });

  it('keeps gaps as gaps, and leaves out what was not measured', () => {
    expect(hourLines(charts)[0]?.points.map(({ percent }) => percent)).toEqual([10, null, 30, 25]);
    expect(hourLines(charts.slice(1)).map(({ label }) => label)).toEqual(['Memory', 'Disk']);
  });
});
