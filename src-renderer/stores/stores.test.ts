// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from 'vitest';
import { call } from '../api';
import { installBridge } from '../test/bridge';
import { ensureRange, pageSize, setSnapshotQuery, snapshotAt, useSnapshotsStore } from './snapshots-store';
import { loadApp, updateSettings, useAppStore } from './app-store';
import { loadFleet, useFleetStore } from './fleet-store';

const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('api', () => {
  it('cancels this very call when its signal aborts', async () => {
    const bridge = installBridge({ 'hosts:list': () => new Promise(() => undefined) });
    const controller = new AbortController();
    void call('hosts:list', {}, controller.signal);
    void call('hosts:list', {});
    controller.abort();
    expect(bridge.cancelled).toHaveLength(1);
  });

  it('does not send what was cancelled before', async () => {
    const bridge = installBridge({ 'hosts:list': () => ({ ok: true, value: { hosts: [] } }) });
    const answer = await call('hosts:list', {}, AbortSignal.abort());
    expect(answer).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(bridge.calls).toEqual([]);
  });
});

describe('snapshots store', () => {
  beforeEach(() => {
    useSnapshotsStore.setState({ pages: new Map(), total: 0 });
  });

  it('drops the late answer of an older query', async () => {
    const waiting: ((value: unknown) => void)[] = [];
    installBridge({ 'inventory:snapshots': () => new Promise((resolve) => waiting.push(resolve)) });
    const answer = (name: string) => ({
      ok: true,
      value: { total: 1, totalUsedBytes: 0, rows: [{ name }] },
    });
    void setSnapshotQuery({ search: 'old' });
    void setSnapshotQuery({ search: 'new' });
    waiting[1]?.(answer('new'));
    await tick();
    waiting[0]?.(answer('old'));
    await tick();
    expect(snapshotAt(useSnapshotsStore.getState().pages, 0)?.name).toBe('new');
  });

  it('reads only the pages in view, each once', async () => {
    const bridge = installBridge({
      'inventory:snapshots': () => ({ ok: true, value: { total: 100_000, totalUsedBytes: 0, rows: [] } }),
    });
    await setSnapshotQuery({ search: '' });
    ensureRange(pageSize * 7, pageSize * 7 + 30);
    ensureRange(pageSize * 7 + 1, pageSize * 7 + 31);
    await tick();
    const offsets = bridge.calls.map(({ request }) => (request as { offset: number }).offset);
    expect(offsets).toEqual([0, pageSize * 7]);
  });
});

describe('fleet store', () => {
  it('keeps the newest of overlapping reads', async () => {
    const waiting: ((value: unknown) => void)[] = [];
    installBridge({ 'hosts:list': () => new Promise((resolve) => waiting.push(resolve)) });
    const first = loadFleet();
    const second = loadFleet();
    waiting[1]?.({ ok: true, value: { hosts: ['newest'] } });
    waiting[0]?.({ ok: true, value: { hosts: ['late'] } });
    await Promise.all([first, second]);
    expect(useFleetStore.getState().hosts).toEqual(['newest']);
  });

  it('keeps the last hosts when reading fails, and says so', async () => {
    useFleetStore.setState({ hosts: [], status: 'ready' });
    installBridge({
      'hosts:list': () => ({ ok: false, error: { code: 'core-unavailable', message: 'gone' } }),
    });
    await loadFleet();
    expect(useFleetStore.getState()).toMatchObject({ status: 'failed', error: { code: 'core-unavailable' } });
  });
});

describe('app store', () => {
  it('does not lose a theme that was chosen before the settings were read', async () => {
    const settings = { colourScheme: 'auto', readOnly: true, refreshSeconds: 60 };
    let answerCatalogue = (_answer: unknown): void => undefined;
    installBridge({
      'app:info': () => ({ ok: true, value: { core: { state: 'running', crashes: 0, message: null } } }),
      'settings:read': () => ({ ok: true, value: settings }),
      'operations:catalogue': () => new Promise((resolve) => (answerCatalogue = resolve)),
      'settings:update': (patch) => ({ ok: true, value: { ...settings, ...(patch as object) } }),
    });
    const loading = loadApp();
    await tick();
    expect(await updateSettings({ colourScheme: 'dark' })).toBeNull();
    answerCatalogue({ ok: true, value: { actions: [] } });
    await loading;
    expect(useAppStore.getState().settings?.colourScheme).toBe('dark');
  });
});
