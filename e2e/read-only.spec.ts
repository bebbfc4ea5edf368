import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { addHost, hostState, pressReadOnlySwitch, startNas, type ServedHost } from './own-hosts';
import { expectAccessible, screenshot } from './page-tools';
import { open, plan } from './plans';

const snapshotButtons = (page: Page) => page.getByRole('button', { name: /^Take a snapshot of tank\// });
/** Of a volume whose newest snapshot nothing holds, at any time of the day: others have their newest daily held. */
const snapshotName = 'tank/home/emma@autosnap';

async function openTank(page: Page, host: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: host }).click();
  const card = page.getByRole('article', { name: `ZFS pool tank on ${host}` });
  await expect(card).toBeVisible();
  const closed = card.getByRole('button', { name: /ZFS pool/, expanded: false });
  if (await closed.isVisible()) await closed.click();
  await expect(snapshotButtons(page).first()).toBeVisible();
}

/** The button can be reached, does nothing, and says why; by mouse and by keyboard. */
async function expectExcuse(page: Page, button: Locator, excuse: RegExp): Promise<void> {
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  // On its way from one button to the next the focus leaves one bubble behind for a moment.
  const bubble = page.getByRole('tooltip').filter({ hasText: excuse }).last();
  await button.hover();
  await expect(bubble).toBeVisible();
  await page.mouse.move(0, 0);
  await expect(bubble).toHaveCount(0);
  // Focus by Tab, as a person brings it there: only then it shows.
  await button.focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await expect(button).toBeFocused();
  await expect(bubble).toBeVisible();
  await button.press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await button.blur();
  await expect(bubble).toHaveCount(0);
}

/** Opens the menu of the first snapshot in the list of this host. */
async function openMenu(page: Page, host: string): Promise<void> {
  await open(page, 'Snapshots');
  await page.getByRole('combobox', { name: 'Host' }).click();
  await page.getByRole('option', { name: host, exact: true }).click();
  await page.getByRole('textbox', { name: 'Search snapshots' }).fill(snapshotName);
  await expect(page.getByRole('table', { name: 'Snapshots' })).toHaveAttribute('aria-busy', 'false');
  await page
    .getByRole('button', { name: /^Actions for / })
    .first()
    .click();
}

async function expectMenuExcuses(page: Page, host: string, excuse: RegExp, shot: string): Promise<void> {
  await openMenu(page, host);
  for (const name of ['Roll back to this…', 'Destroy…']) {
    const item = page.getByRole('menuitem', { name });
    await expect(item).toHaveAttribute('aria-disabled', 'true');
    await item.hover();
    await expect(page.getByRole('tooltip').filter({ hasText: excuse }).last()).toBeVisible();
    // Playwright would wait for it to be enabled; a person just clicks.
    await item.click({ force: true });
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
  await screenshot(page, shot);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menuitem')).toHaveCount(0);
}

async function expectDialogExcuse(page: Page, host: string, excuse: RegExp, shot?: string): Promise<void> {
  await open(page, 'Snapshots');
  await page.getByRole('button', { name: 'Snapshot now' }).click();
  const dialog = page.getByRole('dialog', { name: 'Snapshot now' });
  await dialog.getByRole('combobox', { name: 'Host' }).click();
  await page.getByRole('option', { name: host, exact: true }).click();
  await dialog.getByRole('combobox', { name: 'Volume' }).fill('tank/home/emma');
  await page.getByRole('option', { name: 'tank/home/emma', exact: true }).click();
  await expect(dialog.getByText(excuse)).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Show the plan' })).toBeDisabled();
  if (shot !== undefined) await screenshot(page, shot);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
}

test('what may be changed: the read-only switch, and the access level of each host', async ({
  holdfast: { page },
  dialogs,
}) => {
  test.setTimeout(240_000);
  const nas: ServedHost = await startNas();
  const badge = page.getByRole('banner').getByText('Read-only', { exact: true });
  const readOnly = page.getByRole('switch', { name: 'Read-only mode' });
  try {
    for (const access of ['View', 'Operate', 'Administer'] as const) {
      if (access !== 'View') {
        await open(page, 'Fleet');
        // A second record of the same machine that may do more than the first takes a native yes.
        await dialogs.press(`Allow “${access.toLowerCase()}”`);
      }
      await addHost(page, dialogs, { ...nas, name: `nas-${access.toLowerCase()}`, access });
      await expect(hostState(page, 'Online')).toBeVisible();
    }
    const excuse = /Holdfast is in read-only mode\. Turn it off in Settings\./;

    await test.step('at first nothing can be changed, and every change says why', async () => {
      await expect(badge).toBeVisible();
      await openTank(page, 'nas-administer');
      const buttons = await snapshotButtons(page).all();
      expect(buttons.length).toBeGreaterThan(5);
      for (const button of buttons) await expect(button).toHaveAttribute('aria-disabled', 'true');
      await expectExcuse(page, snapshotButtons(page).first(), excuse);
      await snapshotButtons(page).first().hover();
      await expect(page.getByRole('tooltip').filter({ hasText: excuse }).last()).toBeVisible();
      await screenshot(page, '60-read-only-excuse');
      await expectMenuExcuses(page, 'nas-administer', excuse, '61-read-only-menu');
      await expectDialogExcuse(page, 'nas-administer', excuse, '62-read-only-dialog');
    });

    await test.step('the native dialog asks, and Cancel keeps it on', async () => {
      await open(page, 'Settings');
      await expect(readOnly).toBeChecked();
      const before = (await dialogs.seen()).length;
      await dialogs.press('Cancel');
      await pressReadOnlySwitch(page);
      const asked = await dialogs.waitFor(before + 1);
      expect(asked.message).toContain('Allow changes?');
      expect(asked.message).toContain('Holdfast is read-only now');
      expect(asked.detail).toContain('as far as the access level of each allows');
      expect(asked.buttons).toEqual(['Allow changes', 'Cancel']);
      expect(asked.buttons[asked.defaultId ?? -1]).toBe('Cancel');
      expect(asked.buttons[asked.cancelId ?? -1]).toBe('Cancel');
      await expect(readOnly).toBeChecked();
      await expect(badge).toBeVisible();
      await openTank(page, 'nas-administer');
      await expect(snapshotButtons(page).first()).toHaveAttribute('aria-disabled', 'true');
    });

    await test.step('allowed, each host is open as far as its access level', async () => {
      await open(page, 'Settings');
      await dialogs.press('Allow changes');
      await pressReadOnlySwitch(page);
      await expect(readOnly).not.toBeChecked();
      await expect(badge).toHaveCount(0);

      const mayView = /may only view on nas-view; it takes “operate”/;
      await openTank(page, 'nas-view');
      await expectExcuse(page, snapshotButtons(page).first(), mayView);
      await expectMenuExcuses(
        page,
        'nas-view',
        /may only view on nas-view; it takes “administer”/,
        '63-view-menu',
      );
      await expectDialogExcuse(page, 'nas-view', mayView);

      await openTank(page, 'nas-operate');
      await expect(snapshotButtons(page).first()).toHaveAttribute('aria-disabled', 'false');
      const mayOperate = /may only operate on nas-operate; it takes “administer”/;
      await expectMenuExcuses(page, 'nas-operate', mayOperate, '64-operate-menu');

      await openMenu(page, 'nas-administer');
      await expect(page.getByRole('menuitem', { name: 'Destroy…' })).toHaveAttribute(
        'aria-disabled',
        'false',
      );
      await page.keyboard.press('Escape');
    });

    await test.step('switched on again without a question, it holds for a plan that is open already', async () => {
      await openMenu(page, 'nas-administer');
      await page.getByRole('menuitem', { name: 'Destroy…' }).click();
      const target = (await plan(page).locator('.mono').first().textContent()) ?? '';
      await plan(page)
        .getByRole('textbox', { name: /^Type the name of the target/ })
        .fill(target);
      const before = (await dialogs.seen()).length;
      await page.evaluate(() => window.holdfast.settings.update({ readOnly: true }, crypto.randomUUID()));
      await expect(badge).toBeVisible();
      await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
      await expect(plan(page).getByText('Holdfast is read-only, so nothing was changed.')).toBeVisible();
      await screenshot(page, '65-read-only-refused');
      await expectAccessible(page, '[role="dialog"]');
      await plan(page).getByRole('button', { name: 'Close' }).click();
      expect(await dialogs.seen()).toHaveLength(before);
      expect(nas.commands.filter((line) => /zfs (snapshot|rollback|destroy (?!.*-n))/.test(line))).toEqual(
        [],
      );
    });

    await test.step('and the refusal is recorded', async () => {
      await open(page, 'Audit');
      await page.getByRole('combobox', { name: 'Audit of' }).click();
      await page.getByRole('option', { name: /nas-administer/ }).click();
      const row = page.getByRole('table', { name: 'Audit entries' }).getByRole('row');
      await expect(row.filter({ hasText: 'zfs.snapshot.destroy' }).getByText('Refused')).toBeVisible();
    });
  } finally {
    await nas.switchOff();
  }
});
