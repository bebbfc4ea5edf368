import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { Random } from '../random';
import { authenticateTicket, authenticateToken, checkCsrfToken, type Identity } from './access';
import { FileStream, Page, TextFile } from './call';
import { takeSocket } from './console';
import { dispatch, routeOf, type Request, type Way } from './dispatch';
import { ApiError, AuthenticationError, HttpError } from './errors';
import { parseForm, parseJson, type RawParameters } from './request-body';
import type { ClusterNode, Cluster } from './types';
import { shownCertificate } from './node-certificates';
import { readUpload } from './upload';

export interface ApiServerOptions {
  cluster: Cluster;
  node: ClusterNode;
  /** Key and certificates in PEM, the node's own first. */
  key: string;
  certificates: string;
  /** 0: any free one. */
  port: number;
  /** How long each 401 waits. */
  refusalDelayMs: number;
  latencyMs: () => number;
}

export interface ApiServer {
  readonly port: number;
  close(): Promise<void>;
}

const requestsPerConnection = 100;
const headerLines = 64;

/** Something to send: the last step of every request. */
interface Reply {
  status: number;
  reason: string;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

const connections: Readonly<Record<Way, string[]>> = {
  direct: ['Keep-Alive'],
  daemon: ['close', 'Keep-Alive'],
  'other-node': ['close,Keep-Alive', 'Keep-Alive'],
};

/** Perl gives the keys of a hash in any order. */
function shuffled(value: unknown, random: Random): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  for (let last = entries.length - 1; last > 0; last -= 1) {
    const other = random.between(0, last);
    const [here, there] = [entries[last], entries[other]];
    if (here !== undefined && there !== undefined) [entries[last], entries[other]] = [there, here];
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, shuffled(item, random)]));
}

const jsonType = 'application/json;charset=UTF-8';

function jsonReply(status: number, reason: string, body: unknown, connection: string[]): Reply {
  return {
    status,
    reason,
    headers: { Connection: connection, 'Content-Type': jsonType },
    body: Buffer.from(JSON.stringify(body)),
  };
}

function success(result: unknown, way: Way, random: Random): Reply {
  if (result instanceof TextFile) {
    return {
      status: 200,
      reason: 'OK',
      headers: {
        Connection: connections[way],
        'Content-Type': 'text/plain',
        'Content-Disposition': `attachment; filename="${result.name}"`,
      },
      body: Buffer.from(result.text),
    };
  }
  if (result instanceof FileStream) {
    return {
      status: 200,
      reason: 'OK',
      headers: {
        Connection: ['close'],
        'Content-Type': 'application/octet-stream',
        'Transfer-Encoding': 'chunked',
      },
      body: Buffer.from(result.content),
    };
  }
  const data = result instanceof Page ? result.data : (result ?? null);
  const total = result instanceof Page && result.total > 0 ? { total: result.total } : {};
  return jsonReply(200, 'OK', shuffled({ data, ...total }, random), connections[way]);
}

/** The first line, as far as HTTP can carry it. */
const reasonOf = (message: string) => (message.split('\n')[0] ?? '').replace(/[^\t\x20-\x7e]/g, '?');

function failure(error: ApiError, messageInBody: boolean, random: Random): Reply {
  const { status, message, errors } = error;
  const body = {
    data: null,
    ...(messageInBody ? { message } : {}),
    ...(errors === undefined ? {} : { errors }),
  };
  return jsonReply(status, reasonOf(message), shuffled(body, random), ['close']);
}

function plain(status: number, reason: string, body: string): Reply {
  return { status, reason: reasonOf(reason), headers: { Connection: 'close' }, body: Buffer.from(body) };
}

/** /api2/extjs answers 200 always and says in the body how it went. */
function asExtJs(reply: Reply): Reply {
  if (reply.headers['Content-Type'] !== jsonType) return reply;
  const content = JSON.parse(reply.body.toString()) as Record<string, unknown>;
  const failed = reply.status >= 400 ? { success: 0, status: String(reply.status) } : { success: 1 };
  return {
    status: 200,
    reason: 'OK',
    headers: {
      ...reply.headers,
      Connection: reply.status >= 400 ? ['Keep-Alive'] : (reply.headers['Connection'] ?? []),
    },
    body: Buffer.from(JSON.stringify({ ...content, ...failed })),
  };
}

function cookieOf(request: IncomingMessage): string | undefined {
  const cookie = /(?:^|;\s*)PVEAuthCookie=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  return cookie === undefined ? undefined : decodeURIComponent(cookie);
}

function authenticate(cluster: Cluster, request: IncomingMessage, isUpload: boolean): Identity {
  const { access, nowMs } = cluster;
  const { authorization } = request.headers;
  if (authorization?.startsWith('PVEAPIToken') === true) {
    return authenticateToken(access, authorization, nowMs());
  }
  const ticket = cookieOf(request);
  if (ticket === undefined) throw new AuthenticationError('No ticket');
  const who = authenticateTicket(access, ticket, nowMs());
  if (request.method !== 'GET' && !isUpload) {
    const csrf = request.headers['csrfpreventiontoken'];
    checkCsrfToken(access, who.user, typeof csrf === 'string' ? csrf : undefined, nowMs());
  }
  return who;
}

async function readText(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

function checkSize(cluster: Cluster, request: IncomingMessage, isUpload: boolean): void {
  if (request.headers['transfer-encoding'] !== undefined) {
    throw new HttpError(501, 'chunked transfer encoding not supported');
  }
  const length = Number(request.headers['content-length'] ?? 0);
  if ((request.method === 'GET' || request.method === 'DELETE') && length > 0) {
    throw new HttpError(501, `Unexpected content for method '${request.method}'`);
  }
  if (!isUpload && length > cluster.release.bodyLimitBytes) throw new HttpError(501, 'for data too large');
}

async function readBody(request: IncomingMessage): Promise<RawParameters> {
  const type = request.headers['content-type'];
  if (Number(request.headers['content-length'] ?? 0) === 0) return {};
  const kind = type?.split(';')[0]?.trim();
  if (kind === 'application/json') return parseJson(await readText(request));
  if (kind === undefined || kind === 'application/x-www-form-urlencoded')
    return parseForm(await readText(request));
  throw new HttpError(506, `upload 'Content-Type '${type}' not implemented`);
}

const methods = ['GET', 'POST', 'PUT', 'DELETE'];

async function answer(options: ApiServerOptions, request: IncomingMessage): Promise<Reply> {
  const { cluster, node } = options;
  const method = request.method ?? '';
  if (!methods.includes(method)) throw new HttpError(501, `method '${method}' not available`, '');
  if (request.rawHeaders.length / 2 > headerLines) throw new HttpError(400, 'bad request', '');
  const url = new URL(request.url ?? '/', 'https://localhost');
  const [, format, encoded = ''] = /^\/api2\/(json|extjs)(\/.*)?$/.exec(url.pathname) ?? [];
  if (format === undefined) throw new HttpError(404, `no such file '${url.pathname}'`, '');
  const path = decodeURIComponent(encoded);
  const contentType = request.headers['content-type'] ?? '';
  const isUpload = contentType.startsWith('multipart/form-data') && path.endsWith('/upload');
  checkSize(cluster, request, isUpload);
  const finish = (reply: Reply) => (format === 'extjs' ? asExtJs(reply) : reply);
  try {
    const { call } = routeOf(cluster, method, path);
    const who = call.permissions?.user === 'world' ? null : authenticate(cluster, request, isUpload);
    const query = parseForm(url.search.slice(1));
    const body = isUpload
      ? await readUpload(request, contentType)
      : { fields: await readBody(request), file: null };
    const asked: Request = {
      method,
      path,
      who,
      sent: { ...query, ...body.fields },
      upload: body.file ?? undefined,
    };
    const { result, way } = await dispatch(cluster, node, asked);
    return finish(success(result, way, cluster.random));
  } catch (error) {
    if (error instanceof ApiError)
      return finish(failure(error, cluster.release.messageInBody, cluster.random));
    throw error;
  }
}

function refusal(error: unknown): Reply {
  if (error instanceof HttpError) return plain(error.status, error.reason, error.body);
  if (error instanceof AuthenticationError) return plain(401, error.message, '');
  throw error;
}

function send(request: IncomingMessage, response: ServerResponse, reply: Reply, last: boolean): void {
  const now = new Date().toUTCString();
  const zip =
    /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '') && reply.body.length > 1024;
  const body = zip ? gzipSync(reply.body) : reply.body;
  response.sendDate = false;
  // Otherwise Node sends an empty body in chunks.
  if (body.length === 0) response.removeHeader('Transfer-Encoding');
  response.writeHead(reply.status, reply.reason, {
    'Cache-Control': 'max-age=0',
    Date: now,
    Pragma: 'no-cache',
    Server: 'pve-api-daemon/3.0',
    Expires: now,
    ...(zip ? { 'Content-Encoding': 'gzip' } : {}),
    ...(body.length === 0 || reply.headers['Transfer-Encoding'] !== undefined
      ? {}
      : { 'Content-Length': String(body.length) }),
    ...reply.headers,
    ...(last ? { Connection: ['close'] } : {}),
  });
  response.end(body);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A real HTTPS server on the loopback interface: one node of a demo cluster. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { cluster } = options;
  const served = new WeakMap<Socket, number>();

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const count = (served.get(request.socket) ?? 0) + 1;
    served.set(request.socket, count);
    const latency = options.latencyMs();
    if (latency > 0) await pause(latency);
    const reply = await answer(options, request).catch(refusal);
    if (reply.status === 401 && options.refusalDelayMs > 0) await pause(options.refusalDelayMs);
    if (!response.destroyed) send(request, response, reply, count >= requestsPerConnection);
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    respond(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (!response.headersSent)
        send(request, response, plain(500, `demo: ${message}`, `demo: ${message}`), true);
    });
  };

  const limits = { maxHeaderSize: 8192, keepAliveTimeout: 5000, keepAliveTimeoutBuffer: 0, noDelay: true };
  const https = createHttpsServer(
    { ...limits, key: options.key, cert: options.certificates, minVersion: 'TLSv1.2' },
    onRequest,
  );
  options.node.onCertificate = () => {
    const { key, chain } = shownCertificate(options.node);
    https.setSecureContext({ key, cert: chain, minVersion: 'TLSv1.2' });
    // pveproxy starts again: what is connected is cut off, after the answer that is under way.
    setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, 200).unref();
  };
  https.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    try {
      authenticate(cluster, request, false);
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      socket.end(`HTTP/1.1 401 ${error.message}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    if (!takeSocket(cluster, request, socket)) {
      socket.end(
        'HTTP/1.1 401 permission denied - invalid PVEVNC ticket\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      );
    }
  });
  const http = createHttpServer(limits, (request, response) => {
    const reading = request.method === 'GET' || request.method === 'HEAD';
    const reply = plain(
      reading ? 301 : 308,
      reading ? 'Moved Permanently' : 'Permanent Redirect',
      reading ? 'Moved Permanently' : 'Permanent Redirect',
    );
    const location = `https://${request.headers.host ?? '127.0.0.1'}${request.url ?? '/'}`;
    send(request, response, { ...reply, headers: { Connection: 'Keep-Alive', Location: location } }, false);
  });

  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that goes away in the middle is everyday life for a server.
    socket.on('error', () => socket.destroy());
    // TLS and plain HTTP share the port: the first byte of a TLS connection is 0x16.
    socket.once('data', (first) => {
      socket.pause();
      socket.unshift(first);
      (first[0] === 0x16 ? https : http).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    // SECURITY: loopback only. Whoever is on this computer still needs a token.
    listener.listen(options.port, '127.0.0.1', resolve);
  });
  const address = listener.address() as AddressInfo;
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
