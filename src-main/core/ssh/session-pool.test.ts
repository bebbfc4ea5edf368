import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Host } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';
import type { PinnedKey } from './host-key';
import { SshSessionPool, type ConnectionChange, type SessionPoolOptions } from './session-pool';
import { hostOf, pinOf, read } from './testing/fake-host';
import { makeKey, startSshServer, type TestServer, type TestServerOptions } from './testing/ssh-server';
import type { SshSession } from './types';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Rig {
  server: TestServer;
  pool: SshSessionPool;
  host: Host;
  changes: ConnectionChange[];
  pins: PinnedKey[];
  session(change?: Partial<Host>): Promise<SshSession>;
}

async function rig(
  serverOptions: TestServerOptions = {},
  poolOptions: Partial<SessionPoolOptions> = {},
): Promise<Rig> {
  const server = await startSshServer(serverOptions);
  const pins = server.hostKeys.map((key) => pinOf(key));
  const changes: ConnectionChange[] = [];
  const pool = new SshSessionPool({
    permits: () => true,
    pinnedKeys: () => pins,
    knownHostsPath: join(tmpdir(), 'holdfast-no-such-known-hosts'),
    login: async () => ({ kind: 'password', password: server.password }),
    onState: (_hostId, change) => changes.push(change),
    connectTimeoutSeconds: 10,
    ...poolOptions,
  });
  closers.push(
    () => server.close(),
    () => pool.close(),
  );
  const host = hostOf(server);
  return { server, pool, host, changes, pins, session: (change) => pool.session({ ...host, ...change }) };
}

const failure = (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => Promise.reject(new Error('It should have failed.')),
    (error: unknown) => {
      if (error instanceof AppError) return error;
      throw error;
    },
  );
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a host key', () => {
  it('that is unknown is shown with its fingerprint, and nothing was offered', async () => {
    const { server, pins, session } = await rig();
    pins.length = 0;
    const error = await failure(session());
    expect(error).toMatchObject({
      code: 'untrusted-host',
      hostKey: {
        reason: 'unknown',
        address: '127.0.0.1',
        port: server.port,
        offered: server.hostKeys[0]?.described,
        known: [],
      },
    });
    expect(server.attempts).toEqual([]);
  });

  it.each(['ed25519', 'rsa'] as const)(
    'that changed (the pinned one: %s) is refused, both shown',
    async (type) => {
      const { server, pins, session } = await rig();
      const before = makeKey(type);
      pins.splice(0, 1, pinOf(before));
      const error = await failure(session());
      expect(error).toMatchObject({
        code: 'untrusted-host',
        hostKey: {
          reason: 'changed',
          offered: server.hostKeys[0]?.described,
          known: [before.described],
        },
      });
      expect(server.attempts).toEqual([]);
    },
  );

  it('that is revoked is refused, by our own list and by known_hosts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-pool-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const knownHostsPath = join(folder, 'known_hosts');
    const { server, pins, session } = await rig({}, { knownHostsPath });
    const [key = makeKey()] = server.hostKeys;
    writeFileSync(knownHostsPath, `@revoked * ${key.described.type} ${key.publicKey.toString('base64')}\n`);
    expect(await failure(session())).toMatchObject({ hostKey: { reason: 'revoked' } });
    writeFileSync(knownHostsPath, '');
    pins.push(pinOf(key, true));
    expect(await failure(session())).toMatchObject({ hostKey: { reason: 'revoked' } });
    expect(server.attempts).toEqual([]);
  });

  it('stops the connection when known_hosts cannot be read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-pool-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const { server, session } = await rig({}, { knownHostsPath: folder });
    expect((await failure(session())).code).toBe('untrusted-host');
    expect(server.attempts).toEqual([]);
  });

  it('that is one of several pinned ones is fine', async () => {
    const { pins, session } = await rig();
    pins.unshift(pinOf(makeKey('rsa')));
    await session();
  });
});

describe('a command', () => {
  it('gets every argument as it is: spaces, quotes, newlines, leading dashes, any Unicode', async () => {
    const { session } = await rig();
    const live = await session();
    const hard = [
      '',
      ' ',
      '-rf',
      '--',
      "it's",
      '"',
      'a\nb\n',
      '$(id)',
      '`id`',
      '\\',
      '*',
      '~',
      'é漢🙂',
      '!x',
      '\t',
    ];
    const word = fc.oneof(
      fc.constantFrom(...hard),
      fc
        .string({ unit: 'binary' })
        .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 8 }), async (words) => {
        const { stdout } = await live.exec(read(['printf', '%s\\0', ...words]));
        expect(stdout.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 60, examples: [[hard]] },
    );
  });

  it('is sent exactly as it was rendered, with full paths and a fixed locale', async () => {
    const { server, session } = await rig();
    const live = await session();
    await live.locate(['cat']);
    const { argv, commandLine } = live.render(['cat', '--', '/etc/hostname'], true);
    expect(argv).toEqual([expect.stringMatching(/^\/(usr\/)?bin\/cat$/), '--', '/etc/hostname']);
    await live.exec(read(['cat', '--', '/etc/hostname'], { privileged: true }));
    expect(server.commands.at(-1)).toBe(commandLine);
    expect(commandLine).toBe(`LC_ALL=C ${argv.join(' ')}`);
    expect((await live.exec(read(['sh', '-c', 'echo $LC_ALL']))).stdout).toBe('C\n');
  });

  it('runs under sudo where the host says so and the user is not root', async () => {
    const { session } = await rig();
    const words = ['cat', 'x'];
    const prefix = ['sudo', '-n', '--'];
    expect((await session({ sudo: true })).render(words, true).argv.slice(0, 3)).toEqual(prefix);
    expect((await session({ sudo: true })).render(words, false).argv[0]).not.toBe('sudo');
    expect((await session({ sudo: false })).render(words, true).argv[0]).not.toBe('sudo');
  });

  it('that is missing names the tool and runs nothing', async () => {
    const { server, session } = await rig();
    const live = await session();
    const before = server.commands.length;
    const error = await failure(live.exec(read(['no-such-tool', 'list'], { mutates: true })));
    expect(error).toMatchObject({
      code: 'command-missing',
      message: 'box has no program no-such-tool, so nothing ran.',
    });
    expect(server.commands.slice(before).filter((line) => !line.includes(' sh -c '))).toEqual([]);
  });

  it('under a sudo without a rule says which line lifts it', async () => {
    const { server, session } = await rig({
      // Captured: fixtures/sudo-password-required.txt
      onExec: (command, channel) => {
        if (!command.includes('sudo -n --')) return false;
        channel.stderr.write('sudo: a password is required\n');
        channel.exit(1);
        channel.end();
        return true;
      },
    });
    const live = await session({ sudo: true });
    const error = await failure(live.exec(read(['cat', 'x'], { privileged: true, mutates: true })));
    expect(error).toMatchObject({
      code: 'sudo-refused',
      remedy: expect.stringMatching(/^admin ALL=\(root\) NOPASSWD: \/(usr\/)?bin\/cat$/),
    });
    expect(server.commands.at(-1)).toMatch(/^LC_ALL=C sudo -n -- \/(usr\/)?bin\/cat x$/);
  });

  it('that fails says so with its exit code; acceptable codes are answers', async () => {
    const { session } = await rig();
    const live = await session();
    const request = read(['sh', '-c', 'echo out; echo why >&2; exit 3']);
    expect(await failure(live.exec(request))).toMatchObject({ code: 'command-failed', detail: 'why' });
    expect(await live.exec({ ...request, acceptExitCodes: [3] })).toMatchObject({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'why\n',
      truncated: false,
    });
  });

  it('gets no input: a tool that asks reads the end of the file', async () => {
    const { session } = await rig();
    expect((await (await session()).exec(read(['cat']))).stdout).toBe('');
  });

  it('never loses the tail of stderr that comes with the end', async () => {
    const { session } = await rig({
      onExec: (command, channel) => {
        if (!command.endsWith('burst')) return false;
        channel.write('out');
        channel.stderr.write('x'.repeat(50_000));
        channel.stderr.write('tail');
        channel.exit(0);
        channel.end();
        return true;
      },
    });
    const live = await session();
    for (let round = 0; round < 60; round += 1) {
      const { stdout, stderr } = await live.exec(read(['/burst']));
      expect([stdout, stderr.length, stderr.slice(-4)]).toEqual(['out', 50_004, 'tail']);
    }
  });

  it('streams its output as it comes', async () => {
    const { session } = await rig();
    const live = await session();
    const chunks: string[] = [];
    await live.exec(
      read(['sh', '-c', 'echo one; sleep 0.2; echo two >&2'], {
        mutates: true,
        onOutput: (stream, chunk) => chunks.push(`${stream}: ${chunk}`),
      }),
    );
    expect(chunks).toEqual(['stdout: one\n', 'stderr: two\n']);
  });
});

describe('a login shell', () => {
  it('whose start-up files print noise is detected, and the noise left out', async () => {
    const noise = Buffer.concat([Buffer.from('Welcome to box\n'), Buffer.from([0xe9, 0xff, 0x0a])]);
    const { server, session } = await rig({ noise });
    const live = await session();
    expect((await live.exec(read(['echo', 'clean']))).stdout).toBe('clean\n');
    const { commandLine } = live.render(['echo', 'clean'], false);
    expect(server.commands.at(-1)).toBe(commandLine);
    expect((await live.locate(['cat', 'no-such-tool'])).size).toBe(1);
    const failing = await failure(live.exec(read(['sh', '-c', 'exit 4'])));
    expect(failing.code).toBe('command-failed');
  });

  it('renders the same line over every connection, so that a plan stays true', async () => {
    const { pool, host, session } = await rig({ noise: Buffer.from('hi\n') });
    const words = ['cat', 'x'];
    const { commandLine } = (await session()).render(words, false);
    await pool.disconnect(host.id);
    expect((await session()).render(words, false).commandLine).toBe(commandLine);
  });

  it('that stops marking where output begins is no empty answer', async () => {
    const { session } = await rig({
      noise: Buffer.from('hi\n'),
      onExec: (command, channel) => {
        if (!command.includes('odd')) return false;
        channel.write('only noise\n');
        channel.exit(0);
        channel.end();
        return true;
      },
    });
    expect((await failure((await session()).exec(read(['/odd'])))).code).toBe('unexpected-output');
  });

  it.each([
    ['runs one command of its own only', (command: string) => (command === '' ? '' : 'nologin\n')],
    // fish 3.6: inside single quotes `\\` is one backslash.
    [
      'reads quotes otherwise, as fish does',
      (command: string) => command.replace(/.*(holdfast-[0-9a-f]+).*/s, `$1\\'"$$\n`),
    ],
  ])('that %s is refused in words', async (_what, answer) => {
    const { session } = await rig({
      onExec: (command, channel) => {
        channel.write(answer(command));
        channel.exit(0);
        channel.end();
        return true;
      },
    });
    expect(await failure(session())).toMatchObject({
      code: 'unexpected-output',
      message: expect.stringContaining('POSIX shell'),
    });
  });
});

describe('limits of a read', () => {
  it('end 1 GB of output at the cap, without growing', { timeout: 180_000 }, async () => {
    const { server, session } = await rig();
    const live = await session();
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 10);
    const error = await failure(
      live.exec(read(['head', '-c', '1073741824', '/dev/zero'], { maxOutputBytes: 4 * 1024 * 1024 })),
    );
    clearInterval(watch);
    expect(error).toMatchObject({
      code: 'output-too-large',
      message: expect.stringContaining('4194304 bytes'),
    });
    expect(peak - before).toBeLessThan(200 * 1024 * 1024);
    // The connection is as good as before.
    expect((await live.exec(read(['echo', 'still here']))).stdout).toBe('still here\n');
    expect(server.connections.made).toBe(1);
  });

  it('refuse stdout that is no UTF-8, and keep an error readable that quotes such a name', async () => {
    const { session } = await rig();
    const live = await session();
    expect(await failure(live.exec(read(['printf', 'tank/\\351\\n'])))).toMatchObject({
      code: 'unexpected-output',
      message: expect.stringContaining('not valid UTF-8'),
    });
    const quoted = await failure(live.exec(read(['sh', '-c', "printf 'no \\351\\n' >&2; exit 1"])));
    expect(quoted).toMatchObject({ code: 'command-failed', detail: 'no \uFFFD' });
  });

  it('end a host that answers late', async () => {
    const { session } = await rig();
    const error = await failure((await session()).exec(read(['sleep', '20'], { timeoutSeconds: 0.3 })));
    expect(error).toMatchObject({ code: 'timed-out', message: expect.stringContaining('within 0.3 s') });
  });

  it('end with the caller, also while it waits for its turn', async () => {
    const { session } = await rig();
    const live = await session();
    const abort = new AbortController();
    const busy = Array.from({ length: 8 }, () =>
      failure(live.exec(read(['sleep', '20'], { signal: abort.signal }))),
    );
    const waiting = new AbortController();
    const last = failure(live.exec(read(['sleep', '20'], { signal: waiting.signal })));
    await sleep(100);
    waiting.abort();
    expect((await last).code).toBe('cancelled');
    abort.abort();
    for (const error of await Promise.all(busy)) expect(error.code).toBe('cancelled');
  });

  it('take a command that died by signal, or ended without a word, for no answer', async () => {
    const { session } = await rig({
      onExec: (command, channel) => {
        if (!/\/(?:silent|killed)$/.test(command)) return false;
        if (command.endsWith('killed')) channel.exit('KILL', false, '');
        channel.end();
        return true;
      },
    });
    const live = await session();
    const killed = await failure(live.exec(read(['/killed'])));
    expect(killed).toMatchObject({ code: 'unexpected-output', message: expect.stringContaining('KILL') });
    expect((await failure(live.exec(read(['/silent'])))).code).toBe('unexpected-output');
  });
});

describe('a change', () => {
  const change = { mutates: true } as const;

  it('whose connection is lost has an unknown outcome and is sent once', async () => {
    const { server, session } = await rig();
    const live = await session();
    const work = failure(live.exec(read(['sleep', '20'], change)));
    await expect.poll(() => server.commands.at(-1)).toMatch(/sleep 20$/);
    server.drop();
    expect(await work).toMatchObject({
      code: 'outcome-unknown',
      message: expect.stringContaining('was lost'),
    });
    await sleep(300);
    expect(server.commands.filter((line) => line.endsWith('sleep 20'))).toHaveLength(1);
  });

  it('that had said how it ended is known, though the connection is lost right after', async () => {
    const { server, session } = await rig({
      onExec: (command, channel) => {
        if (!command.endsWith('quick')) return false;
        channel.write('done\n');
        channel.exit(0);
        setTimeout(() => server.drop(), 100);
        return true;
      },
    });
    const live = await session();
    expect(await live.exec(read(['/quick'], change))).toMatchObject({
      exitCode: 0,
      stdout: 'done\n',
      truncated: true,
    });
    // A read in the same place has no whole answer.
    expect((await failure(live.exec(read(['/quick'])))).code).toBe('unreachable');
  });

  it('that outlives its time-out, dies by signal or ends without an exit code is unknown', async () => {
    const { session } = await rig({
      onExec: (command, channel) => {
        if (!/\/(?:silent|killed)$/.test(command)) return false;
        if (command.endsWith('killed')) channel.exit('KILL', false, '');
        channel.end();
        return true;
      },
    });
    const live = await session();
    const codes = [
      live.exec(read(['sleep', '20'], { ...change, timeoutSeconds: 0.3 })),
      // Said by the shell, as 137, and by sshd itself.
      live.exec(read(['sh', '-c', 'kill -KILL $$'], change)),
      live.exec(read(['/killed'], change)),
      live.exec(read(['/silent'], change)),
    ].map(async (work) => (await failure(work)).code);
    expect(await Promise.all(codes)).toEqual(Array.from({ length: 4 }, () => 'outcome-unknown'));
  });

  it('that runs a program in a sandbox ends with what that says, and is taken for no answer of the host', async () => {
    const { session } = await rig();
    const live = await session();
    for (const [script, exitCode] of [
      ['echo "holdfast-gate: refused: this key may not run that" >&2; exit 126', 126],
      ['echo "sh: 1: sh: not found" >&2; exit 127', 127],
      ['exit 137', 137],
    ] as const) {
      const request = read(['sh', '-c', script], { ...change, acceptExitCodes: [exitCode] });
      expect((await live.exec({ ...request, foreign: true })).exitCode).toBe(exitCode);
      expect(['refused', 'command-missing', 'outcome-unknown']).toContain(
        (await failure(live.exec(request))).code,
      );
    }
  });

  it('keeps what fits of 1 GB of output, and its exit code', { timeout: 180_000 }, async () => {
    const { session } = await rig();
    const live = await session();
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 10);
    const result = await live.exec(
      read(['sh', '-c', 'head -c 1073741824 /dev/zero; exit 7'], {
        ...change,
        acceptExitCodes: [7],
        maxOutputBytes: 64 * 1024,
        timeoutSeconds: 170,
      }),
    );
    clearInterval(watch);
    expect(result).toMatchObject({ exitCode: 7, truncated: true });
    expect(result.stdout.length).toBe(64 * 1024);
    expect(peak - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('takes invalid UTF-8 as it comes', async () => {
    const { session } = await rig();
    expect((await (await session()).exec(read(['printf', 'a\\377b'], change))).stdout).toBe('a\uFFFDb');
  });

  it('that is cancelled gets a TERM and may still say how it ended', async () => {
    const { server, session } = await rig({
      onExec: (command, channel) => {
        if (!command.endsWith('patient')) return false;
        channel.write('at work\n');
        const timer = setInterval(() => {
          if (server.signals.length === 0) return;
          clearInterval(timer);
          channel.write('stopped\n');
          channel.exit(9);
          channel.end();
        }, 10);
        return true;
      },
    });
    const abort = new AbortController();
    const live = await session();
    // ssh2's own Channel.signal() does nothing once stdin is closed, which it is when output comes.
    const work = live.exec(
      read(['/patient'], {
        ...change,
        acceptExitCodes: [9],
        signal: abort.signal,
        onOutput: (_stream, chunk) => {
          if (chunk === 'at work\n') setTimeout(() => abort.abort(), 50);
        },
      }),
    );
    expect(await work).toMatchObject({ exitCode: 9, stdout: 'at work\nstopped\n' });
    expect(server.signals).toEqual(['TERM']);
  });

  it('that is cancelled and does not stop has an unknown outcome', { timeout: 20_000 }, async () => {
    const { server, session } = await rig();
    const abort = new AbortController();
    const live = await session();
    const work = failure(live.exec(read(['sleep', '20'], { ...change, signal: abort.signal })));
    await expect.poll(() => server.commands.at(-1)).toMatch(/sleep 20$/);
    abort.abort();
    expect(await work).toMatchObject({
      code: 'outcome-unknown',
      message: expect.stringContaining('asked to stop'),
    });
  });

  it('that is cancelled before it was sent was not sent', async () => {
    const { server, session } = await rig();
    const live = await session();
    await live.locate(['echo']);
    const before = server.commands.length;
    const request = read(['echo', 'x'], { ...change, signal: AbortSignal.abort() });
    expect((await failure(live.exec(request))).code).toBe('cancelled');
    expect(server.commands.length).toBe(before);
  });

  it('whose channel the host did not open at first is sent once, when it does', async () => {
    let asked = 0;
    const { server, session } = await rig({
      get maxSessions() {
        asked += 1;
        return asked === 2 ? 0 : 10;
      },
    });
    const live = await session();
    expect((await live.exec(read(['/bin/echo', 'done'], change))).stdout).toBe('done\n');
    expect(asked).toBe(3);
    expect(server.commands.filter((line) => line.endsWith('echo done'))).toHaveLength(1);
  });

  it('that gets no channel at all says that nothing ran', async () => {
    const { server, session } = await rig();
    const live = await session();
    server.options = { ...server.options, maxSessions: 0 };
    expect(await failure(live.exec(read(['/bin/echo', 'done'], change)))).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('nothing ran'),
    });
    expect(server.commands.filter((line) => line.endsWith('echo done'))).toEqual([]);
  });

  it('on a connection that is gone was not sent, and is not tried again', async () => {
    const { server, session, changes } = await rig();
    const live = await session();
    await live.locate(['echo']);
    server.drop();
    await expect.poll(() => changes.at(-1)?.state).toBe('ended');
    const before = server.commands.length;
    expect((await failure(live.exec(read(['echo', 'x'], change)))).code).toBe('unreachable');
    expect(server.commands.length).toBe(before);
    expect(server.connections.made).toBe(1);
  });
});

describe('the connection', () => {
  it('is one for all callers at the same time', async () => {
    const { server, session, changes } = await rig();
    const sessions = await Promise.all(Array.from({ length: 5 }, () => session()));
    await Promise.all(sessions.map((live) => live.exec(read(['echo', 'x']))));
    expect(server.connections.made).toBe(1);
    expect(changes).toEqual([{ state: 'connecting' }, { state: 'online' }]);
  });

  it('carries at most eight commands at a time', async () => {
    const { session } = await rig({ maxSessions: 8 });
    const live = await session();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => live.exec(read(['echo', String(index)]))),
    );
    expect(answers.map(({ stdout }) => stdout.trim())).toEqual(
      Array.from({ length: 30 }, (_, n) => String(n)),
    );
  });

  it('learns that the host allows fewer', async () => {
    const { session } = await rig({ maxSessions: 2 });
    const live = await session();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => live.exec(read(['echo', String(index)]))),
    );
    expect(answers).toHaveLength(20);
  });

  it('is made anew once commands hang on it, and closed when the last has ended', async () => {
    const { server, session, changes } = await rig();
    const live = await session();
    const slow = live.exec(read(['sh', '-c', 'sleep 1; echo slow']));
    const hang = () => failure(live.exec(read(['sleep', '20'], { timeoutSeconds: 0.2 })));
    await Promise.all([hang(), hang()]);
    await (await session()).exec(read(['echo', 'x']));
    expect(server.connections).toEqual({ made: 2, open: 2 });
    expect((await slow).stdout).toBe('slow\n');
    await expect.poll(() => server.connections.open).toBe(1);
    expect(changes.map(({ state }) => state)).toEqual(['connecting', 'online', 'connecting', 'online']);
  });

  it('is worn by many commands that hang, and the host is read on', async () => {
    const { server, session } = await rig();
    for (let round = 0; round < 6; round += 1) {
      const live = await session();
      const hang = () => failure(live.exec(read(['sleep', '20'], { timeoutSeconds: 0.3 })));
      expect((await Promise.all([hang(), hang()])).map(({ code }) => code)).toEqual([
        'timed-out',
        'timed-out',
      ]);
    }
    expect((await (await session()).exec(read(['echo', 'x']))).stdout).toBe('x\n');
    expect(server.connections.made).toBe(7);
    await expect.poll(() => server.connections.open).toBe(1);
  });

  it('is closed when nobody uses it, and never under a command', async () => {
    const { server, session, changes } = await rig({}, { idleCloseSeconds: 0.3 });
    const live = await session();
    expect((await live.exec(read(['sh', '-c', 'sleep 1; echo done']))).stdout).toBe('done\n');
    expect(server.connections).toEqual({ made: 1, open: 1 });
    await expect.poll(() => server.connections.open).toBe(0);
    expect(changes.at(-1)).toEqual({ state: 'ended', error: null });
    // Whoever holds the session reads on.
    expect((await live.exec(read(['echo', 'again']))).stdout).toBe('again\n');
    expect(server.connections.made).toBe(2);
  });

  it('that dies under a read is made anew, and the read repeated once', async () => {
    const { server, session, changes } = await rig();
    const live = await session();
    let drops = 1;
    server.options = {
      beforeExec: async (command) => {
        if (!command.endsWith('echo x') || drops === 0) return;
        drops -= 1;
        server.drop();
      },
    };
    expect((await live.exec(read(['echo', 'x']))).stdout).toBe('x\n');
    expect(changes.map(({ state }) => state)).toEqual([
      'connecting',
      'online',
      'ended',
      'connecting',
      'online',
    ]);
    drops = 2;
    expect((await failure(live.exec(read(['echo', 'x'])))).code).toBe('unreachable');
    expect(drops).toBe(0);
  });

  it('to a host that came back with another key serves no reader of the old one', async () => {
    const { server, session, pins } = await rig();
    const live = await session();
    const [first = makeKey()] = server.hostKeys;
    const second = makeKey();
    await server.close();
    closers.shift();
    const imposter = await startSshServer({ hostKeys: [second] });
    closers.push(() => imposter.close());
    pins.push(pinOf(second));
    expect(first.described.sha256).not.toBe(second.described.sha256);
    expect((await failure(live.exec(read(['echo', 'x'])))).code).toBe('unreachable');
    expect(imposter.commands).toEqual([]);
  });

  it('that was made before its key was replaced or revoked is not used', async () => {
    const { server, session, pins } = await rig();
    await session();
    const [pin] = pins;
    if (pin === undefined) throw new Error('There is no pin.');
    pins.splice(0, 1, pinOf(makeKey()));
    expect((await failure(session())).code).toBe('untrusted-host');
    await expect.poll(() => server.connections.open).toBe(0);
    pins.splice(0, 1, pin);
    await session();
    pins.splice(0, 1, { ...pin, revoked: true });
    expect((await failure(session())).code).toBe('untrusted-host');
    await expect.poll(() => server.connections.open).toBe(0);
  });

  it('made with other settings is not used', async () => {
    const { server, session } = await rig();
    await session();
    await session({ sudo: true });
    expect(server.connections.made).toBe(2);
    await expect.poll(() => server.connections.open).toBe(1);
  });

  it('ends on request, and what was on its way with it', async () => {
    const { server, pool, host, session, changes } = await rig();
    const live = await session();
    const work = failure(live.exec(read(['sleep', '20'])));
    await expect.poll(() => server.commands.at(-1)).toMatch(/sleep 20$/);
    await pool.disconnect(host.id);
    expect((await work).code).toBe('unreachable');
    expect(changes.at(-1)).toEqual({ state: 'ended', error: null });
    await pool.close();
    expect((await failure(session())).code).toBe('cancelled');
  });
});

describe('a host that fails', () => {
  it('is left in peace by background callers, longer each time, and not by people', async () => {
    let nowMs = 0;
    const { server, pool, host } = await rig({}, { nowMs: () => nowMs });
    await server.close();
    closers.shift();
    const background = () => failure(pool.session(host, undefined, { background: true }));
    const first = await background();
    expect(first.code).toBe('unreachable');
    nowMs = 1_999;
    expect(await background()).toBe(first);
    nowMs = 2_001;
    const second = await background();
    expect(second).not.toBe(first);
    nowMs = 5_500;
    expect(await background()).toBe(second);
    nowMs = 6_100;
    expect(await background()).not.toBe(second);
    const person = await failure(pool.session(host));
    expect(await background()).toBe(person);
    await pool.disconnect(host.id);
    expect(await background()).not.toBe(person);
  });

  it('because of its login is not tried again by background callers at all', async () => {
    let nowMs = 0;
    let password = 'wrong';
    const { server, pool, host } = await rig(
      {},
      { nowMs: () => nowMs, login: async () => ({ kind: 'password', password }) },
    );
    const background = (): Promise<SshSession> => pool.session(host, undefined, { background: true });
    expect((await failure(background())).code).toBe('unauthorized');
    nowMs = 3_600_000;
    expect((await failure(background())).code).toBe('unauthorized');
    expect(server.attempts).toHaveLength(1);
    password = server.password;
    await pool.session(host);
    await background();
    expect(server.connections).toMatchObject({ open: 1 });
  });
});
