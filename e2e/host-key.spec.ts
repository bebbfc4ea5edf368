import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  makeKey,
  startSshServer,
  type TestKey,
  type TestServer,
} from '../src-main/core/ssh/testing/ssh-server';
import { expect, test } from './fixtures';
import { addHost, fillHostForm, hostForm, hostState, refreshBehindThePage } from './own-hosts';
import { expectAccessible, screenshot } from './page-tools';
import { open } from './plans';

const password = 'correct horse battery staple';

/** What a client says that has not accepted the host key: the key exchange and goodbye, nothing else. */
const beforeLogin = /^(KEX|NEWKEYS|DISCONNECT|IGNORE|DEBUG|EXT_INFO)/;

/** The server heard a key exchange, and not one word more. */
function expectNothingSent(server: TestServer): void {
  expect(server.packets.length).toBeGreaterThan(0);
  expect(server.packets.filter((packet) => !beforeLogin.test(packet))).toEqual([]);
  expect(server.attempts).toEqual([]);
  expect(server.commands).toEqual([]);
}

/** The same address and port answer with this key from now on. */
async function comeBack(before: TestServer, hostKey: TestKey): Promise<TestServer> {
  await before.close().catch(() => undefined);
  return startSshServer({ port: before.port, hostKeys: [hostKey], password });
}

test('a host that comes back with another key is refused until the key is replaced in the native dialog', async ({
  holdfast: { page },
  dialogs,
}) => {
  const [first, second] = [makeKey(), makeKey()];
  let server = await startSshServer({ hostKeys: [first], password });
  const main = page.getByRole('main');
  const replace = main.getByRole('button', { name: 'Replace the pinned key…' });
  try {
    await addHost(page, dialogs, { name: 'nas-09', port: server.port, user: server.user, password });
    await expect(hostState(page, 'Online')).toBeVisible();
    // A first reading that is still under way would only find its line cut.
    await expect(main.getByRole('heading', { name: 'Storage tools' })).toBeVisible();
    // So that a recorder which hears nothing is not taken for a client which says nothing.
    expect(server.packets.some((packet) => packet.startsWith('USERAUTH'))).toBe(true);

    await test.step('refused, with both fingerprints on screen', async () => {
      server = await comeBack(server, second);
      await page.getByRole('button', { name: /^(Refresh|Connect)$/ }).click();
      await expect(main.getByText('The host key has CHANGED. Nothing was sent.')).toBeVisible();
      await expect(main.getByText(first.described.sha256)).toBeVisible();
      await expect(main.getByText(second.described.sha256)).toBeVisible();
      await expect(hostState(page, 'Host key not trusted')).toBeVisible();
      expectNothingSent(server);
      await screenshot(page, '40-host-key-changed');
      await expectAccessible(page);
    });

    await test.step('the dialog says what it is about, and Cancel leaves it refused', async () => {
      await dialogs.press('Cancel');
      await replace.click();
      const asked = await dialogs.waitFor(2);
      expect(asked.message).toContain('Replace the host key of 127.0.0.1?');
      expect(asked.message).toContain(`The host key of 127.0.0.1, port ${server.port} has CHANGED.`);
      expect(asked.detail).toContain(`Pinned until now:\nssh-ed25519\n${first.described.sha256}`);
      expect(asked.detail).toContain(`Offered now:\nssh-ed25519\n${second.described.sha256}`);
      expect(asked.detail).toContain('somebody stands between you and it');
      expect(asked.buttons).toEqual(['Replace the pinned key', 'Cancel']);
      expect(asked.buttons[asked.defaultId ?? -1]).toBe('Cancel');
      expect(asked.buttons[asked.cancelId ?? -1]).toBe('Cancel');
      await expect(replace).toBeEnabled();
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      await expect(page.getByRole('button', { name: 'Connect', exact: true })).toBeEnabled();
      await expect(replace).toBeVisible();
      await expect(hostState(page, 'Host key not trusted')).toBeVisible();
      expectNothingSent(server);
    });

    await test.step('the fleet shows it too', async () => {
      await open(page, 'Fleet');
      await expect(main.getByText('Host key not trusted')).toBeVisible();
      await page.getByRole('button', { name: 'Refresh all' }).click();
      await expect(page.getByRole('button', { name: 'Refresh all' })).toBeEnabled();
      await expect(main.getByText('Host key not trusted')).toBeVisible();
      await screenshot(page, '41-host-key-changed-fleet');
      expectNothingSent(server);
      await main.getByRole('link', { name: 'nas-09' }).click();
    });

    await test.step('replaced by the dialog alone, then trusted', async () => {
      await dialogs.press('Replace the pinned key');
      await replace.click();
      await dialogs.waitFor(3);
      await expect(hostState(page, 'Online')).toBeVisible();
      await expect(replace).toHaveCount(0);
      expect(server.attempts).not.toEqual([]);
    });

    await test.step('the old key is no longer good: replaced, not added, also when a later reading finds it', async () => {
      await server.close();
      await page.getByRole('button', { name: /^(Refresh|Connect)$/ }).click();
      await expect(main.getByText('Host not reachable')).toBeVisible();
      server = await comeBack(server, first);
      await refreshBehindThePage(page);
      await expect(main.getByText('The host key has CHANGED. Nothing was sent.')).toBeVisible();
      await expect(main.getByText(`Pinned · ssh-ed25519${second.described.sha256}`)).toBeVisible();
      expectNothingSent(server);
    });
  } finally {
    await server.close();
  }
});

test('a key that known_hosts calls revoked is refused for good, although it is pinned', async ({
  holdfast: { page, home },
  dialogs,
}) => {
  const hostKey = makeKey();
  let server = await startSshServer({ hostKeys: [hostKey], password });
  const main = page.getByRole('main');
  try {
    await addHost(page, dialogs, { name: 'nas-09', port: server.port, user: server.user, password });
    await expect(hostState(page, 'Online')).toBeVisible();

    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
    const { type } = hostKey.described;
    const line = `@revoked [127.0.0.1]:${server.port} ${type} ${hostKey.publicKey.toString('base64')}\n`;
    writeFileSync(join(home, '.ssh', 'known_hosts'), line);
    server = await comeBack(server, hostKey);
    await page.getByRole('button', { name: /^(Refresh|Connect)$/ }).click();
    await expect(main.getByText('This host key is revoked. Holdfast will not connect.')).toBeVisible();
    await expect(main.getByText(hostKey.described.sha256)).toBeVisible();
    await expect(main.getByRole('button', { name: /key…|matches…/ })).toHaveCount(0);
    expectNothingSent(server);
    await screenshot(page, '42-host-key-revoked');
    await expectAccessible(page);

    await test.step('nor can it be added anew under another name', async () => {
      await open(page, 'Fleet');
      await page.getByRole('button', { name: 'Add host' }).click();
      await fillHostForm(page, { name: 'nas-10', port: server.port, user: server.user, password });
      const form = hostForm(page);
      await form.getByRole('button', { name: 'Check the host’s identity' }).click();
      await expect(form.getByText('This host key is revoked. Holdfast will not connect.')).toBeVisible();
      await expect(form.getByRole('button', { name: 'Add and connect' })).toBeDisabled();
      await expect(form.getByRole('button', { name: /key…|matches…/ })).toHaveCount(0);
      expectNothingSent(server);
    });
    expect(await dialogs.seen()).toHaveLength(1);
  } finally {
    await server.close();
  }
});
