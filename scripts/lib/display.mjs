// A screen for Electron where there is none: our own Xvfb, closed to other users, ended by its pid.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onEnd, runOrFail } from './process.mjs';
import { SetupError } from './say.mjs';
import { headlessPackages, howToInstall } from './system-packages.mjs';

/** True where a window can appear: macOS and Windows always, Linux with X11 or Wayland. */
export function hasDisplay(env = process.env, platform = process.platform) {
  return platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

/** Resolves with the display number that Xvfb writes to its `-displayfd`. */
function displayNumber(child, errors) {
  return new Promise((done, fail) => {
    let text = '';
    const timer = setTimeout(() => fail(new SetupError('Xvfb did not open a display within 20 s.')), 20_000);
    const settle = (act) => {
      clearTimeout(timer);
      act();
    };
    child.stdio[3].setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      if (/^\d+\n/.test(text)) settle(() => done(Number.parseInt(text, 10)));
    });
    child.once('error', (error) =>
      settle(async () =>
        fail(
          error.code === 'ENOENT'
            ? new SetupError(`There is no display and no Xvfb. ${await howToInstall(headlessPackages)}`)
            : error,
        ),
      ),
    );
    child.once('exit', (code) =>
      settle(() => fail(new SetupError(`Xvfb ended with code ${code}.\n${errors().trim()}`))),
    );
  });
}

/**
 * Starts Xvfb on a free display. Returns the environment to add and `stop`.
 * SECURITY: an X server without a cookie lets any local user read the screen and type into it,
 * so it gets one of 128 random bits and no TCP port.
 */
export async function startXvfb({ width = 1600, height = 1000 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-x-'));
  const authority = join(folder, 'Xauthority');
  const cookie = randomBytes(16).toString('hex');
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  let child;
  const stop = () => {
    child?.kill('SIGTERM');
    removeFolder();
  };
  const forget = onEnd(stop);
  try {
    // The server takes any cookie of its file, the client looks for that of its display; hence both.
    const addCookie = (number) =>
      runOrFail('xauth', 'xauth', ['-q', '-f', authority, 'add', `:${number}`, '.', cookie], {
        capture: true,
      });
    await addCookie(0);
    const args = ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp'];
    child = spawn('Xvfb', [...args, '-auth', authority], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    const number = await displayNumber(child, () => stderr);
    child.removeAllListeners('exit');
    await addCookie(number);
    // The server must not keep our event loop alive: its end is ours.
    child.unref();
    child.stderr.unref?.();
    child.stdio[3].destroy();
    return {
      env: { DISPLAY: `:${number}`, XAUTHORITY: authority },
      stop() {
        forget();
        stop();
      },
    };
  } catch (error) {
    forget();
    stop();
    throw error;
  }
}
