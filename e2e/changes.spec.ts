import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElectronApplication, Page } from '@playwright/test';
import { recordDialogs } from './dialogs';
import { expect, test } from './fixtures';
import { launchHoldfast } from './launch';
import { addHost, allowChanges, hostState, startKvm } from './own-hosts';
import { expectAccessible, screenshot } from './page-tools';
import { findSnapshot, open, plan, planFromMenu, readFleet, snapshotNow } from './plans';

const changes = (page: Page) => page.getByRole('table', { name: 'Changes' });
const row = (page: Page, text: string) => changes(page).getByRole('row').filter({ hasText: text });
const link = (page: Page) =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Changes', exact: true });

/** Keeps the open plan for later, with a note. */
async function stage(page: Page, note: string): Promise<void> {
  await plan(page).getByRole('button', { name: 'Stage for later…' }).click();
  await plan(page).getByRole('textbox', { name: 'Note' }).fill(note);
  await plan(page).getByRole('button', { name: 'Stage this change' }).click();
  await expect(plan(page).getByText('Staged for later', { exact: true })).toBeVisible();
}

const close = (page: Page) => plan(page).getByRole('button', { name: 'Close' }).click();

async function confirm(page: Page): Promise<void> {
  await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
}

async function smallest(app: ElectronApplication, page: Page): Promise<void> {
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(960, 600));
  await expect.poll(() => page.evaluate(() => window.innerWidth)).toBeLessThanOrEqual(960);
}

test.describe('staged changes', () => {
  test.use({ launch: { demo: true } });

  test('wait, are looked at, and are applied one after another, each confirmed by itself', async ({
    holdfast: { app, page },
    dialogs,
  }) => {
    test.setTimeout(240_000);
    await open(page, 'Changes');
    await expect(page.getByRole('heading', { name: 'No staged changes yet' })).toBeVisible();
    await screenshot(page, '130-changes-empty');
    await open(page, 'Fleet');
    await readFleet(page);

    await test.step('two plans are staged, and nothing is sent', async () => {
      await snapshotNow(page, 'nas-01', 'tank/projects', 'before-window');
      await plan(page).getByRole('button', { name: 'Stage for later…' }).click();
      await expect(plan(page).getByRole('textbox', { name: 'Note' })).toBeVisible();
      await screenshot(page, '131-stage-note');
      await expectAccessible(page, '[role="dialog"]');
      await plan(page).getByRole('button', { name: 'Back' }).click();
      await stage(page, 'Sunday 02:00, before the upgrade');
      await screenshot(page, '132-staged');
      await expectAccessible(page, '[role="dialog"]');
      await close(page);
      await snapshotNow(page, 'nas-01', 'tank/home/emma', 'second-of-the-window');
      await stage(page, '');
      await plan(page).getByRole('button', { name: 'Show the changes' }).click();
      await expect(changes(page).getByText('Pending', { exact: true })).toHaveCount(2);
      await expect(link(page)).toHaveAttribute('aria-description', '2 pending');
      await screenshot(page, '133-changes');
      await expectAccessible(page);
      expect(await dialogs.seen()).toEqual([]);
    });

    await test.step('by keyboard a row opens what was shown then', async () => {
      const first = row(page, 'tank/projects');
      await first.focus();
      await page.keyboard.press('Enter');
      const drawer = page.getByRole('dialog', { name: /Create ZFS snapshot/ });
      await expect(drawer.getByText('Sunday 02:00, before the upgrade')).toBeVisible();
      await expect(drawer.locator('code').first()).toContainText('zfs snapshot');
      await screenshot(page, '134-change-drawer');
      await expectAccessible(page, '[role="dialog"]');
      await page.keyboard.press('Escape');
      await expect(drawer).toBeHidden();
    });

    await test.step('cancelling the confirmation leaves it pending and stops the sequence', async () => {
      await page.getByRole('button', { name: 'Apply all shown…' }).click();
      await expect(plan(page).getByText(/Staged change 1 of 2/)).toBeVisible();
      await expect(plan(page).getByText(/Planned anew, it is the same/)).toBeVisible();
      await screenshot(page, '135-change-plan');
      await expectAccessible(page, '[role="dialog"]');
      await dialogs.press('Cancel');
      await confirm(page);
      await expect(
        plan(page).getByText(/The sequence stops here\. 1 change after this one was not begun/),
      ).toBeVisible();
      await screenshot(page, '136-sequence-stopped');
      await close(page);
      await expect(changes(page).getByText('Pending', { exact: true })).toHaveCount(2);
    });

    await test.step('the sequence asks for each of them', async () => {
      await page.getByRole('button', { name: 'Apply all shown…' }).click();
      await dialogs.press('Create ZFS snapshot');
      await confirm(page);
      const next = plan(page).getByRole('button', { name: 'Plan the next (2 of 2)' });
      await expect(next).toBeVisible({ timeout: 60_000 });
      await screenshot(page, '137-sequence-next');
      await next.click();
      await expect(plan(page).getByText(/Staged change 2 of 2/)).toBeVisible();
      await dialogs.press('Create ZFS snapshot');
      await confirm(page);
      await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 60_000 });
      await close(page);
      const seen = await dialogs.seen();
      expect(seen).toHaveLength(3);
      expect(seen[1]?.detail).toContain('It was staged');
      expect(seen[1]?.detail).toContain('tank/projects@before-window');
      expect(seen[2]?.detail).toContain('tank/home/emma@second-of-the-window');
    });

    await test.step('what ended is there, fits the smallest window, and is cleared', async () => {
      await expect(page.getByText('None of that kind')).toBeVisible();
      await page.getByText('Ended', { exact: true }).click();
      await expect(changes(page).getByText('Applied', { exact: true })).toHaveCount(2);
      await smallest(app, page);
      await screenshot(page, '138-changes-small');
      const wider = await page
        .getByRole('main')
        .evaluate((main) => Math.max(0, main.scrollWidth - main.clientWidth));
      expect(wider).toBe(0);
      await page.getByRole('button', { name: 'Clear what ended' }).click();
      await expect(page.getByRole('heading', { name: 'No staged changes yet' })).toBeVisible();
    });
  });

  test('are discarded, and what is catastrophic is applied by itself', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(240_000);
    await readFleet(page);
    await snapshotNow(page, 'nas-01', 'tank/projects', 'kept-for-later');
    await dialogs.press('Create ZFS snapshot');
    await confirm(page);
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 60_000 });
    await close(page);
    await findSnapshot(page, 'kept-for-later');
    await planFromMenu(page, 'tank/projects@kept-for-later', 'Roll back');
    await stage(page, 'only when the upgrade went wrong');
    await close(page);
    await snapshotNow(page, 'nas-01', 'tank/home/emma', 'never-taken');
    await stage(page, '');
    await close(page);
    await open(page, 'Changes');
    await expect(changes(page).getByText('Pending', { exact: true })).toHaveCount(2);

    const all = page.getByRole('button', { name: 'Apply all shown…' });
    await expect(all).toHaveAttribute('aria-disabled', 'true');
    await all.hover();
    await expect(page.getByRole('tooltip')).toContainText('is catastrophic, so it is applied by itself');
    await screenshot(page, '139-sequence-excuse');

    await row(page, 'tank/home/emma').getByRole('checkbox').check();
    await expect(page.getByRole('button', { name: 'Apply 1 chosen…' })).not.toHaveAttribute(
      'aria-disabled',
      'true',
    );
    await page.getByRole('button', { name: 'Discard 1 chosen' }).click();
    await expect(changes(page).getByText('Pending', { exact: true })).toHaveCount(1);
    await expect(link(page)).toHaveAttribute('aria-description', '1 pending');

    await row(page, 'tank/projects').click();
    const drawer = page.getByRole('dialog', { name: /Roll back/ });
    await drawer.getByRole('button', { name: 'Plan and apply…' }).click();
    const fields = plan(page).getByRole('textbox', { name: /^Type the name of the/ });
    await expect(fields).toHaveCount(2);
    await expect(plan(page).getByRole('button', { name: 'Stage for later…' })).toHaveCount(0);
    await screenshot(page, '140-catastrophic-change');
    await plan(page).getByRole('button', { name: 'Cancel' }).click();
    await drawer.getByRole('button', { name: 'Discard' }).click();
    await expect(drawer.getByText('Discarded. Nothing was sent.')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByText('None of that kind')).toBeVisible();
  });

  test('of a cluster stand with the cluster too', async ({ holdfast: { page } }) => {
    test.setTimeout(180_000);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'atlas' }).click();
    await page
      .getByRole('button', { name: 'Connect', exact: true })
      .or(page.getByRole('button', { name: 'Refresh', exact: true }))
      .first()
      .click();
    await page.getByRole('tab', { name: 'Changes' }).click();
    await expect(page.getByText('Nothing is staged for atlas.')).toBeVisible();
    await page.getByRole('tab', { name: 'Guests' }).click();
    await page.getByRole('checkbox', { name: 'Select web-1' }).check();
    await page
      .getByRole('region', { name: 'Selection' })
      .getByRole('button', { name: /on atlas/ })
      .click();
    await page.getByRole('menuitem', { name: 'Reboot' }).click();
    await stage(page, 'after the kernel update');
    await close(page);
    await page.getByRole('tab', { name: 'Changes' }).click();
    await expect(row(page, 'web-1').getByText('Pending', { exact: true })).toBeVisible();
    await screenshot(page, '141-cluster-changes');
    await expectAccessible(page);
  });

  test('are staged by an automation when an operation ended, and wait for a person', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(240_000);
    await readFleet(page);
    await snapshotNow(page, 'nas-01', 'tank/home/emma', 'after');
    await stage(page, 'the pattern of the rule');
    await plan(page).getByRole('button', { name: 'Show the changes' }).click();
    await row(page, 'tank/home/emma').click();
    const drawer = page.getByRole('dialog', { name: /Create ZFS snapshot/ });
    await drawer.getByRole('button', { name: 'Stage it whenever…' }).click();
    const form = page.getByRole('dialog', { name: 'New automation' });
    await expect(form.getByRole('button', { name: 'Create automation' })).toBeDisabled();
    await form.getByRole('textbox', { name: 'Name' }).fill('Snapshot of home after each change');
    await screenshot(page, '142-automation-form');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Create automation' }).click();
    await expect(form).toBeHidden();
    await drawer.getByRole('button', { name: 'Discard' }).click();
    await page.keyboard.press('Escape');
    await page.getByText('Automations', { exact: true }).click();
    const rule = page.getByRole('row').filter({ hasText: 'Snapshot of home after each change' });
    await expect(rule.getByText('any operation on nas-01 ended well')).toBeVisible();
    await expect(rule.getByText('It had nothing to do yet.')).toBeVisible();

    await snapshotNow(page, 'nas-01', 'tank/projects', 'by-hand');
    await dialogs.press('Create ZFS snapshot');
    await confirm(page);
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 60_000 });
    await close(page);
    await expect(link(page)).toHaveAttribute('aria-description', '1 pending', { timeout: 30_000 });
    await open(page, 'Changes');
    await expect(row(page, 'tank/home/emma').getByText('Pending', { exact: true })).toBeVisible();
    await page.getByText('Automations', { exact: true }).click();
    await expect(rule.getByText(/^It staged “Create ZFS snapshot” after/)).toBeVisible();
    await screenshot(page, '143-automations');
    await expectAccessible(page);
    await rule.getByRole('button', { name: 'Delete Snapshot of home after each change' }).click();
    await expect(page.getByRole('heading', { name: 'No automations yet' })).toBeVisible();
    // Nobody was asked for more than the one that was run by hand.
    expect(await dialogs.seen()).toHaveLength(1);
  });
});

test('upkeep is staged for whatever is due when a host is first read after a start', async () => {
  test.setTimeout(240_000);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-upkeep-'));
  const userData = join(folder, 'profile');
  const kvm = await startKvm();
  const leftover = 'lena-2026w47.ext4.part';
  try {
    const first = await launchHoldfast({ userData });
    try {
      const { app, page } = first;
      const dialogs = await recordDialogs(app);
      await addHost(page, dialogs, { ...kvm, access: 'Administer' });
      await expect(hostState(page, 'Online')).toBeVisible();
      await allowChanges(page, dialogs);
      await open(page, 'Sandbox volumes');
      await page.getByRole('button', { name: `Actions for ${leftover}` }).click();
      await page.getByRole('menuitem', { name: 'Clean it up' }).click();
      await stage(page, '');
      await plan(page).getByRole('button', { name: 'Show the changes' }).click();
      await row(page, leftover).click();
      const drawer = page.getByRole('dialog', { name: /Clean up what is left over/ });
      await drawer.getByRole('button', { name: 'Stage it whenever…' }).click();
      const form = page.getByRole('dialog', { name: 'New automation' });
      await form.getByRole('textbox', { name: 'Name' }).fill('Tidy up after every start');
      await form.getByRole('combobox', { name: 'When' }).click();
      await page.getByRole('option', { name: 'it is first read after Holdfast was started' }).click();
      await expect(form.getByRole('checkbox', { name: /^For all that it is due for then/ })).toBeChecked();
      await screenshot(page, '144-upkeep-form');
      await expectAccessible(page, '[role="dialog"]');
      await form.getByRole('button', { name: 'Create automation' }).click();
      await expect(form).toBeHidden();
      await drawer.getByRole('button', { name: 'Discard' }).click();
      await page.keyboard.press('Escape');
    } finally {
      await first.close();
    }
    const asBefore = kvm.commands.length;
    const second = await launchHoldfast({ userData });
    try {
      const { app, page } = second;
      const dialogs = await recordDialogs(app);
      await page.evaluate(async (secret) => {
        const { hosts } = window.holdfast;
        const listed = await hosts.list({}, crypto.randomUUID());
        if (!listed.ok) throw new Error(listed.error.message);
        for (const { host } of listed.value.hosts) {
          await hosts.setSecret({ hostId: host.id, secret }, crypto.randomUUID());
        }
      }, kvm.password);
      await page.getByRole('button', { name: 'Refresh all' }).click();
      await expect(link(page)).toHaveAttribute('aria-description', '1 pending', { timeout: 60_000 });
      await open(page, 'Changes');
      await page.getByText('Automations', { exact: true }).click();
      const rule = page.getByRole('row').filter({ hasText: 'Tidy up after every start' });
      await expect(rule.getByText('kvm-03 is first read after Holdfast was started')).toBeVisible();
      await expect(rule.getByText('all that is due on kvm-03')).toBeVisible();
      await expect(
        rule.getByText(/^It staged “Clean up what is left over” at the first reading/),
      ).toBeVisible();
      await screenshot(page, '145-upkeep-rule');
      await expectAccessible(page);
      // Looked at, and nothing else: no file was deleted, and nobody was asked.
      expect(kvm.commands.slice(asBefore).filter((line) => /\/rm /.test(line))).toEqual([]);
      expect(await dialogs.seen()).toEqual([]);
      await page.getByText('Open', { exact: true }).click();
      await row(page, '3 leftovers').click();
      await expect(page.getByRole('dialog').getByText(leftover).first()).toBeVisible();
      await screenshot(page, '146-upkeep-change');
    } finally {
      await second.close();
    }
  } finally {
    await kvm.switchOff();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
