import type { Host } from '../../../src-preload/contract/hosts';
import { AppError, toAppError } from '../errors/app-error';
import { BackOff } from './back-off';
import type { Connection } from './connection';
import { fingerprint, pinName } from './host-key';
import { hopsTo, type HopOptions } from './hops';
import { connectThrough } from './jump';
import { Session } from './session';
import type { RemoteChanges } from './remote-changes';
import type { RemoteFiles } from './remote-files';
import type { ExecRequest, ExecResult, FilePool, SessionOptions, SessionPool, SshSession } from './types';

/**
 * What became of a host's connection. `ended` carries the error of a failed attempt or a lost connection, and null
 * when we closed it: on request, or because nobody used it.
 */
export type ConnectionChange =
  { state: 'connecting' } | { state: 'online' } | { state: 'ended'; error: AppError | null };

export interface SessionPoolOptions extends Omit<HopOptions, 'route'> {
  /** Left out: there are no jump hosts. */
  route?: HopOptions['route'];
  /** Whether a command may be sent at all; see core/whitelist. */
  permits: (argv: readonly string[]) => boolean;
  onState?: (hostId: string, change: ConnectionChange) => void;
  nowMs?: () => number;
  idleCloseSeconds?: number;
}

interface Link {
  /** The host's settings that it was made with. */
  readonly settings: string;
  readonly abort: AbortController;
  connection: Connection | null;
  idle: NodeJS.Timeout | undefined;
  /** Commands on their way. */
  inUse: number;
  /** Why it is no longer the host's connection. */
  ended: 'failed' | 'lost' | 'idle' | 'worn' | 'closed' | null;
}

interface Live {
  link: Link;
  session: Session;
}

/** One connection per host, shared by all callers, closed when idle and made again when needed. */
export class SshSessionPool implements SessionPool, FilePool {
  readonly #links = new Map<string, { link: Link; live: Promise<Live> }>();
  readonly #closing = new Set<Promise<void>>();
  readonly #backOff: BackOff;
  #closed = false;

  readonly #hops: HopOptions;

  constructor(private readonly options: SessionPoolOptions) {
    this.#hops = { ...options, route: options.route ?? (() => []) };
    this.#backOff = new BackOff(options.nowMs ?? Date.now);
  }

  async session(host: Host, signal?: AbortSignal, options: SessionOptions = {}): Promise<SshSession> {
    const live = await this.#live(host, signal, options.background === true);
    return new SharedSession(host.id, live, (again) => this.#live(host, again, false));
  }

  async files<T>(host: Host, work: (files: RemoteFiles) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { session } = await this.#live(host, signal, false);
    return session.files(work, signal);
  }

  async changeFiles<T>(
    host: Host,
    folder: string,
    work: (files: RemoteChanges, root: string) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const { session } = await this.#live(host, signal, false);
    return session.changeFiles(folder, work, signal);
  }

  async disconnect(hostId: string): Promise<void> {
    this.#backOff.forget(hostId);
    const open = this.#links.get(hostId);
    if (open !== undefined) this.#end(hostId, open.link, 'closed', null);
    await Promise.all(this.#closing);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const [hostId, { link }] of [...this.#links]) this.#end(hostId, link, 'closed', null);
    await Promise.all(this.#closing);
  }

  async #live(host: Host, signal: AbortSignal | undefined, background: boolean): Promise<Live> {
    if (this.#closed) throw new AppError('cancelled', 'Holdfast is closing.');
    let open = this.#links.get(host.id);
    // SECURITY: a connection made with other settings (another address, another user) is never used for these.
    if (open !== undefined && open.link.settings !== this.#settingsOf(host)) {
      this.#end(host.id, open.link, 'closed', null);
      open = undefined;
    }
    if (open === undefined) {
      const refused = background ? this.#backOff.refusal(host.id) : null;
      if (refused !== null) throw refused;
      open = this.#start(host);
    }
    return waitFor(open.live, signal);
  }

  #start(host: Host): { link: Link; live: Promise<Live> } {
    const link: Link = {
      settings: this.#settingsOf(host),
      abort: new AbortController(),
      connection: null,
      idle: undefined,
      inUse: 0,
      ended: null,
    };
    this.options.onState?.(host.id, { state: 'connecting' });
    const live = this.#open(host, link).then(
      (session) => {
        this.#backOff.forget(host.id);
        this.options.onState?.(host.id, { state: 'online' });
        return { link, session };
      },
      (thrown: unknown) => {
        const error = toAppError(thrown);
        if (error.code !== 'cancelled') this.#backOff.failed(host.id, error);
        this.#end(host.id, link, 'failed', error.code === 'cancelled' ? null : error);
        throw error;
      },
    );
    // Everybody who waits sees the error; nobody may be waiting any more.
    live.catch(() => undefined);
    const open = { link, live };
    this.#links.set(host.id, open);
    return open;
  }

  async #open(host: Host, link: Link): Promise<Session> {
    const { name } = host;
    const { signal } = link.abort;
    const connection = await connectThrough(hopsTo(host, this.#hops, signal));
    link.connection = connection;
    if (link.ended !== null) {
      this.#farewell(connection);
      throw new AppError('cancelled', 'Cancelled.');
    }
    connection.client.on('close', () => {
      const error = new AppError(
        'unreachable',
        `The connection to ${name} was lost. Holdfast connects again when you read or change something.`,
      );
      this.#end(host.id, link, 'lost', error);
    });
    const session = await Session.open(
      connection.client,
      host,
      {
        permits: this.options.permits,
        began: () => {
          link.inUse += 1;
          clearTimeout(link.idle);
        },
        ended: () => {
          link.inUse -= 1;
          if (link.inUse > 0) return;
          if (link.ended === 'worn') this.#farewell(connection);
          else if (link.ended === null) this.#closeWhenIdle(host.id, link);
        },
        worn: () => this.#end(host.id, link, 'worn', null),
      },
      signal,
    );
    return session;
  }

  /**
   * Of all the way: a jump host that was set up anew is another way.
   * SECURITY: the pinned keys too. A connection that was made before its key was replaced leads to the machine that is
   * no longer trusted, and would be read and changed in the name of the new one.
   */
  #settingsOf(host: Host): string {
    const pinned = ({ address, port, via }: Host): string[] =>
      this.#hops
        .pinnedKeys(pinName({ address, via }), port)
        .map(({ key, revoked }) => `${key.sha256} ${revoked}`);
    return JSON.stringify([...this.#hops.route(host), host].map((each) => [settingsOf(each), pinned(each)]));
  }

  #closeWhenIdle(hostId: string, link: Link): void {
    clearTimeout(link.idle);
    link.idle = setTimeout(
      () => this.#end(hostId, link, 'idle', null),
      (this.options.idleCloseSeconds ?? 600) * 1000,
    );
    link.idle.unref();
  }

  /** The link is no longer the host's connection. A worn one is closed once its last command has ended. */
  #end(hostId: string, link: Link, why: NonNullable<Link['ended']>, error: AppError | null): void {
    if (link.ended !== null) return;
    link.ended = why;
    clearTimeout(link.idle);
    if (this.#links.get(hostId)?.link === link) this.#links.delete(hostId);
    link.abort.abort();
    if (link.connection !== null && (why !== 'worn' || link.inUse === 0)) this.#farewell(link.connection);
    // A worn connection is replaced at the next use; for the host nothing has ended.
    if (why !== 'worn') this.options.onState?.(hostId, { state: 'ended', error });
  }

  #farewell(connection: Connection): void {
    const closing = connection.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** What a connection depends on, and what its error sentences say. */
function settingsOf({ address, port, user, auth, sudo, name }: Host): unknown {
  const keyFile = auth.kind === 'key-file' ? auth.keyFileId : '';
  return [address, port, user, auth.kind, keyFile, sudo, name];
}

/**
 * The session a caller holds. A read that meets a connection which died unnoticed (a laptop that slept, a VPN that
 * went) is tried once more over a new one; a change never is. The new one must have shown the same host key, so that
 * one caller's reads all come from one machine.
 */
class SharedSession implements SshSession {
  constructor(
    readonly hostId: string,
    private live: Live,
    private readonly again: (signal?: AbortSignal) => Promise<Live>,
  ) {}

  render(argv: readonly string[], privileged: boolean): { argv: string[]; commandLine: string } {
    return this.live.session.render(argv, privileged);
  }

  exec(request: ExecRequest): Promise<ExecResult> {
    if (request.mutates) return this.live.session.exec(request);
    let heard = false;
    const { onOutput } = request;
    const watched: ExecRequest = {
      ...request,
      ...(onOutput === undefined
        ? {}
        : {
            onOutput: (stream, chunk) => {
              heard = true;
              onOutput(stream, chunk);
            },
          }),
    };
    return this.#twice(
      (session) => session.exec(watched),
      // What was streamed already can't be taken back.
      () => !heard,
      request.signal,
    );
  }

  locate(tools: readonly string[], refresh?: boolean): Promise<ReadonlyMap<string, string>> {
    return this.#twice(
      (session) => session.locate(tools, refresh),
      () => true,
    );
  }

  async #twice<T>(
    read: (session: Session) => Promise<T>,
    mayRepeat: () => boolean,
    signal?: AbortSignal,
  ): Promise<T> {
    const { live } = this;
    try {
      return await read(live.session);
    } catch (error) {
      const { ended, connection } = live.link;
      const died = ended === 'lost' || ended === 'idle' || ended === 'worn';
      const unreachable = error instanceof AppError && error.code === 'unreachable';
      if (!died || !unreachable || !mayRepeat()) throw error;
      const renewed = await this.again(signal);
      const before = connection === null ? '' : fingerprint(connection.hostKey);
      const now = renewed.link.connection === null ? '' : fingerprint(renewed.link.connection.hostKey);
      if (before !== now) throw error;
      this.live = renewed;
      return read(renewed.session);
    }
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
