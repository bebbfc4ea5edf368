// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostOverview } from '../../src-preload/contract/hosts';
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

describe('details of the snapshots in view', () => {
  const row = (name: string, change: object = {}) => ({
    hostId: 'h1',
    id: `zfs:${name}`,
    usedBytes: null,
    holdCount: null,
    ...change,
  });
  const rows = Array.from({ length: 40 }, (_, index) => row(`t@${index}`));
  const page = (all: readonly object[]) => ({
    ok: true,
    value: { total: all.length, totalUsedBytes: 0, unreadCount: all.length, rows: all },
  });
  const whole = (id: string) => ({ id, usedBytes: 7, holdCount: 0 });
  type Asked = { hostId: string; snapshotIds: string[] };
  const askedOf = (bridge: ReturnType<typeof installBridge>) =>
    bridge.calls
      .filter(({ channel }) => channel === 'inventory:snapshotDetails')
      .map(({ request }) => (request as Asked).snapshotIds);

  beforeEach(() => {
    vi.useFakeTimers();
    useSnapshotsStore.setState({ pages: new Map(), total: 0 });
    const hosts = ['h1', 'h2'].map((id) => ({
      host: { id },
      state: { status: id === 'h1' ? 'online' : 'offline' },
    }));
    useFleetStore.setState({ hosts: hosts as unknown as HostOverview[] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('come once the rows stay in view, and are shown as they come', async () => {
    const bridge = installBridge({
      'inventory:snapshots': () => page(rows),
      'inventory:snapshotDetails': (request) => ({
        ok: true,
        value: {
          snapshots: (request as Asked).snapshotIds.filter((id) => id !== 'zfs:t@11').map(whole),
          gone: ['zfs:t@11'],
        },
      }),
    });
    await setSnapshotQuery({ search: '' });
    ensureRange(0, 5);
    ensureRange(8, 9);
    ensureRange(10, 12);
    expect(askedOf(bridge)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(askedOf(bridge)).toEqual([['zfs:t@10', 'zfs:t@11', 'zfs:t@12']]);
    const { pages, totalUsedBytes, unreadCount, gone } = useSnapshotsStore.getState();
    expect(snapshotAt(pages, 10)).toMatchObject({ usedBytes: 7, holdCount: 0, hostId: 'h1' });
    expect(snapshotAt(pages, 11)).toMatchObject({ usedBytes: null, holdCount: null });
    expect([totalUsedBytes, unreadCount, [...gone]]).toEqual([14, 38, ['h1 zfs:t@11']]);
    // Known now, or gone: not asked for again.
    ensureRange(10, 13);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(askedOf(bridge).slice(1)).toEqual([['zfs:t@13']]);
  });

  it('are called off when the rows leave the view, and asked for again when they return', async () => {
    const bridge = installBridge({
      'inventory:snapshots': () => page(rows),
      'inventory:snapshotDetails': () => new Promise(() => undefined),
    });
    await setSnapshotQuery({ search: '' });
    ensureRange(0, 1);
    await vi.advanceTimersByTimeAsync(1_000);
    ensureRange(20, 21);
    expect(bridge.cancelled).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    ensureRange(0, 1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(bridge.cancelled).toHaveLength(2);
    expect(askedOf(bridge)).toEqual([
      ['zfs:t@0', 'zfs:t@1'],
      ['zfs:t@20', 'zfs:t@21'],
      ['zfs:t@0', 'zfs:t@1'],
    ]);
  });

  it('are asked for in batches, of hosts that are connected only, and not where they are known', async () => {
    const many = Array.from({ length: 450 }, (_, index) =>
      row(`t@${index}`, index % 10 === 0 ? { hostId: 'h2' } : index % 10 === 1 ? { holdCount: 0 } : {}),
    );
    const bridge = installBridge({
      'inventory:snapshots': (request) => {
        const { offset, limit } = request as { offset: number; limit: number };
        const answer = page(many);
        return { ...answer, value: { ...answer.value, rows: many.slice(offset, offset + limit) } };
      },
      'inventory:snapshotDetails': (request) => ({
        ok: true,
        value: { snapshots: (request as Asked).snapshotIds.map(whole), gone: [] },
      }),
    });
    await setSnapshotQuery({ search: '' });
    ensureRange(0, 449);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(askedOf(bridge).map(({ length }) => length)).toEqual([200, 160]);
    expect(new Set(askedOf(bridge).flat()).size).toBe(360);
  });

  it('leave the rows as they are when they cannot be read, and do not insist', async () => {
    const bridge = installBridge({
      'inventory:snapshots': () => page(rows),
      'inventory:snapshotDetails': () => ({ ok: false, error: { code: 'unreachable', message: 'gone' } }),
    });
    await setSnapshotQuery({ search: '' });
    ensureRange(0, 1);
    await vi.advanceTimersByTimeAsync(1_000);
    ensureRange(0, 1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(askedOf(bridge)).toHaveLength(1);
    expect(snapshotAt(useSnapshotsStore.getState().pages, 0)).toMatchObject({ holdCount: null });
    expect(useSnapshotsStore.getState().status).toBe('ready');
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
    const settings = {
      colourScheme: 'auto',
      readOnly: true,
      refreshSeconds: 60,
      clusterRefreshSeconds: 120,
      troubleReadings: 3,
      recoveryReadings: 2,
      showTemplates: false,
    };
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
