import { vi } from 'vitest';
import type { Channel, EventName } from '../../src-preload/contract';

type Answer = (request: unknown) => unknown;

/** A bridge for component tests: exact channels answer, all else fails loudly. */
export function installBridge(answers: Partial<Record<Channel, Answer>>) {
  const listeners = new Map<EventName, Set<(payload: unknown) => void>>();
  const calls: { channel: Channel; request: unknown }[] = [];
  const cancelled: string[] = [];
  const group = (name: string) =>
    new Proxy(
      {},
      {
        get: (_target, verb) => async (request: unknown) => {
          const channel = `${name}:${String(verb)}` as Channel;
          calls.push({ channel, request });
          const answer = answers[channel];
          if (answer === undefined) throw new Error(`unexpected call of ${channel}`);
          return answer(request);
        },
      },
    );
  const bridge = new Proxy(
    {},
    {
      get: (_target, name) => {
        if (name === 'cancel') return (callId: string) => cancelled.push(callId);
        if (name === 'on') {
          return (event: EventName, listener: (payload: unknown) => void) => {
            const set = listeners.get(event) ?? new Set();
            listeners.set(event, set.add(listener));
            return () => set.delete(listener);
          };
        }
        return group(String(name));
      },
    },
  );
  vi.stubGlobal('holdfast', bridge);
  Object.defineProperty(window, 'holdfast', { value: bridge, configurable: true });
  return {
    calls,
    cancelled,
    emit: (event: EventName, payload: unknown) =>
      listeners.get(event)?.forEach((listener) => listener(payload)),
  };
}

/** jsdom lacks what Mantine asks of a browser. */
export function installBrowserParts(): void {
  vi.stubGlobal('matchMedia', () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }));
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
  Element.prototype.scrollIntoView = () => undefined;
}
