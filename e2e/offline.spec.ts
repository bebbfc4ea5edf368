import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { recordDialogs } from './dialogs';
import { expect, test } from './fixtures';
import { launchHoldfast } from './launch';
import { addHost, allowChanges, hostState, startNas, type ServedHost } from './own-hosts';
import { expectAccessible, screenshot } from './page-tools';
import { findSnapshot, open, plan, planFromMenu, snapshotNow, typeNames } from './plans';

const main = (page: Page) => page.getByRole('main');
const card = (page: Page) => page.getByRole('region', { name: 'Hosts' }).getByRole('article');
const countsPattern = /^3 pools · [\d,\s]{4,} snapshots$/;

/** The host is read, and two changes are recorded: one made, one cancelled. Returns what the fleet said of it then. */
async function workOnline(userData: string, nas: ServedHost): Promise<{ readAt: string; counts: string }> {
  const holdfast = await launchHoldfast({ userData });
  const { page } = holdfast;
  try {
    const dialogs = await recordDialogs(holdfast.app);
    await addHost(page, dialogs, { ...nas, access: 'Administer' });
    await expect(hostState(page, 'Online')).toBeVisible();
    await allowChanges(page, dialogs);
    await snapshotNow(page, 'nas-01', 'tank/home/emma', 'before-the-flight');
    await dialogs.press('Create ZFS snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await findSnapshot(page, 'before-the-flight');
    await planFromMenu(page, 'tank/home/emma@before-the-flight', 'Destroy…');
    await typeNames(page, 'tank/home/emma@before-the-flight');
    await dialogs.press('Cancel');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Cancelled', { exact: true })).toBeVisible();
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await open(page, 'Fleet');
    const counts = (await card(page).getByText(countsPattern).textContent()) ?? '';
    const readAt = (await card(page).locator('time').getAttribute('datetime')) ?? '';
    return { readAt, counts };
  } finally {
    await holdfast.close();
  }
}

test('a host that was read once is there without a network, with its age, its snapshots and its audit', async () => {
  test.setTimeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-offline-'));
  const userData = join(folder, 'profile');
  const nas = await startNas();
  try {
    const { readAt, counts } = await workOnline(userData, nas);
    await nas.switchOff();

    const holdfast = await launchHoldfast({ userData });
    const { page } = holdfast;
    try {
      const dialogs = await recordDialogs(holdfast.app);
      // Only the clock that the page shows ages by: three hours have passed in the train.
      await page.clock.setFixedTime(Date.parse(readAt) + (3 * 60 + 5) * 60_000);

      await test.step('the fleet shows it as last seen', async () => {
        await expect(card(page).getByText('Offline', { exact: true })).toBeVisible();
        await expect(card(page).getByText('As last seen 3 h ago')).toBeVisible();
        await expect(card(page).getByText(counts)).toBeVisible();
        await expect(main(page).getByText('1 as last seen')).toBeVisible();
        await screenshot(page, '43-offline-fleet');
        await expectAccessible(page);
      });

      await test.step('its page says why, and shows the inventory with its age', async () => {
        await main(page).getByRole('link', { name: 'nas-01' }).first().click();
        await expect(hostState(page, 'Offline')).toBeVisible();
        await expect(page.getByRole('alert').getByText(/refused the connection/)).toBeVisible();
        await expect(main(page).getByText('What follows is as last seen 3 h ago.')).toBeVisible();
        await expect(main(page).getByText('Scrub was running')).toBeVisible();
        await expect(main(page).locator('time').first()).toHaveAttribute('datetime', readAt);
        await expect(page.getByRole('article', { name: 'ZFS pool tank on nas-01' })).toBeVisible();
        await page
          .getByRole('article', { name: 'ZFS pool tank on nas-01' })
          .getByRole('button', { name: /ZFS pool/, expanded: false })
          .click();
        await expect(page.getByText('tank/home/anna', { exact: true })).toBeVisible();
        await screenshot(page, '44-offline-host');
        await expectAccessible(page);
      });

      await test.step('snapshots are listed and searched', async () => {
        await findSnapshot(page, 'before-the-flight');
        await expect(main(page).getByTitle('tank/home/emma@before-the-flight')).toBeVisible();
        await page.getByRole('textbox', { name: 'Search snapshots' }).fill('');
        await expect(main(page).getByText(/^[\d,\s]{4,} on all hosts/)).toBeVisible();
      });

      await test.step('a change says that the host is away, and nothing else', async () => {
        await findSnapshot(page, 'before-the-flight');
        await planFromMenu(page, 'tank/home/emma@before-the-flight', 'Destroy…');
        const refused = page.getByRole('dialog').getByRole('alert');
        await expect(refused.getByText('Host not reachable')).toBeVisible();
        await expect(refused.getByText(/refused the connection/)).toBeVisible();
        await expect(refused.getByText('No plan was made, and nothing was changed.')).toBeVisible();
        await screenshot(page, '45-offline-plan');
        await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
      });

      await test.step('the audit lists, explains, verifies and exports', async () => {
        await open(page, 'Audit');
        const table = page.getByRole('table', { name: 'Audit entries' });
        await expect(table.getByText('Done', { exact: true })).toHaveCount(1);
        await expect(table.getByText('Cancelled', { exact: true })).toHaveCount(1);
        await table.getByRole('row').filter({ hasText: 'zfs.snapshot.create' }).click();
        const detail = page.getByRole('dialog');
        await expect(detail.getByText('Started')).toBeVisible();
        await expect(detail.getByText('Finished')).toBeVisible();
        await expect(
          detail.getByText(/zfs snapshot -- tank\/home\/emma@before-the-flight/).first(),
        ).toBeVisible();
        await screenshot(page, '46-offline-audit-detail');
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'Verify chain' }).click();
        await expect(page.getByText('The chain is sound')).toBeVisible();
        const csv = join(folder, 'audit.csv');
        await dialogs.saveTo(csv);
        await page.getByRole('button', { name: 'Export CSV…' }).click();
        await expect(page.getByText('Audit exported')).toBeVisible();
        expect(readFileSync(csv, 'utf8')).toContain('tank/home/emma@before-the-flight');
      });

      await test.step('back in the network it asks for the password that it did not keep', async () => {
        await nas.switchOn();
        await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'nas-01' }).click();
        await page.getByRole('button', { name: 'Connect', exact: true }).click();
        await expect(hostState(page, 'Needs credentials')).toBeVisible();
        await page.getByRole('button', { name: 'Change credentials…' }).click();
        const form = page.getByRole('dialog', { name: 'Edit nas-01' });
        await form.locator('input[type=password]').fill(nas.password);
        await form.getByRole('button', { name: 'Check the host’s identity' }).click();
        await form.getByRole('button', { name: 'Save and connect' }).click();
        await expect(hostState(page, 'Online')).toBeVisible();
        await expect(page.getByRole('alert')).toHaveCount(0);
      });
      expect((await dialogs.seen()).filter(({ expected }) => !expected)).toEqual([]);
    } finally {
      await holdfast.close();
    }
  } finally {
    await nas.switchOff();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
