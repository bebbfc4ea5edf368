import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';

test.describe('the files of a snapshot', () => {
  test.use({ launch: { demo: true } });

  test('are looked through and one is saved', async ({ holdfast: { page, userData }, dialogs }) => {
    test.setTimeout(120_000);
    await page.getByRole('button', { name: 'Refresh all' }).click();
    await expect(
      page.getByRole('region', { name: 'Hosts' }).getByText('Online', { exact: true }),
    ).not.toHaveCount(0, { timeout: 60_000 });
    await page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: 'Snapshots', exact: true })
      .click();
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
});
