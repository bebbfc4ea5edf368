import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toShellSchema, type ToCore, type ToShell } from './protocol';
import { startOptionsVariable } from './start-options';
import { buildPortChild, type BuiltChild } from './testing/build-child';

let built: BuiltChild;
beforeAll(async () => {
  built = await buildPortChild();
}, 120_000);
afterAll(() => built.remove());

let folder: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-port-data-'));
  children = [];
});
afterEach(() => {
  for (const child of children)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Child {
  process: ChildProcess;
  data: string;
  send(message: ToCore | unknown): void;
  /** All messages so far, each parsed by the shell's own schema. */
  messages: ToShell[];
  next<K extends ToShell['kind']>(kind: K, id?: string): Promise<Extract<ToShell, { kind: K }>>;
  exited: Promise<{ code: number | null; signal: string | null }>;
}

function start(mode = 'data', environment: Record<string, string> = {}): Child {
  const data = join(folder, mode);
  mkdirSync(data);
  const child = fork(built.path, [], {
    env: {
      ...process.env,
      [startOptionsVariable]: JSON.stringify({ dataDirectory: data, demo: false, actor: 'tester@laptop' }),
      ...environment,
    },
    serialization: 'json',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  children.push(child);
  const messages: ToShell[] = [];
  const waiting: { match(message: ToShell): boolean; resolve(message: ToShell): void }[] = [];
  child.on('message', (raw) => {
    const parsed = toShellSchema.safeParse(raw);
    if (!parsed.success) return;
    messages.push(parsed.data);
    for (const entry of [...waiting]) {
      if (!entry.match(parsed.data)) continue;
      waiting.splice(waiting.indexOf(entry), 1);
      entry.resolve(parsed.data);
    }
  });
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal })) as Child['exited'];
  return {
    process: child,
    data,
    messages,
    exited,
    send: (message) => child.send(message as never),
    next: (kind, id) =>
      new Promise((resolve) => {
        type Wanted = Extract<ToShell, { kind: typeof kind }>;
        const match = (message: ToShell): boolean =>
          message.kind === kind && (id === undefined || ('id' in message && message.id === id));
        const there = messages.find(match);
        if (there !== undefined) resolve(there as Wanted);
        else waiting.push({ match, resolve: (message) => resolve(message as Wanted) });
      }),
  };
}

const request = (id: string, channel: string, payload: unknown = {}) => ({
  kind: 'request',
  id,
  channel,
  payload,
});

describe('serveCore in a forked process', () => {
  it('starts with the options of its environment and answers calls', async () => {
    const child = start();
    await child.next('ready');
    child.send(request('1', 'hosts:list', { a: [1, null, 'ä'] }));
    const { result } = await child.next('response', '1');
    expect(result).toEqual({
      ok: true,
      value: {
        pid: child.process.pid,
        demo: false,
        actor: 'tester@laptop',
        dataDirectory: child.data,
        payload: { a: [1, null, 'ä'] },
      },
    });
  });

  it('turns what a handler throws into an error, with its code and detail', async () => {
    const child = start();
    await child.next('ready');
    child.send(request('1', 'audit:list'));
    expect((await child.next('response', '1')).result).toEqual({
      ok: false,
      error: { code: 'not-found', message: 'There is no such audit.', detail: 'nas-01' },
    });
  });

  it('cancels exactly the call that is named', async () => {
    const child = start();
    await child.next('ready');
    child.send(request('a', 'operations:run'));
    child.send(request('b', 'operations:run'));
    child.send({ kind: 'cancel', id: 'b' });
    expect((await child.next('response', 'b')).result).toMatchObject({ error: { code: 'cancelled' } });
    child.send(request('c', 'hosts:list'));
    await child.next('response', 'c');
    expect(child.messages.some((message) => message.kind === 'response' && message.id === 'a')).toBe(false);
  });

  it('survives junk and answers a request it cannot read', async () => {
    const child = start();
    await child.next('ready');
    for (const junk of [
      'text',
      7,
      null,
      [],
      {},
      { kind: 'request' },
      { kind: 'toString' },
      { kind: 'cancel' },
    ]) {
      child.send(junk ?? { kind: null });
    }
    child.send({ kind: 'cancel', id: 'unknown' });
    child.send({ kind: 'shell-response', id: 'unknown', result: { ok: true, value: {} } });
    child.send({ ...request('extra', 'hosts:list'), more: 1 });
    child.send(request('no-channel', 'hosts:destroyAll'));
    for (const id of ['extra', 'no-channel']) {
      expect((await child.next('response', id)).result).toMatchObject({ error: { code: 'invalid-request' } });
    }
    child.send(request('1', 'hosts:list'));
    expect((await child.next('response', '1')).result.ok).toBe(true);
    expect(child.messages.filter((message) => message.kind === 'response')).toHaveLength(3);
  });

  it('does not let a second request take the answer of a living one', async () => {
    const child = start();
    await child.next('ready');
    child.send(request('same', 'operations:run'));
    child.send(request('same', 'hosts:list'));
    child.send({ kind: 'cancel', id: 'same' });
    expect((await child.next('response', 'same')).result).toMatchObject({ error: { code: 'cancelled' } });
  });

  it('asks the shell and believes only an answer of the right shape', async () => {
    const child = start();
    await child.next('ready');
    child.send(request('yes', 'settings:update'));
    const asked = await child.next('shell-request');
    expect(asked).toMatchObject({
      name: 'confirm',
      payload: { title: 'Allow changes?', confirmLabel: 'Allow changes' },
    });
    child.send({ kind: 'shell-response', id: asked.id, result: { ok: true, value: { confirmed: true } } });
    expect((await child.next('response', 'yes')).result).toEqual({ ok: true, value: { confirmed: true } });

    child.messages.length = 0;
    child.send(request('odd', 'settings:update'));
    const again = await child.next('shell-request');
    child.send({ kind: 'shell-response', id: again.id, result: { ok: true, value: { confirmed: 'yes' } } });
    expect((await child.next('response', 'odd')).result).toMatchObject({ error: { code: 'internal' } });
  });

  it('withdraws its question when the call is cancelled', async () => {
    const child = start();
    await child.next('ready');
    child.send(request('1', 'settings:update'));
    const asked = await child.next('shell-request');
    child.send({ kind: 'cancel', id: '1' });
    expect((await child.next('shell-cancel')).id).toBe(asked.id);
    expect((await child.next('response', '1')).result).toMatchObject({ error: { code: 'cancelled' } });
    // A late yes to a withdrawn question is nobody's answer.
    child.send({ kind: 'shell-response', id: asked.id, result: { ok: true, value: { confirmed: true } } });
    child.send(request('2', 'hosts:list'));
    expect((await child.next('response', '2')).result.ok).toBe(true);
  });

  it('carries sealed bytes unharmed', async () => {
    const child = start();
    await child.next('ready');
    const bytes = Buffer.from([0, 255, 128, 10, 0]);
    child.process.on('message', (message: ToShell) => {
      if (message.kind !== 'shell-request') return;
      const values: Record<string, unknown> = {
        seal: { sealedBase64: bytes.toString('base64') },
        vaultStatus: { persistent: true, backend: 'kwallet6' },
        unseal: { plain: (message.payload as { sealedBase64?: string }).sealedBase64 ?? '' },
      };
      child.send({
        kind: 'shell-response',
        id: message.id,
        result: { ok: true, value: values[message.name] },
      });
    });
    child.send(request('1', 'hosts:setSecret'));
    expect((await child.next('response', '1')).result).toEqual({
      ok: true,
      value: {
        status: { persistent: true, backend: 'kwallet6' },
        sealed: [...bytes],
        plain: bytes.toString('base64'),
      },
    });
  });

  it('closes its files and exits 0 when it is shut down', async () => {
    const child = start();
    await child.next('ready');
    child.send({ kind: 'shutdown' });
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(readFileSync(join(child.data, 'closed'), 'utf8')).toBe('cleanly');
  });

  it('refuses calls once it is shutting down', async () => {
    const child = start('hang');
    await child.next('ready');
    child.send({ kind: 'shutdown' });
    child.send(request('late', 'hosts:list'));
    expect((await child.next('response', 'late')).result).toMatchObject({
      error: { code: 'core-unavailable' },
    });
  });

  it('closes its files and ends when the shell is gone', async () => {
    const child = start();
    await child.next('ready');
    child.send(request('1', 'settings:update'));
    await child.next('shell-request');
    child.process.disconnect();
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(existsSync(join(child.data, 'closed'))).toBe(true);
  });

  it('says why it cannot start, then ends', async () => {
    const child = start('refuse');
    expect((await child.next('start-failed')).error.message).toMatch(/app\.sqlite is newer/);
    expect((await child.exited).code).toBe(78);
  });

  it('does not start without options of the right shape', async () => {
    const child = start('data', { [startOptionsVariable]: '{"dataDirectory":"","demo":"yes"}' });
    expect((await child.next('start-failed')).error.code).toBe('internal');
    expect((await child.exited).code).toBe(78);
  });

  it('ends on an unhandled rejection instead of going on after a bug', async () => {
    const child = start();
    await child.next('ready');
    child.send(request('1', 'audit:sources'));
    expect((await child.exited).code).not.toBe(0);
  });

  it('leaves Ctrl-C of the terminal to the shell', async () => {
    const child = start();
    await child.next('ready');
    child.process.kill('SIGINT');
    child.send(request('1', 'hosts:list'));
    expect((await child.next('response', '1')).result.ok).toBe(true);
  });
});
