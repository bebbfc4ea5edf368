import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../errors/app-error';
import { ApiClient, type ApiLimits } from './client';
import { apiPath } from './path';
import { probeCertificate } from './probe';
import { certificateFor, closers, json, startServer, type Answering } from './testing/tls-server';

const clients: ApiClient[] = [];
function clientOf(servers: { port: number; sha256: string }[], limits: Partial<ApiLimits> = {}): ApiClient {
  const client = new ApiClient({
    cluster: 'atlas',
    endpoints: servers.map(({ port, sha256 }) => ({
      address: '127.0.0.1',
      port,
      trust: { kind: 'pin', sha256 },
    })),
    allowLoopback: true,
    authorization: async () => 'PVEAPIToken=holdfast@pve!laptop=11111111-2222-3333-4444-555555555555',
    limits: { requestTimeoutMs: 1_000, cooldownMs: 0, ...limits },
  });
  clients.push(client);
  return client;
}

const version = z.object({ version: z.string() });
const read = (client: ApiClient) =>
  client.get(apiPath('/version'), version, { operation: 'read the version' });
const start = (client: ApiClient) =>
  client.change('POST', apiPath('/nodes/{node}/qemu/{vmid}/status/start', { node: 'pve1', vmid: 100 }), {
    operation: 'start the guest',
  });

async function failure(work: Promise<unknown>): Promise<AppError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error('It did not fail.');
}

let good: Answering;
beforeEach(() => {
  good = json(200, { data: { version: '9.2.11' } });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(closers.splice(0).map((close) => close()));
});

describe('trust', () => {
  it('sends nothing to a server with another certificate than the pinned one, and shows what it offered', async () => {
    const server = await startServer(good);
    const other = certificateFor('somebody');
    const error = await failure(read(clientOf([{ port: server.port, sha256: other.fingerprint }])));
    expect(error.code).toBe('untrusted-host');
    expect(error.certificate?.sha256).toBe(server.sha256);
    expect(error.certificate?.subject).toBe('CN=pve1');
    expect(server.requests).toEqual([]);
    expect(await failure(start(clientOf([{ port: server.port, sha256: other.fingerprint }])))).toMatchObject({
      code: 'untrusted-host',
    });
    expect(server.requests).toEqual([]);
  });

  it('checks every new connection: a certificate that is replaced while it works is refused', async () => {
    const first = await startServer(({ response }) => {
      response.setHeader('connection', 'close');
      good({ request: undefined as never, response });
    });
    const client = clientOf([first]);
    await read(client);
    await first.close();
    const second = await startServer(good, certificateFor('pve1'), first.port);
    expect((await failure(read(client))).code).toBe('untrusted-host');
    expect(second.requests).toEqual([]);
  });

  it('never resumes a session, so that none escapes the check', async () => {
    const reused: boolean[] = [];
    const server = await startServer(({ request, response }) => {
      reused.push((request.socket as TLSSocket).isSessionReused());
      response.setHeader('connection', 'close');
      good({ request, response });
    });
    const client = clientOf([server]);
    for (let turn = 0; turn < 3; turn += 1) await read(client);
    expect(reused).toEqual([false, false, false]);
  });

  it('takes no self-signed certificate for one of the system', async () => {
    const server = await startServer(good);
    const client = new ApiClient({
      cluster: 'atlas',
      endpoints: [{ address: '127.0.0.1', port: server.port, trust: { kind: 'system' } }],
      allowLoopback: true,
      authorization: async () => 'PVEAPIToken=a@pve!b=c',
    });
    clients.push(client);
    const error = await failure(read(client));
    expect(error.code).toBe('untrusted-host');
    expect(error.message).toContain('signed by itself');
    expect(server.requests).toEqual([]);
  });

  it('looks at a certificate without asking anything', async () => {
    const server = await startServer(good);
    const { certificate, vouched } = await probeCertificate('127.0.0.1', server.port, {
      allowLoopback: true,
    });
    expect(certificate.sha256).toBe(server.sha256);
    expect(certificate.names).toEqual(['DNS:localhost', 'IP Address:127.0.0.1']);
    expect(vouched).toBe(false);
    expect(server.requests).toEqual([]);
  });

  it('says that a server of plain HTTP speaks no TLS', async () => {
    const server = createHttpServer((_, response) => response.end());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    closers.push(async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    });
    const { port } = server.address() as AddressInfo;
    const error = await failure(read(clientOf([{ port, sha256: certificateFor('x').fingerprint }])));
    expect(error.message).toContain('does not speak TLS');
    expect((await failure(probeCertificate('127.0.0.1', port, { allowLoopback: true }))).message).toContain(
      'does not speak TLS',
    );
  });
});

describe('answers', () => {
  it('gives the data, and sends the token with every request', async () => {
    const server = await startServer(good);
    expect(await read(clientOf([server]))).toEqual({ version: '9.2.11' });
    expect(server.requests[0]?.headers['authorization']).toContain('PVEAPIToken=holdfast@pve!laptop=');
  });

  it('encodes what Proxmox VE would split on', async () => {
    const server = await startServer(json(200, { data: null }));
    const client = clientOf([server]);
    await client.change('POST', apiPath('/nodes/{node}/vzdump', { node: 'pve1' }), {
      operation: 'back up',
      parameters: { 'prune-backups': 'keep-last=3;x', vms: ['100', '101'], all: true, left: undefined },
    });
    await client.change('DELETE', apiPath('/nodes/{node}/qemu/{vmid}', { node: 'pve1', vmid: 100 }), {
      operation: 'delete',
      parameters: { purge: true },
    });
    expect(server.requests.map(({ url, body }) => [url, body])).toEqual([
      ['/api2/json/nodes/pve1/vzdump', 'prune-backups=keep-last%3D3%3Bx&vms=100&vms=101&all=1'],
      ['/api2/json/nodes/pve1/qemu/100?purge=1', ''],
    ]);
  });

  it.each([
    [401, 'Authentication failed!', null, 'unauthorized', /does not accept the token/],
    [
      403,
      'Permission check failed (/vms/100, VM.PowerMgmt)',
      { data: null },
      'forbidden',
      /lacks VM\.PowerMgmt on \/vms\/100/,
    ],
    [403, 'Permission check failed', { data: null }, 'forbidden', /may not read the version/],
    [
      400,
      'Parameter verification failed.',
      { data: null, errors: { foo: 'property is not defined' } },
      'api-failed',
      /foo: property/,
    ],
    [
      500,
      'Error',
      { data: null, message: "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist\n" },
      'api-failed',
      /999\.conf/,
    ],
    [500, 'cluster not ready - no quorum?', { data: null }, 'api-failed', /no quorum/],
    [501, "Method 'GET /nope' not implemented", { data: null }, 'api-failed', /This version of Proxmox VE/],
    [595, 'No route to host', null, 'unreachable', /could not be reached by the one/],
    [596, 'Connection timed out', null, 'unreachable', /in time/],
    [599, 'Something', null, 'unreachable', /could not be asked/],
  ] as const)('tells %i (%s) in a sentence', async (status, reason, body, code, sentence) => {
    const server = await startServer(({ response }) => {
      response.writeHead(status, reason, body === null ? {} : { 'content-type': 'application/json' });
      response.end(body === null ? '' : JSON.stringify(body));
    });
    const error = await failure(read(clientOf([server])));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(sentence)]);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['no JSON at all', 200, 'application/json', '{"data":', 'unexpected-output'],
    ['another content type', 200, 'text/html', '<html>', 'unexpected-output'],
    ['no data', 200, 'application/json', '[]', 'unexpected-output'],
    ['another form', 200, 'application/json', '{"data":{"version":9}}', 'unexpected-output'],
  ])('does not use %s', async (_name, status, type, text, code) => {
    const server = await startServer(({ response }) => {
      response.writeHead(status, { 'content-type': type });
      response.end(text);
    });
    expect((await failure(read(clientOf([server])))).code).toBe(code);
  });

  it('keeps secrets that a refusal repeats out of the error', async () => {
    const server = await startServer(
      json(
        400,
        { data: null, errors: { cipassword: "value 'hunter2secret' is too short" } },
        'Parameter verification failed.',
      ),
    );
    const error = await failure(
      clientOf([server]).change(
        'PUT',
        apiPath('/nodes/{node}/qemu/{vmid}/config', { node: 'pve1', vmid: 100 }),
        {
          operation: 'change the guest',
          parameters: { cipassword: 'hunter2secret' },
        },
      ),
    );
    expect(JSON.stringify(error.toWire())).not.toContain('hunter2secret');
    expect(error.message).toContain('(secret)');
  });

  it('reads no more than its limit', async () => {
    const server = await startServer(({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"data":{"version":"${'x'.repeat(5_000)}"}}`);
    });
    expect((await failure(read(clientOf([server], { responseBytes: 4_096 })))).code).toBe('output-too-large');
  });

  it('waits no longer than its time for a slow body, and for one that never ends', async () => {
    const server = await startServer(({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"data":{"version":"');
      const drip = setInterval(() => response.write('x'), 50);
      response.on('close', () => clearInterval(drip));
    });
    const client = clientOf([server], { requestTimeoutMs: 300 });
    const limited = new AbortController();
    setTimeout(() => limited.abort(), 700);
    const error = await failure(
      client.get(apiPath('/version'), version, { operation: 'read the version', signal: limited.signal }),
    );
    expect(error.code).toBe('cancelled');
  });
});

describe('what is lost on the way', () => {
  it('tries a read again after a connection that broke, and a change never', async () => {
    let turn = 0;
    const server = await startServer(({ request, response }) => {
      turn += 1;
      if (turn === 1) {
        request.socket.destroy();
        return;
      }
      good({ request, response });
    });
    expect(await read(clientOf([server]))).toEqual({ version: '9.2.11' });
    expect(server.requests).toHaveLength(2);

    const cutting = await startServer(({ request }) => request.socket.destroy());
    const error = await failure(start(clientOf([cutting])));
    expect(error.code).toBe('outcome-unknown');
    expect(cutting.requests).toHaveLength(1);
  });

  it('does not know whether a change was done when the node between broke off', async () => {
    const server = await startServer(({ response }) => {
      response.writeHead(596, 'Connection timed out');
      response.end();
    });
    expect((await failure(start(clientOf([server])))).code).toBe('outcome-unknown');
    const refused = await startServer(({ response }) => {
      response.writeHead(595, 'Connection refused');
      response.end();
    });
    expect((await failure(start(clientOf([refused])))).code).toBe('unreachable');
  });

  it('asks another node when one cannot be reached, also for a change, and stays with it', async () => {
    const down = createTcpServer();
    await new Promise<void>((done) => down.listen(0, '127.0.0.1', done));
    const { port } = down.address() as AddressInfo;
    await new Promise((done) => down.close(done));
    const server = await startServer(json(200, { data: null }));
    const client = clientOf([{ port, sha256: certificateFor('down').fingerprint }, server]);
    await start(client);
    await start(client);
    expect(server.requests).toHaveLength(2);
  });

  it('does not step over a node with a wrong certificate', async () => {
    const wrong = await startServer(good);
    const server = await startServer(good);
    const client = clientOf([{ port: wrong.port, sha256: certificateFor('x').fingerprint }, server]);
    expect((await failure(read(client))).code).toBe('untrusted-host');
    expect(server.requests).toEqual([]);
  });

  it('leaves a cluster in peace after failures in a row, and tries again later', async () => {
    const server = await startServer(good);
    const { port, sha256 } = server;
    await server.close();
    const client = clientOf([{ port, sha256 }], { failuresToOpen: 3, restMs: 400 });
    for (let turn = 0; turn < 3; turn += 1) {
      expect((await failure(read(client))).message).toContain('nothing listens');
    }
    expect((await failure(read(client))).message).toContain('left in peace');
    await new Promise((done) => setTimeout(done, 500));
    expect((await failure(read(client))).message).toContain('nothing listens');
  });
});

describe('paths', () => {
  it.each(['..', '.', '', 'a/b', 'a b', '-x', 'a%2fb', 'a?b', 'a#b', 'ä', 'a\nb', 'x'.repeat(300)])(
    'refuses %j as a segment',
    (node) => {
      expect(() => apiPath('/nodes/{node}/status', { node })).toThrow(AppError);
    },
  );

  it('takes names, ids and UPIDs', () => {
    expect(
      apiPath('/nodes/{node}/tasks/{upid}/status', {
        node: 'pve-1',
        upid: 'UPID:pve1:00000254:0006F000:6B039FD7:qmstart:100:bob@pve!vm:',
      }),
    ).toBe(
      '/nodes/pve-1/tasks/UPID%3Apve1%3A00000254%3A0006F000%3A6B039FD7%3Aqmstart%3A100%3Abob%40pve!vm%3A/status',
    );
  });
});
