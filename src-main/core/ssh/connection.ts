import { connect as openSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AnyAuthMethod, Client, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';
import { AppError } from '../errors/app-error';
import { ssh2 } from './late-ssh2';
import { connectError, loginRefused, timedOut } from './connect-errors';

/** How we prove who we are, once the host has. */
export type Login =
  | { kind: 'agent'; socketPath: string }
  | { kind: 'key'; privateKey: Buffer; passphrase: string | null }
  | { kind: 'password'; password: string };

export interface ConnectionTarget {
  name: string;
  address: string;
  port: number;
  user: string;
}

export interface ConnectionOptions {
  target: ConnectionTarget;
  /**
   * Decides about the key the host offers, in its wire form. Throws to refuse.
   * SECURITY: no credential is read or offered before it has returned.
   */
  verifyHostKey: (publicKey: Buffer) => void;
  /** Asked only after the host key was accepted. */
  login: () => Promise<Login>;
  /** Key types to ask for first, because they are pinned. */
  preferredKeyTypes: readonly string[];
  /** For reaching the host and its key, and again for logging in; waiting for `login` does not count. */
  timeoutSeconds: number;
  signal?: AbortSignal;
  /** A stream that reaches the host already, through jump hosts; without it a TCP socket is opened. */
  stream?: Duplex;
}

/** A ready connection. */
export interface Connection {
  readonly client: Client;
  /** The key it was accepted with, in wire form. */
  readonly hostKey: Buffer;
  /** Says goodbye; resolves when the connection is gone, after a second at the latest. */
  close(): Promise<void>;
}

/** No SHA-1 signatures: every OpenSSH since 7.2 (2016) offers one of these. */
const hostKeyAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const satisfies readonly ServerHostKeyAlgorithm[];

/** Milliseconds a host gets to close its side after our goodbye. */
const goodbyeMs = 1_000;

function orderedAlgorithms(preferred: readonly string[]): ServerHostKeyAlgorithm[] {
  const isPreferred = (algorithm: string) =>
    preferred.includes(algorithm) || (algorithm.startsWith('rsa-sha2') && preferred.includes('ssh-rsa'));
  return [...hostKeyAlgorithms].sort((a, b) => Number(isPreferred(b)) - Number(isPreferred(a)));
}

function authMethods(login: Login, user: string): AnyAuthMethod[] {
  switch (login.kind) {
    case 'agent':
      return [{ type: 'agent', username: user, agent: login.socketPath }];
    case 'key':
      return [
        {
          type: 'publickey',
          username: user,
          key: login.privateKey,
          ...(login.passphrase === null ? {} : { passphrase: login.passphrase }),
        },
      ];
    case 'password': {
      let answered = false;
      return [
        { type: 'password', username: user, password: login.password },
        {
          type: 'keyboard-interactive',
          username: user,
          prompt: (_name, _instructions, _language, prompts, finish) => {
            // SECURITY: the password answers one hidden prompt, once. Anything else (a one-time code, a new
            // password) would hand it to a question that nobody has read.
            const single = prompts.length === 1 && prompts[0]?.echo !== true && !answered;
            answered ||= single;
            finish(single ? [login.password] : []);
          },
        },
      ];
    }
  }
}

/**
 * The method to try next. `null` as `methodsLeft`: nothing was tried yet. A host that still offers `password` after
 * refusing one has judged it: trying it again by keyboard-interactive would only count as a second failed login.
 * After a partial success the host wants another factor, which none of ours is.
 */
function nextMethod(
  methods: AnyAuthMethod[],
  tried: string | null,
  methodsLeft: readonly string[] | null,
  partialSuccess: boolean,
): AnyAuthMethod | null {
  const next = methods[0];
  if (next === undefined || partialSuccess) return null;
  if (methodsLeft === null) return next;
  if (tried === 'password' && methodsLeft.includes('password')) return null;
  return methodsLeft.includes(next.type === 'agent' ? 'publickey' : next.type) ? next : null;
}

/**
 * The only place that constructs SSH clients, always with a host key verifier: ssh2 accepts any key without one.
 * @throws AppError `untrusted-host`, `unauthorized`, `vault-unavailable`, `unreachable`, `cancelled`
 */
export function connect(options: ConnectionOptions): Promise<Connection> {
  const { target, signal } = options;
  if (signal?.aborted === true) return Promise.reject(new AppError('cancelled', 'Cancelled.'));
  return new Promise((resolve, reject) => {
    const client = new (ssh2().Client)();
    // Each command that runs waits for the end of the connection too, and as many run as the host has sessions.
    client.setMaxListeners(32);
    // Without noDelay every exec waits for the peer's delayed ACK (Nagle): 40 ms and more each.
    const stream = options.stream ?? openSocket({ host: target.address, port: target.port, noDelay: true });
    let hostKey: Buffer | undefined;
    let refusal: unknown;
    let login: Login | undefined;
    let methods: AnyAuthMethod[] = [];
    let tried: string | null = null;
    let settled = false;
    let timer: NodeJS.Timeout | undefined;

    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      finish();
    };
    const fail = (thrown: unknown): void => {
      stream.destroy();
      settle(() => reject(connectError(refusal ?? thrown, target)));
    };
    const onAbort = (): void => fail(new AppError('cancelled', 'Cancelled.'));
    const startTimer = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => fail(timedOut(target)), options.timeoutSeconds * 1000);
    };
    const close = (): Promise<void> =>
      new Promise((closed) => {
        if (stream.destroyed) {
          closed();
          return;
        }
        const force = setTimeout(() => {
          stream.destroy();
          closed();
        }, goodbyeMs);
        client.once('close', () => {
          clearTimeout(force);
          closed();
        });
        client.end();
      });

    client.on('ready', () => {
      settle(() => {
        if (hostKey === undefined) {
          stream.destroy();
          reject(new AppError('internal', 'The host was never asked for its key. Nothing was sent.'));
          return;
        }
        resolve({ client, hostKey, close });
      });
    });
    // Stays for the client's life: an 'error' without a listener would end the process. After one the protocol's
    // state is not to be relied on, so the connection goes.
    client.on('error', (error: Error & { level?: string }) => {
      if (error.level === 'agent' && !settled) {
        // ssh2 goes on with the agent's next key; when none is left this says why.
        refusal ??= connectError(error, target);
        return;
      }
      fail(error);
    });
    client.on('close', () => fail(new Error('The host closed the connection.')));

    const config: ConnectConfig = {
      sock: stream,
      username: target.user,
      // Our own timer, which stands still while a person unlocks the keyring.
      readyTimeout: 0,
      keepaliveInterval: 15_000,
      keepaliveCountMax: 3,
      algorithms: {
        serverHostKey: orderedAlgorithms(options.preferredKeyTypes),
        hmac: { append: [], prepend: [], remove: ['hmac-sha1', 'hmac-sha1-etm@openssh.com'] },
      },
      hostVerifier: (publicKey: Buffer): boolean => {
        try {
          options.verifyHostKey(publicKey);
          hostKey = Buffer.from(publicKey);
          return true;
        } catch (thrown) {
          refusal ??= thrown;
          return false;
        }
      },
      authHandler: (methodsLeft: string[] | null, partialSuccess: boolean | null, useMethod) => {
        // `false` ends the attempt (ssh2 README, authHandler); its type definition leaves that out.
        const use = useMethod as unknown as (method: AnyAuthMethod | false) => void;
        const offer = (held: Login): void => {
          const next = nextMethod(methods, tried, methodsLeft, partialSuccess === true);
          if (next === null) {
            refusal ??= loginRefused(target, held.kind, methodsLeft ?? [], partialSuccess === true);
            use(false);
            return;
          }
          methods = methods.slice(1);
          tried = next.type;
          use(next);
        };
        if (login !== undefined) {
          offer(login);
          return;
        }
        clearTimeout(timer);
        options.login().then(
          (held) => {
            if (settled) return;
            startTimer();
            login = held;
            methods = authMethods(held, target.user);
            offer(held);
          },
          (thrown: unknown) => {
            refusal ??= thrown;
            use(false);
          },
        );
      },
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    startTimer();
    try {
      client.connect(config);
    } catch (thrown) {
      fail(thrown);
    }
  });
}

/** Learns the key a host offers and goes away: the verifier says no to whatever comes, so no login is tried. */
export async function fetchHostKey(
  target: Pick<ConnectionTarget, 'address' | 'port'>,
  options: Pick<ConnectionOptions, 'preferredKeyTypes' | 'timeoutSeconds' | 'signal' | 'stream'>,
): Promise<Buffer> {
  let offered: Buffer | undefined;
  try {
    const connection = await connect({
      ...options,
      target: { ...target, name: target.address, user: 'nobody' },
      verifyHostKey: (publicKey) => {
        offered = Buffer.from(publicKey);
        throw new AppError('cancelled', 'Only the key was asked for.');
      },
      login: () => Promise.reject(new AppError('internal', 'No login belongs to a key probe.')),
    });
    await connection.close();
  } catch (thrown) {
    if (offered === undefined || options.signal?.aborted === true) throw thrown;
  }
  if (offered === undefined) throw new AppError('unreachable', `${target.address} showed no host key.`);
  return offered;
}
