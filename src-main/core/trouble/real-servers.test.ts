import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificateFor, closers, startServer, type Answering } from '../proxmox/client/testing/tls-server';
import { startShellHost, type ShellHost } from '../testing/shell-host';
import { startTestCore, type TestCore } from '../testing/test-core';

/** Trouble is told of what really goes away: an SSH server whose line is cut, and a TLS server that is stopped. */
let core: TestCore;
beforeEach(async () => {
  // The TLS server of a test listens on this computer, which only the demo may ask.
  core = await startTestCore({ demo: true });
});
afterEach(async () => {
  await core.close();
  await Promise.all(closers.splice(0).map((close) => close()));
});

const told = () =>
  core.events.flatMap(({ event, payload }) =>
    event === 'trouble:changed' ? [(payload as { title: string }).title] : [],
  );
const noticed = () => core.notices.map(({ title }) => title);

describe('a host behind a real SSH server', () => {
  let host: ShellHost;
  beforeEach(async () => {
    host = await startShellHost();
  });
  afterEach(() => host.close());

  it('that goes away is told after three readings, and after two that it is back', async () => {
    const { id, name } = await core.addHost(host);
    const read = () => core.call('inventory:refresh', { hostId: id });
    const lost = () => core.failure('inventory:refresh', { hostId: id });
    await read();
    host.setDown(true);
    host.drop();
    for (let reading = 0; reading < 2; reading += 1) {
      expect((await lost()).code).toBe('unreachable');
      expect(told()).toEqual([]);
    }
    const { code, message } = await lost();
    expect([code, told()]).toEqual(['unreachable', [`${name} cannot be read`]]);
    expect(core.notices).toEqual([{ title: `${name} cannot be read`, body: message }]);
    // It goes on, and is told no more.
    await lost();
    expect(noticed()).toHaveLength(1);
    host.setDown(false);
    await read();
    expect(told()).toHaveLength(1);
    await read();
    expect(noticed()).toEqual([`${name} cannot be read`, `${name} is read again`]);
  });

  it('that is away for two readings only is no news', async () => {
    const { id } = await core.addHost(host);
    await core.call('inventory:refresh', { hostId: id });
    for (let turn = 0; turn < 2; turn += 1) {
      host.setDown(true);
      host.drop();
      await core.failure('inventory:refresh', { hostId: id });
      await core.failure('inventory:refresh', { hostId: id });
      host.setDown(false);
      await core.call('inventory:refresh', { hostId: id });
    }
    expect([told(), noticed()]).toEqual([[], []]);
  });
});

describe('a cluster behind a real TLS server', () => {
  const identity = certificateFor('pve1');
  const answers: Readonly<Record<string, unknown>> = {
    '/cluster/resources': [
      { id: 'node/pve1', type: 'node', node: 'pve1', status: 'online', maxcpu: 4, cpu: 0.1 },
    ],
    '/version': { version: '9.2.11' },
    '/cluster/status': [{ type: 'cluster', id: 'cluster', name: 'lab', nodes: 1, quorate: 1, version: 1 }],
  };
  const answer: Answering = ({ request, response }) => {
    const data = answers[(request.url ?? '').replace('/api2/json', '').split('?')[0] ?? ''];
    const json = { 'content-type': 'application/json;charset=UTF-8' };
    if (data === undefined) response.writeHead(501, 'Method not implemented', json);
    else response.writeHead(200, json);
    response.end(JSON.stringify({ data: data ?? null }));
  };

  it('that goes away is told after three readings, and after two that it is back', async () => {
    const server = await startServer(answer, identity);
    const { port, sha256 } = server;
    await core.call('clusters:trustCertificate', { address: '127.0.0.1', port, sha256 });
    const { id } = await core.call('clusters:add', {
      settings: {
        name: 'lab',
        endpoints: [{ address: '127.0.0.1', port }],
        login: { kind: 'token', tokenId: 'a@pve!b' },
        trust: 'pin',
        environment: { label: 'Lab', colour: 'blue', production: false },
        accessLevel: 'view',
      },
      secret: 'c',
    });
    const read = () => core.call('clusters:refresh', { clusterId: id });
    const lost = () => core.failure('clusters:refresh', { clusterId: id });
    await read();
    await server.close();
    for (let reading = 0; reading < 2; reading += 1) {
      expect((await lost()).code).toBe('unreachable');
      expect(told()).toEqual([]);
    }
    const { message } = await lost();
    expect(core.notices).toEqual([{ title: 'lab cannot be read', body: message }]);
    expect(message).toContain('nothing listens');
    await lost();
    expect(noticed()).toHaveLength(1);
    // The same node again: its address and its certificate. It is not tried within ten seconds of a failure.
    await startServer(answer, identity, port);
    core.clockOffsetMs += 11_000;
    await read();
    expect(told()).toHaveLength(1);
    await read();
    expect(noticed()).toEqual(['lab cannot be read', 'lab is read again']);
  });
});
