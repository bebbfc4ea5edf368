import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hostIdSchema } from '../../../src-preload/contract/primitives';
import type { Host, HostSettings, HostState } from '../../../src-preload/contract/hosts';
import { startShellHost, type ShellHost } from '../testing/shell-host';
import { startTestCore, type TestCore } from '../testing/test-core';
import { newHostId } from '../hosts/host-id';

let data: string;
let box: ShellHost;
let core: TestCore;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'holdfast-handlers-'));
  box = await startShellHost();
  core = await startTestCore({ dataDirectory: data });
});
afterEach(async () => {
  vi.useRealTimers();
  box.hooks.beforeExec = undefined;
  await core.close();
  await box.close();
  rmSync(data, { recursive: true, force: true });
});

const settingsOf = ({ id: _id, demo: _demo, createdAtMs: _at, ...settings }: Host): HostSettings => settings;
async function stateOf(id: string): Promise<HostState> {
  const { hosts } = await core.call('hosts:list', {});
  const found = hosts.find(({ host }) => host.id === id);
  if (found === undefined) throw new Error(`No host ${id}.`);
  return found.state;
}
const eventsOf = (name: string): unknown[] =>
  core.events.flatMap(({ event, payload }) => (event === name ? [payload] : []));

describe('host ids', () => {
  it('are valid file names, readable and never the same', () => {
    for (const name of ['NAS 01', 'Größe/..', '数据', '-x-', 'a'.repeat(64), '   ']) {
      const id = newHostId(name);
      expect(hostIdSchema.safeParse(id).success).toBe(true);
      expect(newHostId(name)).not.toBe(id);
    }
    expect(newHostId('NAS 01')).toMatch(/^nas-01-[0-9a-f]{8}$/);
  });
});

describe('the host list', () => {
  it('refuses a name that is taken, because people type it to confirm', async () => {
    const host = await core.addHost(box);
    const again = { settings: settingsOf(host), secret: null };
    expect(await core.failure('hosts:add', again)).toMatchObject({ code: 'invalid-request' });
    const other = await core.call('hosts:add', {
      settings: { ...settingsOf(host), name: 'two' },
      secret: null,
    });
    const rename = { hostId: other.id, settings: settingsOf(host), secret: null };
    expect(await core.failure('hosts:update', rename)).toMatchObject({ code: 'invalid-request' });
    // Saving a host under its own name is no clash.
    await core.call('hosts:update', { hostId: host.id, settings: settingsOf(host), secret: null });
  });

  it.each(['BOX', ' box', 'bo\u{200d}x', '\u{ff42}ox'])(
    'refuses a name that reads like one that is taken: %j',
    async (name) => {
      const host = await core.addHost(box);
      const again = { settings: { ...settingsOf(host), name }, secret: null };
      expect(await core.failure('hosts:add', again)).toMatchObject({ code: 'invalid-request' });
    },
  );

  it('gives no second record of a machine more than the first has without a native yes', async () => {
    const host = await core.addHost(box, { accessLevel: 'view' });
    const settings: HostSettings = { ...settingsOf(host), name: 'two', accessLevel: 'administer' };
    core.answer = async () => false;
    expect(await core.failure('hosts:add', { settings, secret: null })).toMatchObject({ code: 'cancelled' });
    // Nor does a record that may do more elsewhere become one of this machine.
    const away = await core.call('hosts:add', { settings: { ...settings, port: 1 }, secret: null });
    const moved = { hostId: away.id, settings, secret: 'x' };
    expect(await core.failure('hosts:update', moved)).toMatchObject({ code: 'cancelled' });
    expect(core.questions.map(({ kind, title }) => [kind, title])).toEqual([
      ['raise-access', 'Let this laptop administer two?'],
      ['raise-access', 'Let this laptop administer two?'],
    ]);
    core.answer = async () => true;
    expect(await core.call('hosts:update', moved)).toMatchObject({ port: box.port });
  });

  it('sends a stored password nowhere else at the wish of the page', async () => {
    const host = await core.addHost(box);
    const other = await startShellHost();
    const peer = { address: '127.0.0.1', port: other.port };
    // The other machine is known as well: its key is pinned, so nobody would be asked.
    await core.call('hosts:trustKey', { ...peer, sha256: other.sha256 });
    const elsewhere = { hostId: host.id, settings: { ...settingsOf(host), ...peer }, secret: null };
    expect(await core.failure('hosts:update', elsewhere)).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('Enter it again'),
    });
    const renamed = { ...elsewhere, settings: { ...settingsOf(host), name: 'renamed' } };
    await core.call('hosts:update', renamed);
    expect(await core.call('hosts:connect', { hostId: host.id })).toMatchObject({ status: 'online' });
    await other.close();
  });

  it('refuses a key file that the native dialog did not give', async () => {
    const host = await core.addHost(box);
    const auth = {
      kind: 'key-file',
      keyFileId: '6f1c2a52-3f6e-4d8e-9a52-0d4f6a1f2b3c',
      displayPath: '/etc/shadow',
    };
    const settings = { ...settingsOf(host), name: 'two', auth };
    expect(await core.failure('hosts:add', { settings, secret: null })).toMatchObject({
      code: 'invalid-request',
    });
    expect((await core.call('hosts:list', {})).hosts).toHaveLength(1);
  });

  it('raises an access level only after a native yes, and saves nothing without it', async () => {
    const host = await core.addHost(box);
    const save = (accessLevel: Host['accessLevel'], name = host.name) => ({
      hostId: host.id,
      settings: { ...settingsOf(host), name, accessLevel },
      secret: null,
    });
    await core.call('hosts:update', save('view'));
    const asked: string[] = [];
    let yes = false;
    core.answer = async (question) => {
      asked.push(`${question.kind}: ${question.title}`);
      return yes;
    };
    expect(await core.failure('hosts:update', save('administer', 'renamed'))).toMatchObject({
      code: 'cancelled',
    });
    expect((await core.call('hosts:list', {})).hosts[0]?.host).toMatchObject({
      accessLevel: 'view',
      name: host.name,
    });
    yes = true;
    expect(await core.call('hosts:update', save('operate'))).toMatchObject({ accessLevel: 'operate' });
    expect(asked).toEqual([
      `raise-access: Let this laptop administer renamed?`,
      `raise-access: Let this laptop operate ${host.name}?`,
    ]);
    // Lowering it, and all else, asks nobody.
    await core.call('hosts:update', save('view'));
    expect(asked).toHaveLength(2);
  });

  it('forgets a host only after a native yes, and keeps its audit', async () => {
    const host = await core.addHost(box);
    await core.failure('operations:plan', { hostId: host.id, action: 'nothing', input: {} });
    core.answer = async () => false;
    expect(await core.call('hosts:remove', { hostId: host.id })).toEqual({ removed: false });
    expect((await core.call('hosts:list', {})).hosts).toHaveLength(1);

    core.answer = async () => true;
    expect(await core.call('hosts:remove', { hostId: host.id })).toEqual({ removed: true });
    expect(core.questions.at(-1)).toMatchObject({ kind: 'remove-host', title: 'Remove box from Holdfast?' });
    expect((await core.call('hosts:list', {})).hosts).toEqual([]);
    expect(existsSync(join(data, 'audit', `${host.id}.sqlite`))).toBe(true);
    const { sources } = await core.call('audit:sources', {});
    expect(sources).toMatchObject([{ id: host.id, kind: 'removed-host', rowCount: 1 }]);
    expect(await core.failure('inventory:read', { hostId: host.id })).toMatchObject({ code: 'not-found' });
    expect(await core.failure('operations:plan', { hostId: host.id, action: 'x', input: {} })).toMatchObject({
      code: 'not-found',
    });
  });

  it('neither edits nor removes a host under a running change', async () => {
    const host = await core.addHost(box);
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-busy-'));
    const plan = await core.plan(host.id, 'zfs.snapshot.create', { directory, name: 'a' });
    core.answer = async ({ kind }) => {
      if (kind !== 'plan') return true;
      const edit = { hostId: host.id, settings: settingsOf(host), secret: null };
      expect(await core.failure('hosts:update', edit)).toMatchObject({ code: 'refused' });
      expect(await core.failure('hosts:remove', { hostId: host.id })).toMatchObject({ code: 'refused' });
      return true;
    };
    expect((await core.run(plan)).outcome).toBe('ok');
    rmSync(directory, { recursive: true });
  });
});

describe('connecting', () => {
  it('goes online, tells the page, and back by hand', async () => {
    const host = await core.addHost(box);
    expect(await stateOf(host.id)).toMatchObject({ status: 'never-connected' });
    expect(await core.call('hosts:connect', { hostId: host.id })).toMatchObject({
      status: 'online',
      error: null,
    });
    expect(eventsOf('hosts:changed')).toContainEqual({ hostId: host.id });
    await core.call('hosts:disconnect', { hostId: host.id });
    expect(await stateOf(host.id)).toMatchObject({ status: 'never-connected', error: null });
  });

  it('is offline as soon as the line is lost, without anybody reading', async () => {
    const host = await core.addHost(box);
    await core.call('hosts:connect', { hostId: host.id });
    box.drop();
    await expect
      .poll(() => stateOf(host.id), { timeout: 10_000 })
      .toMatchObject({
        status: 'offline',
        error: { code: 'unreachable' },
      });
  });

  it('tells a wrong password from an unknown key and from silence', async () => {
    const host = await core.addHost(box);
    await core.call('hosts:setSecret', { hostId: host.id, secret: 'wrong' });
    expect(await core.failure('hosts:connect', { hostId: host.id })).toMatchObject({ code: 'unauthorized' });
    expect(await stateOf(host.id)).toMatchObject({
      status: 'needs-credentials',
      error: { code: 'unauthorized' },
    });
    await core.call('hosts:setSecret', { hostId: host.id, secret: box.password });
    expect(await core.call('hosts:connect', { hostId: host.id })).toMatchObject({ status: 'online' });

    const stranger = await startShellHost();
    const unknown = await core.call('hosts:add', {
      settings: { ...settingsOf(host), name: 'stranger', port: stranger.port },
      secret: stranger.password,
    });
    const error = await core.failure('hosts:connect', { hostId: unknown.id });
    expect(error).toMatchObject({
      code: 'untrusted-host',
      hostKey: { reason: 'unknown', offered: { sha256: stranger.sha256 } },
    });
    expect((await stateOf(unknown.id)).status).toBe('untrusted');
    await stranger.close();
    expect(await core.failure('hosts:connect', { hostId: unknown.id })).toMatchObject({
      code: 'unreachable',
    });
    expect((await stateOf(unknown.id)).status).toBe('offline');
  });
});

describe('the inventory', () => {
  it('is shared by callers at the same time, and one who leaves only stops waiting', async () => {
    const host = await core.addHost(box);
    await core.call('hosts:connect', { hostId: host.id });
    const before = box.commands.length;
    const leaving = new AbortController();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    box.hooks.beforeExec = () => held;
    const all = [1, 2, 3].map(() => core.call('inventory:refresh', { hostId: host.id }));
    const left = core.core.call('inventory:refresh', { hostId: host.id }, leaving.signal);
    leaving.abort();
    expect(await left).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    release();
    const [first, ...others] = await Promise.all(all);
    for (const other of others) expect(other).toEqual(first);
    expect(eventsOf('inventory:changed')).toEqual([{ hostId: host.id }]);
    const once = box.commands.length - before;
    box.hooks.beforeExec = undefined;
    await core.call('inventory:refresh', { hostId: host.id });
    expect(box.commands.length - before).toBe(2 * once);
  });

  it('is read anew for who asks while it is read, once for all who do', async () => {
    const host = await core.addHost(box);
    await core.call('inventory:refresh', { hostId: host.id });
    const before = box.commands.length;
    await core.call('inventory:refresh', { hostId: host.id });
    const once = box.commands.length - before;

    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const reached = new Promise<void>((resolve) => {
      box.hooks.beforeExec = () => {
        resolve();
        return held;
      };
    });
    const first = core.call('inventory:refresh', { hostId: host.id });
    await reached;
    const leaving = new AbortController();
    const left = core.core.call('inventory:refresh', { hostId: host.id }, leaving.signal);
    const later = [1, 2].map(() => core.call('inventory:refresh', { hostId: host.id }));
    leaving.abort();
    expect(await left).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    release();
    const old = await first;
    const [one, two] = await Promise.all(later);
    expect(two).toEqual(one);
    const beganAtMs = (one?.takenAtMs ?? 0) - (one?.durationMs ?? 0);
    expect(beganAtMs).toBeGreaterThanOrEqual(old.takenAtMs);
    expect(box.commands.length - before).toBe(3 * once);
  });

  it('is there after a restart without a network, with its age', async () => {
    const host = await core.addHost(box);
    const taken = await core.call('inventory:refresh', { hostId: host.id });
    await core.close();
    box.setDown(true);
    core = await startTestCore({ dataDirectory: data });
    const { hosts } = await core.call('hosts:list', {});
    expect(hosts).toMatchObject([
      {
        state: { status: 'offline', error: null, lastSeenAtMs: taken.takenAtMs },
        summary: { takenAtMs: taken.takenAtMs },
      },
    ]);
    const { inventory } = await core.call('inventory:read', { hostId: host.id });
    expect(inventory).toEqual(taken);

    await core.call('hosts:setSecret', { hostId: host.id, secret: box.password });
    expect(await core.failure('inventory:refresh', { hostId: host.id })).toMatchObject({
      code: 'unreachable',
    });
    expect((await core.call('inventory:read', { hostId: host.id })).inventory).toEqual(taken);
  });

  it('is read again by itself, for hosts that were connected and as often as the settings say', async () => {
    await core.close();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    core = await startTestCore({ dataDirectory: data });
    const host = await core.addHost(box);
    const idle = await core.call('hosts:add', {
      settings: { ...settingsOf(host), name: 'idle' },
      secret: null,
    });
    await core.call('settings:update', { refreshSeconds: 30 });
    await core.call('hosts:connect', { hostId: host.id });
    vi.advanceTimersByTime(30_000);
    await expect.poll(() => eventsOf('inventory:changed').length).toBe(1);
    expect((await stateOf(idle.id)).status).toBe('never-connected');

    await core.call('settings:update', { refreshSeconds: 0 });
    vi.advanceTimersByTime(300_000);
    await core.call('hosts:connect', { hostId: host.id });
    expect(eventsOf('inventory:changed')).toHaveLength(1);
  });

  it('of a removed host does not come back from a reading that was under way', async () => {
    const host = await core.addHost(box);
    await core.call('hosts:connect', { hostId: host.id });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    box.hooks.beforeExec = () => held;
    const reading = core.core.call('inventory:refresh', { hostId: host.id }, new AbortController().signal);
    await core.call('hosts:remove', { hostId: host.id });
    release();
    expect((await reading).ok).toBe(false);
    expect((await core.call('hosts:list', {})).hosts).toEqual([]);
    expect(eventsOf('inventory:changed')).toEqual([]);
  });
});

describe('a password', () => {
  it('stands in no file, event, answer or error, whatever becomes of the host', async () => {
    const answers: unknown[] = [];
    const host = await core.addHost(box, { accessLevel: 'administer' });
    answers.push(await core.call('hosts:connect', { hostId: host.id }));
    const input = { directory: data, name: 'made' };
    const plan = await core.plan(host.id, 'zfs.snapshot.create', input);
    answers.push(plan, await core.run(plan), core.questions);
    answers.push(await core.call('hosts:setSecret', { hostId: host.id, secret: 'hunter2-is-wrong' }));
    answers.push(await core.failure('hosts:connect', { hostId: host.id }));
    answers.push(
      await core.failure('operations:plan', { hostId: host.id, action: 'zfs.snapshot.create', input }),
    );
    answers.push(await core.call('hosts:list', {}), await core.allRows(host.id), core.events, core.notices);
    await core.close();
    const onDisk = readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
    expect(onDisk.length).toBeGreaterThan(2);
    for (const text of [...onDisk, JSON.stringify(answers)]) {
      expect(text.includes(box.password)).toBe(false);
      expect(text.includes('hunter2-is-wrong')).toBe(false);
    }
    core = await startTestCore({ dataDirectory: data });
  });
});

describe('settings', () => {
  it('start read-only, and only a person turns that off', async () => {
    expect(await core.call('settings:read', {})).toMatchObject({ readOnly: true });
    core.answer = async () => false;
    expect(await core.call('settings:update', { readOnly: false })).toMatchObject({ readOnly: true });
    expect(core.questions).toMatchObject([{ kind: 'disable-read-only' }]);
    core.answer = async () => true;
    expect(await core.call('settings:update', { readOnly: false })).toMatchObject({ readOnly: false });
    core.questions.length = 0;
    expect(await core.call('settings:update', { readOnly: true, colourScheme: 'dark' })).toMatchObject({
      readOnly: true,
      colourScheme: 'dark',
    });
    expect(core.questions).toEqual([]);
    expect(eventsOf('settings:changed')).toHaveLength(2);
  });

  it('have what stages deletions first turned on by the page, and off by a person alone', async () => {
    expect(await core.call('settings:read', {})).toMatchObject({ stageFirst: false });
    expect(await core.call('settings:update', { stageFirst: true })).toMatchObject({ stageFirst: true });
    expect(core.questions).toEqual([]);
    core.answer = async () => false;
    const both = { stageFirst: false, colourScheme: 'dark' } as const;
    expect(await core.call('settings:update', both)).toMatchObject({
      stageFirst: true,
      colourScheme: 'auto',
    });
    expect(core.questions).toMatchObject([{ kind: 'disable-stage-first' }]);
    core.answer = async () => true;
    expect(await core.call('settings:update', both)).toMatchObject({
      stageFirst: false,
      colourScheme: 'dark',
    });
  });
});

describe('the record of a session', () => {
  it('counts reads per host at the end, and only where something was read', async () => {
    const host = await core.addHost(box);
    const silent = await core.call('hosts:add', {
      settings: { ...settingsOf(host), name: 'silent' },
      secret: null,
    });
    await core.call('inventory:refresh', { hostId: host.id });
    await core.close();
    core = await startTestCore({ dataDirectory: data });
    const rows = await core.allRows(host.id);
    expect(rows).toMatchObject([{ event: 'session', outcome: 'ok', hostName: 'box' }]);
    expect(rows[0]?.message).toContain('1 whole inventory, 0 single reads');
    expect(existsSync(join(data, 'audit', `${silent.id}.sqlite`))).toBe(false);
  });
});
