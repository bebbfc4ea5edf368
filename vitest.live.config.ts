import { defineConfig } from 'vitest/config';

/** The journeys against the lab machine: the real core over real SSH, no window. `npm run test:live` starts the machine. */
export default defineConfig({
  test: {
    include: ['e2e/live/**/*.live.ts'],
    pool: 'forks',
    // One machine with one set of disks.
    fileParallelism: false,
    maxWorkers: 1,
    // Under software emulation a sudo'd tool takes seconds.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    bail: 0,
    retry: 0,
  },
});
