import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';
import { open, plan, readFleet } from './plans';

test.describe('sandbox volumes on device-mapper', () => {
  test.use({ launch: { demo: true } });

  test('are listed with what is wrong, and made with what takes each step back', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(180_000);
    await readFleet(page);
    await open(page, 'Sandbox volumes');
    await expect(page.getByText('crawler-eu').first()).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '140-dm-volumes');
    await page.getByText('crawler-eu').first().click();
    const drawer = page.getByRole('dialog').filter({ hasText: 'crawler-eu' });
    await expect(drawer.getByText(/room for changes is \d+ % full/).first()).toBeVisible();
    await screenshot(page, '141-dm-volume');
    await expectAccessible(page, '[role="dialog"]');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'New with device-mapper on kvm-03' }).click();
    await page.getByRole('menuitem', { name: 'Create sandbox volume…' }).click();
    const form = page.getByRole('dialog', { name: 'Create sandbox volume' });
    await form.getByRole('textbox', { name: 'Id of the sandbox' }).fill('fresh-1');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').filter({ hasText: 'dmsetup create sbx-fresh-1' })).toBeVisible();
    await expect(plan(page).getByRole('group', { name: 'Clean-up' })).toContainText(
      'dmsetup remove sbx-fresh-1',
    );
    await screenshot(page, '142-dm-create-plan');
    await dialogs.press('Create sandbox volume');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 60_000 });
    await screenshot(page, '143-dm-created');
    await plan(page).getByRole('button', { name: 'Close' }).click();

    await page.getByRole('radiogroup', { name: 'What is listed' }).getByText('Images').click();
    const images = page.getByRole('table', { name: 'Images' });
    await expect(images.getByText('search-index', { exact: true })).toBeVisible();
    const ofAll = await images.getByRole('row').count();
    await page.getByRole('combobox', { name: 'Seen by' }).click();
    await page.getByRole('option', { name: /^As team / }).click();
    await expect.poll(() => images.getByRole('row').count()).toBeLessThan(ofAll);
    await expect(images.getByText('search-index', { exact: true })).toBeVisible();
    await expect(images.getByText('debian-12', { exact: true })).toBeVisible();
    await screenshot(page, '144-dm-templates-of-a-team');
  });
});
