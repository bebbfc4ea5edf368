import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SshSessionPool } from './session-pool';
import { hostOf, pinOf, read } from './testing/fake-host';
import { startSshServer, type TestServerOptions } from './testing/ssh-server';
import type { SshSession } from './types';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function session(options: TestServerOptions = {}): Promise<SshSession> {
  const server = await startSshServer(options);
  const pool = new SshSessionPool({
    permits: () => true,
    pinnedKeys: () => server.hostKeys.map((key) => pinOf(key)),
    knownHostsPath: join(tmpdir(), 'holdfast-no-such-known-hosts'),
    login: async () => ({ kind: 'password', password: server.password }),
    onState: () => undefined,
    connectTimeoutSeconds: 10,
  });
  closers.push(
    () => server.close(),
    () => pool.close(),
  );
  return pool.session(hostOf(server));
}

describe('a command that works on for hours', () => {
  it('is left running, and says so, with what it printed until then', async () => {
    const live = await session();
    const result = await live.exec(
      read(['sh', '-c', 'echo begun; exec sleep 20'], { mutates: true, detachAfterSeconds: 0.5 }),
    );
    expect(result).toMatchObject({ leftRunning: true, stdout: 'begun\n' });
    expect(result.durationMs).toBeLessThan(10_000);
  });

  it('that ends in time is an ordinary command, with its exit code judged', async () => {
    const live = await session();
    const fails = read(['sh', '-c', 'echo no >&2; exit 3'], { mutates: true, detachAfterSeconds: 15 });
    await expect(live.exec(fails)).rejects.toMatchObject({ code: 'command-failed' });
    const result = await live.exec({ ...fails, acceptExitCodes: [3] });
    expect(result).toMatchObject({ exitCode: 3, stderr: 'no\n' });
    expect(result.leftRunning).toBeUndefined();
  });

  it('is over when it said so, though a child of it still holds its output', async () => {
    const live = await session({
      onExec: (command, channel) => {
        if (!command.includes('detached-scrub')) return false;
        // sshd tells the exit code at once and keeps the channel open for as long as somebody can write to it.
        channel.write('scrub started\n');
        channel.exit(0);
        return true;
      },
    });
    const result = await live.exec(
      read(['echo', 'detached-scrub'], { mutates: true, detachAfterSeconds: 15, timeoutSeconds: 20 }),
    );
    expect(result).toMatchObject({ exitCode: 0, stdout: 'scrub started\n' });
    expect(result.leftRunning).toBeUndefined();
    expect(result.durationMs).toBeLessThan(10_000);
  });

  it('never means a read: one that hangs is a time-out', async () => {
    const live = await session();
    await expect(
      live.exec(read(['sleep', '20'], { mutates: false, detachAfterSeconds: 0.2, timeoutSeconds: 1 })),
    ).rejects.toMatchObject({ code: 'timed-out' });
  });
});
