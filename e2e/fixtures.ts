import { writeFileSync } from 'node:fs';
import { test as base } from '@playwright/test';
import { recordDialogs, type DialogRecorder } from './dialogs';
import { launchHoldfast, type Holdfast, type LaunchOptions } from './launch';

interface Options {
  /** How the window of the test is started: `test.use({ launch: { demo: true } })`. */
  launch: LaunchOptions;
}

interface Fixtures {
  holdfast: Holdfast;
  /** Native dialogs, recorded from the start of the test. A test fails on a dialog it queued no answer for. */
  dialogs: DialogRecorder;
}

/**
 * Each test gets a window and a profile of its own. On failure its trace, a picture and the app's log
 * are kept in test-results.
 */
export const test = base.extend<Options & Fixtures>({
  launch: [{}, { option: true }],
  holdfast: async ({ launch }, use, info) => {
    const holdfast = await launchHoldfast(launch);
    const { tracing } = holdfast.app.context();
    await tracing.start({ screenshots: true, snapshots: true });
    await use(holdfast);
    const failed = info.status !== info.expectedStatus;
    const said = holdfast.log();
    try {
      await tracing.stop(failed ? { path: info.outputPath('trace.zip') } : {});
      if (failed) await holdfast.page.screenshot({ path: info.outputPath('window.png') });
    } finally {
      // Also when the window is gone, and then all the more.
      if (failed) writeFileSync(info.outputPath('app.log'), said);
      await holdfast.close();
    }
    // The app loads a lost page again, and a test may pass over it.
    base.expect(said, 'the page was lost').not.toMatch(/"The page (?:was lost|began to load)/);
  },
  dialogs: async ({ holdfast }, use) => {
    const dialogs = await recordDialogs(holdfast.app);
    await use(dialogs);
    const unexpected = (await dialogs.seen()).filter((dialog) => !dialog.expected);
    base.expect(unexpected, 'dialogs nobody queued an answer for').toEqual([]);
  },
});

export const expect = test.expect;
