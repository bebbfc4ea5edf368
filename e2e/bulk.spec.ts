import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';
import { open, plan, readFleet } from './plans';

test.describe('many snapshots at once', () => {
  test.use({ launch: { demo: true } });

  test('are ticked, planned as one, confirmed once and destroyed one by one', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(120_000);
    await readFleet(page);
    await open(page, 'Snapshots');
    const table = page.getByRole('table', { name: 'Snapshots' });
    const all = page.getByRole('checkbox', { name: 'Select all that were found' });
    // Thousands are too many to take at one stroke.
    await all.click({ force: true });
    await expect(page.getByRole('region', { name: 'Selection' })).toHaveCount(0);

    // Far down in the old list; the answer to a search begins at its top all the same.
    const top = table.locator('[data-index="0"]');
    await expect(top).toHaveCount(1);
    await table.hover();
    await page.mouse.wheel(0, 4_000);
    await expect(top).toHaveCount(0);
    await page.getByRole('textbox', { name: 'Search snapshots' }).fill('tank/home/emma@');
    await expect(table).toHaveAttribute('aria-busy', 'false');
    await expect(page.getByText(/^\d+ found/)).toBeVisible();
    await expect(top).toHaveCount(1);
    const ticks = table.getByRole('checkbox', { name: /^Select tank\/home\/emma@/ });
    await ticks.nth(0).click();
    await ticks.nth(3).click({ modifiers: ['Shift'] });
    const selection = page.getByRole('region', { name: 'Selection' });
    await expect(selection.getByText('4 snapshots selected')).toBeVisible();
    await screenshot(page, '30-bulk-selection');
    await expectAccessible(page);

    await selection.getByRole('button', { name: 'Destroy 4 on nas-01…' }).click();
    await expect(plan(page).locator('code')).toHaveCount(4);
    await expect(plan(page).getByText('Undo: this can’t be undone.')).toBeVisible();
    await screenshot(page, '31-bulk-plan');
    // What scrolls below the footer never shows through it.
    const inFront = await plan(page)
      .getByText('Type the name of the target')
      .evaluate((label) => {
        const { left, top, width, height } = label.getBoundingClientRect();
        return label.contains(document.elementFromPoint(left + width / 2, top + height / 2));
      });
    expect(inFront).toBe(true);
    await expectAccessible(page, '[role="dialog"]');
    const commands = await plan(page).locator('code').allTextContents();
    await plan(page)
      .getByRole('textbox', { name: /^Type the name of the target/ })
      .fill('4 snapshots');
    await dialogs.press('Destroy ZFS snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    const dialog = await dialogs.waitFor(1);
    for (const command of commands) expect(dialog.detail).toContain(`$ ${command}`);
    await expect(plan(page).getByText('Done', { exact: true })).toBeInViewport();
    const results = plan(page).getByRole('list', { name: 'Result of each step' }).getByRole('listitem');
    await expect(results).toHaveCount(4);
    await expect(results.getByText('done', { exact: true })).toHaveCount(4);
    await screenshot(page, '32-bulk-done');
    await plan(page).getByRole('button', { name: 'Close' }).click();
    // What is gone is not ticked any more.
    await expect(selection).toHaveCount(0);
  });

  test('are judged by a rule, and exactly those that it removes are planned and destroyed', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(120_000);
    await readFleet(page);
    await open(page, 'Snapshots');
    await page.getByRole('textbox', { name: 'Search snapshots' }).fill('tank/home/emma@ hourly');
    await expect(page.getByText(/^\d+ found/)).toBeVisible();
    await page.getByRole('button', { name: 'Prune…' }).click();
    const prune = page.getByRole('dialog', { name: 'Prune snapshots' });
    await expect(prune.getByRole('combobox', { name: 'Host' })).toHaveValue('nas-01');
    const said = prune.getByRole('status');
    const keep = prune.getByRole('group', { name: 'What is kept' });
    await expect(said).toContainText('would go');
    for (const name of ['Hourly', 'Daily', 'Weekly', 'Monthly']) {
      await keep.getByRole('textbox', { name }).fill('0');
    }
    await keep.getByRole('textbox', { name: 'Newest' }).fill('0');
    // Nothing at all is no rule.
    await expect(prune.getByText(/keeps nothing at all/)).toBeVisible();
    await keep.getByRole('textbox', { name: 'Newest' }).fill('20');
    const verdicts = prune.getByRole('table', { name: 'Verdicts' });
    await expect(verdicts).toHaveAttribute('aria-busy', 'false');
    await expect(said).toContainText(/20 are kept/);
    await expect(verdicts.getByText('one of the last 20 (1)')).toBeVisible();
    await screenshot(page, '33-prune');
    await expectAccessible(page, '[role="dialog"]');

    const going = Number(/([\d,]+) snapshots? would go/.exec((await said.textContent()) ?? '')?.[1]);
    expect(going).toBeGreaterThan(0);
    await prune.getByRole('button', { name: `Plan to destroy ${going} snapshots…` }).click();
    await expect(prune).toBeHidden();
    await expect(plan(page).locator('code')).toHaveCount(going);
    const commands = await plan(page).locator('code').allTextContents();
    expect(commands.filter((command) => !command.includes('tank/home/emma@'))).toEqual([]);
    await plan(page)
      .getByRole('textbox', { name: /^Type the name of the target/ })
      .fill(`${going} snapshots`);
    await dialogs.press('Destroy ZFS snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(page.getByText(/^20 found/)).toBeVisible();
  });

  test('are taken of several datasets under one plan', async ({ holdfast: { page }, dialogs }) => {
    test.setTimeout(120_000);
    await readFleet(page);
    await open(page, 'Snapshots');
    await page.getByRole('button', { name: 'Snapshot now' }).click();
    const form = page.getByRole('dialog', { name: 'Snapshot now' });
    await form.getByRole('combobox', { name: 'Volume' }).fill('tank/home/emma');
    await page.getByRole('option', { name: 'tank/home/emma', exact: true }).click();
    const others = form.getByRole('combobox', { name: 'Also of' });
    for (const name of ['tank/home/anna', 'tank/media/music']) {
      await others.fill(name);
      await page.getByRole('option', { name, exact: true }).click();
    }
    await page.keyboard.press('Escape');
    await form.getByRole('textbox', { name: 'Name of the snapshot' }).fill('together');
    await screenshot(page, '34-bulk-snapshot-form');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code')).toHaveCount(3);
    await screenshot(page, '35-bulk-snapshot-plan');
    await dialogs.press('Create ZFS snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await page.getByRole('textbox', { name: 'Search snapshots' }).fill('@together');
    await expect(page.getByText(/^3 found/)).toBeVisible();
  });

  test('are taken of several LVM volumes, each by a name of its own', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(120_000);
    await readFleet(page);
    await open(page, 'Snapshots');
    await page.getByRole('button', { name: 'Snapshot now' }).click();
    const form = page.getByRole('dialog', { name: 'Snapshot now' });
    await form.getByRole('combobox', { name: 'Host' }).click();
    await page.getByRole('option', { name: 'kvm-03', exact: true }).click();
    await form.getByRole('combobox', { name: 'Volume' }).fill('vg0/golden');
    await page.getByRole('option', { name: 'vg0/golden', exact: true }).click();
    const others = form.getByRole('combobox', { name: 'Also of' });
    await others.fill('vg0/ct-dns');
    await page.getByRole('option', { name: 'vg0/ct-dns', exact: true }).click();
    await page.keyboard.press('Escape');
    await form.getByRole('textbox', { name: 'Name behind that of each volume' }).fill('together');
    await form.getByRole('textbox', { name: 'Reserved size' }).fill('2G');
    await screenshot(page, '36-bulk-lvm-form');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code')).toHaveCount(2);
    await expect(plan(page).locator('code').first()).toContainText('golden-together');
    await expect(plan(page).locator('code').last()).toContainText('ct-dns-together');
    await plan(page).getByText('Stop there').click();
    await expect(plan(page).getByRole('radio', { name: 'Stop there' })).toBeChecked();
    await screenshot(page, '36-bulk-lvm-plan');
    await expectAccessible(page, '[role="dialog"]');
    await dialogs.press('Create LVM snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await page.getByRole('textbox', { name: 'Search snapshots' }).fill('-together');
    await expect(page.getByText(/^2 found/)).toBeVisible();
  });

  test('are told apart by the space they hold, and a volume leads to its own', async ({
    holdfast: { page },
  }) => {
    test.setTimeout(120_000);
    await readFleet(page);
    await open(page, 'Snapshots');
    await page.getByRole('button', { name: 'Space', exact: true }).click();
    const drawer = page.getByRole('dialog', { name: 'Space held by snapshots' });
    const volumes = drawer.getByRole('table', { name: 'Space by volume' });
    await expect(volumes).toHaveAttribute('aria-busy', 'false');
    const row = volumes.getByRole('row').filter({ hasText: 'nas-01' }).first();
    await expect(row).toBeVisible();
    await screenshot(page, '39-space');
    await expectAccessible(page, '[role="dialog"]');
    await drawer.getByRole('switch', { name: /^Forgotten/ }).click();
    await screenshot(page, '40-space-forgotten');
    await drawer.getByRole('switch', { name: /^Forgotten/ }).click();
    const name = (await row.getByRole('cell').first().locator('[title]').getAttribute('title')) ?? '';
    await row.click();
    await expect(drawer).toHaveCount(0);
    await expect(page.getByRole('textbox', { name: 'Search snapshots' })).toHaveValue(name);
    await expect(page.getByRole('table', { name: 'Snapshots' })).toHaveAttribute('aria-busy', 'false');
    await expect(page.getByText(/^\d+ found/)).toBeVisible();
  });
});
