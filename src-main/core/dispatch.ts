import type { z } from 'zod';
import {
  contract,
  type CallContext,
  type Channel,
  type CoreHandlers,
  type Result,
} from '../../src-preload/contract';
import { shellChannels, type CoreChannel } from '../../src-preload/contract/channels';
import { AppError, toAppError } from './errors/app-error';
import type { CoreLog } from './log';

type AnyHandler = (request: unknown, context: CallContext) => Promise<unknown>;

function isCoreChannel(channel: string): channel is CoreChannel {
  return Object.hasOwn(contract, channel) && !shellChannels.some((name) => name === channel);
}

/** Field names and rules only. SECURITY: a rejected request may hold a password, so its values are not repeated. */
function describeIssues(error: z.ZodError): string {
  const lines = error.issues.slice(0, 10).map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  return lines.join('\n').slice(0, 2000);
}

export type Dispatch = (channel: Channel, payload: unknown, signal: AbortSignal) => Promise<Result<unknown>>;

export interface DispatchOptions {
  /** Parse answers as strictly as requests: in tests and e2e, where a wrong answer is a bug to find. */
  checkResponses: boolean;
  log: CoreLog;
}

/** Parses the request strictly, runs the handler and turns whatever it throws into a `WireError`. Never throws. */
export function createDispatch(handlers: CoreHandlers, options: DispatchOptions): Dispatch {
  return async (channel, payload, signal) => {
    try {
      if (!isCoreChannel(channel)) {
        throw new AppError('invalid-request', 'The core does not answer this channel.');
      }
      const parsed = contract[channel].request.safeParse(payload);
      if (!parsed.success) {
        throw new AppError('invalid-request', 'The request is not valid, so nothing was done.', {
          detail: describeIssues(parsed.error),
        });
      }
      if (signal.aborted) throw new AppError('cancelled', 'Cancelled.');
      // The name picks schema and handler together, which the type system cannot follow through a union.
      const handler = handlers[channel] as AnyHandler;
      const value = await handler(parsed.data, { signal });
      if (options.checkResponses) {
        const checked = contract[channel].response.safeParse(value);
        if (!checked.success) {
          throw new Error(`The answer to ${channel} breaks the contract: ${describeIssues(checked.error)}`);
        }
      }
      return { ok: true, value };
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'internal') options.log.write('error', 'A call failed', { channel, error: thrown });
      return { ok: false, error: error.toWire() };
    }
  };
}
