import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';
import { findSnapshot, open, plan, planFromMenu, typeNames } from './plans';

// What stands in the way on the demo fleet, each with the sentence that a person reads.
test.use({ launch: { demo: true } });
test.setTimeout(120_000);

const proceed = (page: Page) => plan(page).getByRole('button', { name: 'Continue to confirmation' });
const closePlan = (page: Page) =>
  plan(page)
    .getByRole('button', { name: /^(Close|Cancel)$/ })
    .first()
    .click();

async function fleetIsRead(page: Page): Promise<void> {
  const hosts = page.getByRole('region', { name: 'Hosts' });
  await expect(hosts.getByText('Online', { exact: true })).toHaveCount(5);
}

/** The snapshot list narrowed to a search, and the full name of the one row that shows this state. */
async function findByState(page: Page, search: string, state: string): Promise<string> {
  await open(page, 'Snapshots');
  await page.getByRole('textbox', { name: 'Search snapshots' }).fill(search);
  await expect(page.getByRole('table', { name: 'Snapshots' })).toHaveAttribute('aria-busy', 'false');
  const row = page.getByRole('table', { name: 'Snapshots' }).getByRole('row').filter({ hasText: state });
  await expect(row).toHaveCount(1);
  const label = await row.getByRole('button', { name: /^Actions for / }).getAttribute('aria-label');
  return (label ?? '').replace('Actions for ', '');
}

test('sudo refuses a destroy on a production host, and the line that allows it is shown', async ({
  holdfast: { page },
  dialogs,
}) => {
  await fleetIsRead(page);
  await findSnapshot(page, 'vault/archive/2024@sealed');
  await planFromMenu(page, 'vault/archive/2024@sealed', 'Destroy…');
  await expect(plan(page).getByText('Production', { exact: true })).toBeVisible();
  await typeNames(page, 'vault/archive/2024@sealed', 'vault-02');
  await screenshot(page, '80-production-destroy-plan');
  await expectAccessible(page, '[role="dialog"]');
  await dialogs.press('Destroy ZFS snapshot');
  await proceed(page).click();
  const asked = await dialogs.waitFor(1);
  expect(asked.message).toContain('Host: vault-02 (127.0.0.1)');
  expect(asked.message).toContain('Production');
  const refused = plan(page).getByRole('alert');
  await expect(refused.getByText(/^Failed · .* · recorded in the audit$/)).toBeVisible();
  await expect(refused.getByText('sudo refused')).toBeVisible();
  await expect(
    refused.getByText(
      /sudo on vault-02 does not let backup-ops run zfs without a password, so it did not run/,
    ),
  ).toBeVisible();
  await expect(refused.getByText('backup-ops ALL=(root) NOPASSWD: /usr/sbin/zfs')).toBeVisible();
  await screenshot(page, '81-sudo-refused');
  await expectAccessible(page, '[role="dialog"]');
  await closePlan(page);
  await expect(page.getByText('1 found')).toBeVisible();

  await open(page, 'Audit');
  await page.getByRole('combobox', { name: 'Audit of' }).click();
  await page.getByRole('option', { name: /vault-02/ }).click();
  const row = page.getByRole('table', { name: 'Audit entries' }).getByRole('row');
  await row.filter({ hasText: 'zfs.snapshot.destroy' }).click();
  const detail = page.getByRole('dialog');
  await expect(detail.getByText('Failed', { exact: true }).first()).toBeVisible();
  await expect(detail.getByText(/does not let backup-ops run zfs without a password/)).toBeVisible();
});

test('a clone and a hold each block a destroy, with what lifts them', async ({
  holdfast: { page },
  dialogs,
}) => {
  await fleetIsRead(page);
  const blocked = plan(page).getByRole('alert').filter({ hasText: 'This can’t run now' });

  // Of the daily ones alone: by evening a day of hourly ones stands above the newest of them.
  const cloned = await findByState(page, 'tank/projects/atlas@ _daily', '1 clone');
  await planFromMenu(page, cloned, 'Destroy…');
  await expect(blocked.getByText(`Clones depend on ${cloned}: tank/projects/atlas-review.`)).toBeVisible();
  await expect(blocked.getByText(/zfs promote tank\/projects\/atlas-review/)).toBeVisible();
  await expect(proceed(page)).toHaveCount(0);
  await expect(plan(page).getByRole('textbox')).toHaveCount(0);
  await screenshot(page, '82-blocked-by-clone');
  await expectAccessible(page, '[role="dialog"]');
  await closePlan(page);

  const held = await findByState(page, 'backup/offsite/home@ _daily', 'held');
  await planFromMenu(page, held, 'Destroy…');
  await expect(blocked.getByText(`${held} is held: offsite-2026.`)).toBeVisible();
  await expect(blocked.getByText(`Lift the hold: zfs release -- offsite-2026 ${held}`)).toBeVisible();
  await expect(proceed(page)).toHaveCount(0);
  await screenshot(page, '83-blocked-by-hold');
  await closePlan(page);
  expect(await dialogs.seen()).toEqual([]);
});

test('a roll back names every newer snapshot that it would destroy', async ({
  holdfast: { page },
  dialogs,
}) => {
  await fleetIsRead(page);
  await open(page, 'Snapshots');
  await page.getByRole('textbox', { name: 'Search snapshots' }).fill('tank/home/ben@');
  await expect(page.getByRole('table', { name: 'Snapshots' })).toHaveAttribute('aria-busy', 'false');
  const names = await page
    .getByRole('button', { name: /^Actions for tank\/home\/ben@/ })
    .evaluateAll((all) =>
      all.map((button) => (button.getAttribute('aria-label') ?? '').replace('Actions for ', '')),
    );
  const [newest, second, third] = names;
  if (newest === undefined || second === undefined || third === undefined)
    throw new Error('Too few snapshots.');

  await planFromMenu(page, third, 'Roll back to this…');
  const means = plan(page).getByRole('region', { name: 'Consequences' });
  await expect(means.getByText('2 newer snapshots are destroyed.')).toBeVisible();
  const lost = means.getByRole('listitem');
  await expect(lost.filter({ hasText: newest })).toHaveCount(1);
  await expect(lost.filter({ hasText: second })).toHaveCount(1);
  await expect(lost.filter({ hasText: third })).toHaveCount(0);
  await expect(means.getByText(/^Everything written to tank\/home\/ben since /)).toBeVisible();
  await expect(plan(page).getByText('Catastrophic', { exact: true })).toBeVisible();
  await expect(plan(page).locator('code').first()).toHaveText(/zfs rollback -r -- tank\/home\/ben@/);
  await screenshot(page, '84-rollback-newer');
  await expectAccessible(page, '[role="dialog"]');
  await typeNames(page, 'tank/home/ben', 'nas-01');
  await dialogs.press('Cancel');
  await proceed(page).click();
  const asked = await dialogs.waitFor(1);
  expect(asked.detail).toContain('LOSS: 2 newer snapshots are destroyed.');
  expect(asked.detail).toContain(newest);
  expect(asked.detail).toContain(second);
  await expect(plan(page).getByText('Cancelled', { exact: true })).toBeVisible();
  await closePlan(page);
});

test('a merge into an open volume is deferred, and is shown as waiting', async ({
  holdfast: { page },
  dialogs,
}) => {
  await fleetIsRead(page);
  await findSnapshot(page, 'vg0/var_pre-cleanup');
  await planFromMenu(page, 'vg0/var_pre-cleanup', 'Roll back to this…');
  const means = plan(page).getByRole('region', { name: 'Consequences' });
  await expect(means.getByText(/^It does not happen now: vg0\/var is open/)).toBeVisible();
  await screenshot(page, '85-deferred-plan');
  await typeNames(page, 'vg0/var', 'kvm-03');
  await dialogs.press('Roll back LVM volume');
  await proceed(page).click();
  const asked = await dialogs.waitFor(1);
  expect(asked.detail).toContain('It does not happen now');
  await expect(plan(page).getByText('Done with warnings', { exact: true })).toBeVisible();
  await expect(
    plan(page)
      .getByText(/The merge waits for the next activation of vg0\/var\./)
      .first(),
  ).toBeVisible();
  await screenshot(page, '86-deferred-done');
  await expectAccessible(page, '[role="dialog"]');
  await closePlan(page);

  await findSnapshot(page, 'vg0/var_pre-cleanup');
  const row = page
    .getByRole('table', { name: 'Snapshots' })
    .getByRole('row')
    .filter({ hasText: 'var_pre-cleanup' });
  await expect(row.getByText('Merging', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Actions for vg0/var_pre-cleanup' }).click();
  for (const [name, excuse] of [
    ['Roll back to this…', 'It is being merged already.'],
    ['Destroy…', 'It is being merged into its origin.'],
  ] as const) {
    const item = page.getByRole('menuitem', { name });
    await expect(item).toHaveAttribute('aria-disabled', 'true');
    await item.hover();
    await expect(page.getByRole('tooltip').filter({ hasText: excuse }).last()).toBeVisible();
  }
  await screenshot(page, '87-merging-excuse');
  await page.keyboard.press('Escape');

  await open(page, 'Audit');
  await page.getByRole('combobox', { name: 'Audit of' }).click();
  await page.getByRole('option', { name: /kvm-03/ }).click();
  const entry = page.getByRole('table', { name: 'Audit entries' }).getByRole('row');
  await expect(
    entry.filter({ hasText: 'lvm.snapshot.rollback' }).getByText('Done with warnings'),
  ).toBeVisible();
});

test('an invalid snapshot says why there is nothing to go back to, and can still be destroyed', async ({
  holdfast: { page },
  dialogs,
}) => {
  await fleetIsRead(page);
  await findSnapshot(page, 'vg0/images_2026w46');
  const row = page
    .getByRole('table', { name: 'Snapshots' })
    .getByRole('row')
    .filter({ hasText: 'images_2026w46' });
  await expect(row.getByText('Invalid', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Actions for vg0/images_2026w46' }).click();
  const rollBack = page.getByRole('menuitem', { name: 'Roll back to this…' });
  await expect(rollBack).toHaveAttribute('aria-disabled', 'true');
  await rollBack.hover();
  await expect(
    page
      .getByRole('tooltip')
      .filter({ hasText: 'The snapshot overflowed and is invalid: there is nothing to go back to.' }),
  ).toBeVisible();
  await screenshot(page, '88-invalid-excuse');
  await expectAccessible(page);
  await page.getByRole('menuitem', { name: 'Destroy…' }).click();
  await typeNames(page, 'vg0/images_2026w46');
  await dialogs.press('Destroy LVM snapshot');
  await proceed(page).click();
  await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
  await closePlan(page);
  await expect(page.getByText('Nothing matches')).toBeVisible();
});
