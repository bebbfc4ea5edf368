import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import type { Cluster } from '../../../src-preload/contract/clusters';
import { AppError, toAppError } from '../errors/app-error';
import { plural } from '../operations/actions/words';
import type { ApiClient } from '../proxmox/client/client';
import { apiPath } from '../proxmox/client/path';
import type { WebSocketLink } from '../proxmox/client/web-socket';
import type { ApiCall } from '../proxmox/requests';

/** Open at the same time, on all clusters. */
const mostConsoles = 8;
/** Characters that nobody has read yet, from which on the server has to wait. */
const mostUnread = 256 * 1024;
/** Characters in one answer to the page. */
const mostAtOnce = 64 * 1024;
/** How long a reading waits for something to read. */
const readWaitMs = 20_000;
/** Without a reading for so long nobody looks at it any more. */
const unreadMs = 30_000;
/** termproxy ends a console from which nothing came for a while. */
const keepAliveMs = 30_000;
const openTimeoutMs = 10_000;

/** POST …/termproxy. `port` is a text in some versions. */
const ticketSchema = z.object({
  port: z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]),
  ticket: z.string().min(1),
  user: z.string().min(1),
});

/** How a console ended, for its row in the audit. */
export interface ConsoleEnd {
  cluster: Cluster;
  operationId: string;
  /** `110`, as the call that opened it names it. */
  guest: string;
  message: string;
  durationMs: number;
}

export interface ConsoleOpener {
  /** Opens what a call of `termproxy` gave the ticket for. @throws AppError */
  open(client: ApiClient, call: ApiCall, ticket: unknown, operationId: string): Promise<void>;
}

export interface ConsolesOptions {
  /** Why nothing may be typed on that cluster (any more); null: it may. */
  refusal: (clusterId: string) => string | null;
  onEnd: (end: ConsoleEnd) => void;
  nowMs: () => number;
}

interface Session {
  cluster: Cluster;
  operationId: string;
  guest: string;
  link: WebSocketLink;
  openedAtMs: number;
  unread: string;
  decoder: StringDecoder;
  shown: number;
  typed: number;
  ended: string | null;
  /** Wakes the reading that waits. */
  wake: () => void;
  keepAlive: NodeJS.Timeout;
  lonely: NodeJS.Timeout;
}

/**
 * Text terminals of guests: one web socket each, by the protocol of termproxy. `user:ticket` and a line feed is answered
 * by `OK`; then `0:LENGTH:bytes` is typed, `1:columns:rows:` is a size and `2` keeps it alive (pve-xtermjs, termproxy).
 * What passes through is kept nowhere and recorded nowhere; that it ended is.
 */
export class Consoles {
  readonly #sessions = new Map<string, Session>();

  constructor(private readonly options: ConsolesOptions) {}

  openerFor(cluster: Cluster): ConsoleOpener {
    return {
      open: (client, call, ticket, operationId) => this.#open(cluster, client, call, ticket, operationId),
    };
  }

  /** Waits for something to read. Throws AppError `not-found`, `cancelled`. */
  async read(sessionId: string, signal: AbortSignal): Promise<{ text: string; ended: string | null }> {
    const session = this.#find(sessionId);
    clearTimeout(session.lonely);
    try {
      if (session.unread === '' && session.ended === null) await something(session, signal);
      if (signal.aborted) throw new AppError('cancelled', 'Cancelled.');
      const text = wholeCharacters(session.unread.slice(0, mostAtOnce));
      session.unread = session.unread.slice(text.length);
      session.shown += text.length;
      if (session.unread.length < mostUnread / 2) session.link.resume();
      const ended = session.unread === '' ? session.ended : null;
      if (ended !== null) this.#sessions.delete(sessionId);
      return { text, ended };
    } finally {
      this.#watch(session);
    }
  }

  /** Waits until the connection has taken it. Throws AppError `not-found`, `refused`, `unreachable`. */
  async write(sessionId: string, text: string): Promise<void> {
    const session = this.#live(sessionId);
    const refusal = this.options.refusal(session.cluster.id);
    if (refusal !== null) {
      this.#end(session, refusal);
      throw new AppError('refused', refusal);
    }
    session.typed += text.length;
    const bytes = Buffer.from(text);
    await session.link.send(Buffer.concat([Buffer.from(`0:${bytes.length}:`), bytes]));
  }

  async resize(sessionId: string, columns: number, rows: number): Promise<void> {
    await this.#live(sessionId).link.send(Buffer.from(`1:${columns}:${rows}:`));
  }

  /** Ends it; one that has ended already is no error. */
  close(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.#end(session, 'It was closed.');
    this.#sessions.delete(sessionId);
  }

  /** All of one cluster, or all there are. */
  closeAll(reason: string, clusterId?: string): void {
    for (const session of this.#sessions.values()) {
      if (clusterId === undefined || session.cluster.id === clusterId) this.#end(session, reason);
    }
  }

  async #open(
    cluster: Cluster,
    client: ApiClient,
    { path, method }: ApiCall,
    answer: unknown,
    operationId: string,
  ): Promise<void> {
    const open = [...this.#sessions.values()].filter(({ ended }) => ended === null).length;
    if (open >= mostConsoles) {
      throw new AppError('refused', `${mostConsoles} consoles are open already. Close one of them.`);
    }
    const parsed = ticketSchema.safeParse(answer);
    const place = /^\/nodes\/([^/]+)\/(qemu|lxc)\/(\d+)\/termproxy$/.exec(path);
    if (!parsed.success || place === null || method !== 'POST') {
      throw new AppError(
        'api-failed',
        'The ticket of the console came in a form that Holdfast does not know.',
      );
    }
    const [, node = '', type = '', vmid = ''] = place;
    const { port, ticket, user } = parsed.data;
    const link = await client.socket(apiPath(`/nodes/{node}/${type}/{vmid}/vncwebsocket`, { node, vmid }), {
      port,
      vncticket: ticket,
    });
    const session: Session = {
      cluster,
      operationId,
      guest: vmid,
      link,
      openedAtMs: this.options.nowMs(),
      unread: '',
      decoder: new StringDecoder('utf8'),
      shown: 0,
      typed: 0,
      ended: null,
      wake: () => undefined,
      keepAlive: setInterval(() => {
        link
          .send(Buffer.from('2'))
          .catch((thrown: unknown) => this.#end(session, toAppError(thrown).message));
      }, keepAliveMs),
      lonely: setTimeout(() => undefined, 0),
    };
    session.keepAlive.unref();
    try {
      await this.#greet(session, `${user}:${ticket}\n`);
    } catch (thrown) {
      clearInterval(session.keepAlive);
      session.ended = 'It was not opened.';
      link.close();
      throw thrown;
    }
    this.#sessions.set(operationId, session);
    this.#watch(session);
  }

  /** Says who we are; from its `OK` on the console is open. */
  async #greet(session: Session, greeting: string): Promise<void> {
    let answered = '';
    await new Promise<void>((resolve, reject) => {
      const refuse = (message: string): void => reject(new AppError('api-failed', message));
      const timer = setTimeout(() => refuse('It did not answer in time.'), openTimeoutMs);
      session.link.listen({
        onData: (data) => {
          if (answered === 'OK') return this.#take(session, data);
          answered += data.subarray(0, 2 - answered.length).toString('latin1');
          if (answered.length < 2) return;
          clearTimeout(timer);
          if (answered !== 'OK') return refuse('It did not accept its ticket.');
          resolve();
          this.#take(session, data.subarray(2));
        },
        onEnd: (error) => {
          clearTimeout(timer);
          if (answered !== 'OK') refuse('It was closed before it was open.');
          else
            this.#end(
              session,
              error === null ? 'The guest or its node ended it.' : 'The connection broke off.',
            );
        },
      });
      session.link.send(Buffer.from(greeting)).catch(reject);
    });
  }

  #take(session: Session, data: Buffer): void {
    if (data.length === 0 || session.ended !== null) return;
    session.unread += session.decoder.write(data);
    if (session.unread.length >= mostUnread) session.link.pause();
    session.wake();
  }

  #watch(session: Session): void {
    clearTimeout(session.lonely);
    session.lonely = setTimeout(() => {
      this.#end(session, 'Nobody looked at it any more.');
      this.#sessions.delete(session.operationId);
    }, unreadMs);
    session.lonely.unref();
  }

  #end(session: Session, reason: string): void {
    if (session.ended !== null) return;
    session.ended = reason;
    clearInterval(session.keepAlive);
    session.link.close();
    session.wake();
    const durationMs = Math.max(0, this.options.nowMs() - session.openedAtMs);
    const { cluster, operationId, guest, typed } = session;
    const shown = session.shown + session.unread.length;
    this.options.onEnd({
      cluster,
      operationId,
      guest,
      durationMs,
      message: `The console ended. ${reason} ${plural(typed, 'character was typed and', 'characters were typed and')} ${plural(shown, 'was', 'were')} shown; what they were is not recorded.`,
    });
  }

  #find(sessionId: string): Session {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) throw new AppError('not-found', 'This console is not open (any more).');
    return session;
  }

  #live(sessionId: string): Session {
    const session = this.#find(sessionId);
    if (session.ended === null) return session;
    throw new AppError('not-found', `This console is not open any more. ${session.ended}`);
  }
}

/** Until something is to be read, it has ended, or a while has passed. */
function something(session: Session, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      session.wake = () => undefined;
      resolve();
    };
    const timer = setTimeout(done, readWaitMs);
    signal.addEventListener('abort', done, { once: true });
    session.wake = done;
  });
}

/** A cut must not fall between the halves of a character. */
function wholeCharacters(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff && text.length > 1 ? text.slice(0, -1) : text;
}
