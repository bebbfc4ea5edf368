import { Client, type AnyAuthMethod, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { AppError } from '../errors/app-error';
import { connectError } from './connect-errors';

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
  timeoutSeconds: number;
  signal?: AbortSignal;
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
    case 'password':
      return [
        { type: 'password', username: user, password: login.password },
        {
          type: 'keyboard-interactive',
          username: user,
          prompt: (_name, _instructions, _language, prompts, finish) => {
            // SECURITY: the password answers exactly one hidden prompt; anything else would hand it to a question
            // that nobody has read.
            const single = prompts.length === 1 && prompts[0]?.echo !== true;
            finish(single ? [login.password] : []);
          },
        },
      ];
  }
}

/**
 * The only place that constructs SSH clients, always with a host key verifier: ssh2 accepts any key without one.
 * Resolves with a ready client. @throws AppError `untrusted-host`, `unauthorized`, `unreachable`, `cancelled`
 */
export function connect(options: ConnectionOptions): Promise<Client> {
  const { target, signal } = options;
  return new Promise((resolve, reject) => {
    const client = new Client();
    let refusal: unknown;
    let login: Promise<Login> | undefined;
    let methods: AnyAuthMethod[] | undefined;
    let settled = false;

    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', onAbort);
      finish();
    };
    const fail = (thrown: unknown): void => {
      settle(() => {
        client.destroy();
        reject(connectError(refusal ?? thrown, target));
      });
    };
    const onAbort = (): void => fail(new AppError('cancelled', 'Cancelled.'));

    client.on('ready', () => settle(() => resolve(client)));
    // Stays for the client's life: an 'error' without a listener would end the process.
    client.on('error', fail);
    client.on('close', () => fail(new Error('The host closed the connection.')));
    client.on('connect', () => client.setNoDelay(true));

    const config: ConnectConfig = {
      host: target.address,
      port: target.port,
      username: target.user,
      readyTimeout: options.timeoutSeconds * 1000,
      keepaliveInterval: 15_000,
      keepaliveCountMax: 3,
      algorithms: { serverHostKey: orderedAlgorithms(options.preferredKeyTypes) },
      hostVerifier: (publicKey: Buffer): boolean => {
        try {
          options.verifyHostKey(publicKey);
          return true;
        } catch (thrown) {
          refusal ??= thrown;
          return false;
        }
      },
      authHandler: (_methodsLeft, _partialSuccess, nextMethod) => {
        // `false` ends the attempt (ssh2 README, authHandler); its type definition leaves that out.
        const next = nextMethod as unknown as (method: AnyAuthMethod | false) => void;
        const offer = (): void => next(methods?.shift() ?? false);
        if (methods !== undefined) {
          offer();
          return;
        }
        login ??= options.login();
        login.then(
          (value) => {
            methods = authMethods(value, target.user);
            offer();
          },
          (thrown: unknown) => {
            refusal ??= thrown;
            next(false);
          },
        );
      },
    };
    if (signal?.aborted === true) {
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
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
  options: { preferredKeyTypes: readonly string[]; timeoutSeconds: number; signal?: AbortSignal },
): Promise<Buffer> {
  let offered: Buffer | undefined;
  try {
    const client = await connect({
      ...options,
      target: { ...target, name: target.address, user: 'nobody' },
      verifyHostKey: (publicKey) => {
        offered = Buffer.from(publicKey);
        throw new AppError('cancelled', 'Only the key was asked for.');
      },
      login: () => Promise.reject(new AppError('internal', 'No login belongs to a key probe.')),
    });
    client.destroy();
  } catch (thrown) {
    if (offered === undefined || options.signal?.aborted === true) throw thrown;
  }
  if (offered === undefined) throw new AppError('unreachable', `${target.address} showed no host key.`);
  return offered;
}
