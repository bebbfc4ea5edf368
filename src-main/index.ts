import { join } from 'node:path';
import { app, dialog, safeStorage, session } from 'electron';
import { createAppHandlers } from './shell/app-handlers';
import { launchInChild } from './shell/core-host/child-transport';
import type { LoadedPolicy } from '../src-preload/contract/machine-policy';
import { ConfigError, readConfig, type Config } from './shell/config';
import { machinePlace, readPolicies } from './shell/machine-policy';
import { createCoreHost } from './shell/core-host/core-host';
import { launchInUtilityProcess } from './shell/core-host/utility-transport';
import { createDialogs } from './shell/dialogs/dialogs';
import { registerIpc } from './shell/ipc/register';
import { lockApp, lockSession, restrictChromium } from './shell/lockdown';
import { describeThrown, openShellLog } from './shell/log';
import { describeApp, installMenu } from './shell/menu';
import { createNotifier } from './shell/notifications';
import { registerAppScheme, serveApp } from './shell/protocol/app-protocol';
import { pageOrigin, pageUrl } from './shell/protocol/resolve-asset';
import {
  dataDirectory,
  describeActor,
  profileDirectory,
  readStartUp,
  startsUnsandboxed,
} from './shell/start-up';
import { createVault } from './shell/vault';
import { recoverPage } from './shell/window/recover-page';
import { openWindowStateFile } from './shell/window/window-state-file';
import { createWindows } from './shell/window/windows';

app.setName('Holdfast');
const startUp = readStartUp(process.env, process.argv, app.isPackaged);
app.setPath('userData', startUp.userData ?? join(app.getPath('appData'), 'Holdfast'));
const userData = app.getPath('userData');
const log = openShellLog(join(userData, 'logs'));
const config = configOrExit();

process.on('uncaughtException', (error) => {
  log.write('error', 'The shell ran into a bug', { error: describeThrown(error) });
  dialog.showErrorBox('Holdfast must close', `It ran into a bug of its own: ${error.message}`);
  // The core notices and finishes what it writes.
  app.exit(70);
});
process.on('unhandledRejection', (reason) => {
  log.write('error', 'A promise of the shell was rejected', { error: describeThrown(reason) });
});

const devServer = startUp.devServerUrl !== null;
const allowed = { pageUrl: startUp.devServerUrl ?? pageUrl, devServer };
// SECURITY: also where `--no-sandbox` was given, but for root on Linux, where Chromium's children would not start.
if (!startsUnsandboxed(process.platform, process.getuid?.(), app.commandLine.hasSwitch('no-sandbox'))) {
  app.enableSandbox();
}
restrictChromium(devServer);
registerAppScheme();
lockApp(allowed, log);

/** A config that cannot be used whole may have been meant to lock this laptop: without it nothing starts. */
function configOrExit(): Config & { policies: LoadedPolicy[] } {
  try {
    return {
      ...readConfig(process.env, userData),
      policies: readPolicies(process.env, machinePlace(process.platform)),
    };
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    log.write('error', 'The config cannot be used', { error: thrown.message });
    dialog.showErrorBox('Holdfast does not start: its config cannot be used', thrown.message);
    app.exit(78);
    throw thrown;
  }
}

/** `out/main/index.cjs`; also inside an asar archive. */
const outDirectory = join(__dirname, '..');
const iconPath = join(outDirectory, '..', 'resources', 'icon.png');

function run(): void {
  let demo = startUp.demo;
  let quitting = false;
  let coreStopped = false;

  const vault = createVault(safeStorage, process.platform, (error) =>
    log.write('error', 'The keyring failed', { error: describeThrown(error) }),
  );
  const windows = createWindows({
    preloadPath: join(outDirectory, 'preload', 'index.cjs'),
    iconPath,
    stateFile: openWindowStateFile(join(userData, 'window.json'), log),
    titleSuffix: startUp.evaluationRuntime ? 'evaluation runtime' : null,
    devServer,
    fill: (window, route) => {
      ipc.follow(window.webContents);
      recoverPage(window, allowed.pageUrl, log);
      window.loadURL(`${allowed.pageUrl}#${route}`).catch((error: unknown) => {
        log.write('error', 'The page could not be loaded', { error: describeThrown(error) });
      });
    },
  });
  const dialogs = createDialogs(windows.current, windows.present);
  const notify = createNotifier(windows.isFocused, windows.present);

  const corePath = join(outDirectory, 'main', 'core.cjs');
  const codeDirectory = join(userData, 'compiled');
  const actor = describeActor();
  const host = createCoreHost({
    launch:
      startUp.coreNode === null
        ? launchInUtilityProcess(corePath, codeDirectory)
        : launchInChild(corePath, startUp.coreNode, codeDirectory),
    log,
    onEvent: (event, payload) => {
      if (event === 'settings:changed' && 'colourScheme' in payload)
        windows.setColourScheme(payload.colourScheme);
      for (const { webContents } of windows.all()) ipc.send(webContents, event, payload);
    },
    onStatus: (status) => {
      for (const { webContents } of windows.all()) ipc.send(webContents, 'app:coreStatus', status);
    },
    answers: {
      confirm: async (question, signal) => ({ confirmed: await dialogs.confirm(question, signal) }),
      seal: async ({ plain }) => {
        const sealed = vault.seal(plain);
        return { sealedBase64: sealed === null ? null : Buffer.from(sealed).toString('base64') };
      },
      unseal: async ({ sealedBase64 }) => ({ plain: vault.unseal(Buffer.from(sealedBase64, 'base64')) }),
      vaultStatus: async () => {
        const { persistent, backend } = vault.status();
        return { persistent, backend };
      },
      notify: async ({ title, body }) => {
        notify(title, body);
        return {};
      },
      chooseSavePath: async (request, signal) => ({ path: await dialogs.chooseSavePath(request, signal) }),
      chooseOpenPath: async (request, signal) => ({ path: await dialogs.chooseOpenPath(request, signal) }),
    },
  });

  const openCore = async (demoWanted: boolean) => {
    demo = demoWanted;
    const status = await host.start({
      dataDirectory: dataDirectory(userData, demo),
      demo,
      actor,
      ...config,
    });
    // The first frame of the next start has the colours of the settings.
    const settings = await host.call('settings:read', {}, new AbortController().signal);
    if (settings.ok)
      windows.setColourScheme((settings.value as { colourScheme: 'light' | 'dark' | 'auto' }).colourScheme);
    return status;
  };

  const ipc = registerIpc({
    page: {
      url: allowed.pageUrl,
      origin: startUp.devServerUrl === null ? pageOrigin : new URL(startUp.devServerUrl).origin,
    },
    callCore: host.call,
    log,
    handlers: createAppHandlers({
      fixed: {
        version: app.getVersion(),
        electron: process.versions.electron,
        chromium: process.versions.chrome,
        evaluationRuntime: startUp.evaluationRuntime,
        platform: process.platform,
      },
      vaultStatus: vault.status,
      core: { status: host.status, busy: host.busy, open: openCore },
      openWindow: windows.open,
      fullScreen: (on) => windows.current()?.setFullScreen(on),
      profile: { isDemo: () => demo, directory: () => profileDirectory(userData, demo) },
    }),
  });

  const openFirst = (): void => {
    if (windows.current() === null) windows.open('/');
  };
  app.on('second-instance', windows.present);
  app.on('activate', () => {
    if (app.isReady()) openFirst();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });

  /** Electron cannot wait in `before-quit`; so the first quit is put off until the core has ended. */
  const quitInOrder = async (): Promise<void> => {
    if (host.busy() && !(await dialogs.confirmQuit())) {
      quitting = false;
      // The window may have been closed by then, and the change still needs a place to be seen.
      openFirst();
      return;
    }
    await host.stop();
    coreStopped = true;
    app.quit();
  };
  app.on('before-quit', (event) => {
    if (coreStopped) return;
    event.preventDefault();
    if (quitting) return;
    quitting = true;
    void quitInOrder();
  });

  void app.whenReady().then(() => {
    lockSession(session.defaultSession, allowed, log);
    serveApp(join(outDirectory, 'renderer'));
    installMenu({ development: devServer, openWindow: () => void windows.open('/') });
    describeApp(iconPath, startUp.evaluationRuntime);
    void openCore(demo);
    openFirst();
    log.write('info', 'Started', {
      version: app.getVersion(),
      electron: process.versions.electron,
      evaluationRuntime: startUp.evaluationRuntime,
    });
  });
}

if (app.requestSingleInstanceLock()) {
  run();
} else {
  process.stderr.write('Holdfast is already open with this profile; its window was brought to the front.\n');
  app.exit(0);
}
