import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';

test.describe('least privilege of a host', () => {
  test.use({ launch: { demo: true } });

  test('is written as files, saved, and tested against the host', async ({
    holdfast: { page, userData },
    dialogs,
  }) => {
    test.setTimeout(120_000);
    const open = async (host: string) => {
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: host }).click();
      await page.getByRole('button', { name: `More for ${host}` }).click();
      await page.getByRole('menuitem', { name: 'Least privilege…' }).click();
    };
    await open('kvm-03');
    const dialog = page.getByRole('dialog', { name: 'Least privilege on kvm-03' });
    const sudoers = dialog.getByLabel('Text of the sudoers file');
    await expect(sudoers).toContainText('admin ALL=(root) NOPASSWD: HOLDFAST_', { timeout: 30_000 });
    await expect(sudoers).toContainText('/usr/sbin/lvremove ^-y -- ');
    await expect(dialog.getByText(/^Not on the host, so left out: .*zfs/)).toBeVisible();

    await dialog.getByRole('button', { name: 'Test this host' }).click();
    const result = dialog.getByRole('region', { name: 'Self-test' });
    await expect(result.getByText(/commands allowed as needed, \d+ others refused\./)).toBeVisible({
      timeout: 60_000,
    });
    await screenshot(page, '35-least-privilege');
    await expectAccessible(page, '[role="dialog"]');

    // Changes of files are chosen, and the dialog says what they give.
    await expect(
      result
        .getByText('This key gets files read-only', { exact: false })
        .or(result.getByText(/may change files/)),
    ).toBeVisible();
    const change = dialog.getByRole('checkbox', { name: 'The forced command lets this key change files' });
    await change.check();
    await expect(dialog.getByText(/own authorized_keys and shell start-up files/)).toBeVisible({
      timeout: 30_000,
    });
    await dialog.getByRole('tab', { name: 'Forced command' }).click();
    await expect(dialog.getByLabel('Text of the Forced command')).toContainText(
      '; files may be changed on kvm-03',
    );
    await screenshot(page, '35-least-privilege-files');
    await change.uncheck();
    await expect(sudoers).toBeVisible({ timeout: 30_000 });

    // At a lower level there is less in the file, and the host allows too much.
    await dialog.getByRole('radiogroup', { name: 'Access level' }).getByText('View', { exact: true }).click();
    await expect(sudoers).toContainText('access level "view"');
    await expect(sudoers).not.toContainText('lvremove');
    await dialog.getByRole('button', { name: 'Test this host' }).click();
    await expect(result.getByText(/beyond this level would be allowed/)).toBeVisible({ timeout: 60_000 });
    await screenshot(page, '36-least-privilege-too-much');

    await dialog.getByRole('tab', { name: 'Forced command' }).click();
    const target = join(userData, 'gate');
    await dialogs.saveTo(target);
    await dialog.getByRole('button', { name: 'Save…' }).click();
    await expect(dialog.getByText(`Saved as ${target}`)).toBeVisible();
    expect(readFileSync(target, 'utf8')).toMatch(
      /^#!\/bin\/sh\n# Holdfast gate, access level "view" on kvm-03/,
    );
    await dialog.getByRole('tab', { name: 'authorized_keys line' }).click();
    await expect(dialog.getByLabel('Text of the authorized_keys line')).toContainText(
      'restrict,command="/usr/local/lib/holdfast/gate"',
    );
    await screenshot(page, '37-least-privilege-key');
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
  });
});
