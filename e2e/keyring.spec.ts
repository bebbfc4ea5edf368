import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSshServer } from '../src-main/core/ssh/testing/ssh-server';
import { recordDialogs } from './dialogs';
import { expect, test } from './fixtures';
import { launchHoldfast } from './launch';
import { addHost, hostState } from './own-hosts';
import { screenshot } from './page-tools';
import { open } from './plans';

interface Keyring {
  /** Brings an app to this keyring and to no other. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** A session bus as `session.conf` makes one, but without any folder of services to start. */
const busConfig = (folder: string): string => `<!DOCTYPE busconfig PUBLIC
  "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=${folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

/**
 * A session bus and a GNOME keyring of the test's own, with an unlocked login collection; each step has its end.
 *
 * The daemon tells nobody when it is ready: with `--foreground` 42.1 prints not a word, so waiting for its output is
 * waiting for ever. The bus knows. And a bus with the system's own configuration starts a second daemon, one without
 * a password, for whoever asks before the first has the name: its collection is not there, and Chromium's question
 * then opens a prompt that nobody answers (asked 30 ms too early: 9 of 10 times, 0 of 10 with this bus). So this bus
 * starts nothing.
 */
async function startKeyring(folder: string): Promise<Keyring> {
  const home = join(folder, 'home');
  const runtime = join(folder, 'runtime');
  mkdirSync(home);
  mkdirSync(runtime, { mode: 0o700 });
  const config = join(folder, 'bus.conf');
  writeFileSync(config, busConfig(folder));
  const bus = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address=1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const children: ChildProcess[] = [bus];
  const stop = async (): Promise<void> => {
    for (const child of children.reverse()) await end(child);
  };
  try {
    const [line] = (await once(bus.stdout, 'data', { signal: AbortSignal.timeout(5_000) })) as [Buffer];
    const env = {
      DBUS_SESSION_BUS_ADDRESS: line.toString().trim(),
      XDG_RUNTIME_DIR: runtime,
      XDG_DATA_HOME: join(home, '.local', 'share'),
      HOME: home,
    };
    const daemon = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    children.push(daemon);
    daemon.stdin.end('password of the test');
    const isLocked = async (): Promise<string> => {
      const { stdout } = await promisify(execFile)(
        'dbus-send',
        [
          ...['--session', '--print-reply=literal', '--reply-timeout=2000', '--dest=org.freedesktop.secrets'],
          ...['/org/freedesktop/secrets/aliases/default', 'org.freedesktop.DBus.Properties.Get'],
          ...['string:org.freedesktop.Secret.Collection', 'string:Locked'],
        ],
        { env: { ...process.env, ...env }, timeout: 5_000 },
      ).catch((error: { stderr?: string }) => ({ stdout: error.stderr ?? String(error) }));
      return stdout.trim();
    };
    await expect.poll(isLocked, { timeout: 10_000 }).toMatch(/boolean false/);
    return { env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test('a password is sealed by a real keyring, is there after a restart, and is useless without the keyring', async () => {
  test.skip(!existsSync('/usr/bin/gnome-keyring-daemon'), 'gnome-keyring is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-keyring-'));
  const userData = join(folder, 'profile');
  const password = 'correct horse battery staple';
  const server = await startSshServer({ password });
  let keyring: Keyring | null = null;
  const launch = (env: Record<string, string>) =>
    // There is no desktop here that Chromium could choose its backend by.
    launchHoldfast({ userData, env, args: ['--password-store=gnome-libsecret'] });
  try {
    keyring = await startKeyring(folder);

    await test.step('sealed, and said so', async () => {
      const { page, app, close } = await launch(keyring?.env ?? {});
      try {
        await addHost(page, await recordDialogs(app), {
          name: 'nas-01',
          port: server.port,
          user: server.user,
          password,
        });
        await expect(hostState(page, 'Online')).toBeVisible();
        await open(page, 'Settings');
        await expect(page.getByText('Secrets are sealed by the keyring of your desktop.')).toBeVisible();
        await screenshot(page, '95-sealed-by-keyring');
      } finally {
        await close();
      }
      const files = filesBelow(userData).map((path) => readFileSync(path));
      // Chromium's mark of what a keyring has sealed; `v10` would be the password that is compiled in.
      expect(files.some((bytes) => bytes.includes('v11'))).toBe(true);
      expect(files.some((bytes) => bytes.includes(password))).toBe(false);
    });

    await test.step('there after a restart: the host is read without a question', async () => {
      const logins = server.attempts.length;
      const { page, close } = await launch(keyring?.env ?? {});
      try {
        await page.getByRole('main').getByRole('link', { name: 'nas-01' }).first().click();
        await expect(hostState(page, 'Online')).toBeVisible();
        expect(server.attempts.length).toBeGreaterThan(logins);
      } finally {
        await close();
      }
    });

    await test.step('without the keyring it is asked for again', async () => {
      await keyring?.stop();
      const { page, close } = await launch({});
      try {
        await page.getByRole('main').getByRole('link', { name: 'nas-01' }).first().click();
        await expect(page.getByRole('alert').getByText('The secret can’t be read')).toBeVisible();
        await expect(hostState(page, 'Needs credentials')).toBeVisible();
        await screenshot(page, '96-keyring-gone');
      } finally {
        await close();
      }
    });
  } finally {
    await keyring?.stop();
    await server.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
