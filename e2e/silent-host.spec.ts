import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Page } from '@playwright/test';
import { startSshServer, type TestServer } from '../src-main/core/ssh/testing/ssh-server';
import { expect, test } from './fixtures';
import { addHost, fillHostForm, hostForm, hostState } from './own-hosts';
import { expectAccessible, screenshot } from './page-tools';
import { open } from './plans';

const password = 'correct horse battery staple';
/** When a host answers at last: long after the app has stopped waiting. */
const lateMs = 60_000;

/** Accepts, says `greeting` at once and the rest never, as a host whose sshd hangs. */
async function startMute(
  port: number,
  greeting: string,
): Promise<{ heard(): Buffer; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    if (greeting !== '') socket.write(greeting);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    heard: () => Buffer.concat(chunks),
    close: async () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const sidebar = (page: Page) => page.getByRole('navigation', { name: 'Main' });

/** Adds the host while it is well, so that its key is pinned and only its silence is left to be seen. */
async function addWell(
  page: Page,
  dialogs: Parameters<typeof addHost>[1],
  name: string,
): Promise<TestServer> {
  const server = await startSshServer({ password });
  await addHost(page, dialogs, { name, port: server.port, user: server.user, password });
  await expect(hostState(page, 'Online')).toBeVisible();
  await open(page, 'Fleet');
  return server;
}

test('a host that falls silent at any point is given up in time, in words that fit', async ({
  holdfast: { page },
  dialogs,
}) => {
  test.setTimeout(300_000);
  const closers: (() => Promise<void>)[] = [];
  try {
    // Whoever asks while a reading in the background waits shares its wait; here each wait is to be one's own.
    await open(page, 'Settings');
    await page.getByRole('combobox', { name: 'Refresh interval', exact: true }).click();
    await page.getByRole('option', { name: 'Only by hand' }).click();
    await open(page, 'Fleet');
    const servers = new Map<string, TestServer>();
    for (const name of ['no-banner', 'no-kex', 'no-channel', 'no-answer']) {
      const server = await addWell(page, dialogs, name);
      servers.set(name, server);
      closers.push(() => server.close().catch(() => undefined));
    }
    const named = (name: string): TestServer => {
      const server = servers.get(name);
      if (server === undefined) throw new Error(name);
      return server;
    };
    const mutes = new Map<string, { heard(): Buffer }>();
    for (const [name, greeting] of [
      ['no-banner', ''],
      ['no-kex', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
    ] as const) {
      await named(name).close();
      const mute = await startMute(named(name).port, greeting);
      mutes.set(name, mute);
      closers.push(() => mute.close());
    }
    // Login works, and then the command is not even taken, or taken and never answered.
    const neverTaken = new Promise<void>((resolve) => setTimeout(resolve, lateMs).unref());
    named('no-channel').options.beforeExec = () => neverTaken;
    named('no-answer').options.onExec = (_command, channel) => {
      setTimeout(() => {
        channel.write('holdfast-late\n/usr/sbin/zfs\n');
        channel.exit(0);
        channel.end();
      }, lateMs).unref();
      return true;
    };
    for (const name of ['no-channel', 'no-answer']) named(name).drop();

    const began = Date.now();
    await page.getByRole('button', { name: 'Refresh all' }).click();
    const cards = page.getByRole('region', { name: 'Hosts' }).getByRole('article');
    const card = (name: string) => cards.filter({ has: page.getByRole('link', { name }) });

    await test.step('one silent host does not hold up the window, nor the others', async () => {
      await expect(page.getByText('Connecting', { exact: true }).first()).toBeVisible();
      await screenshot(page, '90-silent-connecting');
      await open(page, 'Settings');
      await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible();
      await open(page, 'Fleet');
    });

    await test.step('each ends within the app’s own time-outs', async () => {
      // 15 s for reaching it and for the login each, 30 s for the first command.
      for (const name of ['no-banner', 'no-kex']) {
        await expect(card(name).getByText('Offline', { exact: true })).toBeVisible({ timeout: 25_000 });
      }
      expect(Date.now() - began).toBeLessThan(30_000);
      for (const name of ['no-channel', 'no-answer']) {
        await expect(card(name).getByText(/^(Offline|Failed)$/)).toBeVisible({ timeout: 45_000 });
      }
      expect(Date.now() - began).toBeLessThan(lateMs);
      await screenshot(page, '91-silent-fleet');
      await expectAccessible(page);
    });

    await test.step('each says what happened', async () => {
      for (const [name, title, sentence] of [
        [
          'no-banner',
          'Host not reachable',
          /no-banner \(127\.0\.0\.1, port \d+\) did not answer in time\. Check/,
        ],
        ['no-kex', 'Host not reachable', /no-kex \(127\.0\.0\.1, port \d+\) did not answer in time\. Check/],
        ['no-channel', 'No answer in time', /no-channel did not finish within 30 s .* nothing was changed\./],
        ['no-answer', 'No answer in time', /no-answer did not finish within 30 s .* nothing was changed\./],
      ] as const) {
        await sidebar(page).getByRole('link', { name }).click();
        const notice = page.getByRole('alert');
        await expect(notice.getByText(title)).toBeVisible();
        await expect(notice.getByText(sentence)).toBeVisible();
        await expect(notice.getByRole('button', { name: 'Try again' })).toBeVisible();
        await expect(
          page
            .getByRole('main')
            .getByText(/as last seen/)
            .first(),
        ).toBeVisible();
        await screenshot(page, `92-silent-${name}`);
      }
      for (const mute of mutes.values()) expect(mute.heard().includes(password)).toBe(false);
    });

    await test.step('what is said after 60 s is heard by nobody', async () => {
      const left = lateMs + 3_000 - (Date.now() - began);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
      await sidebar(page).getByRole('link', { name: 'no-answer' }).click();
      await expect(page.getByRole('alert').getByText('No answer in time')).toBeVisible();
      await expect(page.getByRole('status').filter({ hasText: 'core' })).toHaveCount(0);
    });

    await test.step('a host that is well again is read at once', async () => {
      delete named('no-answer').options.onExec;
      await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
      await expect(hostState(page, 'Online')).toBeVisible();
      await expect(page.getByRole('alert')).toHaveCount(0);
    });
  } finally {
    for (const close of closers.reverse()) await close();
  }
});

test('the identity check of a new host does not wait for ever', async ({ holdfast: { page } }) => {
  const port = await takenPort();
  const mute = await startMute(port, '');
  try {
    await page.getByRole('button', { name: /Add your first host/ }).click();
    await fillHostForm(page, { name: 'nas-09', port, user: 'admin', password });
    const form = hostForm(page);
    await form.getByRole('button', { name: 'Check the host’s identity' }).click();
    await expect(
      form.getByText(/Asking 127\.0\.0\.1 for its host key\. No password or key is sent\./),
    ).toBeVisible();
    await expect(form.getByText('Host not reachable')).toBeVisible({ timeout: 20_000 });
    await expect(form.getByText(/did not answer in time/)).toBeVisible();
    await expect(form.getByRole('button', { name: 'Try again' })).toBeEnabled();
    await expect(form.getByRole('button', { name: 'Add and connect' })).toBeDisabled();
    await screenshot(page, '93-silent-identity');
    expect(mute.heard().includes(password)).toBe(false);
  } finally {
    await mute.close();
  }
});
