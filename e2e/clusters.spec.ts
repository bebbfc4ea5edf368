import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';
import { open, plan, typeNames } from './plans';

/** The demo's clusters answer by themselves after the start; the guest stands there once they have. */
async function guestsRead(page: Page): Promise<void> {
  await open(page, 'Guests');
  await expect(page.getByRole('row').filter({ hasText: 'web-1' })).toBeVisible({ timeout: 60_000 });
}

const row = (page: Page, name: string) =>
  page.getByRole('table', { name: 'Guests' }).getByRole('row').filter({ hasText: name });

async function act(page: Page, name: string, item: string): Promise<void> {
  await page
    .getByRole('button', { name: `Actions for ${name}` })
    .first()
    .click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

async function closePlan(page: Page): Promise<void> {
  await plan(page).getByRole('button', { name: 'Close' }).click();
  await expect(plan(page)).toHaveCount(0);
}

test.describe('Proxmox VE clusters', () => {
  test.use({ launch: { demo: true } });

  test('guests of all clusters are listed, found, started and shut down', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(180_000);
    await guestsRead(page);
    await expect(row(page, 'home-assistant')).toBeVisible();
    await expect(row(page, 'debian-13-template')).toHaveCount(0);
    await screenshot(page, '130-guests');
    await expectAccessible(page);
    await page.locator('.mantine-Switch-track').click();
    await expect(row(page, 'debian-13-template')).toBeVisible();
    await page.locator('.mantine-Switch-track').click();
    await page.getByRole('textbox', { name: 'Search guests' }).fill('ci prod');
    await expect(row(page, 'git')).toBeVisible();
    await expect(row(page, 'web-1')).toHaveCount(0);
    await page.getByRole('textbox', { name: 'Search guests' }).fill('windows');
    await expect(row(page, 'windows-build').getByText('Stopped')).toBeVisible();

    await act(page, 'windows-build', 'Start');
    await expect(plan(page).locator('code').first()).toHaveText('POST /nodes/atlas-2/qemu/131/status/start');
    await screenshot(page, '131-guest-start-plan');
    await dialogs.press('Start guest');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText(/^Start guest: 131 windows-build/)).toBeVisible({ timeout: 60_000 });
    await screenshot(page, '132-guest-started');
    await closePlan(page);
    await expect(row(page, 'windows-build').getByText('Running')).toBeVisible({ timeout: 30_000 });

    await act(page, 'windows-build', 'Shut down…');
    const form = page.getByRole('dialog', { name: 'Shut down guest' });
    await expect(form.getByText('Guest 131 on atlas')).toBeVisible();
    await screenshot(page, '133-guest-shutdown-form');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toContainText('status/shutdown timeout=60 forceStop=0');
    await expect(plan(page).getByText('Everything it serves stops')).toBeVisible();
    await plan(page).getByRole('button', { name: 'Cancel' }).click();
  });

  test('a guest is stopped only with its name and that of its cluster typed', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(150_000);
    await guestsRead(page);
    await act(page, 'web-2', 'Stop (cut the power)…');
    await expect(plan(page).getByText('Its power is cut')).toBeVisible();
    await typeNames(page, '111 web-2', 'atlas');
    await screenshot(page, '134-guest-stop-plan');
    await expectAccessible(page, '[role="dialog"]');
    await dialogs.press('Stop guest');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText(/^Stop guest: 111 web-2/)).toBeVisible({ timeout: 60_000 });
    await closePlan(page);
    await expect(row(page, 'web-2').getByText('Stopped')).toBeVisible({ timeout: 30_000 });
    // What cannot be done stands in the menu with its reason.
    await page.getByRole('button', { name: 'Actions for mail' }).click();
    await page.getByRole('menuitem', { name: 'Reboot' }).click();
    await expect(plan(page).getByText('is locked (backup)').first()).toBeVisible();
    await screenshot(page, '135-guest-locked');
    await plan(page).getByRole('button', { name: 'Cancel' }).click();
  });

  test('several guests are rebooted under one plan, each with a result of its own', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(150_000);
    await guestsRead(page);
    for (const name of ['gateway', 'dns-1', 'windows-build']) {
      await page.getByRole('checkbox', { name: `Select ${name}` }).check();
    }
    const bar = page.getByRole('region', { name: 'Selection' });
    await expect(bar.getByText('3 guests selected')).toBeVisible();
    await bar.getByRole('button', { name: '3 guests on atlas' }).click();
    await page.getByRole('menuitem', { name: 'Reboot', exact: true }).click();
    await expect(plan(page).getByText('1 guest of 3 cannot be done and is left out.')).toBeVisible();
    await expect(plan(page).locator('code')).toHaveText([
      'POST /nodes/atlas-1/qemu/100/status/reboot',
      'POST /nodes/atlas-1/qemu/101/status/reboot',
    ]);
    await typeNames(page, '2 guests', 'atlas');
    await screenshot(page, '139-guests-bulk-plan');
    await dialogs.press('Reboot guest');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText(/^Reboot guest: 2 guests/)).toBeVisible({ timeout: 90_000 });
    await closePlan(page);
    await expect(bar).toHaveCount(0);
  });

  test('snapshots of a guest are shown as a tree, taken, and rolled back to', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(180_000);
    await guestsRead(page);
    await row(page, 'dns-1').press('Enter');
    const drawer = page.getByRole('dialog').filter({ hasText: 'dns-1' });
    await expect(drawer.getByText('No snapshots.')).toBeVisible();
    await drawer.getByRole('button', { name: 'Take snapshot…' }).click();
    const form = page.getByRole('dialog', { name: 'Take guest snapshot' });
    await form.getByRole('textbox', { name: 'Name' }).fill('before-upgrade');
    await screenshot(page, '136-guest-snapshot-form');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toHaveText(
      'POST /nodes/atlas-1/qemu/101/snapshot snapname=before-upgrade',
    );
    await expect(plan(page).getByText('has no guest agent')).toBeVisible();
    await dialogs.press('Take guest snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Snapshot before-upgrade is there.').first()).toBeVisible({
      timeout: 60_000,
    });
    await closePlan(page);
    await expect(drawer.getByText('before-upgrade')).toBeVisible({ timeout: 30_000 });
    await drawer.getByRole('button', { name: 'Actions for snapshot before-upgrade' }).click();
    await page.getByRole('menuitem', { name: 'Roll back…' }).click();
    await page
      .getByRole('dialog', { name: 'Roll back guest' })
      .getByRole('button', { name: 'Show the plan' })
      .click();
    await expect(plan(page).getByText(/wrote since the snapshot was taken is lost/)).toBeVisible();
    await screenshot(page, '137-guest-rollback-plan');
    await plan(page).getByRole('button', { name: 'Cancel' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('textbox', { name: 'Search guests' }).fill('db-primary');
    await row(page, 'db-primary').press('Enter');
    await expect(page.getByRole('list', { name: 'Tree of snapshots' }).getByRole('listitem')).toHaveText([
      /^pg16with memory/,
      /^pg17/,
      /^weekly/,
      /^Now/,
    ]);
    await screenshot(page, '138-guest-drawer');
    await expectAccessible(page, '[role="dialog"]');
    const config = page.getByRole('table', { name: 'Configuration' });
    await expect(config.getByRole('row').filter({ hasText: 'memory' })).toContainText('32768');
    await page
      .getByRole('region', { name: 'Configuration' })
      .getByRole('button', { name: 'Change…' })
      .click();
    const change = page.getByRole('dialog', { name: 'Change guest' });
    await expect(change.getByRole('textbox', { name: 'Tags' })).toHaveValue('db prod');
    await change.getByRole('textbox', { name: 'Memory (MiB)', exact: true }).fill('65536');
    await screenshot(page, '146-guest-change-form');
    await change.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).getByText('Memory (MiB): 32768 → 65536')).toBeVisible();
    await dialogs.press('Change guest');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText(/^Change guest: 120 db-primary/)).toBeVisible({ timeout: 60_000 });
    await screenshot(page, '147-guest-changed');
    await closePlan(page);
    await expect(config.getByText('→ 65536 at the next start')).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '148-guest-pending');
  });

  test('a cluster shows its nodes, storages and tasks, with the log of each', async ({
    holdfast: { page },
  }) => {
    test.setTimeout(120_000);
    await guestsRead(page);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'atlas' }).click();
    await expect(page.getByText('Node atlas-3 is offline.')).toBeVisible();
    await expect(page.getByRole('article', { name: 'Node atlas-1' })).toBeVisible();
    await screenshot(page, '140-cluster-nodes');
    await expectAccessible(page);
    await page.getByRole('tab', { name: 'Storage' }).click();
    await expect(page.getByRole('row').filter({ hasText: 'nas-backup' })).toHaveCount(3);
    await screenshot(page, '141-cluster-storage');
    await page.getByRole('tab', { name: 'Guests' }).click();
    await expect(row(page, 'gateway')).toBeVisible();
    await page.getByRole('tab', { name: 'Backups' }).click();
    const ages = page.getByRole('table', { name: 'Age of backups' });
    await expect(ages.getByRole('row').filter({ hasText: 'db-primary' }).getByText('Stale')).toBeVisible();
    await expect(ages.getByRole('row').filter({ hasText: 'finance' }).getByText('None found')).toBeVisible();
    await expect(page.getByText('local on atlas-3: It is not available now.')).toBeVisible();
    await screenshot(page, '149-cluster-backups');
    await expectAccessible(page);
    await page.getByRole('tab', { name: 'Tasks' }).click();
    await page.getByRole('button', { name: 'Backup', exact: true }).click();
    await expect(page.getByText('Backup of VM 140 failed')).toBeVisible();
    await screenshot(page, '142-cluster-task-log');
    await expectAccessible(page, '[role="dialog"]');
  });

  test('a new cluster is asked nothing before its certificate was trusted', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(120_000);
    await guestsRead(page);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'attic' }).click();
    await page.getByRole('button', { name: 'More for attic' }).click();
    await page.getByRole('menuitem', { name: 'Permissions of the token…' }).click();
    const may = page.getByRole('dialog', { name: 'What the token may do on attic' });
    await expect(may.getByText('4 privileges missing')).toBeVisible();
    await expect(may.getByText("--tokens 'holdfast@pve!laptop' --roles HoldfastGuests")).toBeVisible();
    await screenshot(page, '150-cluster-permissions');
    await expectAccessible(page, '[role="dialog"]');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'More for attic' }).click();
    await page.getByRole('menuitem', { name: 'Health report…' }).click();
    const health = page.getByRole('dialog', { name: 'Health of attic' });
    await expect(health.getByText(/expired 7 days ago/)).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '148-cluster-health');
    await expectAccessible(page, '[role="dialog"]');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'More for attic' }).click();
    await page.getByRole('menuitem', { name: 'What needs root…' }).click();
    const root = page.getByRole('dialog', { name: 'What needs root on the nodes of attic' });
    await root.getByRole('combobox', { name: 'Host of node attic' }).click();
    await page.getByRole('option').first().click();
    await expect(root.getByRole('link', { name: /^Open / })).toBeVisible();
    await screenshot(page, '148-cluster-root');
    await expectAccessible(page, '[role="dialog"]');
    await page.keyboard.press('Escape');
    const where = await page
      .getByText(/^127\.0\.0\.1:\d+$/)
      .first()
      .textContent();
    const port = where?.split(':')[1] ?? '';
    await open(page, 'Fleet');
    await page.getByRole('button', { name: 'Add cluster' }).click();
    const form = page.getByRole('dialog', { name: 'Add a Proxmox VE cluster' });
    await form.getByRole('textbox', { name: 'Name' }).fill('mine');
    await form.getByRole('textbox', { name: 'Nodes' }).fill(`localhost:${port}`);
    await form.getByRole('textbox', { name: 'API token' }).fill('holdfast@pve!laptop');
    await form.getByRole('textbox', { name: 'Its secret' }).fill('00000000-1111-2222-3333-444444444444');
    await screenshot(page, '143-cluster-form');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Check the nodes’ identity' }).click();
    await expect(form.getByText(`Is localhost:${port} really your node?`)).toBeVisible();
    const save = form.getByRole('button', { name: 'Add and connect' });
    await expect(save).toBeDisabled();
    await screenshot(page, '144-cluster-certificate');
    await dialogs.press('Trust this certificate');
    await form.getByRole('button', { name: 'The fingerprint matches…' }).click();
    await expect(form.getByText(`localhost:${port} is who it says`)).toBeVisible();
    const connection = form.getByRole('button', { name: 'Test the connection' });
    await connection.click();
    await expect(form.getByText('mine does not accept the token.')).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '145-cluster-wrong-token');
    await form.getByRole('button', { name: 'Back' }).click();
    await form.getByRole('radio', { name: 'With a name and a password' }).click();
    await form.getByRole('textbox', { name: 'User' }).fill('demo');
    await form.getByRole('combobox', { name: 'Realm' }).click();
    await page.getByRole('option', { name: 'corp' }).click();
    await expect(form.getByText('Users of corp need a second factor')).toBeVisible();
    await form.getByRole('combobox', { name: 'Realm' }).fill('pve');
    await form.getByRole('textbox', { name: 'Password' }).fill('holdfast');
    await screenshot(page, '146-cluster-password');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Check the nodes’ identity' }).click();
    await connection.click();
    await expect(form.getByText(/^Proxmox VE 8\.2\.7, /)).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '147-cluster-tested');
    await save.click();
    await expect(page.getByRole('heading', { name: 'mine' })).toBeVisible();
    await expect(page.getByRole('tab', { name: 'Guests' })).toBeVisible({ timeout: 30_000 });
  });
});
