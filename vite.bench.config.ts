import { resolve } from 'node:path';
import { defineConfig } from 'vite';

/**
 * Bundles bench/index.ts with the core's sources for Node 24: Node strips types by itself but does not
 * resolve imports without extensions. CommonJS with external packages, as the app's own core bundle.
 */
export default defineConfig({
  build: {
    ssr: true,
    target: 'node24',
    outDir: 'out/bench',
    rollupOptions: {
      input: { index: resolve('bench/index.ts') },
      output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
    },
  },
});
