/* eslint-disable no-restricted-imports -- a host for tests: it has to be what the core talks to */
import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';

/** How a test steps in while a command is on its way. Every hook may wait as long as it likes. */
export interface ShellHostHooks {
  /** Before the channel's exec request is accepted: sent, but nothing runs yet. */
  beforeExec?: (command: string) => Promise<void>;
  /** The command ended; before its exit status is sent. */
  beforeExit?: (command: string, exitCode: number) => Promise<void>;
}

export interface ShellHost {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** As `ssh-keygen -lf` prints it. */
  readonly sha256: string;
  /** Commands that arrived, in order. */
  readonly commands: string[];
  readonly hooks: ShellHostHooks;
  /** Cuts every connection at once, as a pulled cable would look after its time-out. */
  drop(): void;
  /** While true, new connections are cut right away. */
  setDown(down: boolean): void;
  close(): Promise<void>;
}

function newHostKey(): { pem: string; sha256: string } {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '');
  return { pem: privateKey, sha256: `SHA256:${digest}` };
}

type ChannelRequest = (
  self: unknown,
  channel: number,
  type: string,
  wantReply: boolean,
  data: unknown,
) => void;
interface ConnectionInternals {
  _protocol: { _handlers: { CHANNEL_REQUEST: ChannelRequest } };
  _sock: { destroy(): void };
}
const signalListeners = new WeakMap<object, Map<number, (name: string) => void>>();

/** The server half of ssh2 1.17 drops signal requests once a command runs; sshd delivers them, and so do we. */
function deliverSignals(connection: Connection): void {
  const { _protocol } = connection as unknown as ConnectionInternals;
  const listeners = new Map<number, (name: string) => void>();
  signalListeners.set(_protocol, listeners);
  const original = _protocol._handlers.CHANNEL_REQUEST;
  _protocol._handlers.CHANNEL_REQUEST = (self, channel, type, wantReply, data) => {
    if (type === 'signal') listeners.get(channel)?.(String(data));
    else original(self, channel, type, wantReply, data);
  };
}

function onSignal(channel: ServerChannel, listener: (name: string) => void): void {
  const { incoming, _client } = channel as unknown as {
    incoming: { id: number };
    _client: ConnectionInternals;
  };
  signalListeners.get(_client._protocol)?.set(incoming.id, listener);
}

/**
 * A host for tests: a real SSH server on loopback whose commands run in a real POSIX shell.
 * Like sshd it lets a command go on when its connection is lost.
 * @param at its port; left out: any that is free
 */
export async function startShellHost(at = 0): Promise<ShellHost> {
  const { pem, sha256 } = newHostKey();
  const user = 'admin';
  const password = 'correct horse';
  const commands: string[] = [];
  const hooks: ShellHostHooks = {};
  const connections = new Set<Connection>();
  let down = false;

  const runCommand = async (command: string, accept: () => ServerChannel): Promise<void> => {
    commands.push(command);
    await hooks.beforeExec?.(command);
    const channel = accept();
    channel.on('error', () => undefined);
    // A process group of its own, which a signal request reaches as a whole, as with sshd.
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    onSignal(channel, (name) => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, `SIG${name}`);
    });
    child.stdout.on('data', (chunk: Buffer) => channel.write(chunk));
    child.stderr.on('data', (chunk: Buffer) => channel.stderr.write(chunk));
    channel.on('data', (chunk: Buffer) => child.stdin.write(chunk));
    channel.on('end', () => child.stdin.end());
    child.stdin.on('error', () => undefined);
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    await hooks.beforeExit?.(command, exitCode ?? 255);
    if (exitCode === null) channel.exit((signal ?? 'SIGKILL').slice(3), false, '');
    else channel.exit(exitCode);
    channel.end();
  };

  const server = new ssh2.Server({ hostKeys: [pem] }, (connection) => {
    if (down) {
      connection.end();
      return;
    }
    connections.add(connection);
    deliverSignals(connection);
    connection.on('close', () => connections.delete(connection));
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      const good =
        context.method === 'password' && context.username === user && context.password === password;
      if (good) context.accept();
      else context.reject(['password']);
    });
    connection.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, info) => {
        // A hook that gave up: the command then simply never answers.
        runCommand(info.command, acceptExec).catch(() => undefined);
      });
    });
  });
  server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const drop = (): void => {
    for (const connection of connections) {
      // end() would say goodbye; a lost line does not.
      (connection as unknown as ConnectionInternals)._sock.destroy();
    }
  };
  return {
    port,
    user,
    password,
    sha256,
    commands,
    hooks,
    drop,
    setDown: (value) => {
      down = value;
      if (value) drop();
    },
    close: async () => {
      drop();
      server.close();
      await once(server, 'close');
    },
  };
}
