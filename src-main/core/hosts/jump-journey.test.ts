import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host, HostSettings } from '../../../src-preload/contract/hosts';
import { startSshServer, type TestServer } from '../ssh/testing/ssh-server';
import { startTestCore, type TestCore } from '../testing/test-core';

let test: TestCore;
let bastion: TestServer;
let inner: TestServer;
beforeEach(async () => {
  [bastion, inner] = await Promise.all([startSshServer(), startSshServer()]);
  test = await startTestCore();
});
afterEach(async () => {
  await test.close();
  await bastion.close();
  await inner.close();
});

const keyOf = (server: TestServer): string => {
  const [key] = server.hostKeys;
  if (key === undefined) throw new Error('The server has no key.');
  return key.described.sha256;
};
const settings = (server: TestServer, change: Partial<HostSettings> = {}): HostSettings => ({
  name: 'bastion',
  address: '127.0.0.1',
  port: server.port,
  user: server.user,
  auth: { kind: 'password' },
  sudo: false,
  environment: { label: 'Test', colour: 'teal', production: false },
  accessLevel: 'view',
  ...change,
});
const peer = (server: TestServer) => ({ address: '127.0.0.1', port: server.port });

async function addBastion(): Promise<Host> {
  await test.call('hosts:trustKey', { ...peer(bastion), sha256: keyOf(bastion) });
  return test.call('hosts:add', { settings: settings(bastion), secret: bastion.password });
}

describe('a host behind a jump host', () => {
  it('is asked for its key, trusted and read through it, and both keep keys of their own', async () => {
    const { id: via } = await addBastion();
    const through = { ...peer(inner), via };
    expect(await test.call('hosts:probeKey', through)).toMatchObject({
      status: 'unknown',
      offered: { sha256: keyOf(inner) },
    });
    // Whoever asks for the key of a host gives it nothing.
    expect(inner.attempts).toEqual([]);
    await expect.poll(() => bastion.connections.open).toBe(0);

    expect(await test.call('hosts:trustKey', { ...through, sha256: keyOf(inner) })).toEqual({
      trusted: true,
    });
    expect(test.questions.at(-1)?.message).toContain('(reached through bastion)');
    // The same address, reached directly, would be another machine.
    expect(await test.call('hosts:probeKey', peer(inner))).toMatchObject({ status: 'unknown' });

    const host = await test.call('hosts:add', {
      settings: settings(inner, { name: 'inner', via }),
      secret: inner.password,
    });
    expect(await test.call('hosts:connect', { hostId: host.id })).toMatchObject({ status: 'online' });
    expect(inner.connections.open).toBe(1);
    expect(bastion.connections.open).toBe(1);
    await test.call('hosts:disconnect', { hostId: host.id });
    await expect.poll(() => [inner.connections.open, bastion.connections.open]).toEqual([0, 0]);
  });

  it('says which of the two is not trusted, and the other has received nothing', async () => {
    const { id: via } = await test.call('hosts:add', {
      settings: settings(bastion),
      secret: bastion.password,
    });
    const host = await test.call('hosts:add', {
      settings: settings(inner, { name: 'inner', via }),
      secret: inner.password,
    });
    const first = await test.failure('hosts:connect', { hostId: host.id });
    expect(first.hostKey).toMatchObject({ port: bastion.port, offered: { sha256: keyOf(bastion) } });
    expect(first.hostKey?.via).toBeUndefined();
    expect([bastion.attempts, inner.connections.made]).toEqual([[], 0]);

    await test.call('hosts:trustKey', { ...peer(bastion), sha256: keyOf(bastion) });
    expect(await test.failure('hosts:connect', { hostId: host.id })).toMatchObject({
      code: 'untrusted-host',
      hostKey: { port: inner.port, via },
    });
    expect(inner.attempts).toEqual([]);
  });

  it('is reached another way when its jump host is changed, and never by the old one', async () => {
    const { id: via } = await addBastion();
    await test.call('hosts:trustKey', { ...peer(inner), via, sha256: keyOf(inner) });
    const host = await test.call('hosts:add', {
      settings: settings(inner, { name: 'inner', via }),
      secret: inner.password,
    });
    await test.call('hosts:connect', { hostId: host.id });
    await test.call('hosts:update', {
      hostId: via,
      settings: settings(bastion, { user: 'somebody-else' }),
      secret: null,
    });
    expect(await test.failure('hosts:connect', { hostId: host.id })).toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('bastion did not accept'),
    });
  });

  it('keeps its jump host in the list, and no way leads back to itself', async () => {
    const { id: via } = await addBastion();
    const host = await test.call('hosts:add', {
      settings: settings(inner, { name: 'inner', via }),
      secret: inner.password,
    });
    const kept = await test.failure('hosts:remove', { hostId: via });
    expect(kept).toMatchObject({ code: 'refused', message: expect.stringContaining('jump host of inner') });
    expect(
      await test.failure('hosts:update', {
        hostId: via,
        settings: settings(bastion, { via: host.id }),
        secret: null,
      }),
    ).toMatchObject({ code: 'invalid-request', message: expect.stringContaining('leads back to itself') });
    expect(await test.call('hosts:remove', { hostId: host.id })).toEqual({ removed: true });
    expect(await test.call('hosts:remove', { hostId: via })).toEqual({ removed: true });
  });

  it('that does not answer is said within the time-out, naming both', async () => {
    const { id: via } = await addBastion();
    const port = inner.port;
    await inner.close();
    const error = await test.failure('hosts:probeKey', { address: '127.0.0.1', port, via });
    expect(error).toMatchObject({ code: 'unreachable' });
    expect(error.message).toMatch(/^bastion could not reach 127\.0\.0\.1/);
    inner = await startSshServer();
  });
});

describe('the import of ~/.ssh/config', () => {
  const write = (text: string): void => writeFileSync(join(test.dataDirectory, 'ssh-config'), text);
  const environment = { label: 'Imported', colour: 'gray', production: false } as const;

  it('adds chosen hosts with their jump hosts at the level that only reads, and says what was refused', async () => {
    write(
      'Host inner\n  HostName 192.0.2.2\n  ProxyJump gate\nHost gate\n  Port 2222\n  User me\nHost box\nHost odd\n  ProxyCommand nc\n',
    );
    await test.call('hosts:add', { settings: settings(inner, { name: 'box' }), secret: null });
    const { entries } = await test.call('hosts:readSshConfig', {});
    expect(entries.map(({ alias, obstacle }) => [alias, obstacle === null])).toEqual([
      ['inner', true],
      ['gate', true],
      ['box', false],
      ['odd', false],
    ]);
    const { added, refused } = await test.call('hosts:importSshConfig', {
      aliases: ['inner', 'gate', 'box', 'gone'],
      sudo: true,
      environment,
    });
    expect(added).toMatchObject([
      { name: 'gate', address: 'gate', port: 2222, user: 'me', accessLevel: 'view', auth: { kind: 'agent' } },
      { name: 'inner', address: '192.0.2.2', port: 22, sudo: true, environment },
    ]);
    expect(added[1]?.via).toBe(added[0]?.id);
    expect(refused.map(({ alias }) => alias)).toEqual(['box', 'gone']);
    const { hosts } = await test.call('hosts:list', {});
    expect(hosts.map(({ host }) => host.name)).toEqual(['box', 'gate', 'inner']);
    // Nobody was asked, so nobody was connected to.
    expect(hosts.every(({ state }) => state.status === 'never-connected')).toBe(true);
  });

  it('refuses a host whose jump host was not chosen', async () => {
    write('Host inner\n  ProxyJump gate\nHost gate\n');
    const answer = await test.call('hosts:importSshConfig', { aliases: ['inner'], sudo: false, environment });
    expect(answer).toEqual({
      added: [],
      refused: [{ alias: 'inner', reason: 'Its jump host gate is not in the list.' }],
    });
  });

  it('has nothing to read where there is no such file', async () => {
    expect(await test.failure('hosts:readSshConfig', {})).toMatchObject({ code: 'not-found' });
  });
});
