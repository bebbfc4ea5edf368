import { z } from 'zod';
import {
  contract,
  type CallContext,
  type Channel,
  type Result,
  type ShellHandlers,
} from '../../../src-preload/contract';
import {
  channels,
  shellChannels,
  type CoreChannel,
  type ShellChannel,
} from '../../../src-preload/contract/channels';
import { ShellError } from '../core-host/shell-requests';
import { describeThrown, type ShellLog } from '../log';

export type CallCore = (
  channel: CoreChannel,
  payload: unknown,
  signal: AbortSignal,
) => Promise<Result<unknown>>;

const channelSchema = z.enum(channels);
export const callIdSchema = z.uuid();

/** No request of the contract comes near; the page can send anything. Characters of JSON. */
const maximumPayload = 1024 * 1024;

export const invalidRequest = (detail?: string): Result<never> => ({
  ok: false,
  error: {
    code: 'invalid-request',
    message: 'The request is not valid, so nothing was done.',
    ...(detail === undefined ? {} : { detail }),
  },
});

/** Deeper than any request of the contract. */
const maximumDepth = 16;

/**
 * True for what JSON can hold. Structured clone also brings dates, maps, buffers and cycles, and a strict object
 * schema takes an empty one of those for `{}`.
 */
function isPlainData(value: unknown, depth = 0): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth >= maximumDepth) return false;
  if (Array.isArray(value)) return value.every((item) => isPlainData(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  if (Object.hasOwn(value, '__proto__')) return false;
  return Object.values(value).every((item) => isPlainData(item, depth + 1));
}

/** Field names and rules only. SECURITY: a rejected request may hold a password, so its values are not repeated. */
function describeIssues(error: z.ZodError): string {
  const lines = error.issues.slice(0, 10).map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  return lines.join('\n').slice(0, 2000);
}

function isShellChannel(channel: Channel): channel is ShellChannel {
  return shellChannels.some((name) => name === channel);
}

type AnyHandler = (request: unknown, context: CallContext) => Promise<unknown>;

export interface ParsedCall {
  channel: Channel;
  callId: string;
  payload: unknown;
}

/** Channel, call id and payload, each by its own strict schema; an error instead when one of them is junk. */
export function parseCall(channel: unknown, callId: unknown, payload: unknown): Result<ParsedCall> {
  const name = channelSchema.safeParse(channel);
  if (!name.success) return invalidRequest('There is no such channel.');
  const id = callIdSchema.safeParse(callId);
  if (!id.success) return invalidRequest('The call id is not a UUID.');
  if (!isPlainData(payload)) return invalidRequest('The request is not plain data.');
  if ((JSON.stringify(payload)?.length ?? 0) > maximumPayload)
    return invalidRequest('The request is too large.');
  const parsed = contract[name.data].request.safeParse(payload);
  if (!parsed.success) return invalidRequest(describeIssues(parsed.error));
  return { ok: true, value: { channel: name.data, callId: id.data, payload: parsed.data } };
}

/** Hands a parsed call to the shell's own handler or to the core. Never throws. */
export async function answerCall(
  { channel, payload }: ParsedCall,
  signal: AbortSignal,
  parts: { handlers: ShellHandlers; callCore: CallCore; log: ShellLog },
): Promise<Result<unknown>> {
  try {
    if (!isShellChannel(channel)) return await parts.callCore(channel, payload, signal);
    // The name picks schema and handler together, which the type system cannot follow through a union.
    const handler = parts.handlers[channel] as AnyHandler;
    return { ok: true, value: await handler(payload, { signal }) };
  } catch (thrown) {
    if (thrown instanceof ShellError) return { ok: false, error: thrown.wire };
    parts.log.write('error', 'A call failed', { channel, error: describeThrown(thrown) });
    return {
      ok: false,
      error: { code: 'internal', message: 'Holdfast ran into a bug of its own. Nothing more was done.' },
    };
  }
}
