import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { Connection, ServerChannel, Session } from 'ssh2';
import type { Machine } from './machine';
import type { CommandResult } from './result';
import { serveFiles } from './sftp';

export interface HostKeyPair {
  /** OpenSSH private key. */
  privateKey: string;
  type: string;
  /** `SHA256:…`, as `ssh-keygen -lf` prints it. */
  sha256: string;
  /** The key's wire form: the second word of a known_hosts line. */
  publicKeyBase64: string;
}

export function generateHostKey(): HostKeyPair {
  let pair = ssh2.utils.generateKeyPairSync('ed25519');
  // ssh2 1.17 strips leading zero bytes of what it generates: one Ed25519 key in 256 is 31 bytes long and no key.
  while (ssh2.utils.parseKey(pair.private) instanceof Error) pair = ssh2.utils.generateKeyPairSync('ed25519');
  const [type = '', publicKeyBase64 = ''] = pair.public.split(' ');
  const digest = createHash('sha256').update(Buffer.from(publicKeyBase64, 'base64')).digest('base64');
  return {
    privateKey: pair.private,
    type,
    sha256: `SHA256:${digest.replace(/=+$/, '')}`,
    publicKeyBase64,
  };
}

export interface SshServerOptions {
  machine: Machine;
  password: string;
  hostKey: HostKeyPair;
  /** 0: any free port. */
  port: number;
  /** Milliseconds before the command with this much work of its own answers. */
  delayMs: (workMs: number) => number;
}

export interface SshServer {
  readonly port: number;
  close(): Promise<void>;
}

/** As sshd's MaxSessions and MaxAuthTries. */
const sessionsAtOnce = 10;
const passwordTries = 6;

function same(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** Sends the answer piece by piece; a signal from the client ends it early, but what was done stays done. */
function answer(
  channel: ServerChannel,
  session: Session,
  result: CommandResult,
  options: SshServerOptions,
): void {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const steps = [...(result.progress ?? [])];
  const finish = () => {
    over = true;
    channel.write(result.stdout);
    channel.stderr.write(result.stderr);
    channel.exit(result.exitCode);
    channel.end();
  };
  const next = () => {
    const step = steps.shift();
    timer = setTimeout(
      () => {
        if (step === undefined) {
          finish();
          return;
        }
        channel.write(step.stdout);
        next();
      },
      options.delayMs(step?.afterMs ?? result.delayMs),
    );
  };
  session.on('signal', (accept, _reject, info) => {
    accept?.();
    if (over) return;
    over = true;
    clearTimeout(timer);
    channel.exit(info.name, false, '');
    channel.end();
  });
  channel.on('close', () => clearTimeout(timer));
  channel.on('error', () => clearTimeout(timer));
  next();
}

function serve(connection: Connection, options: SshServerOptions): void {
  let sessions = 0;
  let refusals = 0;
  connection.on('authentication', (context) => {
    const right =
      context.method === 'password' &&
      // Both are compared always, so that a wrong user takes as long as a wrong password.
      Number(same(context.username, options.machine.user)) +
        Number(same(context.password, options.password)) ===
        2;
    if (right) {
      context.accept();
      return;
    }
    // The first question of a client is "none", to learn the methods: no try.
    if (context.method !== 'none') refusals += 1;
    if (refusals >= passwordTries) connection.end();
    else context.reject(['password']);
  });
  // Commands, and files where the machine has any: ssh2 refuses by itself what has no listener (shell, pty, other
  // subsystems, agent, X11, forwarding). The test suite asks for each of them.
  connection.on('session', (accept, reject) => {
    if (sessions >= sessionsAtOnce) {
      reject();
      return;
    }
    sessions += 1;
    const session = accept();
    let started = false;
    session.on('close', () => {
      sessions -= 1;
    });
    const { files } = options.machine;
    if (files !== null) session.on('sftp', (acceptFiles) => serveFiles(acceptFiles(), files));
    session.on('exec', (acceptExec, rejectExec, info) => {
      if (started) {
        rejectExec();
        return;
      }
      started = true;
      const channel = acceptExec();
      if (options.machine.readsInput?.(info.command) !== true) {
        answer(channel, session, options.machine.run(info.command), options);
        return;
      }
      const chunks: Buffer[] = [];
      channel.on('data', (chunk: Buffer) => chunks.push(chunk));
      channel.on('end', () => {
        const stdin = Buffer.concat(chunks).toString('utf8');
        answer(channel, session, options.machine.run(info.command, stdin), options);
      });
    });
  });
  // A client that goes away in the middle is everyday life for a server.
  connection.on('error', () => connection.end());
}

/** A real SSH server on the loopback interface, for one simulated host. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const ssh = new ssh2.Server({ hostKeys: [options.hostKey.privateKey], ident: 'HoldfastDemo' });
  ssh.on('connection', (connection) => serve(connection, options));
  const sockets = new Set<Socket>();
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    // SECURITY: loopback only. Whoever is on this computer still needs the random password.
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

/** A port of the loopback interface where nothing listens. */
export async function findRefusingPort(): Promise<number> {
  // Below the ephemeral range: there a client could connect to itself.
  for (let tries = 0; tries < 50; tries += 1) {
    const port = 20000 + Math.floor(Math.random() * 10000);
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
  throw new Error('No free port for the offline demo host.');
}
