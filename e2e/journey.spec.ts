import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';
import { findSnapshot, open, plan, planFromMenu, snapshotNow, typeNames } from './plans';

test('from the welcome to a rolled back and destroyed snapshot, on ZFS and LVM, with its audit', async ({
  holdfast: { page, userData },
  dialogs,
}) => {
  test.setTimeout(240_000);
  await test.step('the welcome opens the demo fleet', async () => {
    await page.getByRole('button', { name: /Explore the demo fleet/ }).click();
    await expect(page.getByText('Demo fleet', { exact: true })).toBeVisible();
    const hosts = page.getByRole('region', { name: 'Hosts' });
    await expect(hosts.getByRole('link')).toHaveCount(6);
    await expect(hosts.getByText('Online', { exact: true })).toHaveCount(5);
    await expect(hosts.getByText('Offline', { exact: true })).toHaveCount(1);
    await screenshot(page, '20-demo-fleet');
    await expectAccessible(page);
  });

  await test.step('a ZFS snapshot is planned, confirmed natively, taken and verified', async () => {
    await snapshotNow(page, 'nas-01', 'tank/home/emma', 'before-upgrade');
    const command = plan(page).locator('code').first();
    await expect(command).toHaveText(/zfs snapshot -- tank\/home\/emma@before-upgrade$/);
    const shown = await command.textContent();
    await screenshot(page, '21-zfs-create-plan');
    await expectAccessible(page, '[role="dialog"]');
    await dialogs.press('Create ZFS snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    const dialog = await dialogs.waitFor(1);
    expect(dialog.message).toContain('Host: nas-01 (127.0.0.1)');
    expect(dialog.message).toContain('Target: dataset tank/home/emma');
    expect(dialog.detail).toContain(`$ ${shown ?? ''}`);
    expect(dialog.buttons[dialog.defaultId ?? -1]).toBe('Cancel');
    expect(dialog.buttons[dialog.cancelId ?? -1]).toBe('Cancel');
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
    await screenshot(page, '22-zfs-create-done');
    await plan(page).getByRole('button', { name: 'Close' }).click();
  });

  await test.step('a cancelled confirmation changes nothing', async () => {
    await findSnapshot(page, 'before-upgrade');
    await planFromMenu(page, 'tank/home/emma@before-upgrade', 'Destroy…');
    await typeNames(page, 'tank/home/emma@before-upgrade');
    await dialogs.press('Cancel');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Cancelled', { exact: true })).toBeVisible();
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(page.getByText('1 found')).toBeVisible();
  });

  await test.step('what happened to it is told, the cancelled attempt too', async () => {
    await page.getByRole('button', { name: 'Actions for tank/home/emma@before-upgrade' }).click();
    await page.getByRole('menuitem', { name: 'What happened here?' }).click();
    const past = page.getByRole('table', { name: 'What happened here' });
    await expect(past.getByRole('row')).toHaveCount(3);
    await expect(past).toContainText('zfs.snapshot.create tank/home/emma');
    await expect(past.getByText('Cancelled', { exact: true })).toBeVisible();
    await screenshot(page, '22-zfs-snapshot-history');
    await expectAccessible(page, '[role="dialog"]');
    await page.keyboard.press('Escape');
    await expect(past).toHaveCount(0);
  });

  await test.step('it is rolled back, and the plan says what dies', async () => {
    await planFromMenu(page, 'tank/home/emma@before-upgrade', 'Roll back to this…');
    await expect(plan(page).locator('code').first()).toHaveText(
      /zfs rollback .*-- tank\/home\/emma@before-upgrade$/,
    );
    await screenshot(page, '23-zfs-rollback-plan');
    await expectAccessible(page, '[role="dialog"]');
    await typeNames(page, 'tank/home/emma', 'nas-01');
    await dialogs.press('Roll back ZFS dataset');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    const dialog = await dialogs.waitFor(3);
    expect(dialog.detail).toContain('This cannot be undone');
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
    await plan(page).getByRole('button', { name: 'Close' }).click();
  });

  await test.step('it is destroyed and gone', async () => {
    await planFromMenu(page, 'tank/home/emma@before-upgrade', 'Destroy…');
    await typeNames(page, 'tank/home/emma@before-upgrade');
    await dialogs.press('Destroy ZFS snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(page.getByText('Nothing matches')).toBeVisible();
  });

  await test.step('the same on LVM, where an open volume defers the merge', async () => {
    await snapshotNow(page, 'kvm-03', 'vg0/golden', 'before-upgrade');
    await expect(plan(page).locator('code').first()).toHaveText(
      /lvcreate -L 1G -s -n before-upgrade (-- )?vg0\/golden$/,
    );
    await screenshot(page, '24-lvm-create-plan');
    await dialogs.press('Create LVM snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await findSnapshot(page, 'vg0/before-upgrade');
    await planFromMenu(page, 'vg0/before-upgrade', 'Roll back to this…');
    await expect(plan(page).locator('code').first()).toHaveText(/lvconvert --merge .*vg0\/before-upgrade$/);
    await screenshot(page, '25-lvm-rollback-plan');
    await typeNames(page, 'vg0/golden', 'kvm-03');
    await dialogs.press('Roll back LVM volume');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText(/^Done/)).toBeVisible();
    await screenshot(page, '26-lvm-rollback-done');
    await plan(page).getByRole('button', { name: 'Close' }).click();
  });

  await test.step('the audit shows it all, verifies, and exports', async () => {
    await open(page, 'Audit');
    await page.getByRole('combobox', { name: 'Audit of' }).click();
    await page.getByRole('option', { name: /nas-01/ }).click();
    const table = page.getByRole('table', { name: 'Audit entries' });
    await expect(table.getByRole('row')).toHaveCount(5);
    await expect(table.getByText('Cancelled', { exact: true })).toHaveCount(1);
    await screenshot(page, '27-audit');
    await page.getByRole('button', { name: 'Verify chain' }).click();
    await expect(page.getByText('The chain is sound')).toBeVisible();
    await table.getByRole('row').nth(1).click();
    await expect(page.getByRole('dialog').getByText('Started')).toBeVisible();
    await screenshot(page, '28-audit-detail');
    await page.keyboard.press('Escape');
    const csv = join(userData, 'audit.csv');
    await dialogs.saveTo(csv);
    await page.getByRole('button', { name: 'Export CSV…' }).click();
    await expect(page.getByText('Audit exported')).toBeVisible();
    const text = readFileSync(csv, 'utf8');
    expect(text).toContain('tank/home/emma@before-upgrade');
    expect(text.split('\r\n')[0]).toContain('seq,atUtc,event');

    const anchor = join(userData, 'anchor.json');
    await dialogs.saveTo(anchor);
    await page.getByRole('button', { name: 'Anchor' }).click();
    await page.getByRole('menuitem', { name: 'Export anchor…' }).click();
    await expect(page.getByText('Anchor exported')).toBeVisible();
    await dialogs.open(anchor);
    await page.getByRole('button', { name: 'Anchor' }).click();
    await page.getByRole('menuitem', { name: 'Check against an anchor…' }).click();
    await expect(page.getByText('Everything the anchor vouches for is still there')).toBeVisible();
    await screenshot(page, '29-audit-anchor');
  });
});
