import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startShellHost } from '../src-main/core/testing/shell-host';
import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';

test('a host is added after its fingerprint was compared, and a wrong password says so', async ({
  holdfast: { page },
  dialogs,
}) => {
  const server = await startShellHost();
  try {
    await page.getByRole('button', { name: /Add your first host/ }).click();
    const form = page.getByRole('dialog', { name: 'Add a host' });
    await form.getByRole('button', { name: 'Check the host’s identity' }).click();
    await expect(form.getByText('Give it the name you know it by')).toBeVisible();
    await form.getByLabel('Name', { exact: true }).fill('nas-09');
    await form.getByLabel('Login name').fill(server.user);
    await form.getByLabel('Address').fill('127.0.0.1');
    await form.getByRole('textbox', { name: 'Port' }).fill(String(server.port));
    await form.getByText('Password', { exact: true }).click();
    await form.locator('input[type=password]').fill('not the password');
    await screenshot(page, '30-add-host');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Check the host’s identity' }).click();

    await expect(form.getByText('Is this really your host?')).toBeVisible();
    await expect(form.getByText(server.sha256)).toBeVisible();
    await expect(form.getByRole('button', { name: 'Add and connect' })).toBeDisabled();
    await screenshot(page, '31-fingerprint');
    expect(server.commands).toEqual([]);

    await dialogs.press('Cancel');
    await form.getByRole('button', { name: 'The fingerprint matches…' }).click();
    await dialogs.waitFor(1);
    await expect(form.getByRole('button', { name: 'Add and connect' })).toBeDisabled();
    await dialogs.press('Trust this key');
    await form.getByRole('button', { name: 'The fingerprint matches…' }).click();
    const asked = await dialogs.waitFor(2);
    expect(asked.detail).toContain(server.sha256);
    expect(asked.buttons[asked.defaultId ?? -1]).toBe('Cancel');
    await form.getByRole('button', { name: 'Add and connect' }).click();

    await expect(page.getByText('Login failed')).toBeVisible();
    await screenshot(page, '32-wrong-password');
    await expectAccessible(page);
    expect(server.commands).toEqual([]);

    await page.getByRole('button', { name: 'Change credentials…' }).click();
    const edit = page.getByRole('dialog', { name: 'Edit nas-09' });
    await edit.locator('input[type=password]').fill(server.password);
    await edit.getByRole('button', { name: 'Check the host’s identity' }).click();
    await expect(edit.getByText('The host key is pinned')).toBeVisible();
    await edit.getByRole('button', { name: 'Save and connect' }).click();
    await expect(page.getByRole('main').getByText('Online', { exact: true })).toBeVisible();
    await expect(page.getByText('zfsutils-linux')).toBeVisible();
    await screenshot(page, '33-host-without-tools');
    await expectAccessible(page);
  } finally {
    await server.close();
  }
});

test('hosts come from ~/.ssh/config with their jump hosts, and nothing is connected to', async ({
  holdfast: { page, home },
}) => {
  mkdirSync(join(home, '.ssh'));
  writeFileSync(
    join(home, '.ssh', 'config'),
    `Host gate
  HostName 127.0.0.1
  Port 1
Host nas-at-a-branch-office-with-a-very-long-name-that-somebody-liked
  HostName 10.0.0.5
  ProxyJump gate
Host old-router
  ProxyCommand connect-proxy -S socks.example.net:1080 %h %p
Match exec "true"
  User nobody
Host *
  User admin
`,
  );
  await page.getByRole('button', { name: /Add your first host/ }).click();
  await page.getByRole('button', { name: 'Take hosts from ~/.ssh/config…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Hosts of ~/.ssh/config' });
  await expect(
    dialog.getByText('It is reached by a ProxyCommand, which Holdfast does not run.'),
  ).toBeVisible();
  await expect(dialog.getByLabel('Choose old-router')).toBeDisabled();
  await dialog.getByLabel('Choose all').check();
  await screenshot(page, '34-ssh-config');
  await expectAccessible(page, '[role="dialog"]');
  await dialog.getByRole('button', { name: 'Add 2 hosts' }).click();
  await expect(dialog.getByText(/^Added: gate, nas-at-a-branch-office/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  await page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('link', { name: /nas-at-a-branch-office/ })
    .click();
  await expect(page.getByRole('main').getByText('through gate')).toBeVisible();
  await screenshot(page, '35-behind-a-jump-host');
});

test('hosts come from the list of a team, which shows first what it would change, and is written again', async ({
  holdfast: { page, home },
  dialogs,
}) => {
  const host = (name: string, change: object = {}) => ({
    name,
    address: `${name}.example.net`,
    port: 22,
    user: 'admin',
    login: 'agent',
    sudo: true,
    environment: { label: 'Production', colour: 'red', production: true },
    ...change,
  });
  const write = (hosts: object[]): void =>
    writeFileSync(file, JSON.stringify({ format: 'holdfast-hosts', version: 1, hosts }));
  const file = join(home, 'team-hosts.json');
  const open = async () => {
    await dialogs.open(file);
    await page.getByRole('dialog').getByRole('button', { name: 'Import from a file…' }).click();
  };
  const dialog = page.getByRole('dialog', { name: 'Host list as a file' });
  const fromPalette = async () => {
    await page.keyboard.press('ControlOrMeta+k');
    await page.getByRole('button', { name: 'Export or import the host list…' }).click();
  };

  write([host('gate')]);
  await page.getByRole('button', { name: /Add your first host/ }).click();
  await page.getByRole('button', { name: 'Take hosts from a list…' }).click();
  await screenshot(page, '36-host-list');
  await open();
  await dialog.getByLabel('Choose all new').check();
  await dialog.getByRole('button', { name: 'Add 1 host' }).click();
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  write([
    host('gate', { port: 2222, user: 'root' }),
    host('nas-at-a-branch-office-with-a-very-long-name-that-somebody-liked', {
      via: 'gate',
      login: 'key-file',
    }),
    host('lost', { via: 'nowhere', login: 'password' }),
  ]);
  await fromPalette();
  await open();
  await expect(dialog.getByText('login name: admin here, root in the file')).toBeVisible();
  await expect(dialog.getByLabel('Choose gate')).toBeDisabled();
  await dialog.getByLabel('Choose all new').check();
  await screenshot(page, '37-host-list-entries');
  await expectAccessible(page, '[role="dialog"]');
  await dialog.getByRole('button', { name: 'Add 1 host' }).click();
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  const exported = join(home, 'exported.json');
  await dialogs.saveTo(exported);
  await fromPalette();
  await dialog.getByRole('button', { name: 'Export hosts…' }).click();
  await expect(page.getByText(/^2 hosts in /)).toBeVisible();
  const { hosts } = JSON.parse(readFileSync(exported, 'utf8')) as { hosts: { name: string; port: number }[] };
  // A file never changes a host that is there.
  expect(hosts.map(({ name, port }) => [name.slice(0, 4), port])).toEqual([
    ['gate', 22],
    ['nas-', 22],
  ]);
});
