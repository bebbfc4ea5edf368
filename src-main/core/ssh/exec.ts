import type { Client, ClientChannel } from 'ssh2';
import { AppError } from '../errors/app-error';
import { OutputCollector } from './output-collector';
import type { ExecRequest, ExecResult } from './types';

/** How long a change that was asked to stop may take to say how it ended, in milliseconds. */
const stopPatienceMs = 5_000;
/** After the exit code of a command that may leave a child behind: what its output may still need, in milliseconds. */
const tailMs = 300;

export interface RawExec {
  commandLine: string;
  hostName: string;
  /** Everything on stdout up to this word and its newline is start-up noise; null: a quiet shell. */
  marker: string | null;
  /** Takes bytes that are no UTF-8 also for a read: start-up noise comes in any encoding. */
  anyEncoding?: boolean;
}

export type ExecLimits = Pick<
  ExecRequest,
  | 'operation'
  | 'timeoutSeconds'
  | 'maxOutputBytes'
  | 'mutates'
  | 'detachAfterSeconds'
  | 'stdin'
  | 'signal'
  | 'onOutput'
  | 'keepStdout'
>;

export interface RawResult extends ExecResult {
  /** The marker was printed; true when none was asked for. */
  started: boolean;
}

/** ssh2 gives the reason only to errors of a channel that the host refused to open. */
export function isChannelRefused(error: unknown): boolean {
  return (
    error instanceof AppError &&
    error.code === 'unreachable' &&
    error.cause instanceof Error &&
    'reason' in error.cause
  );
}

/**
 * ssh2 1.17 drops Channel.signal() without a word once our side of stdin is closed, which it always is;
 * RFC 4254, 6.9 and OpenSSH know no such rule.
 */
function sendSignal(client: Client, channel: ClientChannel, name: 'TERM'): void {
  const { outgoing } = channel as unknown as { outgoing: { id: number; state: string } };
  if (outgoing.state !== 'open' && outgoing.state !== 'eof') return;
  const { _protocol: protocol } = client as unknown as {
    _protocol: { signal(recipient: number, name: string): void };
  };
  protocol.signal(outgoing.id, name);
}

/**
 * Runs one command line on a ready client. Its exit code is the caller's to judge.
 *
 * | what happens                      | a read throws       | a change throws                      |
 * | no channel could be opened        | unreachable         | unreachable (proved: nothing ran)    |
 * | connection lost, no exit code     | unreachable         | outcome-unknown                      |
 * | connection lost after exit code   | unreachable         | – (its end is known; `truncated`)    |
 * | time-out                          | timed-out           | outcome-unknown                      |
 * | output beyond the cap             | output-too-large    | – (dropped, `truncated`)             |
 * | stdout that is no UTF-8           | unexpected-output   | – (U+FFFD)                           |
 * | ended by a signal, or no code     | unexpected-output   | outcome-unknown                      |
 * | cancelled                         | cancelled           | outcome-unknown unless it ends first |
 * | still runs after detachAfter      | (does not apply)    | – (`leftRunning`)                    |
 *
 * A channel that is left behind stays open on purpose: sshd would close the pipes of what still writes to them.
 *
 * stderr is never parsed, so bytes that are no UTF-8 become U+FFFD there: an error that quotes a name in another
 * encoding has to stay readable.
 */
export function execOn(client: Client, raw: RawExec, limits: ExecLimits): Promise<RawResult> {
  const { operation, mutates, signal } = limits;
  const { hostName } = raw;
  const startedAt = performance.now();
  const unknown = (why: string, cause?: unknown): AppError =>
    new AppError(
      'outcome-unknown',
      `${why} It is not known whether the change was made; Holdfast will read ${hostName} to find out.`,
      { cause },
    );
  const lost = (cause?: unknown): AppError => {
    const why = `The connection to ${hostName} was lost.`;
    return mutates
      ? unknown(why, cause)
      : new AppError('unreachable', `${why} Nothing was changed (${operation}).`, { cause });
  };

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
    const detachable = mutates && limits.detachAfterSeconds !== undefined;
    let leftRunning = false;
    let detaching: NodeJS.Timeout | undefined;

    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      clearTimeout(stopping);
      clearTimeout(detaching);
      signal?.removeEventListener('abort', onAbort);
      client.off('close', onClientClose);
      finish();
    };
    const fail = (error: AppError): void => {
      settle(() => {
        if (channel !== null) abandon(channel);
        reject(error);
      });
    };
    const fatal = !mutates && raw.anyEncoding !== true;
    const out = new OutputCollector(
      fatal,
      raw.marker,
      (text) => limits.onOutput?.('stdout', text),
      limits.keepStdout !== false,
    );
    const err = new OutputCollector(false, null, (text) => limits.onOutput?.('stderr', text));

    function onTimeout(): void {
      const why = `${hostName} did not finish within ${limits.timeoutSeconds} s (${operation}).`;
      fail(
        mutates
          ? unknown(why)
          : new AppError('timed-out', `${why} Holdfast stopped waiting; nothing was changed.`),
      );
    }
    function onAbort(): void {
      if (!mutates) {
        fail(new AppError('cancelled', 'Cancelled.'));
        return;
      }
      // A change is asked to stop and gets a moment to say how it ended; walking away would hide its outcome.
      // sshd sends the signal as the login's user, so a command under sudo never sees it.
      if (channel !== null) sendSignal(client, channel, 'TERM');
      stopping ??= setTimeout(
        () => fail(unknown(`The change was asked to stop, and ${hostName} did not say how it ended.`)),
        stopPatienceMs,
      );
    }
    function onClientClose(): void {
      // ssh2 closes every channel right after this, as if the host had: only here the two can be told apart.
      if (mutates && typeof exit?.code === 'number') truncated = true;
      else fail(lost());
    }
    const collect = (collector: OutputCollector, chunk: Buffer): void => {
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
        if (/unable to exec/i.test(error.message)) {
          fail(
            new AppError('unauthorized', `${hostName} does not let this login run commands.`, {
              cause: error,
            }),
          );
        } else if ('reason' in error) {
          fail(
            new AppError(
              'unreachable',
              `${hostName} opened no further channel, so nothing ran (${operation}). Its sshd may limit MaxSessions.`,
              { cause: error, detail: error.message },
            ),
          );
        } else {
          fail(lost(error));
        }
        return;
      }
      channel = opened;
      if (settled) {
        abandon(opened);
        return;
      }
      if (signal?.aborted === true) onAbort();
      // Then end of file: a tool that asks for more does not wait.
      opened.end(limits.stdin);
      if (detachable) {
        detaching = setTimeout(
          () => {
            leftRunning = exit === null;
            settle(conclude);
          },
          (limits.detachAfterSeconds ?? 0) * 1000,
        );
      }
      opened.on('data', (chunk: Buffer) => collect(out, chunk));
      opened.stderr.on('data', (chunk: Buffer) => collect(err, chunk));
      opened.on('error', (cause: Error) => fail(lost(cause)));
      opened.on('exit', (code: number | null, signalName?: string) => {
        exit = { code, signal: signalName ?? null };
        if (!detachable || settled) return;
        clearTimeout(detaching);
        detaching = setTimeout(() => settle(conclude), tailMs);
      });
      opened.on('close', () => {
        // 'close' waits for the end of stdout only; the tail of stderr may still be on its way to us.
        if (opened.stderr.readableEnded) settle(conclude);
        else opened.stderr.once('end', () => settle(conclude));
      });
    }

    function conclude(): void {
      try {
        resolve(ended());
      } catch (thrown) {
        reject(thrown instanceof AppError ? thrown : notUtf8(thrown));
      }
    }

    function ended(): RawResult {
      if (leftRunning) return result(0, true);
      if (exit === null || exit.code === null) {
        const how =
          exit === null
            ? 'ended the command without an exit code'
            : `ended the command by signal ${exit.signal}`;
        const why = `${hostName} ${how} (${operation}).`;
        throw mutates ? unknown(why) : new AppError('unexpected-output', `${why} Nothing was changed.`);
      }
      return result(exit.code, false);
    }

    function result(exitCode: number, left: boolean): RawResult {
      return {
        exitCode,
        stdout: out.finish(),
        stderr: err.finish(),
        durationMs: performance.now() - startedAt,
        truncated,
        ...(left ? { leftRunning: true } : {}),
        started: out.started,
      };
    }
  });
}

/** Closes our side and reads no further, so that the window fills and a host that goes on sending has to stop. */
function abandon(channel: ClientChannel): void {
  channel.destroy();
  channel.pause();
  channel.stderr.pause();
}
