import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

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
      externalizeDeps: { exclude: ['zod'] },
      rollupOptions: {
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
      target: 'chrome114',
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
      rollupOptions: { input: resolve('src-renderer/index.html') },
    },
  },
});
