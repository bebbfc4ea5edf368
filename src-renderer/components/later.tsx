import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react';
import type * as Parts from '../parts';

const load = () => import('../parts');

/** A component of parts.ts: its code is read when it is first needed, or once the window has come to rest. */
export function part<N extends keyof typeof Parts>(name: N) {
  return lazy<(typeof Parts)[N]>(async () => ({ default: (await load())[name] }));
}

/** Milliseconds after which a busy window gets its dialogs all the same. */
const patienceMs = 1_000;
/** The same, where the first screen itself is not there yet. */
const longPatienceMs = 3_000;

/**
 * What is closed at the start: dialogs and drawers. They come after the first screen is painted; one that was asked
 * for before then opens as soon as it is there, because what is open stands in the stores.
 * @param waiting the first screen still waits for its data: reading all this now would hold it up
 */
export function Later({ children, waiting }: { children: ReactNode; waiting: boolean }) {
  const [isDue, setIsDue] = useState(false);
  useEffect(() => {
    if (waiting) {
      const timer = setTimeout(() => setIsDue(true), longPatienceMs);
      return () => clearTimeout(timer);
    }
    const handle = requestIdleCallback(() => setIsDue(true), { timeout: patienceMs });
    return () => cancelIdleCallback(handle);
  }, [waiting]);
  return isDue ? <Suspense fallback={null}>{children}</Suspense> : null;
}

/** Resolves once what was rendered is on the screen; in a window that draws nothing, after as long as patience lasts. */
export function painted(): Promise<void> {
  return new Promise((done) => {
    const late = setTimeout(done, patienceMs);
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        clearTimeout(late);
        port1.close();
        done();
      };
      port2.postMessage(null);
    });
  });
}
