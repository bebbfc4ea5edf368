// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Router } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';
import type { ClusterOverview } from '../../../src-preload/contract/clusters';
import { useClustersStore } from '../../stores/clusters-store';
import { useFleetStore } from '../../stores/fleet-store';
import { installBridge, installBrowserParts } from '../../test/bridge';
import { KioskScreen, kioskPeriodMs } from './KioskScreen';

const atlas: ClusterOverview = {
  cluster: {
    id: 'demo-atlas',
    name: 'atlas',
    endpoints: [{ address: '192.0.2.11', port: 8006 }],
    login: { kind: 'token', tokenId: 'a@pve!b' },
    trust: 'pin',
    environment: { label: 'Production', colour: 'red', production: true },
    accessLevel: 'view',
    demo: true,
    createdAtMs: 1,
  },
  state: { status: 'offline', error: null, lastSeenAtMs: 1, unknownOperations: 0 },
  summary: {
    takenAtMs: 1,
    version: '9.2.11',
    quorate: false,
    health: 'critical',
    nodeCount: 3,
    nodesOnline: 1,
    guestCount: 5,
    guestsRunning: 2,
    cpu: 0.5,
    cpuCount: 4,
    memoryBytes: 1,
    memoryTotalBytes: 2,
    problems: [
      { severity: 'warning', text: 'A storage is full.', advice: '' },
      { severity: 'critical', text: 'The cluster has no quorum.', advice: '' },
    ],
  },
};

let bridge: ReturnType<typeof installBridge>;
const refreshes = () => bridge.calls.filter(({ channel }) => channel === 'clusters:refresh').length;

beforeEach(() => {
  vi.useFakeTimers();
  installBrowserParts();
  bridge = installBridge({
    'app:fullScreen': () => ({ ok: true, value: {} }),
    'inventory:refreshAll': () => ({ ok: true, value: { started: 0 } }),
    'hosts:list': () => ({ ok: true, value: { hosts: [] } }),
    'clusters:list': () => ({ ok: true, value: { clusters: [atlas] } }),
    'clusters:read': () => ({ ok: true, value: { inventory: null } }),
    'clusters:refresh': () => ({ ok: true, value: { takenAtMs: 1 } }),
  });
  useFleetStore.setState({ hosts: [] });
  useClustersStore.setState({ status: 'ready', clusters: [atlas] });
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe('the fleet on the wall', () => {
  it('shows trouble first, reads every minute, offers nothing to press, and is left by Escape', async () => {
    const { hook, history } = memoryLocation({ path: '/kiosk', record: true });
    render(
      <MantineProvider>
        <Router hook={hook}>
          <KioskScreen />
        </Router>
      </MantineProvider>,
    );
    const trouble = screen.getByRole('region', { name: 'Needs attention' });
    expect(trouble.textContent).toMatch(/no quorum.*storage is full/);
    expect(screen.getByRole('article', { name: 'atlas' }).textContent).toContain('WITHOUT quorum');
    expect(screen.queryAllByRole('button')).toEqual([]);
    expect(screen.queryAllByRole('link')).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    const first = refreshes();
    expect(first).toBe(1);
    await vi.advanceTimersByTimeAsync(kioskPeriodMs);
    expect(refreshes()).toBe(first + 1);
    fireEvent.keyDown(window, { key: 'Escape' });
    expect(history.at(-1)).toBe('/');
    cleanup();
    await vi.advanceTimersByTimeAsync(kioskPeriodMs * 2);
    expect(refreshes()).toBe(first + 1);
    const asked = bridge.calls.filter(({ channel }) => channel === 'app:fullScreen');
    expect(asked.map(({ request }) => request)).toEqual([{ on: true }, { on: false }]);
  });
});
