import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
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
import { encodeParameters, type ApiParameters, type Hidden } from './parameters';
import type { ApiPath } from './path';
import { transportFailure } from './transport-errors';
import { openWebSocket, type WebSocketLink } from './web-socket';

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
  hidden?: Hidden;
}

/** A file that goes with a POST, read while it is sent. */
export interface UploadFile {
  path: string;
  /** As the storage will call it: letters, digits and `. _ - +` only. */
  name: string;
  sizeBytes: number;
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
/** F108 */
const uploadChunkBytes = 1024 * 1024;
/** The time a whole upload may take: 4 GiB over a slow line. */
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

/** The body of an upload, of known length, whose file is read while it is sent. */
function multipart(parameters: ApiParameters, file: UploadFile, onProgress: (sentBytes: number) => void) {
  const boundary = `holdfast-${randomUUID()}`;
  const fields = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${String(value)}\r\n`],
  );
  if (!/^[\w.+-]{1,255}$/.test(file.name)) throw new Error('A file of that name cannot be sent.');
  const head = Buffer.from(
    `${fields.join('')}--${boundary}\r\nContent-Disposition: form-data; name="filename"; filename="${file.name}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  let sent = 0;
  async function* parts(): AsyncGenerator<Buffer> {
    yield head;
    for await (const chunk of createReadStream(file.path, { highWaterMark: uploadChunkBytes })) {
      const piece = chunk as Buffer;
      if (sent + piece.length > file.sizeBytes) throw grown(file);
      yield piece;
      sent += piece.length;
      onProgress(sent);
    }
    if (sent !== file.sizeBytes) throw grown(file);
    yield tail;
  }
  return {
    boundary,
    lengthBytes: head.length + file.sizeBytes + tail.length,
    stream: Readable.from(parts(), { objectMode: false }),
    sentBytes: () => sent,
  };
}

function grown({ path }: UploadFile): AppError {
  return new AppError(
    'refused',
    `The file ${basename(path)} changed while it was sent, so the upload was broken off.`,
  );
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
  readonly #uploads = new PQueue({ concurrency: uploadSlots });
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
    return (await this.page(path, schema, options)).data;
  }

  /** As `get`, with how many rows there are in all, where the answer says so: lists that are asked for in parts. */
  async page<T>(
    path: ApiPath,
    schema: z.ZodType<T>,
    options: ReadOptions,
  ): Promise<{ data: T; total: number | null }> {
    const { operation, query = {}, signal } = options;
    const asked: Asked = { cluster: this.options.cluster, operation, parameters: query };
    const encoded = encodeParameters(query);
    const target = encoded === '' ? path : `${path}?${encoded}`;
    const answer = await this.#guarded(signal, () =>
      this.#retry.execute(() => this.#breaker.execute(() => this.#anyEndpoint('GET', target, null, signal))),
    );
    const { data, total = null } = this.#envelopeOf(answer, asked);
    const parsed = schema.safeParse(data);
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
    const asked: Asked = { cluster: this.options.cluster, operation, parameters, hidden };
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
    const asked: Asked = { cluster: this.options.cluster, operation, parameters };
    const agent = this.#agents[this.#preferred];
    if (agent === undefined) throw new Error('There is no such endpoint.');
    const body = multipart(parameters, file, onProgress);
    const run = async (): Promise<Answer> => {
      const authorization = await this.options.authorization();
      const deadline = AbortSignal.timeout(uploadTimeoutMs);
      try {
        const response = await request(`${agent.origin}/api2/json${path}`, {
          method: 'POST',
          dispatcher: agent.changes,
          headers: {
            authorization,
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
        const contentType = response.headers['content-type'];
        return {
          status: response.statusCode,
          reason: response.statusText,
          contentType: Array.isArray(contentType) ? contentType.join() : (contentType ?? ''),
          text: await response.body.text(),
        };
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
   * Opens a web socket below the API, on a connection that was checked like any other. @throws AppError as `get`
   */
  async socket(path: ApiPath, query: ApiParameters): Promise<WebSocketLink> {
    const agent = this.#agents[this.#preferred];
    if (agent === undefined) throw new Error('There is no such endpoint.');
    const authorization = await this.options.authorization();
    try {
      return await openWebSocket({
        url: `${agent.origin}/api2/json${path}?${encodeParameters(query)}`,
        dispatcher: agent.changes,
        authorization,
        signal: AbortSignal.timeout(connectTimeoutMs + this.#limits.requestTimeoutMs),
      });
    } catch (thrown) {
      throw thrown instanceof AppError ? thrown : transportFailure(thrown, agent.where).error;
    }
  }

  async close(): Promise<void> {
    this.#queue.clear();
    this.#uploads.clear();
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
