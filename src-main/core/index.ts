import { enableCompileCache, flushCompileCache } from 'node:module';

/** Milliseconds; by then the first window is painted and the first hosts are read. */
const keepAfterMs = 10_000;

// Half of a start was compiling: what V8 made of these bundles is kept in the folder that the shell names. It is on for
// what is loaded from here on, so the core is not imported above.
const [, , codeDirectory] = process.argv;
if (codeDirectory !== undefined) {
  enableCompileCache(codeDirectory);
  setTimeout(flushCompileCache, keepAfterMs).unref();
}

import('./serve').then(
  ({ serve }) => serve(),
  // Electron 37+ only warns of a rejection; the shell is to see a core that has ended.
  (thrown: unknown) => {
    process.nextTick(() => {
      throw thrown;
    });
  },
);
