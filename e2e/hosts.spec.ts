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
