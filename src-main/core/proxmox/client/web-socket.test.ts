import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error';
import { ApiClient } from './client';
import { apiPath } from './path';
import { certificateFor, closers, json, startServer } from './testing/tls-server';
import type { WebSocketLink } from './web-socket';

const clients: ApiClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** A server whose side of each web socket a test plays by hand. */
async function start(change: { accept?: string } = {}) {
  const server = await startServer(json(404, {}));
  const open: Duplex[] = [];
  let received = Buffer.alloc(0);
  let upgrades = 0;
  server.https.on('upgrade', (request, socket) => {
    upgrades += 1;
    const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = change.accept ?? createHash('sha1').update(key).digest('base64');
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
    });
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    open.push(socket);
  });
  return {
    port: server.port,
    sha256: server.sha256,
    upgrades: () => upgrades,
    received: () => received,
    socket: () => {
      const [first] = open;
      if (first === undefined) throw new Error('no web socket');
      return first;
    },
  };
}

function connect(port: number, sha256: string): Promise<WebSocketLink> {
  const client = new ApiClient({
    cluster: 'atlas',
    endpoints: [{ address: '127.0.0.1', port, trust: { kind: 'pin', sha256 } }],
    allowLoopback: true,
    authorization: async () => 'PVEAPIToken=a@pve!b=c',
    limits: { requestTimeoutMs: 1_000 },
  });
  clients.push(client);
  return client.socket(apiPath('/nodes/{node}/lxc/{vmid}/vncwebsocket', { node: 'pve1', vmid: 100 }), {
    port: 5900,
    vncticket: 'PVEVNC:1::a+b=',
  });
}

/** What came of a web socket until it ended. */
function collect(link: WebSocketLink): { text: () => string; ended: Promise<Error | null> } {
  let text = '';
  const ended = new Promise<Error | null>((resolve) => {
    link.listen({ onData: (data) => (text += data.toString()), onEnd: resolve });
  });
  return { text: () => text, ended };
}

async function code(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code;
    throw thrown;
  }
  return 'none';
}

const closing = Buffer.from([0x88, 0]);

describe('a web socket of the API', () => {
  it('is not asked for where the certificate is not the pinned one', async () => {
    const server = await start();
    expect(await code(connect(server.port, certificateFor('somebody').fingerprint))).toBe('untrusted-host');
    expect(server.upgrades()).toBe(0);
  });

  it('takes frames in whatever pieces they come, answers pings, and ends with the server', async () => {
    const server = await start();
    const link = await connect(server.port, server.sha256);
    const seen = collect(link);
    const long = 'x'.repeat(70_000);
    const size = Buffer.alloc(10);
    size.writeUInt8(0x82, 0);
    size.writeUInt8(127, 1);
    size.writeBigUInt64BE(BigInt(long.length), 2);
    const bytes = Buffer.concat([
      Buffer.from([0x02, 2]),
      Buffer.from('he'),
      Buffer.from([0x89, 1, 0x21]),
      Buffer.from([0x80, 3]),
      Buffer.from('llo'),
      Buffer.from([0x82, 126, 0, 200]),
      Buffer.from('y'.repeat(200)),
      size,
      Buffer.from(long),
      closing,
    ]);
    for (let at = 0; at < 230; at += 7) {
      server.socket().write(bytes.subarray(at, Math.min(230, at + 7)));
      await new Promise((done) => setImmediate(done));
    }
    server.socket().write(bytes.subarray(230));
    expect(await seen.ended).toBeNull();
    expect(seen.text()).toBe(`hello${'y'.repeat(200)}${long}`);
    // A masked pong with what the ping held.
    const pong = server.received();
    expect([pong[0], pong[1]]).toEqual([0x8a, 0x81]);
    expect((pong[6] ?? 0) ^ (pong[2] ?? 0)).toBe(0x21);
    expect(await code(link.send(Buffer.from('late')))).toBe('unreachable');
  });

  it.each([
    ['a frame of more than 128 KiB', Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 2, 0, 1])],
    ['a masked frame', Buffer.from([0x82, 0x81, 1, 2, 3, 4, 5])],
    ['a frame of a kind that there is not', Buffer.from([0x83, 0])],
    ['plain text', Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
  ])('is cut off when it sends %s', async (_name, bytes) => {
    const server = await start();
    const seen = collect(await connect(server.port, server.sha256));
    server.socket().write(bytes);
    expect(await seen.ended).toBeInstanceOf(Error);
    expect(seen.text()).toBe('');
  });

  it('says when the connection breaks off', async () => {
    const server = await start();
    const seen = collect(await connect(server.port, server.sha256));
    server.socket().destroy();
    await seen.ended;
  });

  it('is none when the answer does not belong to the question, or is another one', async () => {
    const wrong = await start({ accept: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' });
    expect(await code(connect(wrong.port, wrong.sha256))).toBe('unexpected-output');
    const plain = await startServer(json(401, {}));
    expect(await code(connect(plain.port, plain.sha256))).toBe('api-failed');
  });
});
