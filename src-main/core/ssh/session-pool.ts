import type { Client } from 'ssh2';
import type { Host } from '../../../src-preload/contract/hosts';
import { AppError } from '../errors/app-error';
import { connect, type Login } from './connection';
import { describeKey, judgeHostKey, untrusted, type PinnedKey } from './host-key';
import { lookUpKnownHosts } from './known-hosts';
import { Session } from './session';
import type { SessionPool } from './types';

export interface SessionPoolOptions {
  pinnedKeys: (address: string, port: number) => readonly PinnedKey[];
  knownHostsPath: string;
  /** Asked after the host key was accepted. Throws AppError `unauthorized` or `vault-unavailable`. */
  login: (host: Host) => Promise<Login>;
  nowMs?: () => number;
  connectTimeoutSeconds?: number;
  idleCloseSeconds?: number;
}

interface Link {
  client: Client | null;
  abort: AbortController;
  idle: NodeJS.Timeout | undefined;
}

/** One connection per host, shared by all callers, closed when idle and made again when needed. */
export class SshSessionPool implements SessionPool {
  readonly #links = new Map<string, { link: Link; session: Promise<Session> }>();
  #closed = false;

  constructor(private readonly options: SessionPoolOptions) {}

  async session(host: Host, signal?: AbortSignal): Promise<Session> {
    if (this.#closed) throw new AppError('cancelled', 'Holdfast is closing.');
    let open = this.#links.get(host.id);
    if (open === undefined) {
      const link: Link = { client: null, abort: new AbortController(), idle: undefined };
      const session = this.#open(host, link);
      // Whoever waits sees the error; the entry goes, so that the next caller tries anew.
      session.catch(() => this.#drop(host.id, link));
      open = { link, session };
      this.#links.set(host.id, open);
    }
    return waitFor(open.session, signal);
  }

  async disconnect(hostId: string): Promise<void> {
    const open = this.#links.get(hostId);
    if (open !== undefined) this.#drop(hostId, open.link);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const [hostId, { link }] of [...this.#links]) this.#drop(hostId, link);
  }

  async #open(host: Host, link: Link): Promise<Session> {
    const { address, port, user, name } = host;
    const pinned = this.options.pinnedKeys(address, port);
    const client = await connect({
      target: { name, address, port, user },
      preferredKeyTypes: pinned.map(({ key }) => key.type),
      timeoutSeconds: this.options.connectTimeoutSeconds ?? 15,
      signal: link.abort.signal,
      verifyHostKey: (publicKey) => {
        const offered = describeKey(publicKey);
        const { revoked } = lookUpKnownHosts(this.options.knownHostsPath, address, port, publicKey);
        const verdict = revoked ? 'revoked' : judgeHostKey(pinned, offered);
        if (verdict === 'trusted') return;
        throw untrusted(name, {
          reason: verdict,
          address,
          port,
          offered,
          known: pinned.filter((pin) => !pin.revoked).map(({ key }) => key),
        });
      },
      login: () => this.options.login(host),
    });
    link.client = client;
    client.on('close', () => this.#drop(host.id, link));
    if (link.abort.signal.aborted) {
      client.destroy();
      throw new AppError('cancelled', 'Cancelled.');
    }
    const touch = (): void => this.#touch(host.id, link);
    touch();
    return Session.open(client, host, touch, link.abort.signal);
  }

  #touch(hostId: string, link: Link): void {
    clearTimeout(link.idle);
    link.idle = setTimeout(() => this.#drop(hostId, link), (this.options.idleCloseSeconds ?? 600) * 1000);
    link.idle.unref();
  }

  #drop(hostId: string, link: Link): void {
    clearTimeout(link.idle);
    if (this.#links.get(hostId)?.link === link) this.#links.delete(hostId);
    link.abort.abort();
    link.client?.end();
  }
}

function waitFor<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new AppError('cancelled', 'Cancelled.'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
