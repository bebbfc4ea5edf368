import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../errors/app-error';
import { ApiClient } from './client';
import { apiPath } from './path';
import { guardedLookup, RefusedAddress, refusalOfAddress } from './peer-address';
import { probeCertificate } from './probe';
import { closers, json, startServer } from './testing/tls-server';

const clients: ApiClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(closers.splice(0).map((close) => close()));
});

describe('an address', () => {
  it.each([
    ['169.254.169.254', /metadata/],
    ['::ffff:169.254.169.254', /metadata/],
    ['fd00:ec2::254', /metadata/],
    ['100.100.100.200', /metadata/],
    ['169.254.1.1', /link-local/],
    ['fe80::1', /link-local/],
    ['fe80::1%eth0', /link-local/],
    ['0.0.0.0', /unspecified/],
    ['::', /unspecified/],
    ['224.0.0.251', /multicast/],
    ['ff02::1', /multicast/],
    ['255.255.255.255', /reserved/],
    ['127.0.0.1', /this computer/],
    ['127.8.9.1', /this computer/],
    ['::1', /this computer/],
    ['::ffff:127.0.0.1', /this computer/],
    ['::ffff:7f00:1', /this computer/],
    ['64:ff9b::7f00:1', /this computer/],
  ])('%s is asked by nobody', (address, why) => {
    expect(refusalOfAddress(address, false)).toMatch(why);
  });

  it.each([
    '10.0.0.7',
    '192.168.1.10',
    '172.16.4.1',
    '100.64.0.9',
    '203.0.113.5',
    'fd12:3456::1',
    '2001:db8::7',
  ])('%s may be a node', (address) => {
    expect(refusalOfAddress(address, false)).toBeNull();
  });

  it('of this computer is for the demo clusters, and nothing else is let through for them', () => {
    expect(refusalOfAddress('127.0.0.1', true)).toBeNull();
    expect(refusalOfAddress('::1', true)).toBeNull();
    expect(refusalOfAddress('169.254.169.254', true)).toMatch(/metadata/);
  });
});

describe('a name', () => {
  const lookup = (addresses: string[], allowLoopback = false) =>
    new Promise<unknown>((done) => {
      guardedLookup(allowLoopback, (_name, _options, answer) =>
        answer(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        ),
      )('node.example.net', { all: true }, (error, found) => done(error ?? found));
    });

  it('that leads to one such address among others is refused after it was looked up', async () => {
    expect(await lookup(['192.0.2.7', '169.254.169.254'])).toBeInstanceOf(RefusedAddress);
    expect(await lookup(['::1', '192.0.2.7'])).toBeInstanceOf(RefusedAddress);
    expect(await lookup(['192.0.2.7', '2001:db8::7'])).toEqual([
      { address: '192.0.2.7', family: 4 },
      { address: '2001:db8::7', family: 6 },
    ]);
  });
});

it('nothing connects to this computer but for the demo, by address or by name', async () => {
  let connections = 0;
  const server = createServer(() => (connections += 1));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(() => new Promise((done) => server.close(() => done())));
  const { port } = server.address() as AddressInfo;
  for (const address of ['127.0.0.1', 'localhost', '0.0.0.0', '169.254.169.254']) {
    const client = new ApiClient({
      cluster: 'atlas',
      endpoints: [{ address, port, trust: { kind: 'pin', sha256: 'AA' } }],
      authorization: async () => 'PVEAPIToken=a@pve!b=c',
    });
    clients.push(client);
    const reading = client.get(apiPath('/version'), z.unknown(), { operation: 'read the version' });
    await expect(reading).rejects.toMatchObject({ code: 'refused' });
    await expect(probeCertificate(address, port)).rejects.toBeInstanceOf(AppError);
    await expect(probeCertificate(address, port)).rejects.toThrow(
      /is not asked: it leads to .* Nothing was sent/,
    );
  }
  expect(connections).toBe(0);
});

it('the demo’s own servers are reached by address and by name', async () => {
  const server = await startServer(json(200, { data: { version: '9' } }));
  for (const address of ['127.0.0.1', 'localhost']) {
    const { certificate } = await probeCertificate(address, server.port, { allowLoopback: true });
    expect(certificate.sha256).toBe(server.sha256);
  }
});
