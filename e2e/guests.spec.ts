import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';
import { open, plan, typeNames } from './plans';

const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true }).click();

/** Presses the way on of the open plan, and yes in the native dialog. */
async function goOn(page: Page, press: (label: string) => Promise<void>, label: string): Promise<void> {
  await press(label);
  await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
}

test.describe('a guest, from inside', () => {
  test.use({ launch: { demo: true } });

  test('its console is opened and typed into, commands run by its agent, and cloud-init changed', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(300_000);
    const press = (label: string) => dialogs.press(label);
    await page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: /^atlas/ })
      .click({ timeout: 60_000 });
    await expect(page.getByRole('region', { name: 'Nodes' })).toBeVisible({ timeout: 60_000 });
    await open(page, 'Guests');
    await page.getByRole('row').filter({ hasText: 'web-2' }).getByText('web-2').click();
    const drawer = page.getByRole('dialog').filter({ hasText: 'on atlas' });

    // The serial terminal of the machine.
    await tab(page, 'Console');
    await expect(
      drawer.getByText(/graphical console \(VNC, SPICE\) is opened in the web interface/),
    ).toBeVisible();
    await drawer.getByRole('button', { name: 'Open console…' }).click();
    await expect(plan(page).locator('code').first()).toHaveText(
      'POST /nodes/atlas-2/qemu/111/termproxy serial=serial0',
    );
    await screenshot(page, '190-console-plan');
    await goOn(page, press, 'Open console of guest');
    const terminal = drawer.getByRole('region', { name: 'Console' });
    const lines = terminal.locator('.xterm-rows');
    await expect(lines).toContainText('web-2 login:', { timeout: 60_000 });
    await page.keyboard.type('root\n');
    await expect(lines).toContainText('Password:');
    await page.keyboard.type('opensesame\n');
    await expect(lines).toContainText('root@web-2:~#');
    await page.keyboard.type('stty size\n');
    await expect(lines).toContainText(/\d{2} \d{2,3}/);
    await page.keyboard.type('cat /etc/os-release\n');
    await expect(lines).toContainText('trixie');
    await expect(lines).not.toContainText('opensesame');
    await screenshot(page, '191-console');
    await expectAccessible(page, '[role="dialog"]');
    // It lives on behind another tab, and ends when it is closed.
    await tab(page, 'Overview');
    await tab(page, 'Console');
    await expect(lines).toContainText('trixie');
    await drawer.getByRole('button', { name: 'Close console' }).click();
    await expect(terminal).toHaveCount(0);

    // A command, whose output is shown when it is asked for.
    await drawer.getByRole('button', { name: 'Actions for web-2' }).click();
    await page.getByRole('menuitem', { name: 'Run a command in it…' }).click();
    const command = page.getByRole('dialog', { name: 'Run command in guest' });
    await command.getByRole('textbox', { name: 'Command' }).fill('/usr/bin/cat\n/etc/hostname');
    await screenshot(page, '192-agent-form');
    await expectAccessible(page, '[role="dialog"]');
    await command.getByRole('button', { name: 'Show the plan' }).click();
    await typeNames(page, '111 web-2', 'atlas');
    await screenshot(page, '193-agent-plan');
    await goOn(page, press, 'Run command in guest');
    await plan(page).getByRole('button', { name: 'Show what came back' }).click({ timeout: 60_000 });
    await expect(plan(page).getByLabel('What came back')).toHaveText('web-2\n');
    await screenshot(page, '194-agent-result');
    await expectAccessible(page, '[role="dialog"]');
    await plan(page).getByRole('button', { name: 'Close' }).click();

    // Cloud-init, whose secrets are asked for and never shown.
    await tab(page, 'Overview');
    await drawer.getByRole('button', { name: 'Parts' }).click();
    await page.getByRole('menuitem', { name: 'Cloud-init…' }).click();
    const form = page.getByRole('dialog', { name: 'Change cloud-init of guest' });
    await expect(form.getByRole('textbox', { name: 'User' })).toHaveValue('admin');
    await form.getByRole('textbox', { name: 'Password' }).fill('correct horse');
    await form.getByRole('textbox', { name: 'Address of net0' }).fill('ip=192.0.2.41/24,gw=192.0.2.1');
    await screenshot(page, '195-cloud-init-form');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toContainText('cipassword=(secret) ipconfig0=(secret)');
    await screenshot(page, '196-cloud-init-plan');
    await goOn(page, press, 'Change cloud-init of guest');
    await expect(
      plan(page)
        .getByText(/waits for the next start/)
        .first(),
    ).toBeVisible({ timeout: 60_000 });
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(drawer.getByRole('row').filter({ hasText: 'ipconfig0' })).toContainText(
      'at the next start',
      {
        timeout: 60_000,
      },
    );
    await screenshot(page, '197-cloud-init-pending');

    // What was recorded of the console holds nothing of what was typed.
    await page.keyboard.press('Escape');
    await open(page, 'Audit');
    await page.getByRole('textbox', { name: /^Search/ }).fill('console');
    await expect(page.getByText(/The console ended\. It was closed/).first()).toBeVisible({
      timeout: 30_000,
    });
    await screenshot(page, '198-audit-console');
  });
});
