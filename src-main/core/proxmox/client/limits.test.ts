import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../errors/app-error';
import { ApiClient, type ApiLimits } from './client';
import { apiPath } from './path';
import { certificateFor, closers, json, startServer } from './testing/tls-server';

const clients: ApiClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(closers.splice(0).map((close) => close()));
});

function clientOf(
  servers: { port: number; sha256: string }[],
  limits: Partial<ApiLimits> = {},
  nowMs = Date.now,
): ApiClient {
  const client = new ApiClient({
    cluster: 'atlas',
    endpoints: servers.map(({ port, sha256 }) => ({
      address: '127.0.0.1',
      port,
      trust: { kind: 'pin', sha256 },
    })),
    allowLoopback: true,
    authorization: async () => 'PVEAPIToken=a@pve!b=c',
    limits: { requestTimeoutMs: 5_000, cooldownMs: 0, ...limits },
    nowMs,
  });
  clients.push(client);
  return client;
}

const read = (client: ApiClient) =>
  client.get(apiPath('/version'), z.object({ version: z.string() }), { operation: 'read the version' });
const good = json(200, { data: { version: '9.2.11' } });

async function failure(work: Promise<unknown>): Promise<AppError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
  throw new Error('It did not fail.');
}

/** Holds every answer back until it is let go. */
async function holdingServer() {
  const held: ServerResponse[] = [];
  const server = await startServer(({ response }) => void held.push(response));
  return {
    server,
    held,
    letGo: (count: number) => {
      for (const response of held.splice(0, count)) good({ request: undefined as never, response });
    },
  };
}

describe('connections', () => {
  it('are ten at most, and what is over waits for one of them', async () => {
    const { server, held, letGo } = await holdingServer();
    const client = clientOf([server]);
    const reading = Promise.all(Array.from({ length: 15 }, () => read(client)));
    await vi.waitFor(() => expect(held).toHaveLength(10), { timeout: 5_000 });
    // Nothing more comes for as long as none is answered.
    await new Promise((done) => setTimeout(done, 150));
    expect([held.length, server.connections.most]).toEqual([10, 10]);
    letGo(10);
    await vi.waitFor(() => expect(held).toHaveLength(5), { timeout: 5_000 });
    letGo(5);
    expect(await reading).toHaveLength(15);
    expect(server.connections.most).toBe(10);
  });

  it('of uploads are two of their own: the third waits, and a read does not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-slots-'));
    closers.push(async () => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'a.iso');
    writeFileSync(path, 'hello');
    const held: ServerResponse[] = [];
    const server = await startServer(({ request, response }) => {
      if (request.method === 'POST') held.push(response);
      else good({ request, response });
    });
    const client = clientOf([server]);
    const upload = () =>
      client.upload(apiPath('/nodes/{node}/storage/{storage}/upload', { node: 'pve1', storage: 'local' }), {
        operation: 'upload the file',
        file: { path, name: 'a.iso', sizeBytes: 5 },
        signal: new AbortController().signal,
        onProgress: () => undefined,
      });
    const sending = [upload(), upload(), upload()];
    await vi.waitFor(() => expect(held).toHaveLength(2), { timeout: 5_000 });
    await new Promise((done) => setTimeout(done, 150));
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
    expect(await read(client)).toEqual({ version: '9.2.11' });
    for (const response of held.splice(0, 1))
      json(200, { data: 'UPID:x' })({ request: undefined as never, response });
    await vi.waitFor(() => expect(held).toHaveLength(2), { timeout: 5_000 });
    for (const response of held) json(200, { data: 'UPID:x' })({ request: undefined as never, response });
    expect(await Promise.all(sending)).toEqual(['UPID:x', 'UPID:x', 'UPID:x']);
  });
});

describe('requests', () => {
  it('are so many a minute, and what is over waits for the next', async () => {
    const arrivedAt: number[] = [];
    const server = await startServer((send) => {
      arrivedAt.push(performance.now());
      good(send);
    });
    const client = clientOf([server], { requestsPerMinute: 3, minuteMs: 600 });
    await Promise.all(Array.from({ length: 5 }, () => read(client)));
    const [first = 0, , , fourth = 0] = arrivedAt;
    expect(arrivedAt).toHaveLength(5);
    expect(fourth - first).toBeGreaterThan(400);
  });

  it('are 120 a minute when nobody says otherwise', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'Date'] });
    try {
      let asked = 0;
      // Fails before a connection is made, so that only the queue has a clock.
      const client = new ApiClient({
        cluster: 'atlas',
        endpoints: [{ address: '169.254.169.254', port: 8006, trust: { kind: 'system' } }],
        authorization: async () => {
          asked += 1;
          return 'PVEAPIToken=a@pve!b=c';
        },
      });
      const all = Promise.allSettled(Array.from({ length: 130 }, () => read(client)));
      await vi.advanceTimersByTimeAsync(59_000);
      expect(asked).toBe(120);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(asked).toBe(130);
      await all;
      await client.close();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('what counts as a failure of a cluster', () => {
  const answering = (status: number, body: string | null, reason = 'Reason') =>
    startServer(({ response }) => {
      response.writeHead(status, reason, body === null ? {} : { 'content-type': 'application/json' });
      response.end(body ?? '');
    });

  it.each([
    ['401', 401, null],
    ['502 of something in between', 502, null],
    ['503', 503, null],
    ['500 without a word of the API', 500, null],
  ])('%s does', async (_name, status, body) => {
    const server = await answering(status, body);
    const client = clientOf([server], { failuresToOpen: 3 });
    for (let turn = 0; turn < 3; turn += 1)
      expect((await failure(read(client))).message).not.toContain('in peace');
    const error = await failure(read(client));
    expect(error.message).toMatch(
      new RegExp(`failed 3 times in a row.*The last time: HTTP ${status} Reason`),
    );
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    ['400', 400, '{"data":null,"errors":{"a":"b"}}'],
    ['403', 403, '{"data":null}'],
    ['500 by which the API itself says no', 500, '{"data":null,"message":"no such thing"}'],
    ['501', 501, null],
    ['595 for a node that is down', 595, null],
    ['596 for one that hangs', 596, null],
  ])('%s does not', async (_name, status, body) => {
    const server = await answering(status, body);
    const client = clientOf([server], { failuresToOpen: 3 });
    for (let turn = 0; turn < 5; turn += 1)
      expect((await failure(read(client))).message).not.toContain('in peace');
    expect(server.requests).toHaveLength(5);
  });

  it('is forgotten after a success in between, and when a person asks to try at once', async () => {
    let status = 503;
    const server = await startServer((send) => {
      if (status === 200) return good(send);
      send.response.writeHead(status, 'Busy');
      return send.response.end();
    });
    const client = clientOf([server], { failuresToOpen: 3 });
    for (let turn = 0; turn < 2; turn += 1) await failure(read(client));
    status = 200;
    await read(client);
    status = 503;
    for (let turn = 0; turn < 3; turn += 1)
      expect((await failure(read(client))).message).not.toContain('in peace');
    expect((await failure(read(client))).message).toContain('in peace');
    status = 200;
    client.forgive();
    expect(await read(client)).toEqual({ version: '9.2.11' });
  });
});

describe('a node that could not be reached', () => {
  it('is left alone for ten seconds while another is asked, and tried at once when a person asks', async () => {
    let now = 1_000_000;
    const first = await startServer(good);
    const port = first.port;
    const identity = certificateFor('pve1');
    await first.close();
    const second = await startServer(good);
    const client = clientOf(
      [{ port, sha256: identity.fingerprint }, second],
      { cooldownMs: 10_000 },
      () => now,
    );
    await read(client);
    // Only the one that was down is asked from here on: the other is gone.
    await second.close();
    const back = await startServer(good, identity, port);
    expect((await failure(read(client))).code).toBe('unreachable');
    expect(back.requests).toEqual([]);
    now += 9_000;
    expect((await failure(read(client))).code).toBe('unreachable');
    expect([back.requests.length, back.connections.most]).toEqual([0, 0]);
    now += 2_000;
    expect(await read(client)).toEqual({ version: '9.2.11' });

    await back.close();
    await failure(read(client));
    const again = await startServer(good, identity, port);
    expect((await failure(read(client))).code).toBe('unreachable');
    client.forgive();
    expect(await read(client)).toEqual({ version: '9.2.11' });
    expect(again.requests).toHaveLength(1);
  });

  it('and is not tried does not count once more against its cluster', async () => {
    const server = await startServer(good);
    const { port, sha256 } = server;
    await server.close();
    let now = 1_000_000;
    const client = clientOf([{ port, sha256 }], { failuresToOpen: 2, cooldownMs: 10_000 }, () => now);
    for (let turn = 0; turn < 4; turn += 1) {
      expect((await failure(read(client))).message).toContain('nothing listens');
    }
    now += 11_000;
    expect((await failure(read(client))).message).toContain('nothing listens');
    expect((await failure(read(client))).message).toContain('in peace');
  });
});
