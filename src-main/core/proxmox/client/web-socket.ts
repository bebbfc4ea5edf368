import { createHash, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { AppError } from '../../errors/app-error';
import { undici } from './late-undici';

/** RFC 6455, section 5.2. */
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
/** What pveproxy takes in one frame is 128 KiB (PVE/APIServer/AnyEvent.pm); nobody types that much. */
const mostPayloadBytes = 128 * 1024;
/** RFC 6455, section 1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

interface Frame {
  final: boolean;
  opcode: number;
  payload: Buffer;
}

/** Takes one frame from the front; null: it is not there whole. @throws Error what is no frame of a server */
function takeFrame(bytes: Buffer): { frame: Frame; rest: Buffer } | null {
  if (bytes.length < 2) return null;
  const [first = 0, second = 0] = bytes;
  if ((first & 0x70) !== 0 || (second & 0x80) !== 0) throw new Error('This is no frame of a server.');
  let length = second & 0x7f;
  let at = 2;
  if (length === 126) {
    if (bytes.length < 4) return null;
    length = bytes.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return null;
    length = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  if (length > mostPayloadBytes) throw new Error(`A frame of ${length} bytes is too large.`);
  if (bytes.length < at + length) return null;
  return {
    frame: { final: (first & 0x80) !== 0, opcode: first & 0x0f, payload: bytes.subarray(at, at + length) },
    rest: bytes.subarray(at + length),
  };
}

/** One masked frame, as clients send them. */
function frameOf(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | payload.length])
      : Buffer.from([0x80 | opcode, 0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  const masked = Buffer.from(payload);
  for (let at = 0; at < masked.length; at += 1) masked[at] = (masked[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return Buffer.concat([head, mask, masked]);
}

export interface WebSocketListener {
  onData: (data: Buffer) => void;
  /** Once, however it ended. `error`: null when the server closed it. */
  onEnd: (error: Error | null) => void;
}

/** One open web socket. Data that comes before `listen` waits in it. */
export class WebSocketLink {
  #rest: Buffer = Buffer.alloc(0);
  #listener: WebSocketListener | null = null;
  #ended = false;

  constructor(private readonly socket: Duplex) {
    // Until somebody listens, a connection that breaks must not end the process.
    socket.on('error', (error) => this.#end(error));
    socket.pause();
  }

  listen(listener: WebSocketListener): void {
    this.#listener = listener;
    this.socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.socket.on('close', () => this.#end(null));
    this.socket.resume();
  }

  /** Back-pressure: the server waits once the buffers between are full. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    if (!this.#ended) this.socket.resume();
  }

  /** Waits until the connection has taken it. @throws AppError `unreachable` when it is closed */
  async send(data: Buffer): Promise<void> {
    if (this.#ended) throw new AppError('unreachable', 'The connection is closed.');
    await this.#write(frameOf(opcodes.binary, data));
  }

  /** Says good-bye and lets go. */
  close(): void {
    if (this.#ended) return;
    this.socket.end(frameOf(opcodes.close, Buffer.from([0x03, 0xe8])));
    this.#end(null);
  }

  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(new AppError('unreachable', 'The connection broke off.', { cause: error }));
      });
    });
  }

  #take(chunk: Buffer): void {
    if (this.#ended) return;
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    try {
      for (let taken = takeFrame(bytes); taken !== null && !this.#ended; taken = takeFrame(bytes)) {
        bytes = taken.rest;
        this.#handle(taken.frame);
      }
    } catch (thrown) {
      this.socket.destroy();
      this.#end(thrown instanceof Error ? thrown : new Error(String(thrown)));
      return;
    }
    this.#rest = bytes;
  }

  #handle({ opcode, payload }: Frame): void {
    switch (opcode) {
      // A stream of bytes: where a message ends says nothing.
      case opcodes.continuation:
      case opcodes.text:
      case opcodes.binary:
        this.#listener?.onData(payload);
        return;
      case opcodes.ping:
        this.#write(frameOf(opcodes.pong, payload)).catch((error: unknown) =>
          this.#end(error instanceof Error ? error : null),
        );
        return;
      case opcodes.pong:
        return;
      case opcodes.close:
        this.close();
        return;
      default:
        throw new Error(`There is no frame of kind ${opcode}.`);
    }
  }

  #end(error: Error | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#listener?.onEnd(error);
    const timer = setTimeout(() => this.socket.destroy(), 1_000);
    timer.unref();
  }
}

/**
 * The handshake of RFC 6455 over a connection that the dispatcher opens, and so checks.
 * @throws AppError `api-failed` when the server takes no web socket there; what undici throws
 */
export async function openWebSocket(options: {
  url: string;
  dispatcher: Dispatcher;
  /** Whom it comes from. */
  headers: Readonly<Record<string, string>>;
  signal: AbortSignal;
}): Promise<WebSocketLink> {
  const key = randomBytes(16).toString('base64');
  const { errors, upgrade } = undici();
  const { socket, headers } = await upgrade(options.url, {
    dispatcher: options.dispatcher,
    protocol: 'websocket',
    signal: options.signal,
    headers: {
      ...options.headers,
      'sec-websocket-key': key,
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'binary',
    },
  }).catch((thrown: unknown) => {
    if (!(thrown instanceof errors.SocketError) || thrown.message !== 'bad upgrade') throw thrown;
    throw new AppError('api-failed', 'The server did not open it: its ticket is not valid any more.');
  });
  const expected = createHash('sha1')
    .update(key + acceptSuffix)
    .digest('base64');
  if (headers['sec-websocket-accept'] !== expected) {
    socket.destroy();
    throw new AppError('unexpected-output', 'What answers there speaks no web sockets.');
  }
  return new WebSocketLink(socket);
}
