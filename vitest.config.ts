import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Everything that needs neither a window nor the lab. Tests of components ask for jsdom in their first line. */
export default defineConfig({
  plugins: [react()],
  test: {
    include: [
      'src-main/**/*.test.ts',
      'src-preload/**/*.test.ts',
      'src-renderer/**/*.test.{ts,tsx}',
      'e2e/lab/**/*.test.mjs',
      'scripts/**/*.test.mjs',
      'packaging/*.test.mjs',
    ],
    testTimeout: 30_000,
    // What is waited for comes later on a machine that does other work as well, and fails no less when it never comes.
    expect: { poll: { timeout: 10_000 } },
    // Native modules (better-sqlite3) and signals need processes of their own, not threads.
    pool: 'forks',
  },
});
