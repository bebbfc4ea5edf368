/* eslint-disable @typescript-eslint/no-require-imports -- Electron loads the main script as CommonJS */
// The built app, whose `ready` waits until Playwright has attached to the browser. Playwright calls
// `__playwright_run` then, but brings the other half only for an Electron of its own choice. Without it a window
// that opens in the very moment of attaching is lost to Playwright now and then: measured 5 of 65 starts on
// Chromium 114, 0 of 40 of the same app without Playwright. Playwright's own loader also sets Chromium switches
// (`--password-store=basic` among them), and the app is to be tested with none but its own.
const { app } = require('electron');
const { version } = require('../../package.json');

app.setVersion(version);
const ready = app.whenReady();
const emit = app.emit.bind(app);
let readyArguments = [];
app.emit = (event, ...args) => {
  if (event !== 'ready') return emit(event, ...args);
  readyArguments = args;
  return true;
};
let isReady = false;
app.isReady = () => isReady;
const attached = new Promise((resolve) => {
  globalThis.__playwright_run = async () => {
    const event = await ready;
    isReady = true;
    resolve(event);
    emit('ready', ...readyArguments);
  };
});
app.whenReady = () => attached;

require('../../out/main/index.cjs');
