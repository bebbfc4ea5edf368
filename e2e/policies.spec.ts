import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';
import { open, plan, readFleet } from './plans';

test.describe('snapshot policies', () => {
  test.use({ launch: { demo: true } });

  test('tell what is due, and are met by one confirmed plan', async ({ holdfast: { page }, dialogs }) => {
    test.setTimeout(150_000);
    await open(page, 'Fleet');
    await readFleet(page);
    await open(page, 'Policies');
    const row = page.getByRole('row').filter({ hasText: 'kvm-03' });
    await expect(row.getByText('Due', { exact: true })).toBeVisible();
    await expect(
      page.getByRole('row').filter({ hasText: 'fast/db' }).getByText('Off', { exact: true }),
    ).toBeVisible();
    await screenshot(page, '120-policies');
    await expectAccessible(page);
    await row.getByRole('button', { name: 'Take what is due: vg0 on kvm-03' }).click();
    await expect(plan(page).locator('code').first()).toContainText('lvcreate');
    await expect(plan(page).getByText('-holdfast-').first()).toBeVisible();
    await screenshot(page, '121-policy-plan');
    await dialogs.press('Create LVM snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByRole('button', { name: 'Close' })).toBeVisible({ timeout: 60_000 });
    await screenshot(page, '122-policy-taken');
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(row.getByText('Met', { exact: true })).toBeVisible({ timeout: 30_000 });
  });

  test('are made, changed, switched off and deleted', async ({ holdfast: { page } }) => {
    test.setTimeout(120_000);
    await readFleet(page);
    await open(page, 'Policies');
    await page.getByRole('button', { name: 'New policy' }).click();
    const form = page.getByRole('dialog', { name: 'New snapshot policy' });
    await form.getByRole('combobox', { name: 'What' }).fill('tank/projects');
    await page.getByRole('option', { name: 'tank/projects', exact: true }).click();
    const schedule = form.getByRole('combobox', { name: 'Schedule' });
    await schedule.fill('0 0 30 2 *');
    await expect(form.getByRole('alert')).toContainText('is not a schedule');
    await screenshot(page, '123-policy-wrong-schedule');
    await schedule.fill('0 */4 * * *');
    await expect(form.getByRole('status')).toContainText('4 hours');
    await form.getByRole('textbox', { name: /^Snapshots that stay/ }).fill('6');
    await screenshot(page, '124-policy-form');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Create policy' }).click();
    const row = page.getByRole('row').filter({ hasText: 'tank/projects' });
    await expect(row.getByText('Waiting', { exact: true })).toBeVisible();

    const more = row.getByRole('button', { name: 'More for tank/projects on nas-01' });
    await more.click();
    await page.getByRole('menuitem', { name: 'Dry run…' }).click();
    const dryRun = page.getByRole('dialog', { name: 'Dry run of tank/projects on nas-01' });
    await dryRun.getByText('7 days', { exact: true }).click();
    const day = dryRun.getByRole('table', { name: 'Days' }).getByRole('row').nth(3);
    await day.getByRole('button').click();
    await expect(day.getByRole('button')).toHaveAttribute('aria-pressed', 'true');
    const date = await day.getByRole('button').innerText();
    await expect(dryRun.getByText(`to be taken ${date}`).first()).toBeVisible();
    await screenshot(page, '126-policy-dry-run');
    await expectAccessible(page, '[role="dialog"]');
    await page.keyboard.press('Escape');
    await expect(dryRun).toBeHidden();
    await more.click();
    await page.getByRole('menuitem', { name: 'Edit…' }).click();
    const edit = page.getByRole('dialog', { name: 'Edit snapshot policy' });
    await edit.getByRole('textbox', { name: /^Snapshots that stay/ }).fill('9');
    await edit.getByRole('button', { name: 'Save policy' }).click();
    await expect(row.getByRole('cell', { name: '9', exact: true })).toBeVisible();

    // The box itself lies under the track that is drawn.
    await row.locator('.mantine-Switch-track').click();
    await expect(row.getByText('Off', { exact: true })).toBeVisible();
    await more.click();
    await page.getByRole('menuitem', { name: 'Prune older ones…' }).click();
    const prune = page.getByRole('dialog', { name: 'Prune snapshots' });
    await expect(prune.getByRole('textbox', { name: 'Newest' })).toHaveValue('9');
    await expect(prune.getByRole('button', { name: 'Volumes of the policy only' })).toBeVisible();
    await screenshot(page, '125-policy-prune');
    await prune.getByRole('button', { name: 'Close' }).last().click();
    await more.click();
    await page.getByRole('menuitem', { name: 'Delete policy' }).click();
    await expect(row).toHaveCount(0);
  });
});
