import type {
  Api,
  Channel,
  EventName,
  EventPayload,
  Request,
  Response,
  Result,
} from '../src-preload/contract';

declare global {
  interface Window {
    holdfast: Api;
  }
}

type Door = (request: unknown, callId: string) => Promise<Result<unknown>>;

/**
 * The only user of the bridge. Answers are `Result`s and nothing is thrown.
 * Aborting `signal` cancels this very call, never a neighbour of the same channel.
 */
export async function call<C extends Channel>(
  channel: C,
  request: Request<C>,
  signal?: AbortSignal,
): Promise<Result<Response<C>>> {
  const [group = '', verb = ''] = channel.split(':');
  const doors = window.holdfast as unknown as Record<string, Record<string, Door>>;
  const door = doors[group]?.[verb];
  if (door === undefined) {
    return { ok: false, error: { code: 'internal', message: `The bridge has no ${channel}.` } };
  }
  const callId = crypto.randomUUID();
  const cancel = () => window.holdfast.cancel(callId);
  if (signal?.aborted === true) return { ok: false, error: { code: 'cancelled', message: 'Cancelled.' } };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    // The contract types both sides of the door; this cast only undoes the lookup by string above.
    return (await door(request, callId)) as Result<Response<C>>;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** Subscribes to an event of the app; returns the unsubscribe function. */
export function listen<E extends EventName>(
  event: E,
  listener: (payload: EventPayload<E>) => void,
): () => void {
  return window.holdfast.on(event, listener);
}
