import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CoreStatus } from '../../../src-preload/contract/app';
import type { CoreChannel, Result } from '../../../src-preload/contract';
import { buildPortChild, type BuiltChild } from '../../core/port/testing/build-child';
import { launchInChild } from './child-transport';
import { createCoreHost, type CoreHost, type CoreTiming } from './core-host';
import { ShellError, type AnswerShellRequest } from './shell-requests';

let built: BuiltChild;
beforeAll(async () => {
  built = await buildPortChild();
}, 120_000);
afterAll(() => built.remove());

interface Set {
  host: CoreHost;
  statuses: CoreStatus[];
  events: [string, unknown][];
  logged: string[];
  data(mode?: string): string;
}

let folder: string;
let hosts: CoreHost[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-host-'));
  hosts = [];
});
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const noAnswers: AnswerShellRequest = {
  confirm: () => Promise.reject(new Error('not expected')),
  seal: () => Promise.reject(new Error('not expected')),
  unseal: () => Promise.reject(new Error('not expected')),
  vaultStatus: () => Promise.reject(new Error('not expected')),
  notify: () => Promise.reject(new Error('not expected')),
  chooseSavePath: () => Promise.reject(new Error('not expected')),
  chooseOpenPath: () => Promise.reject(new Error('not expected')),
};

function setUp(answers: Partial<AnswerShellRequest> = {}, timing: Partial<CoreTiming> = {}): Set {
  const statuses: CoreStatus[] = [];
  const events: [string, unknown][] = [];
  const logged: string[] = [];
  const host = createCoreHost({
    launch: launchInChild(built.path, process.execPath),
    answers: { ...noAnswers, ...answers },
    onStatus: (status) => statuses.push(status),
    onEvent: (event, payload) => events.push([event, payload]),
    log: { write: (level, message, fields) => logged.push(`${level}: ${message} ${JSON.stringify(fields)}`) },
    timing: { firstBackOffMs: 20, shutdownMs: 2_000, ...timing },
  });
  hosts.push(host);
  return {
    host,
    statuses,
    events,
    logged,
    data: (mode = 'data') => {
      const path = join(folder, `${mode}-${randomUUID()}`);
      mkdirSync(path);
      return path;
    },
  };
}

const start = (set: Set, mode?: string) =>
  set.host.start({ dataDirectory: set.data(mode), demo: false, actor: 'tester@laptop' });
const never = () => new AbortController().signal;
const call = (set: Set, channel: CoreChannel, signal = never()) => set.host.call(channel, {}, signal);
const codeOf = (result: Result<unknown>) => (result.ok ? 'ok' : result.error.code);

function pidOf(set: Set): number {
  const pid = set.host.pid();
  if (pid === undefined) throw new Error('the core has no process');
  return pid;
}

/** The call has reached the core. */
const arrived = (set: Set) =>
  vi.waitFor(() => expect(set.events).toContainEqual(['hosts:changed', { hostId: 'running' }]), 10_000);
const state = (set: Set, wanted: CoreStatus['state']) =>
  vi.waitFor(() => expect(set.host.status().state).toBe(wanted), 15_000);

describe('createCoreHost', () => {
  it('holds calls back until the core is ready, then answers them', async () => {
    const set = setUp();
    const early = call(set, 'hosts:list');
    expect((await start(set)).state).toBe('running');
    expect(await early).toMatchObject({ ok: true, value: { actor: 'tester@laptop', demo: false } });
    expect(set.statuses.map(({ state }) => state)).toEqual(['starting', 'running']);
  });

  it('answers a change in flight with outcome-unknown when the core is killed, everything else as unavailable', async () => {
    const set = setUp({ confirm: () => new Promise(() => undefined) });
    await start(set);
    const change = call(set, 'operations:run');
    const other = call(set, 'settings:update');
    await arrived(set);
    expect(set.host.busy()).toBe(true);
    process.kill(pidOf(set), 'SIGKILL');
    expect(codeOf(await change)).toBe('outcome-unknown');
    expect(codeOf(await other)).toBe('core-unavailable');
    expect(set.host.busy()).toBe(false);
  });

  it('restarts a killed core and counts the crash', async () => {
    const set = setUp();
    await start(set);
    const before = pidOf(set);
    process.kill(before, 'SIGKILL');
    await state(set, 'restarting');
    const held = call(set, 'hosts:list');
    expect(await held).toMatchObject({ ok: true });
    expect(set.host.status()).toEqual({ state: 'running', crashes: 1, message: null });
    expect(pidOf(set)).not.toBe(before);
    expect(set.logged.join('\n')).toContain('"signal":"SIGKILL"');
  });

  it('gives up after five restarts in a minute, and starts again when asked', async () => {
    const set = setUp();
    const status = await start(set, 'crash');
    expect(status).toMatchObject({ state: 'failed', crashes: 6 });
    expect(set.statuses.filter(({ state }) => state === 'restarting')).toHaveLength(5);
    expect(codeOf(await call(set, 'hosts:list'))).toBe('core-unavailable');
    expect((await start(set)).state).toBe('running');
    expect(codeOf(await call(set, 'hosts:list'))).toBe('ok');
  });

  it('waits longer before each restart', async () => {
    const set = setUp({}, { firstBackOffMs: 100 });
    const began = Date.now();
    await start(set, 'crash');
    // 100 + 200 + 400 + 800 + 1600
    expect(Date.now() - began).toBeGreaterThanOrEqual(3_100);
  });

  it('does not restart a core that says why it cannot start', async () => {
    const set = setUp();
    const held = call(set, 'hosts:list');
    expect(await start(set, 'refuse')).toEqual({
      state: 'failed',
      crashes: 0,
      message: 'The file app.sqlite is newer than this Holdfast.',
    });
    expect(await held).toMatchObject({
      error: { message: 'The file app.sqlite is newer than this Holdfast.' },
    });
    // The log says what the sentence leaves out, down to the line that failed.
    const line = set.logged.find((text) => text.includes('The core could not start')) ?? '';
    expect(line).toContain('"code":"internal"');
    expect(line).toContain('"message":"The file app.sqlite is newer than this Holdfast."');
    expect(line).toContain('"detail":"version 70, known up to 50"');
    expect(line).toMatch(/"stderr":"AppError: .*at createCore/);
  });

  it('ends a core that does not become ready', async () => {
    const set = setUp({}, { startMs: 200, firstBackOffMs: 1 });
    expect((await start(set, 'never')).state).toBe('failed');
  });

  it('fails at once when the Node that hosts the core is missing', async () => {
    const set = setUp();
    const host = createCoreHost({
      launch: launchInChild(built.path, join(folder, 'no-such-node')),
      answers: noAnswers,
      onStatus: () => undefined,
      onEvent: () => undefined,
      log: { write: () => undefined },
      timing: { firstBackOffMs: 1 },
    });
    hosts.push(host);
    expect((await host.start({ dataDirectory: set.data(), demo: false, actor: 'a@b' })).state).toBe('failed');
  });

  it('cancels a call in the core, and one that was not sent without it', async () => {
    const set = setUp();
    const held = new AbortController();
    const unsent = call(set, 'operations:run', held.signal);
    held.abort();
    expect(codeOf(await unsent)).toBe('cancelled');
    await start(set);
    const sent = new AbortController();
    const running = call(set, 'operations:run', sent.signal);
    await arrived(set);
    sent.abort();
    expect(await running).toMatchObject({ error: { code: 'cancelled', message: 'Cancelled by the page.' } });
    expect(codeOf(await call(set, 'hosts:list', AbortSignal.abort()))).toBe('cancelled');
  });

  it('ignores junk from the core and checks its events', async () => {
    const set = setUp();
    await start(set);
    expect(codeOf(await call(set, 'hosts:remove'))).toBe('ok');
    expect(set.events).toEqual([]);
    expect(set.logged.filter((line) => line.startsWith('error'))).toHaveLength(3);
  });

  it('answers a call whose response cannot be read instead of leaving it open', async () => {
    const set = setUp();
    await start(set);
    expect(codeOf(await call(set, 'hosts:disconnect'))).toBe('core-unavailable');
  });

  it('passes the questions of the core on, and their answers back', async () => {
    const asked: unknown[] = [];
    const set = setUp({
      confirm: async (question) => {
        asked.push(question);
        return { confirmed: true };
      },
      chooseSavePath: async (request) => {
        asked.push(request);
        return { path: '/tmp/chosen.csv' };
      },
      chooseOpenPath: async (request) => {
        asked.push(request);
        return { path: null };
      },
      notify: async (request) => {
        asked.push(request);
        return {};
      },
    });
    await start(set);
    expect(await call(set, 'settings:update')).toEqual({ ok: true, value: { confirmed: true } });
    expect(await call(set, 'audit:exportCsv')).toEqual({ ok: true, value: { path: '/tmp/chosen.csv' } });
    expect(await call(set, 'hosts:chooseKeyFile')).toEqual({ ok: true, value: { path: null } });
    expect(asked).toEqual([
      expect.objectContaining({ title: 'Allow changes?' }),
      { title: 'Exported', body: 'As asked.' },
      { suggestedName: 'audit.csv', filters: [{ name: 'CSV', extensions: ['csv'] }] },
      { title: 'Choose a key', filters: [], startIn: 'ssh-directory' },
    ]);
  });

  it('tells the core why the shell could not answer', async () => {
    const set = setUp({
      vaultStatus: async () => ({ persistent: false, backend: 'basic_text' }),
      seal: async () => ({ sealedBase64: 'AAAA' }),
      unseal: () =>
        Promise.reject(new ShellError({ code: 'vault-unavailable', message: 'The keyring is locked.' })),
    });
    await start(set);
    expect(await call(set, 'hosts:setSecret')).toEqual({
      ok: false,
      error: { code: 'vault-unavailable', message: 'The keyring is locked.' },
    });
  });

  it('closes a dialog whose call was cancelled, and one whose core died', async () => {
    const signals: AbortSignal[] = [];
    const set = setUp({
      confirm: (_question, signal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    });
    await start(set);
    const cancel = new AbortController();
    const cancelled = call(set, 'settings:update', cancel.signal);
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    cancel.abort();
    expect(codeOf(await cancelled)).toBe('cancelled');
    await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true));

    const lost = call(set, 'settings:update');
    await vi.waitFor(() => expect(signals).toHaveLength(2));
    process.kill(pidOf(set), 'SIGKILL');
    expect(codeOf(await lost)).toBe('core-unavailable');
    expect(signals[1]?.aborted).toBe(true);
  });

  it('moves to another profile by ending the first core cleanly', async () => {
    const set = setUp();
    const [own, demo] = [set.data(), set.data('demo')];
    await set.host.start({ dataDirectory: own, demo: false, actor: 'a@b' });
    const first = pidOf(set);
    await set.host.start({ dataDirectory: demo, demo: true, actor: 'a@b' });
    expect(readFileSync(join(own, 'closed'), 'utf8')).toBe('cleanly');
    expect(() => process.kill(first, 0)).toThrow();
    expect(await call(set, 'hosts:list')).toMatchObject({ value: { demo: true, dataDirectory: demo } });
    expect(set.host.status().crashes).toBe(0);
  });

  it('lets a core finish at the end, and ends a hanging one by force', async () => {
    const good = setUp();
    const data = good.data();
    await good.host.start({ dataDirectory: data, demo: false, actor: 'a@b' });
    await good.host.stop();
    expect(existsSync(join(data, 'closed'))).toBe(true);

    const hanging = setUp({}, { shutdownMs: 200 });
    await start(hanging, 'hang');
    const pid = pidOf(hanging);
    const running = call(hanging, 'operations:run');
    await arrived(hanging);
    await hanging.host.stop();
    expect(codeOf(await running)).toBe('outcome-unknown');
    expect(() => process.kill(pid, 0)).toThrow();
    expect(hanging.host.status().crashes).toBe(0);
  });

  it('stops without waiting for a core that never becomes ready', async () => {
    const set = setUp({}, { shutdownMs: 100 });
    const starting = start(set, 'never');
    await vi.waitFor(() => expect(set.host.pid()).toBeDefined());
    await set.host.stop();
    expect((await starting).state).toBe('starting');
    expect((await start(set)).state).toBe('starting');
  });
});
