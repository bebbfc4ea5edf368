import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import { coreExternals } from './scripts/lib/externals.mjs';

/**
 * Main and preload are CommonJS bundles because the fallback runtime is Electron 25 (no ESM entry),
 * and the page targets its Chromium 114. The shell bundles zod, so it needs no node_modules at run time;
 * the core keeps its native and large dependencies external and runs on the Node of Electron 45 or on Node 24.
 */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      target: 'node18',
      externalizeDeps: false,
      rollupOptions: {
        external: coreExternals,
        input: {
          index: resolve('src-main/index.ts'),
          core: resolve('src-main/core/index.ts'),
        },
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: 'chunks/[name]-[hash].cjs' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // electron-vite accepts nothing but a Node here; 18 is what Chromium 114 has as well.
      target: 'node18',
      externalizeDeps: false,
      rollupOptions: {
        input: { index: resolve('src-preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    base: './',
    plugins: [react()],
    build: {
      outDir: 'out/renderer',
      target: 'chrome114',
      // electron-vite does not by default; a third of the bytes to parse before the first paint.
      minify: true,
      // Read from disk, not over a network.
      chunkSizeWarningLimit: 4000,
      rollupOptions: { input: resolve('src-renderer/index.html') },
    },
  },
});
