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
    try {
      if (failed) {
        await tracing.stop({ path: info.outputPath('trace.zip') });
        await info.attach('window', { body: await holdfast.page.screenshot(), contentType: 'image/png' });
      } else {
        await tracing.stop();
      }
    } finally {
      if (failed) await info.attach('app log', { body: holdfast.log(), contentType: 'text/plain' });
      await holdfast.close();
    }
  },
  dialogs: async ({ holdfast }, use) => {
    const dialogs = await recordDialogs(holdfast.app);
    await use(dialogs);
    const unexpected = (await dialogs.seen()).filter((dialog) => !dialog.expected);
    base.expect(unexpected, 'dialogs nobody queued an answer for').toEqual([]);
  },
});

export const expect = test.expect;
