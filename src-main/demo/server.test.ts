import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import type { Client, FileEntryWithStats, SFTPWrapper } from 'ssh2';
import { startDemoFleet, type DemoFleet, type DemoHost } from './index';
import { generateHostKey } from './server';
import { quoteArgv } from '../core/ssh/quote';
import { lvmProbes } from '../core/storage/lvm/commands';

let fleet: DemoFleet;
const clients: Client[] = [];

beforeAll(async () => {
  fleet = await startDemoFleet({ seed: 1, latency: 0 });
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await fleet.close();
});

function hostCalled(name: string): DemoHost {
  const host = fleet.hosts.find((candidate) => candidate.name === name);
  if (host === undefined) throw new Error(`No host ${name}.`);
  return host;
}

function connect(host: DemoHost, changes: { user?: string; password?: string } = {}): Promise<Client> {
  const client = new ssh2.Client();
  clients.push(client);
  return new Promise((resolve, reject) => {
    client.on('ready', () => resolve(client));
    client.on('error', reject);
    client.connect({
      host: host.address,
      port: host.port,
      username: changes.user ?? host.user,
      password: changes.password ?? host.password,
      hostVerifier: (key: Buffer) =>
        `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}` ===
          host.hostKey.sha256 && key.toString('base64') === host.publicKeyBase64,
    });
  });
}

interface Answer {
  code: number | null;
  signal: string | undefined;
  stdout: string;
  stderr: string;
}

function run(client: Client, command: string, onStart?: (stop: () => void) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      const answer: Answer = { code: null, signal: undefined, stdout: '', stderr: '' };
      channel.on('data', (chunk: Buffer) => (answer.stdout += chunk.toString()));
      channel.stderr.on('data', (chunk: Buffer) => (answer.stderr += chunk.toString()));
      channel.on('exit', (code: number | null, signal?: string) => {
        answer.code = code;
        answer.signal = signal;
      });
      channel.on('close', () => resolve(answer));
      // ssh2 sends no signal on a channel whose input has ended.
      if (onStart === undefined) channel.end();
      else onStart(() => channel.signal('TERM'));
    });
  });
}

const zfs = (words: string) => `LC_ALL=C sudo -n -- /usr/sbin/zfs ${words}`;

describe('the demo fleet', () => {
  it('has six hosts with keys and passwords of their own', () => {
    expect(fleet.hosts.map(({ id, name, offline }) => [id, name, offline])).toEqual([
      ['demo-nas', 'nas-01', false],
      ['demo-vault', 'vault-02', false],
      ['demo-kvm', 'kvm-03', false],
      ['demo-edge', 'edge-04', true],
      ['demo-raid', 'raid-05', false],
      ['demo-media', 'media-06', false],
    ]);
    for (const pick of ['port', 'password', 'publicKeyBase64'] as const) {
      expect(new Set(fleet.hosts.map((host) => host[pick])).size).toBe(fleet.hosts.length);
    }
    for (const { password, hostKey, address } of fleet.hosts) {
      expect(password.length).toBeGreaterThanOrEqual(24);
      expect(hostKey.type).toBe('ssh-ed25519');
      expect(address).toBe('127.0.0.1');
    }
  });

  it('is another one at every start, but for the data', async () => {
    const other = await startDemoFleet({ seed: 1, latency: 0 });
    try {
      for (const [index, host] of other.hosts.entries()) {
        expect(host.password).not.toBe(fleet.hosts[index]?.password);
        expect(host.hostKey.sha256).not.toBe(fleet.hosts[index]?.hostKey.sha256);
      }
    } finally {
      await other.close();
    }
  });

  it('keeps state between commands and connections', async () => {
    const host = hostCalled('nas-01');
    const first = await connect(host);
    const before = await run(first, zfs('list -Hp -t snapshot -o name -d 1 -- tank/git'));
    expect(await run(first, zfs('snapshot -- tank/git@kept'))).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    const second = await connect(host);
    const after = await run(second, zfs('list -Hp -t snapshot -o name -d 1 -- tank/git'));
    expect(after.stdout).toBe(`${before.stdout}tank/git@kept\n`);
    expect(await run(second, zfs('destroy -- tank/git@kept'))).toMatchObject({ code: 0 });
    expect((await run(first, zfs('list -Hp -t snapshot -o name -d 1 -- tank/git'))).stdout).toBe(
      before.stdout,
    );
  });

  it('serves many channels at once, thousands of snapshots among them', async () => {
    const client = await connect(hostCalled('nas-01'));
    const commands = Array.from({ length: 8 }, () =>
      run(client, zfs('list -Hp -t snapshot -o name,guid,used,clones')),
    );
    for (const { code, stdout } of await Promise.all(commands)) {
      expect(code).toBe(0);
      expect(stdout.split('\n').length).toBeGreaterThan(3900);
    }
  });

  it('serves any number of commands one after the other, and ten at once as sshd does', async () => {
    const slow = await startDemoFleet({ seed: 1, latency: 40 });
    try {
      const client = await connect(hostCalled('kvm-03'));
      for (let round = 0; round < 25; round += 1) {
        expect(await run(client, 'true')).toMatchObject({ code: 127 });
      }
      const [nas] = slow.hosts;
      if (nas === undefined) throw new Error('No nas-01.');
      const busy = await connect(nas);
      const outcomes = await Promise.all(
        Array.from({ length: 14 }, () =>
          run(busy, zfs('version')).then(
            ({ code }) => `exit ${code}`,
            (error: Error) => error.message.split(':')[0],
          ),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'exit 0')).toHaveLength(10);
      expect(outcomes.filter((outcome) => outcome === '(SSH) Channel open failure')).toHaveLength(4);
      expect(await run(busy, zfs('version'))).toMatchObject({ code: 0 });
    } finally {
      await slow.close();
    }
  });

  it('refuses a command that is not known', async () => {
    const client = await connect(hostCalled('nas-01'));
    expect(await run(client, 'reboot')).toMatchObject({
      code: 127,
      stdout: '',
      stderr: 'sh: 1: reboot: not found\n',
    });
    expect(await run(client, 'echo $HOME')).toMatchObject({ code: 2, stdout: '' });
  });

  it.each([
    ['a wrong password', { password: 'wrong' }],
    ['an empty password', { password: '' }],
    ['another user', { user: 'root' }],
  ])('refuses %s', async (_what, changes) => {
    await expect(connect(hostCalled('nas-01'), changes)).rejects.toThrow(/authentication methods failed/);
  });

  it('refuses the password of another host', async () => {
    const { password } = hostCalled('kvm-03');
    await expect(connect(hostCalled('nas-01'), { password })).rejects.toThrow(
      /authentication methods failed/,
    );
  });

  it('takes commands only: no shell, terminal, file transfer, forwarding', async () => {
    const client = await connect(hostCalled('kvm-03'));
    const refused = (attempt: (done: (error: Error | undefined) => void) => void) =>
      new Promise<string>((resolve) => {
        attempt((error) => resolve(error?.message ?? 'let in'));
      });
    expect(await refused((done) => client.shell((error) => done(error)))).not.toBe('let in');
    expect(await refused((done) => client.sftp((error) => done(error)))).not.toBe('let in');
    expect(await refused((done) => client.exec('true', { pty: true }, (error) => done(error)))).not.toBe(
      'let in',
    );
    expect(await refused((done) => client.subsys('netconf', (error) => done(error)))).not.toBe('let in');
    expect(await refused((done) => client.forwardIn('127.0.0.1', 0, (error) => done(error)))).not.toBe(
      'let in',
    );
    expect(
      await refused((done) => client.forwardOut('127.0.0.1', 1, '127.0.0.1', 22, (error) => done(error))),
    ).not.toBe('let in');
    // The connection is none the worse for it.
    expect(await run(client, 'LC_ALL=C sudo -n -- /usr/sbin/lvm version')).toMatchObject({ code: 0 });
  });

  it('shows the files of snapshots where there are any, and lets nobody write', async () => {
    const client = await connect(hostCalled('nas-01'));
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
      client.sftp((error, files) => (error === undefined ? resolve(files) : reject(error)));
    });
    const ask = <T>(work: (done: (error: unknown, value: T) => void) => void): Promise<T> =>
      new Promise((resolve, reject) => {
        work((error, value) =>
          error === undefined || error === null ? resolve(value) : reject(error as Error),
        );
      });
    const listing = await run(client, zfs('list -Hp -t snapshot -o name'));
    expect(listing).toMatchObject({ code: 0 });
    const part = /^tank\/home\/emma@(.*)$/m.exec(listing.stdout)?.[1] ?? '';
    const root = `/tank/home/emma/.zfs/snapshot/${part}`;
    const entries = await ask<FileEntryWithStats[]>((done) => sftp.readdir(root, done));
    expect(entries.length).toBeGreaterThan(1);
    const again = await ask<FileEntryWithStats[]>((done) => sftp.readdir(root, done));
    expect(again.map(({ filename }) => filename)).toEqual(entries.map(({ filename }) => filename));
    const file = entries.find(({ attrs }) => (attrs.mode & 0o170000) === 0o100000);
    const bytes = await ask<Buffer>((done) => sftp.readFile(`${root}/${file?.filename ?? ''}`, done));
    expect(bytes.length).toBe(file?.attrs.size);
    for (const refused of [
      () => ask((done) => sftp.writeFile(`${root}/new`, 'x', (error) => done(error, null))),
      () => ask((done) => sftp.unlink(`${root}/${file?.filename ?? ''}`, (error) => done(error, null))),
      () => ask((done) => sftp.mkdir(`${root}/new`, (error) => done(error, null))),
      () => ask((done) => sftp.readdir('/etc', done)),
      () => ask((done) => sftp.readdir(`${root}/../nothing`, done)),
    ]) {
      await expect(refused()).rejects.toThrow();
    }
  });

  it('lets files of sandbox volumes be written, and nothing beside or above them', async () => {
    const client = await connect(hostCalled('raid-05'));
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
      client.sftp((error, files) => (error === undefined ? resolve(files) : reject(error)));
    });
    const ask = (work: (done: (error: unknown) => void) => void): Promise<string> =>
      new Promise((resolve) => work((error) => resolve(error instanceof Error ? error.message : 'done')));
    const home = '/home/admin/.microsandbox';
    const volume = `${home}/volumes/npm-cache`;
    expect(await ask((done) => sftp.mkdir(`${volume}/new`, done))).toBe('done');
    expect(await ask((done) => sftp.writeFile(`${volume}/new/f`, 'x', { flag: 'wx' }, done))).toBe('done');
    for (const refused of [
      () => ask((done) => sftp.mkdir('/etc/x', done)),
      () => ask((done) => sftp.mkdir(`${home}/x`, done)),
      () => ask((done) => sftp.mkdir(`${home}/volumes/x`, done)),
      () => ask((done) => sftp.mkdir(`${volume}/../x`, done)),
      () => ask((done) => sftp.rmdir(volume, done)),
      () => ask((done) => sftp.rename(volume, `${home}/volumes/x`, done)),
      () => ask((done) => sftp.rename(`${volume}/new/f`, `${home}/volumes/x`, done)),
      () => ask((done) => sftp.writeFile(`${volume}/README.md`, 'x', done)),
      () => ask((done) => sftp.symlink('/etc', `${volume}/etc`, done)),
      () => ask((done) => sftp.setstat(`${volume}/README.md`, { mode: 0o777 }, done)),
    ]) {
      expect(await refused()).toMatch(/Permission denied|not supported|unsupported|Failure/i);
    }
  });

  it('refuses connections to the host that is off', async () => {
    await expect(connect(hostCalled('edge-04'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends a command by signal, with what it did done', async () => {
    const slow = await startDemoFleet({ seed: 1, latency: 1 });
    try {
      const host = slow.hosts.find(({ name }) => name === 'kvm-03');
      if (host === undefined) throw new Error('No kvm-03.');
      const client = await connect(host);
      const merge = 'LC_ALL=C sudo -n -- /usr/sbin/lvconvert --merge -- vg0/golden_release-7';
      const stopped = await run(client, merge, (stop) => setTimeout(stop, 200));
      expect(stopped).toMatchObject({ code: null, signal: 'SIGTERM' });
      expect(stopped.stdout).toBe('  Merging of volume vg0/golden_release-7 started.\n');
      const report = `LC_ALL=C sudo -n -- /usr/sbin/${quoteArgv(lvmProbes.volumes.argv)}`;
      expect((await run(client, report)).stdout).toContain('"[golden_release-7]"');
    } finally {
      await slow.close();
    }
  });

  it('frees its ports when it is closed', async () => {
    const other = await startDemoFleet({ seed: 2, latency: 0 });
    const [host] = other.hosts;
    if (host === undefined) throw new Error('No host.');
    const client = await connect(host);
    const gone = new Promise<void>((resolve) => client.on('close', () => resolve()));
    await other.close();
    await gone;
    await expect(connect(host)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('a generated host key', () => {
  it('is always one that SSH reads, also where the library makes a broken one', () => {
    // One in 256 would be broken: 1,500 keys miss it with a chance of 0.3 %.
    for (let index = 0; index < 1500; index += 1) {
      const { privateKey, publicKeyBase64 } = generateHostKey();
      expect(ssh2.utils.parseKey(privateKey)).not.toBeInstanceOf(Error);
      expect(Buffer.from(publicKeyBase64, 'base64')).toHaveLength(51);
    }
  });
});
