// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Response } from '../../../src-preload/contract';
import type { AppInfo } from '../../../src-preload/contract/app';
import type { Settings } from '../../../src-preload/contract/settings';
import { useAppStore } from '../../stores/app-store';
import { installBridge, installBrowserParts } from '../../test/bridge';
import { SettingsScreen } from './SettingsScreen';

const settings: Settings = {
  colourScheme: 'auto',
  readOnly: true,
  stageFirst: false,
  refreshSeconds: 60,
  clusterRefreshSeconds: 120,
  troubleReadings: 3,
  recoveryReadings: 2,
  showTemplates: false,
};
const info: AppInfo = {
  version: '0.1.0',
  electron: '40.0.0',
  chromium: '144.0.0',
  platform: 'linux',
  evaluationRuntime: false,
  demo: false,
  profileDirectory: '/home/anna/.config/holdfast',
  vault: { persistent: true, backend: 'gnome_libsecret', text: 'Sealed.' },
  core: { state: 'running', crashes: 0, message: null },
};

let policy: Response<'machinePolicy:read'>;
let bridge: ReturnType<typeof installBridge>;
beforeEach(() => {
  installBrowserParts();
  policy = {
    paths: ['/etc/holdfast/policy.json'],
    limited: [{ kind: 'cluster', name: 'atlas', most: 'operate' }],
    hidden: 2,
  };
  bridge = installBridge({
    'settings:fixed': () => ({ ok: true, value: { names: ['recoveryReadings'] } }),
    'machinePolicy:read': () => ({ ok: true, value: policy }),
    'settings:update': (patch) => ({
      ok: true,
      value: { ...useAppStore.getState().settings, ...(patch as object) },
    }),
  });
  useAppStore.setState({ info, settings });
});
afterEach(cleanup);

const updates = () =>
  bridge.calls.filter(({ channel }) => channel === 'settings:update').map(({ request }) => request);

it('clusters have their interval, templates and thresholds, and what a config decides is not for change', async () => {
  render(
    <MantineProvider>
      <SettingsScreen />
    </MantineProvider>,
  );
  const ends = screen.getByLabelText<HTMLInputElement>('Readings before its end is told');
  await waitFor(() => expect(ends.disabled).toBe(true));
  expect(screen.getByRole('region', { name: 'Proxmox VE clusters' }).textContent).toContain(
    'Each reading is one request',
  );
  const interval = screen.getByRole<HTMLInputElement>('combobox', { name: 'Refresh interval of clusters' });
  expect(interval.value).toBe('Every 2 minutes');
  fireEvent.click(screen.getByLabelText('Templates among the guests'));
  await waitFor(() => expect(updates()).toEqual([{ showTemplates: true }]));
  const begins = screen.getByLabelText<HTMLInputElement>('Readings before trouble is told');
  fireEvent.change(begins, { target: { value: '12' } });
  expect(updates()).toHaveLength(1);
  fireEvent.blur(begins);
  await waitFor(() => expect(updates()[1]).toEqual({ troubleReadings: 12 }));
  // What is no number of readings is put back.
  fireEvent.change(begins, { target: { value: '' } });
  fireEvent.blur(begins);
  expect(begins.value).toBe('12 readings');
  expect(updates()).toHaveLength(2);
});

it('what the policy of this computer allows stands with its file, and nothing where there is none', async () => {
  const { unmount } = render(
    <MantineProvider>
      <SettingsScreen />
    </MantineProvider>,
  );
  const section = await screen.findByRole('region', { name: 'Policy of this computer' });
  expect(section.textContent).toContain('/etc/holdfast/policy.json');
  expect(section.textContent).toContain('atlasat most Operate, a cluster');
  expect(section.textContent).toContain('2 hosts and clusters of the list are hidden by it.');
  unmount();

  const asked = bridge.calls.length;
  policy = { paths: [], limited: [], hidden: 0 };
  render(
    <MantineProvider>
      <SettingsScreen />
    </MantineProvider>,
  );
  await waitFor(() => expect(bridge.calls.length).toBeGreaterThan(asked + 1));
  expect(screen.queryByRole('region', { name: 'Policy of this computer' })).toBeNull();
});
