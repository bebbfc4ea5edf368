import { defineConfig } from '@playwright/test';

const reportFile = process.env['HOLDFAST_PLAYWRIGHT_REPORT'];

/** The built app in a real window; global-setup builds it and finds Electron and a display. */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  globalSetup: './e2e/global-setup.ts',
  outputDir: 'test-results',
  // One window at a time: focus, the clipboard and the two cores of a small machine are shared.
  workers: 1,
  fullyParallel: false,
  // A test that passes on the second try has found a fault.
  retries: 0,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: reportFile ? [['list'], ['json', { outputFile: reportFile }]] : [['list']],
});
