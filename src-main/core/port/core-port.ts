import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Core, CoreOptions } from '../core';
import { AppError, toAppError } from '../errors/app-error';
import {
  shellRequestSchemas,
  toCoreSchema,
  type ShellRequestName,
  type ToCore,
  type ToShell,
} from './protocol';
import type { ShellPort } from './shell-port';
import { readStartOptions, type StartOptions } from './start-options';

/** The wire to the shell, whoever hosts this process. */
export interface CoreChannel {
  post(message: ToShell): void;
  /** Hands over raw messages; they are parsed here. */
  onMessage(listener: (message: unknown) => void): void;
  /** The shell is gone. Never called where the host ends this process itself. */
  onClosed?(listener: () => void): void;
  /** Ends the process once what was posted has left it. */
  exit(code: number): void;
}

export type CreateCore = (options: CoreOptions) => Promise<Core>;

type Schemas = typeof shellRequestSchemas;
type ShellRequest<N extends ShellRequestName> = z.infer<Schemas[N]['request']>;
type ShellResponse<N extends ShellRequestName> = z.infer<Schemas[N]['response']>;
type Ask = <N extends ShellRequestName>(
  name: N,
  payload: ShellRequest<N>,
  signal?: AbortSignal,
) => Promise<ShellResponse<N>>;

/** What the core needs to finish when nobody is left to end it by force. */
const orphanDeadlineMs = 15_000;
const exitCodes = { ok: 0, startFailed: 78, closeFailed: 70 } as const;

const cancelled = () => new AppError('cancelled', 'Cancelled.');

function shellPortOver(ask: Ask): ShellPort {
  return {
    confirm: async (question, signal) => (await ask('confirm', question, signal)).confirmed,
    seal: async (plain) => {
      const { sealedBase64 } = await ask('seal', { plain });
      return sealedBase64 === null ? null : new Uint8Array(Buffer.from(sealedBase64, 'base64'));
    },
    unseal: async (sealed) => {
      const sealedBase64 = Buffer.from(sealed).toString('base64');
      return (await ask('unseal', { sealedBase64 })).plain;
    },
    vaultStatus: () => ask('vaultStatus', {}),
    notify: (title, body) => {
      // A notification nobody could be shown must not fail the work it tells of.
      ask('notify', { title, body }).catch(() => undefined);
    },
    chooseSavePath: async (suggestedName, filters) =>
      (await ask('chooseSavePath', { suggestedName, filters })).path,
    chooseOpenPath: async (title, filters, startIn) =>
      (await ask('chooseOpenPath', { title, filters, ...(startIn === undefined ? {} : { startIn }) })).path,
  };
}

interface Question {
  answer(result: Extract<ToCore, { kind: 'shell-response' }>['result']): void;
  fail(error: AppError): void;
}

/** The core's questions to the shell. A withdrawn one is answered `cancelled` at once. */
function createQuestions(channel: CoreChannel): { ask: Ask; pending: Map<string, Question>; end(): void } {
  const pending = new Map<string, Question>();
  let ended = false;
  const ask: Ask = (name, payload, signal) =>
    new Promise((resolve, reject) => {
      if (ended || signal?.aborted === true) {
        reject(cancelled());
        return;
      }
      const id = randomUUID();
      const withdraw = () => {
        channel.post({ kind: 'shell-cancel', id });
        settle(() => reject(cancelled()));
      };
      const settle = (act: () => void) => {
        pending.delete(id);
        signal?.removeEventListener('abort', withdraw);
        act();
      };
      signal?.addEventListener('abort', withdraw, { once: true });
      pending.set(id, {
        fail: (error) => settle(() => reject(error)),
        answer: (result) => {
          if (!result.ok) {
            const { code, message, ...rest } = result.error;
            settle(() => reject(new AppError(code, message, rest)));
            return;
          }
          const schema: z.ZodType = shellRequestSchemas[name].response;
          const parsed = schema.safeParse(result.value);
          settle(() => {
            if (parsed.success) resolve(parsed.data as ShellResponse<typeof name>);
            else reject(new AppError('internal', `The shell answered ${name} with something else.`));
          });
        },
      });
      channel.post({ kind: 'shell-request', id, name, payload });
    });
  return {
    ask,
    pending,
    end: () => {
      ended = true;
      for (const question of [...pending.values()]) question.fail(cancelled());
    },
  };
}

/** A request whose id can be told although the rest of it is junk gets an answer instead of silence. */
function requestIdOf(raw: unknown): string | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const { kind, id } = raw as { kind?: unknown; id?: unknown };
  return kind === 'request' && typeof id === 'string' ? id : null;
}

/**
 * The core's half of the port: starts the core, passes requests, cancels, events and the core's own
 * questions, and ends the process when the shell says so or is gone.
 *
 * @param channel see `parentChannel`
 * @param start for tests; otherwise what the shell wrote to the environment
 */
export function serveCore(channel: CoreChannel, createCore: CreateCore, start?: StartOptions): void {
  const calls = new Map<string, AbortController>();
  const questions = createQuestions(channel);
  let core: Core | null = null;
  let closing = false;

  const answer = (id: string, code: 'invalid-request' | 'core-unavailable', message: string): void => {
    channel.post({ kind: 'response', id, result: { ok: false, error: { code, message } } });
  };

  const call = async (request: Extract<ToCore, { kind: 'request' }>): Promise<void> => {
    const { id, channel: name, payload } = request;
    if (core === null || closing) {
      answer(id, 'core-unavailable', 'The core is starting or ending; nothing was done.');
      return;
    }
    // A second request under a living id is dropped: an answer would be taken for that of the first.
    if (calls.has(id)) return;
    const controller = new AbortController();
    calls.set(id, controller);
    try {
      channel.post({ kind: 'response', id, result: await core.call(name, payload, controller.signal) });
    } catch (thrown) {
      channel.post({ kind: 'response', id, result: { ok: false, error: toAppError(thrown).toWire() } });
    } finally {
      calls.delete(id);
    }
  };

  const starting = (async (): Promise<void> => {
    try {
      const { dataDirectory, demo, actor, fixed, policies, logLevel } =
        start ?? readStartOptions(process.env);
      core = await createCore({
        dataDirectory,
        fixed,
        policies,
        logLevel,
        demo,
        actor,
        shell: shellPortOver(questions.ask),
        emit: (event, payload) => channel.post({ kind: 'event', event, payload }),
      });
      if (!closing) channel.post({ kind: 'ready' });
    } catch (thrown) {
      // The shell keeps the end of stderr in its log: where it failed, which a sentence for people leaves out.
      process.stderr.write(
        `${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`,
      );
      channel.post({ kind: 'start-failed', error: toAppError(thrown).toWire() });
      if (!closing) channel.exit(exitCodes.startFailed);
    }
  })();

  /** Writes are finished and files closed before the process ends; the shell ends it by force if that hangs. */
  const close = async (): Promise<void> => {
    if (closing) return;
    closing = true;
    try {
      await starting;
      await core?.close();
      channel.exit(exitCodes.ok);
    } catch {
      channel.exit(exitCodes.closeFailed);
    }
  };

  channel.onMessage((raw) => {
    const parsed = toCoreSchema.safeParse(raw);
    if (!parsed.success) {
      const id = requestIdOf(raw);
      if (id !== null && !calls.has(id)) answer(id, 'invalid-request', 'The core did not understand this.');
      return;
    }
    const message = parsed.data;
    switch (message.kind) {
      case 'request':
        void call(message);
        return;
      case 'cancel':
        calls.get(message.id)?.abort();
        return;
      case 'shell-response':
        questions.pending.get(message.id)?.answer(message.result);
        return;
      case 'shutdown':
        void close();
        return;
    }
  });

  channel.onClosed?.(() => {
    questions.end();
    setTimeout(() => channel.exit(exitCodes.closeFailed), orphanDeadlineMs).unref();
    void close();
  });
}
