import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';
import { open, plan, readFleet } from './plans';

test.describe('the files of a snapshot', () => {
  test.use({ launch: { demo: true } });

  test('are looked through and one is saved', async ({ holdfast: { page, userData }, dialogs }) => {
    test.setTimeout(120_000);
    await readFleet(page);
    await open(page, 'Snapshots');
    await page.getByRole('textbox', { name: 'Search snapshots' }).fill('tank/home/anna@');
    const table = page.getByRole('table', { name: 'Snapshots' });
    await expect(table).toHaveAttribute('aria-busy', 'false');
    await table
      .getByRole('button', { name: /^Actions for tank\/home\/anna@/ })
      .first()
      .click();
    await page.getByRole('menuitem', { name: 'Browse files…' }).click();
    const drawer = page.getByRole('dialog', { name: /^Files of / });
    const files = drawer.getByRole('table', { name: 'Files' });
    await expect(files.getByRole('row')).not.toHaveCount(0);
    await screenshot(page, '33-files');
    await expectAccessible(page, '[role="dialog"]');

    const target = join(userData, 'fetched');
    await dialogs.saveTo(target);
    await files
      .getByRole('button', { name: /^Download / })
      .first()
      .click();
    await expect(drawer.getByText(/^Saved /)).toContainText(target);
    expect(readFileSync(target, 'utf8')).toContain('the demo fleet keeps here');
    await screenshot(page, '34-files-saved');

    await files
      .getByRole('button', { name: /^Restore .* beside the original$/ })
      .first()
      .click();
    await expect(plan(page).locator('code')).toHaveText(
      /^LC_ALL=C \/usr\/bin\/cp --preserve --no-clobber --no-target-directory -- \/tank\/home\/anna\/\.zfs\/snapshot\/\S+ \/tank\/home\/anna\/\S+\.restored-\d{8}-\d{6}$/,
    );
    await screenshot(page, '36-restore-plan');
    await expectAccessible(page, '[role="dialog"]');
    await dialogs.press('Restore file from snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(drawer).toHaveCount(0);
    await table
      .getByRole('button', { name: /^Actions for tank\/home\/anna@/ })
      .first()
      .click();
    await page.getByRole('menuitem', { name: 'Browse files…' }).click();
    await expect(files.getByRole('row')).not.toHaveCount(0);

    const folder = files.getByRole('row').filter({ has: page.getByLabel('folder', { exact: true }) });
    if ((await folder.count()) > 0) {
      const name = (await folder.first().getByRole('cell').first().innerText()).trim();
      await folder.first().click();
      await expect(drawer.getByRole('button', { name, exact: true })).toBeVisible();
      await drawer.getByRole('button', { name: 'Snapshot', exact: true }).click();
    }
    await page.keyboard.press('Escape');
    await expect(drawer).toHaveCount(0);
  });

  test('are compared with the volume as it is now, and with a later snapshot', async ({
    holdfast: { page },
  }) => {
    test.setTimeout(120_000);
    await readFleet(page);
    await open(page, 'Snapshots');
    const table = page.getByRole('table', { name: 'Snapshots' });
    const openOldest = async (search: string): Promise<void> => {
      await page.getByRole('textbox', { name: 'Search snapshots' }).fill(search);
      await expect(table).toHaveAttribute('aria-busy', 'false');
      await expect(page.getByText(/^\d+ found/)).toBeVisible();
      await table
        .getByRole('button', { name: /^Actions for / })
        .last()
        .click();
      await page.getByRole('menuitem', { name: 'What changed since…' }).click();
    };
    await openOldest('tank/home/anna@ monthly');
    const drawer = page.getByRole('dialog', { name: /^Changes since / });
    const changes = drawer.getByRole('table', { name: 'Changes' });
    await expect(changes.getByText('Changed', { exact: true }).first()).toBeVisible();
    await expect(changes.getByText(/^\/tank\/home\/anna\//).first()).toBeVisible();
    await screenshot(page, '37-compare');
    await expectAccessible(page, '[role="dialog"]');
    await drawer.getByRole('combobox', { name: 'Compare with' }).click();
    await page.getByRole('option').nth(1).click();
    await expect(drawer.getByRole('status')).toContainText(/changes?/);
    await page.keyboard.press('Escape');
    await expect(drawer).toHaveCount(0);

    // Those of snapper alone: whose are the last in view otherwise depends on the hour.
    await openOldest('photos /snapshot');
    await expect(changes.getByText('Written', { exact: true }).last()).toBeVisible();
    await expect(drawer.getByText(/does not tell which were new, removed or renamed/)).toBeVisible();
    await screenshot(page, '38-compare-btrfs');
  });
});
