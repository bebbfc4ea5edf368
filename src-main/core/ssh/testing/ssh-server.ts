import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect as openSocket, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import type { HostKey } from '../../../../src-preload/contract/result';
import { describeKey } from '../host-key';

/** A key pair made by ssh2, in OpenSSH form. */
export interface TestKey {
  privateKey: string;
  publicKey: Buffer;
  described: HostKey;
}

export function makeKey(type: 'ed25519' | 'rsa' | 'ecdsa' = 'ed25519', passphrase?: string): TestKey {
  const bits = type === 'rsa' ? 2048 : 256;
  const sealed = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr', rounds: 4 };
  const generate = () => ssh2.utils.generateKeyPairSync(type as 'rsa', { bits, ...sealed });
  let pair = generate();
  // ssh2 1.17 strips leading zero bytes of what it generates: one Ed25519 key in 256 is 31 bytes long and no key.
  while (ssh2.utils.parseKey(pair.private, passphrase) instanceof Error) pair = generate();
  const publicKey = Buffer.from(pair.public.split(' ')[1] ?? '', 'base64');
  return { privateKey: pair.private, publicKey, described: describeKey(publicKey) };
}

type Method = 'password' | 'publickey' | 'keyboard-interactive';

export interface TestServerOptions {
  /** 0 or left out: any free port. */
  port?: number;
  hostKeys?: readonly TestKey[];
  password?: string;
  /** Public keys that may log in. */
  authorized?: readonly Buffer[];
  methods?: readonly Method[];
  /** Prompts of keyboard-interactive, one round each; the password answers the first. */
  prompts?: readonly { prompt: string; echo: boolean }[][];
  /** The password alone is only a partial success. */
  secondFactor?: boolean;
  /** What start-up files print before every command. */
  noise?: Buffer;
  /**
   * Commands at once, as MaxSessions of sshd: one that still runs counts although its channel was closed (measured
   * with OpenSSH 9.2p1).
   */
  maxSessions?: number;
  /** Takes a command over; returns false to let the shell run it. */
  onExec?: (command: string, channel: ServerChannel) => boolean;
  /** Before the exec request is answered. */
  beforeExec?: (command: string) => Promise<void>;
  environment?: Record<string, string>;
  /** What it says it is; left out: ssh2. */
  ident?: string;
  /** Serve files with OpenSSH's own server, as sshd's "Subsystem sftp" does. */
  sftp?: boolean;
  /** A forced command that serves files, in place of OpenSSH's own server; it is told `internal-sftp`. */
  sftpScript?: string;
}

/** Where distributions put it: Debian, RHEL, Arch. */
const sftpServers = [
  '/usr/lib/openssh/sftp-server',
  '/usr/libexec/openssh/sftp-server',
  '/usr/lib/ssh/sftp-server',
];

function serveFiles(stream: Duplex, script: string | undefined, ended: () => void): void {
  const path = sftpServers.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error('OpenSSH’s sftp-server is not installed.');
  // Never as root, who may read everything.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const [command, ...words] = script === undefined ? [path, '-e'] : ['/bin/sh', script];
  const server = spawn(command ?? path, words, {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: '/usr/bin:/bin', SSH_ORIGINAL_COMMAND: 'internal-sftp' },
    ...nobody,
  });
  stream.pipe(server.stdin);
  server.stdout.pipe(stream);
  stream.on('error', () => undefined);
  server.stdin.on('error', () => undefined);
  stream.on('close', () => server.kill());
  server.on('close', () => {
    ended();
    stream.end();
  });
}

export interface TestServer {
  readonly port: number;
  readonly hostKeys: readonly TestKey[];
  readonly user: string;
  readonly password: string;
  /** Every authentication request that arrived. */
  readonly attempts: { method: string; user: string }[];
  /** Names of the packets that arrived after or beside the key exchange, over all connections. */
  readonly packets: string[];
  readonly commands: string[];
  /** Names of the signals that clients asked to send. */
  readonly signals: string[];
  /** Connections ever made, and open now. */
  readonly connections: { made: number; open: number };
  options: TestServerOptions;
  /** Cuts every connection at once, without a goodbye. */
  drop(): void;
  close(): Promise<void>;
}

/**
 * A real SSH server on loopback whose commands run in a real `/bin/sh -c`. Everything that a client sends is written
 * down.
 */
export async function startSshServer(given: TestServerOptions = {}): Promise<TestServer> {
  const hostKeys = given.hostKeys ?? [makeKey()];
  const user = 'admin';
  const password = given.password ?? 'correct horse';
  const attempts: TestServer['attempts'] = [];
  const packets: string[] = [];
  const commands: string[] = [];
  const signals: string[] = [];
  const counts = { made: 0, open: 0 };
  const live = new Set<Connection>();
  const running = new Set<ChildProcess>();

  const runInShell = (command: string, channel: ServerChannel, ended: () => void): void => {
    const { noise, environment } = made.options;
    if (noise !== undefined) channel.write(noise);
    const child = spawn('/bin/sh', ['-c', command], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin', ...environment },
    });
    child.stdin.on('error', () => undefined);
    channel.on('data', (chunk: Buffer) => child.stdin.write(chunk));
    channel.on('end', () => child.stdin.end());
    // Like sshd, which lets a command go on when nobody listens any more.
    running.add(child);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.on('close', (code, name) => {
      running.delete(child);
      ended();
      if (code === null) channel.exit((name ?? 'SIGKILL').replace(/^SIG/, ''), false, '');
      else channel.exit(code);
      channel.end();
    });
  };

  const serve = (connection: Connection): void => {
    // As OpenSSH does; otherwise every answer waits for a delayed ACK.
    (connection as unknown as { _sock: Socket })._sock.setNoDelay(true);
    counts.made += 1;
    counts.open += 1;
    live.add(connection);
    connection.on('close', () => {
      counts.open -= 1;
      live.delete(connection);
    });
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      const { authorized = [], prompts, secondFactor } = made.options;
      const methods = [...(made.options.methods ?? (['password', 'publickey'] as const))];
      attempts.push({ method: context.method, user: context.username });
      const allowed = methods.some((method) => method === context.method) && context.username === user;
      if (!allowed) {
        context.reject(methods);
        return;
      }
      if (context.method === 'password') {
        if (context.password !== password) context.reject(methods);
        else if (secondFactor === true) context.reject(['keyboard-interactive'], true);
        else context.accept();
      } else if (context.method === 'publickey') {
        const known = authorized.some((key) => key.equals(context.key.data));
        const parsed = ssh2.utils.parseKey(context.key.data);
        const keys = Array.isArray(parsed) ? parsed[0] : parsed;
        const proved =
          context.signature === undefined ||
          (context.blob !== undefined &&
            !(keys instanceof Error) &&
            keys?.verify(context.blob, context.signature, context.hashAlgo) === true);
        if (known && proved) context.accept();
        else context.reject(methods);
      } else if (context.method === 'keyboard-interactive') {
        const rounds = [...(prompts ?? [[{ prompt: 'Password: ', echo: false }]])];
        const answers: string[][] = [];
        const ask = (): void => {
          const round = rounds.shift();
          if (round === undefined) {
            if (answers[0]?.[0] === password && answers.slice(1).every((some) => some.length === 0)) {
              context.accept();
            } else context.reject(methods);
            return;
          }
          context.prompt(round, 'Login', '', (some) => {
            answers.push(some ?? []);
            attempts.push({ method: `answered ${some?.length ?? 0}`, user: context.username });
            ask();
          });
        };
        ask();
      }
    });
    let sessions = 0;
    connection.on('session', (accept, reject) => {
      if (sessions >= (made.options.maxSessions ?? 10)) {
        reject();
        return;
      }
      sessions += 1;
      const session = accept();
      const ended = (): void => void (sessions -= 1);
      if (made.options.sftp === true) {
        session.on('subsystem', (acceptFiles) => serveFiles(acceptFiles(), made.options.sftpScript, ended));
      }
      session.on('exec', (acceptExec, _reject, { command }) => {
        commands.push(command);
        const go = (): void => {
          const channel = acceptExec();
          channel.on('error', () => undefined);
          if (made.options.onExec?.(command, channel) === true) session.on('close', ended);
          else runInShell(command, channel, ended);
        };
        const wait = made.options.beforeExec?.(command);
        if (wait === undefined) go();
        else void wait.then(go);
      });
    });
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      const socket = openSocket(destPort, destIP);
      socket.once('error', () => reject());
      socket.once('connect', () => {
        const stream = accept();
        stream.on('error', () => undefined);
        socket.on('error', () => undefined);
        stream.on('close', () => socket.destroy());
        stream.pipe(socket).pipe(stream);
      });
    });
  };

  const server = new ssh2.Server(
    {
      hostKeys: hostKeys.map(({ privateKey }) => privateKey),
      ...(given.ident === undefined ? {} : { ident: given.ident }),
      debug: (line) => {
        const packet = /Inbound: Received ([A-Z0-9_]+)/.exec(line)?.[1];
        if (packet !== undefined) packets.push(packet);
        // ssh2's server, unlike sshd, passes no request on once the client's input has ended.
        const signal = /Inbound: CHANNEL_REQUEST \(r:\d+, signal: ([A-Z0-9]+)\)/.exec(line)?.[1];
        if (signal !== undefined) signals.push(signal);
      },
    },
    serve,
  );
  const drop = (): void => {
    // end() would say goodbye; a lost line does not.
    for (const connection of live) (connection as unknown as { _sock: Socket })._sock.destroy();
  };
  const made: TestServer = {
    port: 0,
    hostKeys,
    user,
    password,
    attempts,
    packets,
    commands,
    signals,
    connections: counts,
    options: given,
    drop,
    close: async () => {
      drop();
      for (const child of running) child.kill('SIGKILL');
      server.close();
      await once(server, 'close');
    },
  };
  server.listen(given.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(made, { port: (server.address() as AddressInfo).port });
}

export interface Recorder {
  readonly port: number;
  /** Every byte that a client sent, all connections in a row. */
  received(): Buffer;
  close(): Promise<void>;
}

/** Stands in front of a server and writes down the bytes that it is sent. */
export async function startRecorder(targetPort: number): Promise<Recorder> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = openSocket(targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (chunk: Buffer) => chunks.push(chunk));
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received: () => Buffer.concat(chunks),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * Message numbers of the packets of an SSH stream that never went beyond plain text (RFC 4253, 6). Encrypted bytes
 * would show as packets of impossible length.
 * @throws Error when there is anything but whole plain packets
 */
export function plainPackets(stream: Buffer): number[] {
  const lineEnd = stream.indexOf('\r\n');
  if (lineEnd < 0 || !stream.subarray(0, 8).equals(Buffer.from('SSH-2.0-')))
    throw new Error('No SSH version line.');
  const types: number[] = [];
  let at = lineEnd + 2;
  while (at < stream.length) {
    const length = at + 6 <= stream.length ? stream.readUInt32BE(at) : 0;
    if (length < 8 || length > 35_000 || at + 4 + length > stream.length)
      throw new Error('Not a plain packet.');
    types.push(stream.readUInt8(at + 5));
    at += 4 + length;
  }
  return types;
}
