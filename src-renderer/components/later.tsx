import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react';
import type * as Parts from '../parts';

const load = () => import('../parts');

/** A component of parts.ts: its code is read when it is first needed, or once the window has come to rest. */
export function part<N extends keyof typeof Parts>(name: N) {
  return lazy<(typeof Parts)[N]>(async () => ({ default: (await load())[name] }));
}

/** Milliseconds after which a busy window gets its dialogs all the same. */
const patienceMs = 1_000;

/**
 * What is closed at the start: dialogs and drawers. They come after the first screen is painted; one that was asked
 * for before then opens as soon as it is there, because what is open stands in the stores.
 */
export function Later({ children }: { children: ReactNode }) {
  const [isDue, setIsDue] = useState(false);
  useEffect(() => {
    const handle = requestIdleCallback(() => setIsDue(true), { timeout: patienceMs });
    return () => cancelIdleCallback(handle);
  }, []);
  return isDue ? <Suspense fallback={null}>{children}</Suspense> : null;
}
