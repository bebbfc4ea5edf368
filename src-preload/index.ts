import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import type { Api, Result } from './contract';
import { cancelDoor, channels, eventDoor, events, invokeDoor } from './contract/channels';

/**
 * SECURITY: one function per channel of the contract; the page can name neither another channel nor an event, and
 * Electron's objects do not cross. What it sends is checked in main, where the page cannot reach.
 */
type Door = (request: unknown, callId?: unknown) => Promise<unknown>;

const unsendable: Result<never> = {
  ok: false,
  error: { code: 'invalid-request', message: 'The request cannot be sent, so nothing was done.' },
};

const groups: Record<string, Record<string, Door>> = {};
for (const channel of channels) {
  const [group = '', verb = ''] = channel.split(':');
  groups[group] = {
    ...groups[group],
    [verb]: async (request, callId) => {
      try {
        structuredClone([callId, request]);
      } catch {
        // A function or an element. `invoke` would reject, and nothing is thrown across the bridge.
        return unsendable;
      }
      return ipcRenderer.invoke(invokeDoor, channel, callId ?? crypto.randomUUID(), request);
    },
  };
}

const eventNames: ReadonlySet<string> = new Set(events);
type Listener = (payload: unknown) => void;
const listeners = new Map<string, Set<Listener>>();

ipcRenderer.on(eventDoor, (_event: IpcRendererEvent, name: string, payload: unknown) => {
  listeners.get(name)?.forEach((listener) => listener(payload));
});

function on(name: unknown, listener: unknown): () => void {
  if (typeof name !== 'string' || !eventNames.has(name) || typeof listener !== 'function') {
    throw new TypeError('There is no such event.');
  }
  // One entry per subscription, so that subscribing twice needs unsubscribing twice.
  const entry: Listener = (payload) => void (listener as Listener)(payload);
  const entries = listeners.get(name) ?? new Set<Listener>();
  listeners.set(name, entries.add(entry));
  return () => void entries.delete(entry);
}

const bridge = {
  ...groups,
  cancel: (callId: unknown) => ipcRenderer.send(cancelDoor, callId),
  on,
};
// Built from the same names as `Api`, which the type system cannot follow through a loop.
contextBridge.exposeInMainWorld('holdfast', bridge as unknown as Api);
