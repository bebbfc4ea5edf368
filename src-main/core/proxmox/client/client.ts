import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
} from 'cockatiel';
import PQueue from 'p-queue';
import type { Agent, Dispatcher } from 'undici';
import { z } from 'zod';
import { AppError, toAppError } from '../../errors/app-error';
import { undici } from './late-undici';
import { refusalError, type Asked } from './answer-errors';
import { connectTimeoutMs, trustedConnector, type Trust } from './connector';
import { multipart, type UploadFile } from './multipart';
import { encodeParameters, type ApiParameters, type Hidden } from './parameters';
import { apiPath, type ApiPath } from './path';
import { maskSecrets, withoutTickets } from './secret-names';
import { TicketLogin, type LoginAnswer, type PasswordLogin, type Ticket } from './ticket-login';
import { transportFailure } from './transport-errors';
import { openWebSocket, type WebSocketLink } from './web-socket';

export type { UploadFile } from './multipart';

/** One node of a cluster: each answers for all of them. */
export interface Endpoint {
  address: string;
  port: number;
  trust: Trust;
}

export interface ApiClientOptions {
  /** For sentences. */
  cluster: string;
  /** At least one; the others are asked where one cannot be reached. */
  endpoints: readonly Endpoint[];
  /**
   * Value of the Authorization header: `PVEAPIToken=USER@REALM!NAME=SECRET`, asked for each request; empty: none. Or a
   * name and password, for which a ticket is fetched.
   */
  authorization: (() => Promise<string>) | PasswordLogin;
  /** For the embedded demo clusters only. */
  allowLoopback?: boolean;
  limits?: Partial<ApiLimits>;
  nowMs?: () => number;
}

export interface ApiLimits {
  requestsPerMinute: number;
  /** What a minute is, in milliseconds. */
  minuteMs: number;
  sockets: number;
  /** From the first byte sent to the last byte read, in milliseconds. */
  requestTimeoutMs: number;
  responseBytes: number;
  /** Failures, one after the other, after which nobody is asked for a while. */
  failuresToOpen: number;
  restMs: number;
  /** How long a node that could not be reached is not tried again (F245). */
  cooldownMs: number;
}

const defaultLimits: ApiLimits = {
  requestsPerMinute: 120,
  minuteMs: 60_000,
  sockets: 10,
  requestTimeoutMs: 30_000,
  responseBytes: 64 * 1024 * 1024,
  failuresToOpen: 5,
  restMs: 60_000,
  cooldownMs: 10_000,
};

/** pveproxy drops an idle connection after 5 s; a request written to such a socket would be lost. */
const keepAliveMs = 4_000;

export interface ReadOptions {
  /** What we are doing, for error sentences: `list the guests`. */
  operation: string;
  query?: ApiParameters;
  /** Names whose values this read is about although they may be secret; all others leave the client masked (F240). */
  shown?: readonly string[];
  signal?: AbortSignal;
}

export interface ChangeOptions {
  operation: string;
  parameters?: ApiParameters;
  hidden?: Hidden;
}

export interface UploadOptions extends ChangeOptions {
  file: UploadFile;
  signal: AbortSignal;
  /** Bytes of the file that were handed to the connection. */
  onProgress: (sentBytes: number) => void;
}

/** GET: a reading that is an operation of its own, and sent once like any other. */
export type ChangeMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

interface Answer {
  status: number;
  reason: string;
  contentType: string;
  text: string;
}

/** Never reached the server's API: another node may be asked, and a change may be sent again. */
class NotSent extends Error {
  constructor(readonly error: AppError) {
    super(error.message, { cause: error });
  }
}

/** Not even tried: it could not be reached a moment ago. */
class Resting extends NotSent {}

/** The connection failed after sending; a read may be tried again. */
class BrokeOff extends Error {
  constructor(readonly error: AppError) {
    super(error.message, { cause: error });
  }
}

const errorBodySchema = z.object({
  message: z.string().optional(),
  errors: z.record(z.string(), z.string()).optional(),
});
/** F109: uploads have connections of their own, so that they never stand in the way of anything else. */
const uploadSlots = 2;
/** A node first opens the backup that it reads a file from. */
const downloadSilenceMs = 120_000;
/** The time a whole upload or download may take: 4 GiB over a slow line. */
const uploadTimeoutMs = 12 * 3600 * 1000;

/** `total` is left out where it would be 0. */
const envelopeSchema = z.object({ data: z.unknown(), total: z.number().optional() });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

async function answerOf({ headers, statusCode, statusText, body }: Dispatcher.ResponseData): Promise<Answer> {
  const contentType = headers['content-type'];
  return {
    status: statusCode,
    reason: statusText,
    contentType: Array.isArray(contentType) ? contentType.join() : (contentType ?? ''),
    text: await body.text(),
  };
}

const hostOf = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/**
 * Speaks to one Proxmox VE cluster over HTTPS (API of 7.4 to 9.x), with a token or a ticket.
 *
 * Reads are tried again and go to another node where one fails; a change is sent once, on a connection of its own, and
 * an answer that does not come is `outcome-unknown`. Nothing is sent to a server that was not trusted first.
 */
export class ApiClient {
  readonly #limits: ApiLimits;
  readonly #queue: PQueue;
  readonly #uploads = new PQueue({ concurrency: uploadSlots });
  readonly #agents: readonly {
    where: string;
    origin: string;
    reads: Agent;
    changes: Agent;
    downloads: Agent;
  }[];
  /** The endpoint that answered last. */
  #preferred = 0;
  /** By endpoint: until when it is not tried, and why. */
  readonly #resting = new Map<number, { untilMs: number; error: AppError }>();
  readonly #breaker;
  readonly #retry;
  readonly #tickets: TicketLogin | null;
  readonly #nowMs: () => number;
  /** The newest failure that counted, for the sentence while the cluster is left in peace. */
  #lastFailure = '';

  constructor(private readonly options: ApiClientOptions) {
    if (options.endpoints.length === 0) throw new Error('A cluster without an address cannot be asked.');
    const limits = (this.#limits = { ...defaultLimits, ...options.limits });
    this.#queue = new PQueue({
      concurrency: limits.sockets,
      intervalCap: limits.requestsPerMinute,
      interval: limits.minuteMs,
    });
    const { authorization, cluster, allowLoopback, nowMs = Date.now } = options;
    this.#nowMs = nowMs;
    this.#tickets =
      typeof authorization === 'function' ? null : new TicketLogin({ ...authorization, cluster, nowMs });
    const { Agent } = undici();
    this.#agents = options.endpoints.map(({ address, port, trust }) => {
      const shared = {
        connect: trustedConnector(trust, allowLoopback),
        connections: limits.sockets,
        maxResponseSize: limits.responseBytes,
        headersTimeout: limits.requestTimeoutMs,
        bodyTimeout: limits.requestTimeoutMs,
      };
      return {
        where: `${address}:${port}`,
        origin: `https://${hostOf(address)}:${port}`,
        reads: new Agent({
          ...shared,
          pipelining: 1,
          keepAliveTimeout: keepAliveMs,
          keepAliveMaxTimeout: keepAliveMs,
        }),
        // 0: a connection of its own for each, so that none is lost on one the server has just closed.
        changes: new Agent({ ...shared, pipelining: 0 }),
        // Streamed to a file, so of any size.
        downloads: new Agent({
          connect: shared.connect,
          connections: uploadSlots,
          pipelining: 0,
          headersTimeout: downloadSilenceMs,
          bodyTimeout: downloadSilenceMs,
        }),
      };
    });
    this.#breaker = circuitBreaker(
      handleWhen((thrown) => this.#counts(thrown)).orWhenResult(
        // Only answers pass through it.
        (answer) => this.#countsAnswer(answer as Answer),
      ),
      { halfOpenAfter: limits.restMs, breaker: new ConsecutiveBreaker(limits.failuresToOpen) },
    );
    this.#retry = retry(
      handleWhen((thrown) => thrown instanceof BrokeOff),
      {
        maxAttempts: 2,
        backoff: new ExponentialBackoff({ initialDelay: 200, maxDelay: 2_000 }),
      },
    );
  }

  /**
   * Reads. @throws AppError: `unreachable`, `untrusted-host`, `unauthorized`, `forbidden`, `timed-out`,
   * `output-too-large`, `unexpected-output`, `api-failed`, `cancelled`
   */
  async get<T>(path: ApiPath, schema: z.ZodType<T>, options: ReadOptions): Promise<T> {
    return (await this.page(path, schema, options)).data;
  }

  /** As `get`, with how many rows there are in all, where the answer says so: lists that are asked for in parts. */
  async page<T>(
    path: ApiPath,
    schema: z.ZodType<T>,
    options: ReadOptions,
  ): Promise<{ data: T; total: number | null }> {
    const { operation, query = {}, shown, signal } = options;
    const asked = this.#asked(operation, query);
    const encoded = encodeParameters(query);
    const target = encoded === '' ? path : `${path}?${encoded}`;
    const answer = await this.#guarded(signal, () =>
      this.#retry.execute(() => this.#breaker.execute(() => this.#anyEndpoint('GET', target, null, signal))),
    );
    const { data, total = null } = this.#envelopeOf(answer, asked);
    const parsed = schema.safeParse(maskSecrets(data, shown === undefined ? undefined : new Set(shown)));
    if (parsed.success) return { data: parsed.data, total };
    throw new AppError(
      'unexpected-output',
      `${this.options.cluster} answered in a form that Holdfast does not know, so nothing of it was used.`,
      { detail: `GET ${path}\n${z.prettifyError(parsed.error).slice(0, 1500)}` },
    );
  }

  /**
   * Sends one change and gives the `data` of its answer. @throws AppError as `get`, and `outcome-unknown` when it was,
   * or may have been, sent and no answer came.
   */
  async change(
    method: ChangeMethod,
    path: ApiPath,
    { operation, parameters = {}, hidden }: ChangeOptions,
  ): Promise<unknown> {
    const asked: Asked = { ...this.#asked(operation, parameters), hidden };
    const encoded = encodeParameters(parameters);
    // Proxmox VE takes no body with these.
    const inQuery = (method === 'DELETE' || method === 'GET') && encoded !== '';
    let answer: Answer;
    try {
      answer = await this.#guarded(undefined, () =>
        this.#breaker.execute(() =>
          this.#anyEndpoint(
            method,
            inQuery ? `${path}?${encoded}` : path,
            inQuery ? null : encoded,
            undefined,
          ),
        ),
      );
    } catch (thrown) {
      if (!(thrown instanceof BrokeOff)) throw thrown;
      throw new AppError(
        'outcome-unknown',
        `No answer came to the request to ${operation}, so it is not known whether it was done. ${thrown.error.message}`,
        { detail: thrown.error.detail, cause: thrown },
      );
    }
    // A synchronous call that takes longer than 30 s on another node goes on there after its 596.
    if (answer.status >= 596 && answer.status <= 599) {
      const { message, detail } = refusalError(
        { status: answer.status, reason: answer.reason, body: null },
        asked,
      );
      throw new AppError('outcome-unknown', `${message} It may have been done all the same.`, { detail });
    }
    return this.#dataOf(answer, asked);
  }

  /**
   * Sends a file with a POST, fields first, as Proxmox VE wants them, and gives the `data` of the answer. It is not
   * tried again, and goes to the node that answered last: the file is streamed once.
   *
   * @throws AppError as `change`; `cancelled` when it was called off before the file was sent whole
   */
  async upload(
    path: ApiPath,
    { operation, parameters = {}, file, signal, onProgress }: UploadOptions,
  ): Promise<unknown> {
    const asked = this.#asked(operation, parameters);
    const agent = this.#agents[this.#preferred];
    if (agent === undefined) throw new Error('There is no such endpoint.');
    const body = multipart(parameters, file, onProgress);
    const run = async (): Promise<Answer> => {
      const deadline = AbortSignal.timeout(uploadTimeoutMs);
      const { headers } = await this.#sentWith(this.#preferred, 'POST');
      try {
        const response = await undici().request(`${agent.origin}/api2/json${path}`, {
          method: 'POST',
          dispatcher: agent.changes,
          headers: {
            ...headers,
            accept: 'application/json',
            'content-type': `multipart/form-data; boundary=${body.boundary}`,
            'content-length': String(body.lengthBytes),
          },
          body: body.stream,
          // The answer comes only when the node has taken all of it in.
          headersTimeout: uploadTimeoutMs,
          bodyTimeout: this.#limits.requestTimeoutMs,
          signal: AbortSignal.any([signal, deadline]),
        });
        return await answerOf(response);
      } catch (thrown) {
        const whole = body.sentBytes() >= file.sizeBytes;
        if (thrown instanceof AppError) throw thrown;
        if (!whole && signal.aborted) {
          throw new AppError('cancelled', 'The upload was cancelled before the file was sent whole.', {
            cause: thrown,
          });
        }
        const { error, notSent } = transportFailure(deadline.aborted ? deadline.reason : thrown, agent.where);
        if (notSent || !whole) throw error;
        throw new AppError(
          'outcome-unknown',
          `The file was sent whole, but no answer came to the request to ${operation}. ${error.message}`,
          { detail: error.detail, cause: thrown },
        );
      }
    };
    return this.#dataOf(await this.#uploads.add(run), asked);
  }

  /**
   * Reads a file that the API streams, as it comes. It is not tried again, and asked of the node that answered last.
   *
   * @param take is given what comes, and ends with what it made of it
   * @throws AppError as `get`, and what `take` throws
   */
  async download<T>(
    path: ApiPath,
    { operation, query = {}, signal }: Omit<ReadOptions, 'shown'>,
    take: (chunks: AsyncIterable<Buffer>) => Promise<T>,
  ): Promise<T> {
    const asked = this.#asked(operation, query);
    const agent = this.#agents[this.#preferred];
    if (agent === undefined) throw new Error('There is no such endpoint.');
    const run = async (): Promise<T> => {
      const deadline = AbortSignal.timeout(uploadTimeoutMs);
      const failed = (thrown: unknown): AppError => {
        if (signal?.aborted === true) return new AppError('cancelled', 'Cancelled.', { cause: thrown });
        return transportFailure(deadline.aborted ? deadline.reason : thrown, agent.where).error;
      };
      const { headers } = await this.#sentWith(this.#preferred, 'GET');
      let response: Dispatcher.ResponseData;
      try {
        response = await undici().request(`${agent.origin}/api2/json${path}?${encodeParameters(query)}`, {
          method: 'GET',
          dispatcher: agent.downloads,
          headers,
          signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
        });
      } catch (thrown) {
        throw failed(thrown);
      }
      const contentType = String(response.headers['content-type'] ?? '');
      if (response.statusCode !== 200 || contentType.startsWith('application/json')) {
        // Throws what it says; an answer of the API in place of the file is none either.
        this.#envelopeOf(
          await answerOf(response).catch((thrown: unknown) => Promise.reject(failed(thrown))),
          asked,
        );
        throw new AppError('unexpected-output', `${asked.cluster} answered with no file. Nothing was saved.`);
      }
      const { body } = response;
      const chunks = async function* (): AsyncGenerator<Buffer, void, undefined> {
        try {
          for await (const chunk of body) yield chunk as Buffer;
        } catch (thrown) {
          throw failed(thrown);
        }
      };
      try {
        return await take(chunks());
      } finally {
        body.destroy();
      }
    };
    return this.#uploads.add(run);
  }

  /**
   * Opens a web socket below the API, on a connection that was checked like any other. @throws AppError as `get`
   */
  async socket(path: ApiPath, query: ApiParameters): Promise<WebSocketLink> {
    const agent = this.#agents[this.#preferred];
    if (agent === undefined) throw new Error('There is no such endpoint.');
    const { headers } = await this.#sentWith(this.#preferred, 'GET');
    try {
      return await openWebSocket({
        url: `${agent.origin}/api2/json${path}?${encodeParameters(query)}`,
        dispatcher: agent.changes,
        headers,
        signal: AbortSignal.timeout(connectTimeoutMs + this.#limits.requestTimeoutMs),
      });
    } catch (thrown) {
      throw thrown instanceof AppError ? thrown : transportFailure(thrown, agent.where).error;
    }
  }

  /** A person asks to try again at once: what failed before says nothing any more. */
  forgive(): void {
    this.#resting.clear();
    this.#tickets?.forgive();
    this.#breaker.isolate().dispose();
  }

  async close(): Promise<void> {
    this.#queue.clear();
    this.#uploads.clear();
    await Promise.all(
      this.#agents.flatMap(({ reads, changes, downloads }) => [
        reads.destroy(),
        changes.destroy(),
        downloads.destroy(),
      ]),
    );
  }

  async #guarded(signal: AbortSignal | undefined, work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await this.#queue.add(work, { signal });
    } catch (thrown) {
      if (signal?.aborted === true) throw new AppError('cancelled', 'Cancelled.', { cause: thrown });
      if (thrown instanceof NotSent) throw thrown.error;
      if (thrown instanceof BrokenCircuitError) {
        throw new AppError(
          'unreachable',
          `${this.options.cluster} failed ${this.#limits.failuresToOpen} times in a row, so it is left in peace for ${Math.round(this.#limits.restMs / 1000)} s. The last time: ${this.#lastFailure}`,
          { remedy: 'Test the connection in the settings of the cluster to try at once.', cause: thrown },
        );
      }
      throw thrown;
    }
  }

  /** Tries the endpoint that answered last, then the others. */
  async #anyEndpoint(
    method: 'GET' | ChangeMethod,
    target: string,
    body: string | null,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const count = this.#agents.length;
    let last: NotSent | null = null;
    for (let step = 0; step < count; step += 1) {
      const index = (this.#preferred + step) % count;
      const resting = this.#resting.get(index);
      if (resting !== undefined && this.#nowMs() < resting.untilMs) {
        last ??= new Resting(resting.error);
        continue;
      }
      try {
        const answer = await this.#send(index, method, target, body, signal);
        this.#preferred = index;
        return answer;
      } catch (thrown) {
        // SECURITY: a certificate that is not the pinned one is told, never stepped over.
        if (!(thrown instanceof NotSent) || thrown.error.code !== 'unreachable') throw thrown;
        this.#resting.set(index, {
          untilMs: this.#nowMs() + this.#limits.cooldownMs,
          error: thrown.error,
        });
        last = thrown;
      }
    }
    if (last === null) throw new Error('No endpoint was tried.');
    throw last;
  }

  async #send(
    index: number,
    method: 'GET' | ChangeMethod,
    target: string,
    body: string | null,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const sendOnce = async (): Promise<{ answer: Answer; ticket: Ticket | null }> => {
      const { headers, ticket } = await this.#credentials(index, method);
      return { answer: await this.#request(index, { method, target, body, headers, signal }), ticket };
    };
    const { answer, ticket } = await sendOnce();
    if (answer.status !== 401 || ticket === null) return answer;
    // F6: the next request logs in anew. This one is sent again only when it changes nothing.
    this.#tickets?.drop(ticket);
    return method === 'GET' ? (await sendOnce()).answer : answer;
  }

  /** As `#credentials`, for what is not sent by `#send`. Throws AppError. */
  async #sentWith(index: number, method: 'GET' | ChangeMethod): Promise<{ headers: Record<string, string> }> {
    try {
      return await this.#credentials(index, method);
    } catch (thrown) {
      throw thrown instanceof NotSent ? thrown.error : thrown;
    }
  }

  /** Whom a request comes from, as headers. Throws NotSent, AppError `unauthorized`. */
  async #credentials(
    index: number,
    method: 'GET' | ChangeMethod,
  ): Promise<{ headers: Record<string, string>; ticket: Ticket | null }> {
    const { authorization } = this.options;
    if (typeof authorization === 'function') {
      const header = await authorization();
      return { headers: header === '' ? {} : { authorization: header }, ticket: null };
    }
    const ticket = await this.#tickets?.ticket((form) => this.#login(index, form));
    if (ticket === undefined) throw new Error('There is a password and no login.');
    // F7: a request that could be forged from a web page carries what such a page cannot know.
    const headers: Record<string, string> = { cookie: ticket.cookie };
    if (method !== 'GET') headers['csrfpreventiontoken'] = ticket.csrf;
    return { headers, ticket };
  }

  /** `POST /access/ticket` over the connections that are trusted for the endpoint. Throws NotSent. */
  async #login(index: number, form: string): Promise<LoginAnswer> {
    try {
      const { status, text } = await this.#request(index, {
        method: 'POST',
        target: apiPath('/access/ticket'),
        body: form,
        headers: {},
      });
      return { status, json: parseJson(text) };
    } catch (thrown) {
      // Only the login was under way: what it was for was not sent.
      if (!(thrown instanceof BrokeOff)) throw thrown;
      throw new NotSent(new AppError('unreachable', thrown.error.message, { detail: thrown.error.detail }));
    }
  }

  async #request(
    index: number,
    {
      method,
      target,
      body,
      headers,
      signal,
    }: {
      method: 'GET' | ChangeMethod;
      target: string;
      body: string | null;
      headers: Record<string, string>;
      signal?: AbortSignal;
    },
  ): Promise<Answer> {
    const agent = this.#agents[index];
    if (agent === undefined) throw new Error('There is no such endpoint.');
    const deadline = AbortSignal.timeout(connectTimeoutMs + this.#limits.requestTimeoutMs);
    try {
      const response = await undici().request(`${agent.origin}/api2/json${target}`, {
        method,
        dispatcher: method === 'GET' ? agent.reads : agent.changes,
        headers: {
          ...headers,
          accept: 'application/json',
          ...(body === null || body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        body: body === null || body === '' ? null : body,
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      });
      return await answerOf(response);
    } catch (thrown) {
      if (signal?.aborted === true)
        throw toAppError(new AppError('cancelled', 'Cancelled.', { cause: thrown }));
      const { error, notSent } = transportFailure(deadline.aborted ? deadline.reason : thrown, agent.where);
      if (notSent) throw new NotSent(error);
      if (error.code === 'output-too-large') throw error;
      throw new BrokeOff(error);
    }
  }

  #asked(operation: string, parameters: ApiParameters): Asked {
    return {
      cluster: this.options.cluster,
      operation,
      parameters,
      who: this.#tickets === null ? 'token' : 'user',
    };
  }

  /** F233: connections that fail, time-outs and logins that are refused count; what was not tried does not. */
  #counts(thrown: unknown): boolean {
    if (thrown instanceof Resting) return false;
    const counted =
      thrown instanceof BrokeOff ||
      (thrown instanceof NotSent && thrown.error.code === 'unreachable') ||
      (thrown instanceof AppError && thrown.code === 'unauthorized');
    if (counted) this.#lastFailure = thrown.message;
    return counted;
  }

  /**
   * F233: 401 and 5xx count, other 4xx do not. Nor does a 5xx by which the API itself says no, for it works: Proxmox VE
   * answers a guest that is missing with 500 and `{"data":null}`, and a node that is down with 595 by another one.
   */
  #countsAnswer({ status, reason, contentType, text }: Answer): boolean {
    const says = contentType.startsWith('application/json') && /"data"\s*:\s*null/.test(text);
    const counted = status === 401 || (status >= 500 && status <= 594 && status !== 501 && !says);
    if (counted) this.#lastFailure = `HTTP ${status} ${withoutTickets(reason)}`.trim();
    return counted;
  }

  #dataOf(answer: Answer, asked: Asked): unknown {
    return this.#envelopeOf(answer, asked).data;
  }

  #envelopeOf({ status, reason, contentType, text }: Answer, asked: Asked): z.infer<typeof envelopeSchema> {
    const json = contentType.startsWith('application/json') ? parseJson(text) : undefined;
    if (status < 200 || status > 299) {
      const body = errorBodySchema.safeParse(json);
      throw refusalError({ status, reason, body: body.success ? body.data : null }, asked);
    }
    const envelope = envelopeSchema.safeParse(json);
    if (!envelope.success) {
      throw new AppError(
        'unexpected-output',
        `What answers for ${asked.cluster} does not speak the API of Proxmox VE, so nothing of it was used.`,
        { detail: `HTTP ${status}, ${contentType === '' ? 'no content type' : contentType.slice(0, 100)}` },
      );
    }
    return envelope.data;
  }
}
