import { randomUUID } from 'node:crypto';
import {
  eventSchemas,
  type CoreChannel,
  type EventName,
  type EventPayload,
  type Result,
  type WireError,
} from '../../../src-preload/contract';
import type { CoreStatus } from '../../../src-preload/contract/app';
import { toShellSchema, type ToShell } from '../../core/port/protocol';
import type { StartOptions } from '../../core/port/start-options';
import { describeThrown, type ShellLog } from '../log';
import { answerShellRequest, type AnswerShellRequest } from './shell-requests';
import type { CoreEnd, CoreTransport, LaunchCore } from './transport';

/** Milliseconds. Waiting for `ready` covers opening databases and starting the demo fleet on a slow disk. */
export interface CoreTiming {
  startMs: number;
  shutdownMs: number;
  firstBackOffMs: number;
  crashWindowMs: number;
}
const defaultTiming: CoreTiming = {
  startMs: 60_000,
  shutdownMs: 5_000,
  firstBackOffMs: 500,
  crashWindowMs: 60_000,
};
/** Restarts within `crashWindowMs`; one more crash and it is `failed`. */
const maximumRestarts = 5;
/** Calls held back while the core starts. A page asks for a dozen things at first. */
const maximumHeld = 500;

export interface CoreHostOptions {
  launch: LaunchCore;
  answers: AnswerShellRequest;
  onEvent<E extends EventName>(event: E, payload: EventPayload<E>): void;
  onStatus(status: CoreStatus): void;
  log: ShellLog;
  timing?: Partial<CoreTiming>;
}

export interface CoreHost {
  status(): CoreStatus;
  /** A change was sent to the core and has not been answered. */
  busy(): boolean;
  /** Ends the running core, if any, and starts one with these options. Resolves once it runs or has failed. */
  start(options: StartOptions): Promise<CoreStatus>;
  /** Passes a call that was parsed already. Held back while the core starts; never throws. */
  call(channel: CoreChannel, payload: unknown, signal: AbortSignal): Promise<Result<unknown>>;
  /** For good: lets the core finish, then ends it by force. */
  stop(): Promise<void>;
  pid(): number | undefined;
}

interface PendingCall {
  channel: CoreChannel;
  payload: unknown;
  sent: boolean;
  settle(result: Result<unknown>): void;
}

const fail = (code: WireError['code'], message: string): Result<never> => ({
  ok: false,
  error: { code, message },
});

/** SECURITY: a change that was on its way is never called failed: it may have happened. */
function lost(call: PendingCall): Result<never> {
  return call.channel === 'operations:run'
    ? fail(
        'outcome-unknown',
        'The core ended while this change was on its way. It may or may not have happened; the host is read to find out.',
      )
    : fail('core-unavailable', 'The core ended before it answered. Try again.');
}

/** One core from its start to its end. */
class Run {
  readonly #questions = new Map<string, AbortController>();
  readonly ended: Promise<CoreEnd>;
  /** Set before the end is wanted, so that it is not taken for a crash. */
  stopping = false;
  startFailed: WireError | null = null;

  constructor(
    readonly transport: CoreTransport,
    private readonly answers: AnswerShellRequest,
    private readonly log: ShellLog,
  ) {
    this.ended = new Promise((resolve) => transport.onEnd(resolve));
    void this.ended.then(() => this.#questions.forEach((controller) => controller.abort()));
  }

  async answer(request: Extract<ToShell, { kind: 'shell-request' }>): Promise<void> {
    const controller = new AbortController();
    this.#questions.set(request.id, controller);
    const result = await answerShellRequest(this.answers, request, controller.signal, this.log);
    this.#questions.delete(request.id);
    // A withdrawn question has been answered by its withdrawal.
    if (!controller.signal.aborted) {
      this.transport.post({ kind: 'shell-response', id: request.id, result });
    }
  }

  withdraw(id: string): void {
    this.#questions.get(id)?.abort();
  }
}

export function createCoreHost(options: CoreHostOptions): CoreHost {
  const { log } = options;
  const timing = { ...defaultTiming, ...options.timing };
  const calls = new Map<string, PendingCall>();
  let status: CoreStatus = { state: 'starting', crashes: 0, message: null };
  let run: Run | null = null;
  let wanted: StartOptions | null = null;
  let crashTimes: number[] = [];
  let restartTimer: NodeJS.Timeout | null = null;
  let stopped = false;
  let whenSettled: (() => void)[] = [];

  const settle = (): void => {
    const waiting = whenSettled;
    whenSettled = [];
    waiting.forEach((resolve) => resolve());
  };

  const setStatus = (state: CoreStatus['state'], message: string | null): void => {
    status = { state, crashes: status.crashes, message };
    if (state === 'running' || state === 'failed') settle();
    if (state === 'running') {
      for (const [id, call] of calls) send(id, call);
    }
    if (state === 'failed') {
      const words = message ?? 'The core does not run.';
      for (const call of [...calls.values()]) call.settle(fail('core-unavailable', words));
    }
    options.onStatus(status);
  };

  const send = (id: string, call: PendingCall): void => {
    if (call.sent || run === null) return;
    call.sent = true;
    run.transport.post({ kind: 'request', id, channel: call.channel, payload: call.payload });
  };

  const receive = (from: Run, raw: unknown): void => {
    const parsed = toShellSchema.safeParse(raw);
    if (!parsed.success) {
      log.write('error', 'The core sent something the shell does not understand', {
        paths: parsed.error.issues.map((issue) => issue.path.join('.')).join(' '),
      });
      const id: unknown = typeof raw === 'object' && raw !== null && 'id' in raw ? raw.id : undefined;
      if (typeof id === 'string') {
        const call = calls.get(id);
        // Its answer came and cannot be read; waiting on would be for ever.
        if (call !== undefined) call.settle(lost(call));
      }
      return;
    }
    const message = parsed.data;
    switch (message.kind) {
      case 'ready':
        if (from === run && !from.stopping) setStatus('running', null);
        return;
      case 'start-failed':
        from.startFailed = message.error;
        return;
      case 'response':
        calls.get(message.id)?.settle(message.result);
        return;
      case 'event': {
        const payload = eventSchemas[message.event].safeParse(message.payload);
        if (payload.success) options.onEvent(message.event, payload.data as EventPayload<EventName>);
        else log.write('error', 'An event of the core breaks the contract', { event: message.event });
        return;
      }
      case 'shell-request':
        void from.answer(message);
        return;
      case 'shell-cancel':
        from.withdraw(message.id);
        return;
    }
  };

  const settleLost = (): void => {
    for (const call of [...calls.values()]) if (call.sent) call.settle(lost(call));
  };

  const onEnd = (from: Run, end: CoreEnd): void => {
    if (run !== from) return;
    run = null;
    settleLost();
    if (from.stopping) return;
    if (from.startFailed !== null) {
      const { code, message, detail = null } = from.startFailed;
      log.write('error', 'The core could not start', { code, message, detail, stderr: end.stderrTail });
      setStatus('failed', from.startFailed.message);
      return;
    }
    const { code, signal, stderrTail } = end;
    log.write('error', 'The core ended unexpectedly', { code, signal, stderr: stderrTail });
    const now = Date.now();
    crashTimes = [...crashTimes.filter((at) => now - at < timing.crashWindowMs), now];
    status = { ...status, crashes: status.crashes + 1 };
    if (crashTimes.length > maximumRestarts) {
      setStatus('failed', `The core ended ${crashTimes.length} times within a minute and is not restarted.`);
      return;
    }
    setStatus('restarting', 'The core ended unexpectedly and is being restarted.');
    restartTimer = setTimeout(launch, timing.firstBackOffMs * 2 ** (crashTimes.length - 1));
  };

  const launch = (): void => {
    restartTimer = null;
    if (wanted === null) return;
    let transport: CoreTransport;
    try {
      transport = options.launch(wanted);
    } catch (thrown) {
      log.write('error', 'The core could not be launched', { error: describeThrown(thrown) });
      setStatus('failed', 'The core could not be launched.');
      return;
    }
    const started = new Run(transport, options.answers, log);
    run = started;
    const late = setTimeout(() => {
      log.write('error', 'The core was not ready in time');
      transport.kill();
    }, timing.startMs);
    transport.onMessage((raw) => {
      receive(started, raw);
      if (status.state === 'running' || started.startFailed !== null) clearTimeout(late);
    });
    void started.ended.then((end) => {
      clearTimeout(late);
      onEnd(started, end);
    });
  };

  const stopRun = async (): Promise<void> => {
    if (restartTimer !== null) clearTimeout(restartTimer);
    restartTimer = null;
    const ending = run;
    if (ending === null) return;
    ending.stopping = true;
    ending.transport.post({ kind: 'shutdown' });
    const late = setTimeout(() => {
      log.write('warn', 'The core did not end in time and is ended by force');
      ending.transport.kill();
    }, timing.shutdownMs);
    await ending.ended;
    clearTimeout(late);
  };

  /** Starts and stops come one after another; two clicks on a button must not race two cores onto one file. */
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };

  return {
    status: () => status,
    busy: () => [...calls.values()].some((call) => call.sent && call.channel === 'operations:run'),
    pid: () => run?.transport.pid,
    start: (start) =>
      inTurn(async () => {
        if (stopped) return status;
        setStatus('starting', null);
        await stopRun();
        if (stopped) return status;
        wanted = start;
        crashTimes = [];
        const settled = new Promise<void>((resolve) => whenSettled.push(resolve));
        launch();
        await settled;
        return status;
      }),
    stop: async () => {
      // Not in turn: quitting must not wait for a core that is slow to start.
      stopped = true;
      wanted = null;
      settle();
      await stopRun();
    },
    call: (channel, payload, signal) => {
      if (signal.aborted) return Promise.resolve(fail('cancelled', 'Cancelled.'));
      if (status.state === 'failed') {
        return Promise.resolve(fail('core-unavailable', status.message ?? 'The core does not run.'));
      }
      if (calls.size >= maximumHeld && status.state !== 'running') {
        return Promise.resolve(fail('core-unavailable', 'The core is starting; too many calls wait for it.'));
      }
      return new Promise((resolve) => {
        const id = randomUUID();
        const onAbort = () => {
          const call = calls.get(id);
          if (call === undefined) return;
          // What was sent is answered by the core: only it knows how far the call came.
          if (call.sent) run?.transport.post({ kind: 'cancel', id });
          else call.settle(fail('cancelled', 'Cancelled.'));
        };
        const call: PendingCall = {
          channel,
          payload,
          sent: false,
          settle: (result) => {
            if (!calls.delete(id)) return;
            signal.removeEventListener('abort', onAbort);
            resolve(result);
          },
        };
        calls.set(id, call);
        signal.addEventListener('abort', onAbort, { once: true });
        if (status.state === 'running') send(id, call);
      });
    },
  };
}
