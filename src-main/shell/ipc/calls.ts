/** Calls on their way, per page. A page that goes away takes its calls with it. */
export interface Calls {
  /** null: the id is in use, or too many calls are on their way. */
  open(pageId: number, callId: string): AbortController | null;
  close(pageId: number, callId: string, controller: AbortController): void;
  cancel(pageId: number, callId: string): void;
  cancelAll(pageId: number): void;
}

/** A screen makes a handful at once; a page out of hand must not fill the core's memory. */
const maximumCalls = 256;

export function createCalls(): Calls {
  const pages = new Map<number, Map<string, AbortController>>();
  return {
    open: (pageId, callId) => {
      const calls = pages.get(pageId) ?? new Map<string, AbortController>();
      if (calls.has(callId) || calls.size >= maximumCalls) return null;
      const controller = new AbortController();
      pages.set(pageId, calls.set(callId, controller));
      return controller;
    },
    close: (pageId, callId, controller) => {
      const calls = pages.get(pageId);
      // A call of the page before a reload may end when its id is in use again.
      if (calls?.get(callId) !== controller) return;
      calls.delete(callId);
      if (calls.size === 0) pages.delete(pageId);
    },
    cancel: (pageId, callId) => pages.get(pageId)?.get(callId)?.abort(),
    cancelAll: (pageId) => {
      const calls = pages.get(pageId);
      pages.delete(pageId);
      calls?.forEach((controller) => controller.abort());
    },
  };
}
