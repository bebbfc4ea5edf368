import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Channel, Request, Response, Result } from '../../../src-preload/contract';
import type { Host } from '../../../src-preload/contract/hosts';
import { isChange } from '../testing/file-actions';
import type { FromChild, ToChild } from '../testing/kill-child';
import { startShellHost, type ShellHost } from '../testing/shell-host';
import { startTestCore, type TestCore } from '../testing/test-core';

/**
 * The core dies by SIGKILL at each step of an operation. Asserted each time: never a change without a row, never a
 * row that lies, shown as unknown and resolved by reading.
 */
let bundle: string;
let childPath: string;

beforeAll(async () => {
  bundle = mkdtempSync(join(tmpdir(), 'holdfast-kill-'));
  symlinkSync(resolve('node_modules'), join(bundle, 'node_modules'));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: resolve('src-main/core/testing/kill-child.ts'),
      outDir: join(bundle, 'out'),
      target: 'node22',
      minify: false,
      rollupOptions: { output: { format: 'es', entryFileNames: 'child.mjs' } },
    },
  });
  childPath = join(bundle, 'out', 'child.mjs');
}, 120_000);
afterAll(() => {
  rmSync(bundle, { recursive: true, force: true });
});

interface Child {
  process: ChildProcess;
  call<C extends Channel>(channel: C, request: Request<C>): Promise<Response<C>>;
  /** Resolves when the native question is asked; the answer stays open. */
  asked: Promise<void>;
  answer(confirmed: boolean): void;
  kill(): Promise<void>;
}

async function startChild(dataDirectory: string): Promise<Child> {
  const child = fork(childPath, [dataDirectory], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, (result: Result<unknown>) => void>();
  let next = 0;
  let onAsked = (): void => undefined;
  const asked = new Promise<void>((done) => (onAsked = done));
  const ready = new Promise<void>((done, fail) => {
    child.once('exit', (code) => fail(new Error(`The child ended with ${code}.`)));
    child.on('message', (message: FromChild) => {
      if (message.kind === 'ready') done();
      if (message.kind === 'confirm') onAsked();
      if (message.kind === 'result') waiting.get(message.id)?.(message.result as Result<unknown>);
    });
  });
  await ready;
  const tell = (message: ToChild): boolean => child.send(message);
  return {
    process: child,
    asked,
    answer: (confirmed) => tell({ kind: 'answer', confirmed }),
    async call(channel, request) {
      const id = (next += 1);
      const answered = new Promise<Result<unknown>>((done) => waiting.set(id, done));
      tell({ kind: 'call', id, channel, payload: request });
      const result = await answered;
      if (!result.ok) throw new Error(`${channel}: ${result.error.message} ${result.error.detail ?? ''}`);
      return result.value as Response<typeof channel>;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

let data: string;
let directory: string;
let box: ShellHost;
let child: Child | null;
let after: TestCore | null;
let host: Host;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'holdfast-kill-data-'));
  directory = mkdtempSync(join(tmpdir(), 'holdfast-kill-files-'));
  box = await startShellHost();
  after = null;
  const set = await startTestCore({ dataDirectory: data });
  host = await set.addHost(box);
  await set.close();
  child = await startChild(data);
  await child.call('hosts:setSecret', { hostId: host.id, secret: box.password });
});
afterEach(async () => {
  await child?.kill();
  await after?.close();
  await box.close();
  rmSync(data, { recursive: true, force: true });
  rmSync(directory, { recursive: true, force: true });
});

/** Raw events straight from the file, as anybody could read them after the crash. */
function eventsOnDisk(): string[] {
  const path = join(data, 'audit', `${host.id}.sqlite`);
  if (!existsSync(path)) return [];
  const file = new Database(path, { readonly: true });
  try {
    return file.prepare('SELECT event FROM rows ORDER BY seq').pluck().all().map(String);
  } finally {
    file.close();
  }
}

const changes = (): string[] => box.commands.filter(isChange);

/** Starts the operation in the child and answers the dialog with yes; does not wait for its end. */
async function start(): Promise<void> {
  if (child === null) throw new Error('no child');
  const plan = await child.call('operations:plan', {
    hostId: host.id,
    action: 'zfs.snapshot.create',
    input: { directory, name: 'a' },
  });
  child
    .call('operations:run', { planId: plan.id, typedTarget: null, typedHost: null })
    .catch(() => undefined);
  await child.asked;
}

async function restart(): Promise<TestCore> {
  after = await startTestCore({ dataDirectory: data });
  await after.call('hosts:setSecret', { hostId: host.id, secret: box.password });
  return after;
}

async function unknownOn(core: TestCore): Promise<number> {
  const { hosts } = await core.call('hosts:list', {});
  return hosts[0]?.state.unknownOperations ?? -1;
}
const outcomes = async (core: TestCore): Promise<string[]> =>
  (await core.allRows(host.id)).map(({ event, outcome }) => `${event} ${outcome ?? '-'}`);

describe('SIGKILL of the core', () => {
  it('before the record: nothing ran and nothing is claimed', async () => {
    await start();
    await child?.kill();
    expect(eventsOnDisk()).toEqual([]);
    const core = await restart();
    expect(await unknownOn(core)).toBe(0);
    expect(eventsOnDisk()).toEqual([]);
    expect(changes()).toEqual([]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('after the record, before the command runs: unknown, and failed only when its time is over', async () => {
    await start();
    let arrived = (): void => undefined;
    const sent = new Promise<void>((done) => (arrived = done));
    // The bytes came, the server has not accepted them: on disk the row must already be there.
    box.hooks.beforeExec = async (command) => {
      if (!isChange(command)) return;
      expect(eventsOnDisk()).toEqual(['started']);
      arrived();
      await new Promise(() => undefined);
    };
    child?.answer(true);
    await sent;
    await child?.kill();
    expect(eventsOnDisk()).toEqual(['started']);

    const core = await restart();
    expect(await outcomes(core)).toEqual(['started -', 'finished unknown']);
    expect(await unknownOn(core)).toBe(1);
    await core.call('hosts:connect', { hostId: host.id });
    await core.plan(host.id, 'zfs.snapshot.create', { directory, name: 'other' });
    expect(await outcomes(core)).toEqual(['started -', 'finished unknown']);

    core.clockOffsetMs = 5 * 60_000;
    await core.call('hosts:connect', { hostId: host.id });
    await expect.poll(() => unknownOn(core)).toBe(0);
    expect(await outcomes(core)).toEqual(['started -', 'finished unknown', 'resolved failed']);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('while the command runs: unknown, and ok once reading shows what it did', async () => {
    await start();
    let ended = (): void => undefined;
    const done = new Promise<void>((resolve) => (ended = resolve));
    box.hooks.beforeExec = async (command) => {
      if (!isChange(command)) return;
      expect(eventsOnDisk()).toEqual(['started']);
      await child?.kill();
    };
    box.hooks.beforeExit = async (command) => {
      if (isChange(command)) ended();
    };
    child?.answer(true);
    await done;
    expect(readdirSync(directory)).toEqual(['a']);
    expect(eventsOnDisk()).toEqual(['started']);

    const core = await restart();
    expect(await outcomes(core)).toEqual(['started -', 'finished unknown']);
    expect(await unknownOn(core)).toBe(1);
    await core.call('hosts:connect', { hostId: host.id });
    await expect.poll(() => unknownOn(core)).toBe(0);
    expect(await outcomes(core)).toEqual(['started -', 'finished unknown', 'resolved ok']);
    expect(await core.call('audit:verify', { sourceId: host.id })).toMatchObject({ ok: true });
  });

  it('after the command, before the end is recorded: unknown, and ok by reading', async () => {
    await start();
    let executed = false;
    let reading = (): void => undefined;
    const verifying = new Promise<void>((done) => (reading = done));
    box.hooks.beforeExit = async (command) => {
      if (isChange(command)) executed = true;
    };
    box.hooks.beforeExec = async (command) => {
      if (!executed || !command.includes('ls ')) return;
      // The exit status is out; the core now reads to verify, and gets no answer.
      box.hooks.beforeExec = undefined;
      reading();
      await new Promise(() => undefined);
    };
    child?.answer(true);
    await verifying;
    await child?.kill();
    expect(eventsOnDisk()).toEqual(['started']);
    expect(readdirSync(directory)).toEqual(['a']);

    const core = await restart();
    expect(await unknownOn(core)).toBe(1);
    await core.call('inventory:refresh', { hostId: host.id }).catch(() => undefined);
    await core.call('hosts:connect', { hostId: host.id });
    await expect.poll(() => unknownOn(core)).toBe(0);
    expect(await outcomes(core)).toEqual(['started -', 'finished unknown', 'resolved ok']);
    expect(changes()).toHaveLength(1);
  });

  it('again and again: the unknown end is written once', async () => {
    await start();
    box.hooks.beforeExec = async (command) => {
      if (isChange(command)) await child?.kill();
    };
    child?.answer(true);
    await expect.poll(() => readdirSync(directory)).toEqual(['a']);
    for (let round = 0; round < 3; round += 1) {
      child = await startChild(data);
      await child.kill();
    }
    expect(eventsOnDisk()).toEqual(['started', 'finished']);
  });
});

describe('SIGKILL of the core while a staged change is applied', () => {
  /** Stages the creation of a file, plans it anew and answers nothing yet. */
  async function startStaged(): Promise<string> {
    if (child === null) throw new Error('no child');
    const request = { hostId: host.id, action: 'zfs.snapshot.create', input: { directory, name: 'a' } };
    const { id: planId } = await child.call('operations:plan', request);
    const { change } = await child.call('changes:stage', { planId, note: '' });
    const plan = await child.call('changes:plan', { changeId: change.id });
    child
      .call('operations:run', { planId: plan.id, typedTarget: null, typedHost: null })
      .catch(() => undefined);
    await child.asked;
    return change.id;
  }
  const stateOf = async (core: TestCore, changeId: string): Promise<string> =>
    (await core.call('changes:read', { changeId })).change.state;
  const stateOnDisk = (): unknown => {
    const file = new Database(join(data, 'app.sqlite'), { readonly: true });
    try {
      return file.prepare('SELECT state FROM staged_changes').pluck().get();
    } finally {
      file.close();
    }
  };

  it('before its record: it was left applying, nothing was sent, and it waits again', async () => {
    const changeId = await startStaged();
    await child?.kill();
    expect(stateOnDisk()).toBe('applying');
    const core = await restart();
    expect(await stateOf(core, changeId)).toBe('pending');
    expect(await outcomes(core)).toEqual(['staged ok']);
    expect(changes()).toEqual([]);
    const plan = await core.call('changes:plan', { changeId });
    expect((await core.run(plan)).outcome).toBe('ok');
    expect(await stateOf(core, changeId)).toBe('applied');
  });

  it('while the command runs: it is unknown, applied once reading shows it, and never sent again', async () => {
    const changeId = await startStaged();
    let ended = (): void => undefined;
    const done = new Promise<void>((resolve) => (ended = resolve));
    box.hooks.beforeExec = async (command) => {
      if (isChange(command)) await child?.kill();
    };
    box.hooks.beforeExit = async (command) => {
      if (isChange(command)) ended();
    };
    child?.answer(true);
    await done;
    expect(stateOnDisk()).toBe('applying');
    box.hooks.beforeExec = undefined;

    const core = await restart();
    expect(await stateOf(core, changeId)).toBe('unknown');
    expect(await core.failure('changes:plan', { changeId })).toMatchObject({ code: 'conflict' });
    await core.call('hosts:connect', { hostId: host.id });
    await expect.poll(() => stateOf(core, changeId)).toBe('applied');
    expect((await core.rows(host.id, changeId)).map(({ event, outcome }) => `${event} ${outcome}`)).toEqual([
      'staged ok',
      'applied unknown',
      'applied ok',
    ]);
    expect(changes()).toHaveLength(1);
    expect(await core.call('audit:verify', { sourceId: host.id })).toMatchObject({ ok: true, problems: [] });
  });

  it('before the command ran: it is unknown, and failed once its time is over', async () => {
    const changeId = await startStaged();
    let arrived = (): void => undefined;
    const sent = new Promise<void>((done) => (arrived = done));
    box.hooks.beforeExec = async (command) => {
      if (!isChange(command)) return;
      arrived();
      await new Promise(() => undefined);
    };
    child?.answer(true);
    await sent;
    await child?.kill();
    const core = await restart();
    expect(await stateOf(core, changeId)).toBe('unknown');
    core.clockOffsetMs = 5 * 60_000;
    await core.call('hosts:connect', { hostId: host.id });
    await expect.poll(() => stateOf(core, changeId)).toBe('failed');
    expect(readdirSync(directory)).toEqual([]);
  });
});
