import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createCertificate, type KeyAndCertificate } from '../../../../demo/proxmox/certificate';

const dayMs = 86_400_000;
export const certificateFor = (name: string): KeyAndCertificate =>
  createCertificate({
    subject: { commonName: name, organisation: 'Test' },
    names: ['localhost', '127.0.0.1'],
    notBeforeMs: Date.now() - dayMs,
    notAfterMs: Date.now() + dayMs,
  });

export type Answering = (send: { request: IncomingMessage; response: ServerResponse }) => void;

/** A real TLS server that counts what reached it: raw connections and whole requests. */
export interface TestServer {
  port: number;
  sha256: string;
  requests: { method: string; url: string; headers: Record<string, unknown>; body: string }[];
  /** For what is no request: web sockets. */
  https: Server;
  /** Of decrypted data, over all connections. */
  receivedBytes(): number;
  /** Connections that were open at the same time at most, and that are now. */
  connections: { most: number; now: number };
  close(): Promise<void>;
}

export const closers: (() => Promise<void>)[] = [];

export async function startServer(
  answer: Answering,
  identity = certificateFor('pve1'),
  port = 0,
): Promise<TestServer> {
  const requests: TestServer['requests'] = [];
  const sockets = new Set<Socket>();
  let received = 0;
  const connections = { most: 0, now: 0 };
  const server = createServer(
    { key: identity.key.export({ type: 'pkcs8', format: 'pem' }), cert: identity.certificate.toString() },
    (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        requests.push({
          method: request.method ?? '',
          url: request.url ?? '',
          headers: { ...request.headers },
          body,
        });
        answer({ request, response });
      });
    },
  );
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    connections.now += 1;
    connections.most = Math.max(connections.most, connections.now);
    socket.on('close', () => (connections.now -= 1));
    socket.on('error', () => undefined);
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('data', (chunk: Buffer) => (received += chunk.length));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  };
  closers.push(close);
  return {
    port: (server.address() as AddressInfo).port,
    sha256: identity.fingerprint,
    requests,
    https: server,
    receivedBytes: () => received,
    connections,
    close,
  };
}

export const json =
  (status: number, body: unknown, reason?: string): Answering =>
  ({ response }) => {
    response.writeHead(status, reason, { 'content-type': 'application/json;charset=UTF-8' });
    response.end(JSON.stringify(body));
  };
