import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** One client of a web socket, as a server sees it (RFC 6455). */
export interface SocketClient {
  /** False: the client does not keep up; `onDrain` tells when it does. */
  send(data: Buffer): boolean;
  close(): void;
  onData: (data: Buffer) => void;
  onDrain: () => void;
  onClose: () => void;
}

function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]);
  const head = Buffer.from([0x80 | opcode, 126, length >> 8, length & 0xff]);
  return Buffer.concat([head, payload]);
}

/** Frames of less than 64 KiB; a client that masks none, or sends more, is cut off as pveproxy does. */
function take(bytes: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | 'more' | 'wrong' {
  if (bytes.length < 2) return 'more';
  const [first = 0, second = 0] = bytes;
  if ((second & 0x80) === 0 || (first & 0x80) === 0) return 'wrong';
  const short = second & 0x7f;
  if (short === 127) return 'wrong';
  const at = short === 126 ? 4 : 2;
  if (bytes.length < at) return 'more';
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < at + 4 + length) return 'more';
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length));
  for (let index = 0; index < length; index += 1) {
    payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  }
  return { opcode: first & 0x0f, payload, rest: bytes.subarray(at + 4 + length) };
}

/** Answers the handshake; null: it was none. */
export function acceptSocket(request: IncomingMessage, socket: Duplex): SocketClient | null {
  const key = request.headers['sec-websocket-key'];
  if (key === undefined || request.headers['sec-websocket-version'] !== '13') return null;
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      'Sec-WebSocket-Protocol: binary',
      '\r\n',
    ].join('\r\n'),
  );
  let pending: Buffer = Buffer.alloc(0);
  let closed = false;
  const client: SocketClient = {
    send: (data) => (closed ? true : socket.write(frame(2, data))),
    close: () => {
      if (closed) return;
      closed = true;
      socket.end(frame(8, Buffer.from([0x03, 0xe8])));
      client.onClose();
    },
    onData: () => undefined,
    onDrain: () => undefined,
    onClose: () => undefined,
  };
  socket.on('drain', () => client.onDrain());
  socket.on('close', () => {
    if (closed) return;
    closed = true;
    client.onClose();
  });
  // A client that goes away in the middle is everyday life for a server.
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let taken = take(pending); taken !== 'more'; taken = take(pending)) {
      if (taken === 'wrong') {
        socket.destroy();
        return;
      }
      pending = taken.rest;
      if (taken.opcode === 8) client.close();
      else if (taken.opcode === 9) socket.write(frame(10, taken.payload));
      else if (taken.opcode === 1 || taken.opcode === 2) client.onData(taken.payload);
    }
  });
  return client;
}
