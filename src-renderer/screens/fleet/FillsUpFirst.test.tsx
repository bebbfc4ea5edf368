// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CapacityTrend, Forecast } from '../../../src-preload/contract/capacity';
import { forecastSentence, forecastWords } from '../../format/capacity-format';
import { followCapacity, forgetCapacity, useCapacityStore } from '../../stores/capacity-store';
import { installBridge, installBrowserParts } from '../../test/bridge';
import { PoolTrends, SoonFull } from '../pools/PoolTrends';
import { FillsUpFirst } from './FillsUpFirst';

const day = 86_400_000;
const now = Date.now();

function trend(poolName: string, forecast: Forecast, patch: Partial<CapacityTrend> = {}): CapacityTrend {
  return {
    hostId: 'nas',
    hostName: 'nas-01',
    poolId: `zfs:${poolName}`,
    poolName,
    allocated: false,
    measure: 'data',
    atMs: now,
    percent: 71,
    usedBytes: 710,
    sizeBytes: 1000,
    forecast,
    points: [
      { atMs: now - day, percent: 70 },
      { atMs: now, percent: 71 },
    ],
    ...patch,
  };
}

const growing = (days: number): Forecast => ({
  kind: 'growing',
  perDay: 1024 ** 3,
  fullAtMs: now + days * day + 60_000,
  earliestAtMs: now + days * 0.8 * day,
  latestAtMs: now + days * 1.4 * day,
});
const short: Forecast = {
  kind: 'too-little-history',
  spanSeconds: 7200,
  neededSeconds: 259_200,
  sinceChangeAtMs: null,
};

let bridge: ReturnType<typeof installBridge>;
let answer: readonly CapacityTrend[];
beforeEach(() => {
  installBrowserParts();
  useCapacityStore.setState({ status: 'unasked', trends: [], error: null });
  answer = [
    trend('vmdata', { kind: 'full' }, { allocated: true }),
    trend('soon', growing(23)),
    trend('meta', growing(40), { measure: 'metadata', usedBytes: null, sizeBytes: null }),
    trend('still', { kind: 'not-growing' }),
    trend('new', short),
  ];
  bridge = installBridge({ 'inventory:capacity': () => ({ ok: true, value: { trends: answer } }) });
});
afterEach(cleanup);

const show = (what: React.ReactNode) => render(<MantineProvider>{what}</MantineProvider>);

describe('the list of what fills up first', () => {
  it('shows what grows, the soonest first, and leaves out what is full on purpose', async () => {
    show(<FillsUpFirst />);
    const list = await screen.findByRole('region', { name: 'Fills up first' });
    const rows = within(list)
      .getAllByRole('listitem')
      .map((row) => row.textContent);
    expect(rows).toEqual([
      expect.stringMatching(/^nas-01 soon.*71 %full in 23 d$/),
      expect.stringMatching(/^nas-01 meta metadata.*full in 40 d$/),
    ]);
  });

  it('is absent where nothing grows and says when it could not be read', async () => {
    answer = [trend('new', short)];
    const { container } = show(<FillsUpFirst />);
    await waitFor(() => expect(useCapacityStore.getState().status).toBe('ready'));
    expect(container.querySelector('section')).toBeNull();
    cleanup();
    bridge = installBridge({
      'inventory:capacity': () => ({ ok: false, error: { code: 'internal', message: 'Disk is gone.' } }),
    });
    forgetCapacity();
    show(<FillsUpFirst />);
    expect(await screen.findByText(/could not be read: Disk is gone\./)).toBeTruthy();
  });

  it('is asked for once, and again after a reading', async () => {
    const stop = followCapacity();
    show(
      <>
        <FillsUpFirst />
        <PoolTrends hostId="nas" poolIds={['zfs:soon']} />
        <SoonFull hostId="nas" poolId="zfs:soon" />
      </>,
    );
    await screen.findByText(/At this pace full in 23 d/);
    expect(bridge.calls).toHaveLength(1);
    answer = [trend('soon', growing(5))];
    bridge.emit('inventory:changed', { hostId: 'nas' });
    bridge.emit('inventory:changed', { hostId: 'box' });
    await screen.findByText(/At this pace full in 5 d/);
    expect(bridge.calls).toHaveLength(2);
    stop();
  });
});

describe('the words of a forecast', () => {
  it('promise no more than is known', () => {
    expect(forecastWords(trend('a', growing(-2)), now)).toBe('may be full by now');
    expect(forecastWords(trend('a', growing(0.5)), now)).toBe('full within a day');
    expect(forecastWords(trend('a', growing(4000)), now)).toBe('full in more than 5 years');
    expect(forecastSentence(trend('a', growing(23)))).toMatch(
      /^Grows by 1\.00 GiB a day\. If it goes on like this it is full around \d{4}-\d\d-\d\d \(between .* and .*\)\.$/,
    );
    expect(
      forecastSentence(trend('a', { ...growing(23), latestAtMs: Number.MAX_SAFE_INTEGER } as Forecast)),
    ).toContain('and the far future)');
    expect(forecastWords(trend('a', short), now)).toBe('not enough history');
    expect(forecastSentence(trend('a', short))).toBe(
      'A forecast needs readings over at least 3 d; there are 2 h of them.',
    );
    expect(forecastSentence(trend('a', { ...short, sinceChangeAtMs: now } as Forecast))).toMatch(
      /at once on \d/,
    );
  });
});
