import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
} from 'cockatiel';
import PQueue from 'p-queue';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { AppError, toAppError } from '../../errors/app-error';
import { refusalError, type Asked } from './answer-errors';
import { connectTimeoutMs, trustedConnector, type Trust } from './connector';
import { encodeParameters, type ApiParameters } from './parameters';
import type { ApiPath } from './path';
import { transportFailure } from './transport-errors';

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
  /** Value of the Authorization header: `PVEAPIToken=USER@REALM!NAME=SECRET`. Asked for each request. */
  authorization: () => Promise<string>;
  limits?: Partial<ApiLimits>;
}

export interface ApiLimits {
  requestsPerMinute: number;
  sockets: number;
  /** From the first byte sent to the last byte read, in milliseconds. */
  requestTimeoutMs: number;
  responseBytes: number;
  /** Failures to connect, one after the other, after which nobody is asked for a while. */
  failuresToOpen: number;
  restMs: number;
}

const defaultLimits: ApiLimits = {
  requestsPerMinute: 120,
  sockets: 10,
  requestTimeoutMs: 30_000,
  responseBytes: 64 * 1024 * 1024,
  failuresToOpen: 5,
  restMs: 60_000,
};

/** pveproxy drops an idle connection after 5 s; a request written to such a socket would be lost. */
const keepAliveMs = 4_000;

export interface ReadOptions {
  /** What we are doing, for error sentences: `list the guests`. */
  operation: string;
  query?: ApiParameters;
  signal?: AbortSignal;
}

export interface ChangeOptions {
  operation: string;
  parameters?: ApiParameters;
}

export type ChangeMethod = 'POST' | 'PUT' | 'DELETE';

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
const envelopeSchema = z.object({ data: z.unknown() });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

const hostOf = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/**
 * Speaks to one Proxmox VE cluster over HTTPS (API of 7.4 to 9.x), with a token.
 *
 * Reads are tried again and go to another node where one fails; a change is sent once, on a connection of its own, and
 * an answer that does not come is `outcome-unknown`. Nothing is sent to a server that was not trusted first.
 */
export class ApiClient {
  readonly #limits: ApiLimits;
  readonly #queue: PQueue;
  readonly #agents: readonly { where: string; origin: string; reads: Agent; changes: Agent }[];
  /** The endpoint that answered last. */
  #preferred = 0;
  readonly #breaker;
  readonly #retry;

  constructor(private readonly options: ApiClientOptions) {
    if (options.endpoints.length === 0) throw new Error('A cluster without an address cannot be asked.');
    const limits = (this.#limits = { ...defaultLimits, ...options.limits });
    this.#queue = new PQueue({
      concurrency: limits.sockets,
      intervalCap: limits.requestsPerMinute,
      interval: 60_000,
    });
    this.#agents = options.endpoints.map(({ address, port, trust }) => {
      const shared = {
        connect: trustedConnector(trust),
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
      };
    });
    const isConnectionFailure = (thrown: unknown): boolean =>
      thrown instanceof BrokeOff || (thrown instanceof NotSent && thrown.error.code === 'unreachable');
    this.#breaker = circuitBreaker(handleWhen(isConnectionFailure), {
      halfOpenAfter: limits.restMs,
      breaker: new ConsecutiveBreaker(limits.failuresToOpen),
    });
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
    const { operation, query = {}, signal } = options;
    const asked: Asked = { cluster: this.options.cluster, operation, parameters: query };
    const encoded = encodeParameters(query);
    const target = encoded === '' ? path : `${path}?${encoded}`;
    const answer = await this.#guarded(signal, () =>
      this.#retry.execute(() => this.#breaker.execute(() => this.#anyEndpoint('GET', target, null, signal))),
    );
    const data = this.#dataOf(answer, asked);
    const parsed = schema.safeParse(data);
    if (parsed.success) return parsed.data;
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
    { operation, parameters = {} }: ChangeOptions,
  ): Promise<unknown> {
    const asked: Asked = { cluster: this.options.cluster, operation, parameters };
    const encoded = encodeParameters(parameters);
    // Proxmox VE takes no body with DELETE.
    const inQuery = method === 'DELETE' && encoded !== '';
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

  async close(): Promise<void> {
    this.#queue.clear();
    await Promise.all(this.#agents.flatMap(({ reads, changes }) => [reads.destroy(), changes.destroy()]));
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
          `${this.options.cluster} could not be reached ${this.#limits.failuresToOpen} times in a row, so it is left in peace for ${Math.round(this.#limits.restMs / 1000)} s.`,
          { remedy: 'Connect it to try at once.', cause: thrown },
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
      try {
        const answer = await this.#send(index, method, target, body, signal);
        this.#preferred = index;
        return answer;
      } catch (thrown) {
        // SECURITY: a certificate that is not the pinned one is told, never stepped over.
        if (!(thrown instanceof NotSent) || thrown.error.code !== 'unreachable') throw thrown;
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
    const agent = this.#agents[index];
    if (agent === undefined) throw new Error('There is no such endpoint.');
    const deadline = AbortSignal.timeout(connectTimeoutMs + this.#limits.requestTimeoutMs);
    const authorization = await this.options.authorization();
    try {
      const response = await request(`${agent.origin}/api2/json${target}`, {
        method,
        dispatcher: method === 'GET' ? agent.reads : agent.changes,
        headers: {
          authorization,
          accept: 'application/json',
          ...(body === null || body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        body: body === null || body === '' ? null : body,
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      });
      const contentType = response.headers['content-type'];
      return {
        status: response.statusCode,
        reason: response.statusText,
        contentType: Array.isArray(contentType) ? contentType.join() : (contentType ?? ''),
        text: await response.body.text(),
      };
    } catch (thrown) {
      if (signal?.aborted === true)
        throw toAppError(new AppError('cancelled', 'Cancelled.', { cause: thrown }));
      const { error, notSent } = transportFailure(deadline.aborted ? deadline.reason : thrown, agent.where);
      if (notSent) throw new NotSent(error);
      if (error.code === 'output-too-large') throw error;
      throw new BrokeOff(error);
    }
  }

  #dataOf({ status, reason, contentType, text }: Answer, asked: Asked): unknown {
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
    return envelope.data.data;
  }
}
