import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../errors/app-error';
import { connect, fetchHostKey, type Connection, type ConnectionOptions, type Login } from './connection';
import { connectThrough, type Hop } from './jump';
import {
  makeKey,
  plainPackets,
  startRecorder,
  startSshServer,
  type TestServer,
  type TestServerOptions,
} from './testing/ssh-server';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(options?: TestServerOptions): Promise<TestServer> {
  const server = await startSshServer(options);
  closers.push(() => server.close());
  return server;
}

async function open(options: ConnectionOptions): Promise<Connection> {
  const connection = await connect(options);
  closers.push(() => connection.close());
  return connection;
}

function to(server: TestServer, login: Login, change: Partial<ConnectionOptions> = {}): ConnectionOptions {
  return {
    target: { name: 'box', address: '127.0.0.1', port: server.port, user: server.user },
    verifyHostKey: () => undefined,
    login: async () => login,
    preferredKeyTypes: [],
    timeoutSeconds: 10,
    ...change,
  };
}

const withPassword = (password: string): Login => ({ kind: 'password', password });
const failure = (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => Promise.reject(new Error('It should have failed.')),
    (error: unknown) => {
      if (error instanceof AppError) return error;
      throw error;
    },
  );

describe('the host key', () => {
  it('is judged before any login is asked for or offered: the bytes prove it', async () => {
    const server = await serve();
    const recorder = await startRecorder(server.port);
    closers.push(() => recorder.close());
    let asked = 0;
    const options = to(server, withPassword(server.password), {
      verifyHostKey: () => {
        throw new AppError('untrusted-host', 'No.');
      },
      login: async () => {
        asked += 1;
        return withPassword(server.password);
      },
    });
    const target = { ...options.target, port: recorder.port };
    expect((await failure(connect({ ...options, target }))).code).toBe('untrusted-host');
    await expect.poll(() => server.connections).toEqual({ made: 1, open: 0 });
    expect(asked).toBe(0);
    expect(server.attempts).toEqual([]);
    // KEXINIT, KEX_ECDH_INIT, at most a DISCONNECT; no NEWKEYS (21), so nothing encrypted, so no login.
    const types = plainPackets(recorder.received());
    expect(types.slice(0, 2)).toEqual([20, 30]);
    expect(types.slice(2).filter((type) => type !== 1)).toEqual([]);

    // The same instrument sees a login where there is one.
    await open({ ...to(server, withPassword(server.password)), target });
    expect(() => plainPackets(recorder.received())).toThrow();
    expect(server.packets).toContain('USERAUTH_REQUEST');
  });

  it('can be fetched without any login', async () => {
    const server = await serve();
    const key = await fetchHostKey(
      { address: '127.0.0.1', port: server.port },
      { preferredKeyTypes: [], timeoutSeconds: 10 },
    );
    expect(key).toEqual(server.hostKeys[0]?.publicKey);
    await expect.poll(() => server.connections.open).toBe(0);
    expect(server.attempts).toEqual([]);
    expect(server.packets.filter((packet) => packet !== 'DISCONNECT')).toEqual([]);
  });

  it('of the pinned type is asked for first', async () => {
    const hostKeys = [makeKey('ed25519'), makeKey('ecdsa'), makeKey('rsa')];
    const server = await serve({ hostKeys });
    for (const { described, publicKey } of hostKeys) {
      const connection = await open(
        to(server, withPassword(server.password), { preferredKeyTypes: [described.type] }),
      );
      expect(connection.hostKey).toEqual(publicKey);
    }
  });
});

describe('a login', () => {
  it('by password works, and a wrong one is tried once and named', async () => {
    const server = await serve({ methods: ['password', 'keyboard-interactive'] });
    await open(to(server, withPassword(server.password)));
    server.attempts.length = 0;
    const error = await failure(connect(to(server, withPassword('wrong'))));
    expect(error).toMatchObject({
      code: 'unauthorized',
      message: 'box did not accept the password of admin. Check the user name and enter the password again.',
    });
    expect(server.attempts.map(({ method }) => method)).toEqual(['password']);
    expect(JSON.stringify(error.toWire())).not.toContain('wrong');
  });

  it('by keyboard-interactive answers one hidden prompt, once', async () => {
    const server = await serve({ methods: ['keyboard-interactive'] });
    await open(to(server, withPassword(server.password)));
    server.options = { ...server.options, prompts: [[{ prompt: 'Password: ', echo: false }], []] };
    await open(to(server, withPassword(server.password)));
    expect(server.attempts.filter(({ method }) => method === 'answered 1')).toHaveLength(2);
  });

  it.each([
    ['a visible prompt', [[{ prompt: 'Your pet: ', echo: true }]], ['answered 0']],
    [
      'two prompts at once',
      [
        [
          { prompt: 'Password: ', echo: false },
          { prompt: 'Code: ', echo: false },
        ],
      ],
      ['answered 0'],
    ],
  ])('never gives the password to %s', async (_what, prompts, answers) => {
    const server = await serve({ methods: ['keyboard-interactive'], prompts });
    expect((await failure(connect(to(server, withPassword(server.password))))).code).toBe('unauthorized');
    const answered = server.attempts.map(({ method }) => method).filter((method) => /answered/.test(method));
    expect(answered).toEqual(answers);
  });

  it('never gives the password to a second question', async () => {
    const prompts = [[{ prompt: 'Password: ', echo: false }], [{ prompt: 'Code: ', echo: false }]];
    const server = await serve({ methods: ['keyboard-interactive'], prompts });
    await connect(to(server, withPassword(server.password))).then((connection) => connection.close());
    expect(server.attempts.map(({ method }) => method)).toContain('answered 0');
    expect(server.attempts.filter(({ method }) => method === 'answered 1')).toHaveLength(1);
  });

  it('that wants a second factor says so and does not reuse the password', async () => {
    const server = await serve({ methods: ['password', 'keyboard-interactive'], secondFactor: true });
    const error = await failure(connect(to(server, withPassword(server.password))));
    expect(error).toMatchObject({ code: 'unauthorized', message: expect.stringContaining('second factor') });
    expect(server.attempts.map(({ method }) => method)).toEqual(['password']);
  });

  it('by password where only keys are taken says so', async () => {
    const server = await serve({ methods: ['publickey'] });
    const error = await failure(connect(to(server, withPassword(server.password))));
    expect(error).toMatchObject({
      code: 'unauthorized',
      message: 'box does not take passwords. Use a key or the SSH agent for admin.',
    });
  });

  it.each(['ed25519', 'rsa', 'ecdsa'] as const)(
    'by an %s key works, also with a passphrase',
    async (type) => {
      const plain = makeKey(type);
      const sealed = makeKey(type, 'open sesame');
      const server = await serve({ authorized: [plain.publicKey, sealed.publicKey] });
      const key = (privateKey: string, passphrase: string | null): Login => ({
        kind: 'key',
        privateKey: Buffer.from(privateKey),
        passphrase,
      });
      await open(to(server, key(plain.privateKey, null)));
      await open(to(server, key(sealed.privateKey, 'open sesame')));
      const error = await failure(connect(to(server, key(makeKey(type).privateKey, null))));
      expect(error).toMatchObject({
        code: 'unauthorized',
        message: expect.stringContaining('authorized_keys'),
      });
    },
  );

  it('by a real ssh-agent works; without the right key and without an agent it says what is wrong', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const socketPath = join(folder, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socketPath], { stdio: ['ignore', 'pipe', 'ignore'] });
    closers.push(() => agent.kill());
    await new Promise((resolve) => agent.stdout.once('data', resolve));
    const key = makeKey();
    const server = await serve({ authorized: [key.publicKey] });
    const login: Login = { kind: 'agent', socketPath };

    expect(await failure(connect(to(server, login)))).toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('accepted no key of your SSH agent'),
    });
    for (const [name, { privateKey }] of [makeKey(), key].entries()) {
      const file = join(folder, `key-${name}`);
      writeFileSync(file, privateKey, { mode: 0o600 });
      const added = spawnSync('ssh-add', [file], { env: { ...process.env, SSH_AUTH_SOCK: socketPath } });
      expect(added.status, added.stderr.toString()).toBe(0);
    }
    await open(to(server, login));
    expect(
      await failure(connect(to(server, { kind: 'agent', socketPath: join(folder, 'none') }))),
    ).toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('SSH agent could not be used'),
    });
  });

  it('may keep a person busy for longer than the connection may take', async () => {
    const server = await serve();
    const connection = await open(
      to(server, withPassword(server.password), {
        timeoutSeconds: 1,
        login: async () => {
          await new Promise((resolve) => setTimeout(resolve, 1_500));
          return withPassword(server.password);
        },
      }),
    );
    expect(connection.client).toBeDefined();
  });

  it('that cannot be had leaves as what it is', async () => {
    const server = await serve();
    const error = new AppError('vault-unavailable', 'Locked.');
    expect(await failure(connect(to(server, withPassword(''), { login: () => Promise.reject(error) })))).toBe(
      error,
    );
    expect(server.attempts).toEqual([]);
  });
});

describe('a host that cannot be reached', () => {
  const nowhere = (address: string, port: number): ConnectionOptions => ({
    target: { name: 'box', address, port, user: 'admin' },
    verifyHostKey: () => undefined,
    login: async () => withPassword('secret'),
    preferredKeyTypes: [],
    timeoutSeconds: 1,
  });

  it('because nothing listens there', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => probe.once('listening', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    expect(await failure(connect(nowhere('127.0.0.1', port)))).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('refused the connection'),
    });
  });

  it('because its name is unknown', async () => {
    expect(await failure(connect(nowhere('no-such-host.invalid', 22)))).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('could not be found'),
    });
  });

  it.each([
    ['says nothing', '', 'did not answer in time'],
    ['is no SSH server', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'could not be made'],
  ])('because what answers %s', async (_what, banner, words) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (banner !== '') socket.end(banner);
    }).listen(0, '127.0.0.1');
    closers.push(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const error = await failure(connect(nowhere('127.0.0.1', port)));
    expect(error).toMatchObject({ code: 'unreachable', message: expect.stringContaining(words) });
  });

  it('or that one no longer wants to reach', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    closers.push(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const abort = new AbortController();
    const options = { ...nowhere('127.0.0.1', (server.address() as AddressInfo).port), timeoutSeconds: 30 };
    const work = failure(connect({ ...options, signal: abort.signal }));
    setTimeout(() => abort.abort(), 50);
    expect((await work).code).toBe('cancelled');
    expect((await failure(connect({ ...options, signal: abort.signal }))).code).toBe('cancelled');
  });
});

describe('jump hosts', () => {
  const hop = (server: TestServer, name: string, change: Partial<Hop> = {}): Hop => {
    const options = to(server, withPassword(server.password));
    return { ...options, target: { ...options.target, name }, ...change };
  };
  const run = ({ client }: Connection, command: string): Promise<string> =>
    new Promise((resolve, reject) => {
      client.exec(command, (error, channel) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        let text = '';
        channel.on('data', (chunk: Buffer) => (text += chunk.toString()));
        channel.on('close', () => resolve(text));
      });
    });

  it('lead to the last host over several hops, and close together', async () => {
    const servers = [await serve(), await serve(), await serve()] as const;
    const [first, second, third] = servers;
    const connection = await connectThrough([hop(first, 'one'), hop(second, 'two'), hop(third, 'three')]);
    expect(connection.hostKey).toEqual(third.hostKeys[0]?.publicKey);
    expect(await run(connection, 'echo over three')).toBe('over three\n');
    await connection.close();
    await expect.poll(() => servers.map(({ connections }) => connections.open)).toEqual([0, 0, 0]);
  });

  it('stand under the same policy: a refused key in the middle ends it, and its login is never asked for', async () => {
    const [first, second, third] = [await serve(), await serve(), await serve()];
    const error = await failure(
      connectThrough([
        hop(first, 'one'),
        hop(second, 'two', {
          verifyHostKey: () => {
            throw new AppError('untrusted-host', 'two is not trusted');
          },
          login: () => Promise.reject(new Error('asked for a login')),
        }),
        hop(third, 'three'),
      ]),
    );
    expect(error).toMatchObject({ code: 'untrusted-host', message: 'two is not trusted' });
    expect(second.attempts).toEqual([]);
    expect(third.connections.made).toBe(0);
    await expect.poll(() => first.connections.open).toBe(0);
  });

  it('take the last connection with them when they are lost', async () => {
    const [first, second] = [await serve(), await serve()];
    const connection = await connectThrough([hop(first, 'one'), hop(second, 'two')]);
    const closed = new Promise<void>((resolve) => connection.client.on('close', () => resolve()));
    first.drop();
    await closed;
  });
});
