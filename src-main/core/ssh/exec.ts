import type { Client, ClientChannel } from 'ssh2';
import { AppError } from '../errors/app-error';
import type { ExecRequest, ExecResult } from './types';

/** How long a change that was asked to stop may take to say how it ended, in milliseconds. */
const stopPatienceMs = 5_000;

export interface RawExec {
  commandLine: string;
  hostName: string;
  /** Everything on stdout up to this word and its newline is start-up noise; null: a quiet shell. */
  marker: string | null;
}

type Limits = Pick<
  ExecRequest,
  'operation' | 'timeoutSeconds' | 'maxOutputBytes' | 'mutates' | 'signal' | 'onOutput'
>;

/** Collects one stream: decodes, caps, strips noise. */
class Collector {
  readonly #decoder: InstanceType<typeof TextDecoder>;
  #parts: string[] = [];
  #noise: string | null;

  constructor(
    fatal: boolean,
    private readonly marker: string | null,
    private readonly onText: (text: string) => void,
  ) {
    this.#decoder = new TextDecoder('utf-8', { fatal, ignoreBOM: true });
    this.#noise = marker === null ? null : '';
  }

  /** @throws TypeError on bytes that are no UTF-8, when fatal */
  add(chunk: Buffer): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  finish(): string {
    this.#take(this.#decoder.decode());
    return this.#parts.join('');
  }

  #take(text: string): void {
    if (text === '') return;
    let clean = text;
    if (this.#noise !== null && this.marker !== null) {
      this.#noise += text;
      const at = this.#noise.indexOf(`${this.marker}\n`);
      if (at < 0) {
        // Only the tail can still hold the beginning of the marker.
        this.#noise = this.#noise.slice(-(this.marker.length + 1));
        return;
      }
      clean = this.#noise.slice(at + this.marker.length + 1);
      this.#noise = null;
      if (clean === '') return;
    }
    this.#parts.push(clean);
    this.onText(clean);
  }
}

/**
 * Runs one command line on a ready client. Its exit code is the caller's to judge.
 *
 * | what happens                   | a read throws       | a change throws                      |
 * | no channel could be opened     | unreachable         | unreachable (proved: nothing ran)    |
 * | connection lost, no exit code  | unreachable         | outcome-unknown                      |
 * | time-out                       | timed-out           | outcome-unknown                      |
 * | output beyond the cap          | output-too-large    | – (dropped, `truncated`)             |
 * | bytes that are no UTF-8        | unexpected-output   | – (U+FFFD)                           |
 * | cancelled                      | cancelled           | outcome-unknown unless it ends first |
 */
export function execOn(client: Client, raw: RawExec, limits: Limits): Promise<ExecResult> {
  const { operation, mutates, signal } = limits;
  const { hostName } = raw;
  const startedAt = performance.now();
  const unknown = (why: string, cause?: unknown): AppError =>
    new AppError(
      'outcome-unknown',
      `${why} It is not known whether the change was made; Holdfast will read ${hostName} to find out.`,
      { cause },
    );

  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new AppError('cancelled', 'Cancelled.'));
      return;
    }
    let channel: ClientChannel | null = null;
    let settled = false;
    let exit: { code: number | null; signal: string | null } | null = null;
    let bytes = 0;
    let truncated = false;
    let stopping: NodeJS.Timeout | undefined;
    const timer = setTimeout(onTimeout, limits.timeoutSeconds * 1000);

    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      clearTimeout(stopping);
      signal?.removeEventListener('abort', onAbort);
      client.off('close', onClientClose);
      finish();
    };
    const fail = (error: AppError): void => {
      settle(() => {
        channel?.destroy();
        reject(error);
      });
    };
    const out = new Collector(!mutates, raw.marker, (text) => limits.onOutput?.('stdout', text));
    const err = new Collector(!mutates, null, (text) => limits.onOutput?.('stderr', text));

    function onTimeout(): void {
      const why = `${hostName} did not finish within ${limits.timeoutSeconds} s (${operation}).`;
      fail(
        mutates
          ? unknown(why)
          : new AppError('timed-out', `${why} The command was abandoned; nothing was changed.`),
      );
    }
    function onAbort(): void {
      if (!mutates) {
        fail(new AppError('cancelled', 'Cancelled.'));
        return;
      }
      // A change is asked to stop and gets a moment to say how it ended; walking away would hide its outcome.
      channel?.signal('TERM');
      stopping ??= setTimeout(
        () => fail(unknown(`The change was asked to stop, and ${hostName} did not say how it ended.`)),
        stopPatienceMs,
      );
    }
    function onClientClose(): void {
      if (typeof exit?.code === 'number') return;
      const why = `The connection to ${hostName} was lost.`;
      fail(mutates ? unknown(why) : new AppError('unreachable', `${why} (${operation})`));
    }
    const collect = (collector: Collector, chunk: Buffer): void => {
      if (settled || truncated) return;
      bytes += chunk.length;
      if (bytes > limits.maxOutputBytes) {
        if (mutates) {
          collector.add(chunk.subarray(0, chunk.length - (bytes - limits.maxOutputBytes)));
          truncated = true;
          return;
        }
        fail(
          new AppError(
            'output-too-large',
            `${hostName} sent more than ${limits.maxOutputBytes} bytes (${operation}). Reading was stopped; nothing was changed.`,
          ),
        );
        return;
      }
      try {
        collector.add(chunk);
      } catch (cause) {
        fail(notUtf8(cause));
      }
    };
    const notUtf8 = (cause: unknown): AppError =>
      new AppError(
        'unexpected-output',
        `${hostName} sent bytes that are not valid UTF-8 (${operation}). A name on the host may be in another encoding.`,
        { cause },
      );

    client.on('close', onClientClose);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      client.exec(raw.commandLine, onChannel);
    } catch (cause) {
      // ssh2 throws when the client is not connected: nothing was sent.
      fail(new AppError('unreachable', `The connection to ${hostName} is gone.`, { cause }));
    }

    function onChannel(error: Error | undefined, opened: ClientChannel): void {
      if (error !== undefined) {
        const refused = /channel open failure|open failed/i.test(error.message);
        const denied = /unable to exec/i.test(error.message);
        if (denied) {
          fail(
            new AppError('unauthorized', `${hostName} does not let this login run commands.`, {
              cause: error,
            }),
          );
        } else if (refused || !mutates) {
          fail(
            new AppError('unreachable', `${hostName} opened no channel (${operation}).`, {
              cause: error,
              detail: error.message,
            }),
          );
        } else {
          fail(unknown(`The connection to ${hostName} was lost.`, error));
        }
        return;
      }
      channel = opened;
      if (settled) {
        opened.destroy();
        return;
      }
      if (signal?.aborted === true) onAbort();
      // No input: a tool that asks reads end of file instead of waiting.
      opened.end();
      opened.on('data', (chunk: Buffer) => collect(out, chunk));
      opened.stderr.on('data', (chunk: Buffer) => collect(err, chunk));
      opened.on('error', (cause: Error) => {
        fail(
          mutates
            ? unknown(`The channel to ${hostName} broke.`, cause)
            : new AppError('unreachable', `The channel to ${hostName} broke.`, { cause }),
        );
      });
      opened.on('exit', (code: number | null, signalName?: string) => {
        exit = { code, signal: signalName ?? null };
      });
      opened.on('close', () => {
        settle(() => {
          try {
            resolve(ended());
          } catch (thrown) {
            reject(thrown instanceof AppError ? thrown : notUtf8(thrown));
          }
        });
      });
    }

    function ended(): ExecResult {
      if (exit === null || exit.code === null) {
        const how =
          exit === null
            ? 'ended the command without an exit code'
            : `ended the command by signal ${exit.signal}`;
        const why = `${hostName} ${how} (${operation}).`;
        throw mutates ? unknown(why) : new AppError('unexpected-output', why);
      }
      return {
        exitCode: exit.code,
        stdout: out.finish(),
        stderr: err.finish(),
        durationMs: performance.now() - startedAt,
        truncated,
      };
    }
  });
}
