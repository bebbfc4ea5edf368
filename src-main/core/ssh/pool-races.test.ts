import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Login } from './connection';
import { SshSessionPool, type ConnectionChange } from './session-pool';
import { hostOf, pinOf, read } from './testing/fake-host';
import { startSshServer, type TestServerOptions } from './testing/ssh-server';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A pool whose login is answered when the test says so. */
async function slowLogin(serverOptions: TestServerOptions = {}) {
  const server = await startSshServer(serverOptions);
  const changes: ConnectionChange['state'][] = [];
  const questions: ((login: Login) => void)[] = [];
  const pool = new SshSessionPool({
    permits: () => true,
    pinnedKeys: () => server.hostKeys.map((key) => pinOf(key)),
    knownHostsPath: join(tmpdir(), 'holdfast-no-such-known-hosts'),
    login: () => new Promise((resolve) => questions.push(resolve)),
    onState: (_hostId, { state }) => changes.push(state),
  });
  closers.push(
    () => server.close(),
    () => pool.close(),
  );
  const answer = (index: number) => questions[index]?.({ kind: 'password', password: server.password });
  return { server, pool, host: hostOf(server), changes, questions, answer };
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it worked',
    (error: { code?: unknown }) => error.code,
  );

describe('while a host is being connected to', () => {
  it('a disconnect ends it for everybody who waits, and a login that comes late is not sent', async () => {
    const { server, pool, host, changes, questions, answer } = await slowLogin();
    const waiting = [codeOf(pool.session(host)), codeOf(pool.session(host))];
    await expect.poll(() => questions.length).toBe(1);
    await pool.disconnect(host.id);
    expect(await Promise.all(waiting)).toEqual(['cancelled', 'cancelled']);
    answer(0);
    await expect.poll(() => server.connections).toEqual({ made: 1, open: 0 });
    expect(server.attempts).toEqual([]);
    expect(changes).toEqual(['connecting', 'ended']);

    const again = pool.session(host);
    await expect.poll(() => questions.length).toBe(2);
    answer(1);
    expect((await (await again).exec(read(['echo', 'back']))).stdout).toBe('back\n');
    expect(changes).toEqual(['connecting', 'ended', 'connecting', 'online']);
  });

  it('a disconnect after the login, before the host was looked at, ends it too', async () => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const { server, pool, host, changes, questions, answer } = await slowLogin({ beforeExec: () => held });
    const waiting = codeOf(pool.session(host));
    await expect.poll(() => questions.length).toBe(1);
    answer(0);
    await expect.poll(() => server.commands.length).toBe(1);
    await pool.disconnect(host.id);
    expect(await waiting).toBe('cancelled');
    letGo();
    await expect.poll(() => server.connections.open).toBe(0);
    expect(changes).toEqual(['connecting', 'ended']);
  });

  it('a caller who gives up leaves the others waiting', async () => {
    const { server, pool, host, questions, answer } = await slowLogin();
    const abort = new AbortController();
    const one = codeOf(pool.session(host, abort.signal));
    const other = pool.session(host);
    await expect.poll(() => questions.length).toBe(1);
    abort.abort();
    expect(await one).toBe('cancelled');
    answer(0);
    expect((await other).hostId).toBe(host.id);
    expect(server.connections).toEqual({ made: 1, open: 1 });
  });

  it('a pool that closes ends it, and makes no further connection', async () => {
    const { server, pool, host, questions } = await slowLogin();
    const waiting = codeOf(pool.session(host));
    await expect.poll(() => questions.length).toBe(1);
    await pool.close();
    expect(await waiting).toBe('cancelled');
    expect(await codeOf(pool.session(host))).toBe('cancelled');
    await expect.poll(() => server.connections).toEqual({ made: 1, open: 0 });
  });

  it('and asked to end in the very moment it is ready, it never says online after its end', async () => {
    const server = await startSshServer();
    const changes: ConnectionChange['state'][] = [];
    const pool: SshSessionPool = new SshSessionPool({
      permits: () => true,
      pinnedKeys: () => server.hostKeys.map((key) => pinOf(key)),
      knownHostsPath: join(tmpdir(), 'holdfast-no-such-known-hosts'),
      login: async () => ({ kind: 'password', password: server.password }),
      onState: (hostId, { state }) => {
        changes.push(state);
        if (state === 'online') void pool.disconnect(hostId);
      },
    });
    closers.push(
      () => server.close(),
      () => pool.close(),
    );
    const host = hostOf(server);
    const session = await pool.session(host);
    expect(changes).toEqual(['connecting', 'online', 'ended']);
    // Closed on request, so a read through the old session does not bring it back.
    expect(await codeOf(session.exec(read(['echo', 'x'])))).toBe('unreachable');
    await expect.poll(() => server.connections).toEqual({ made: 1, open: 0 });
  });
});
