import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { coreExternals } from './scripts/lib/externals.mjs';

/**
 * Bundles bench/index.ts with the core's sources for Node 24: Node strips types by itself but does not
 * resolve imports without extensions. CommonJS with the same external packages as the app's core bundle.
 * `window-app` is run by Electron, so its Node may be that of Electron 25.
 */
export default defineConfig({
  ssr: { noExternal: true },
  build: {
    ssr: true,
    target: 'node24',
    outDir: 'out/bench',
    rollupOptions: {
      external: [...coreExternals, 'electron'],
      input: {
        index: resolve('bench/index.ts'),
        'window-app': resolve('bench/window-app.ts'),
        'window-preload': resolve('bench/window-preload.ts'),
      },
      output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
    },
  },
});
