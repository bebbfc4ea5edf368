import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../errors/app-error';
import { ApiClient } from './client';
import { apiPath } from './path';
import {
  certificateFor,
  closers,
  json,
  startServer,
  type Answering,
  type TestServer,
} from './testing/tls-server';

const clients: ApiClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(closers.splice(0).map((close) => close()));
});

const password = 'correct horse & battery=staple';
const minuteMs = 60_000;

/** Counts logins, and gives each a ticket of its own. */
function loginServer(
  answer: (ticket: string | null, answering: Parameters<Answering>[0]) => void,
): Answering {
  let logins = 0;
  return (send) => {
    if (send.request.url === '/api2/json/access/ticket') {
      logins += 1;
      json(200, {
        data: {
          ticket: `PVE:anna@corp:6B0${logins}::c2ln+/=`,
          CSRFPreventionToken: `6B0:${logins}`,
          username: 'anna@corp',
        },
      })(send);
      return;
    }
    const cookie = /PVEAuthCookie=([^;]+)/.exec(send.request.headers.cookie ?? '')?.[1];
    answer(cookie === undefined ? null : decodeURIComponent(cookie), send);
  };
}

function clientOf(server: { port: number; sha256: string }, nowMs = Date.now) {
  const client = new ApiClient({
    cluster: 'atlas',
    endpoints: [{ address: '127.0.0.1', port: server.port, trust: { kind: 'pin', sha256: server.sha256 } }],
    allowLoopback: true,
    authorization: { userId: 'anna@corp', password: async () => password },
    limits: { requestTimeoutMs: 1_000, cooldownMs: 0 },
    nowMs,
  });
  clients.push(client);
  return client;
}

const read = (client: ApiClient) =>
  client.get(apiPath('/version'), z.object({ version: z.string() }), { operation: 'read the version' });
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

const good = json(200, { data: { version: '9.2.11' } });
const logins = ({ requests }: TestServer) => requests.filter(({ url }) => url.endsWith('/access/ticket'));

describe('a login by password', () => {
  it('is done once for many requests, and again after 90 minutes', async () => {
    let now = 1_000_000;
    const server = await startServer(loginServer((_ticket, send) => good(send)));
    const client = clientOf(server, () => now);
    await Promise.all([read(client), read(client), read(client)]);
    expect(logins(server)).toHaveLength(1);
    expect(logins(server)[0]?.body).toBe(
      'username=anna%40corp&password=correct%20horse%20%26%20battery%3Dstaple',
    );
    now += 89 * minuteMs;
    await read(client);
    expect(logins(server)).toHaveLength(1);
    now += 2 * minuteMs;
    await read(client);
    expect(logins(server)).toHaveLength(2);
  });

  it('sends the ticket as a cookie, and with changes what a foreign web page cannot know', async () => {
    const seen: (string | null)[] = [];
    const server = await startServer(
      loginServer((ticket, send) => {
        seen.push(ticket);
        good(send);
      }),
    );
    const client = clientOf(server);
    await read(client);
    await start(client);
    expect(seen).toEqual(['PVE:anna@corp:6B01::c2ln+/=', 'PVE:anna@corp:6B01::c2ln+/=']);
    const [, get, post] = server.requests;
    expect(get?.headers['csrfpreventiontoken']).toBeUndefined();
    expect(post?.headers['csrfpreventiontoken']).toBe('6B0:1');
    expect(post?.headers['authorization']).toBeUndefined();
  });

  it('is done anew for a read whose ticket is refused, once, and never for a change', async () => {
    const server = await startServer(
      loginServer((ticket, send) => {
        if (ticket === 'PVE:anna@corp:6B01::c2ln+/=') {
          send.response.writeHead(401, 'No ticket');
          send.response.end();
        } else good(send);
      }),
    );
    expect(await read(clientOf(server))).toEqual({ version: '9.2.11' });
    expect(server.requests.map(({ method, url }) => `${method} ${url.slice(10)}`)).toEqual([
      'POST /access/ticket',
      'GET /version',
      'POST /access/ticket',
      'GET /version',
    ]);

    const other = await startServer(
      loginServer((_ticket, send) => {
        send.response.writeHead(401, 'Permission denied - invalid csrf token');
        send.response.end();
      }),
    );
    const client = clientOf(other);
    expect((await failure(start(client))).code).toBe('unauthorized');
    expect(other.requests.filter(({ url }) => url.endsWith('/start'))).toHaveLength(1);
    // A read that is refused twice is told, and not tried for ever.
    expect((await failure(read(client))).code).toBe('unauthorized');
    expect(other.requests.filter(({ url }) => url.endsWith('/version'))).toHaveLength(2);
  });

  it('does not send a refused password again for ten minutes, so that no account is locked', async () => {
    let now = 1_000_000;
    const server = await startServer(json(401, { data: null, message: 'authentication failure\n' }));
    const client = clientOf(server, () => now);
    const error = await failure(read(client));
    expect(error.code).toBe('unauthorized');
    expect(error.message).toBe('atlas does not accept the password of anna@corp. Nothing was done.');
    expect((await failure(start(client))).message).toBe(error.message);
    expect(server.requests).toHaveLength(1);
    now += 11 * minuteMs;
    await failure(read(client));
    expect(server.requests).toHaveLength(2);
    client.forgive();
    await failure(read(client));
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    ['in the ticket', { ticket: 'PVE:!tfa!%7B%22totp%22%3Atrue%7D:6B0::c2ln' }],
    ['beside it', { ticket: 'PVE:anna@corp:6B0::c2ln', NeedTFA: 1, CSRFPreventionToken: 'x' }],
  ])('that needs a second factor (said %s) is refused with what to use instead', async (_name, data) => {
    const server = await startServer(json(200, { data }));
    const error = await failure(read(clientOf(server)));
    expect(error.code).toBe('unauthorized');
    expect(error.message).toMatch(/needs a second factor .* Use an API token/);
    expect(server.requests).toHaveLength(1);
  });

  it('keeps password and ticket out of every error', async () => {
    const server = await startServer(
      loginServer((ticket, { response }) => {
        response.writeHead(500, `bad ${ticket}`, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({ data: null, message: `no ${ticket} for ${password} at https://pve1:8006/x?y=z` }),
        );
      }),
    );
    const error = await failure(read(clientOf(server)));
    const told = JSON.stringify(error.toWire());
    expect(told).toContain('(ticket)');
    expect(told).toContain('(address)');
    expect(told).not.toContain('c2ln');
    expect(told).not.toContain('pve1:8006');
  });

  it('sends not one byte of it to a server with another certificate', async () => {
    const server = await startServer(loginServer((_ticket, send) => good(send)));
    const client = clientOf({ port: server.port, sha256: certificateFor('somebody').fingerprint });
    expect((await failure(read(client))).code).toBe('untrusted-host');
    expect((await failure(start(client))).code).toBe('untrusted-host');
    expect(server.requests).toEqual([]);
    expect(server.receivedBytes()).toBe(0);
  });

  it('that gets no answer is no change whose end is unknown', async () => {
    const server = await startServer(({ request }) => request.socket.destroy());
    expect((await failure(start(clientOf(server)))).code).toBe('unreachable');
    expect(server.requests).toHaveLength(1);
  });
});
