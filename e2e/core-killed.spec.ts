import type { ElectronApplication } from '@playwright/test';
import { expect, test } from './fixtures';
import { corePid, findCorePid } from './launch';
import { addHost, allowChanges, hostState, startNas } from './own-hosts';
import { expectAccessible, screenshot } from './page-tools';
import { open, plan, snapshotNow } from './plans';

const onLinux = process.platform === 'linux';

/** Kills the running core and waits until its process is gone. */
async function killCore(app: ElectronApplication): Promise<void> {
  const pid = corePid(app);
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => findCorePid(app)).not.toBe(pid);
}

test('a change that the core dies over is unknown until the host was read', async ({
  holdfast: { app, page },
  dialogs,
}) => {
  test.skip(!onLinux, 'the core is found through /proc');
  test.setTimeout(180_000);
  const nas = await startNas();
  const main = page.getByRole('main');
  const sidebar = page.getByRole('navigation', { name: 'Main' });
  try {
    await addHost(page, dialogs, { ...nas, access: 'Administer' });
    await expect(hostState(page, 'Online')).toBeVisible();
    await allowChanges(page, dialogs);

    await test.step('the core dies while the host works', async () => {
      nas.hold(/zfs snapshot/);
      await snapshotNow(page, 'nas-01', 'tank/home/emma', 'cut-short');
      await dialogs.press('Create ZFS snapshot');
      await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
      await expect(plan(page).getByText('Running…')).toBeVisible();
      await expect.poll(() => nas.commands.filter((line) => /zfs snapshot/.test(line))).toHaveLength(1);
      await nas.switchOff();
      const banner = page.getByRole('status').filter({ hasText: 'core stopped and is being restarted' });
      // Asked before, because it goes away within a second.
      const shown = banner.waitFor({ state: 'visible' });
      await killCore(app);
      await shown;
    });

    await test.step('the plan does not call it failed', async () => {
      await expect(plan(page).getByText('Outcome unknown')).toBeVisible();
      await expect(plan(page).getByText(/It may or may not have happened/)).toBeVisible();
      await expect(plan(page).getByRole('button', { name: 'Plan again' })).toHaveCount(0);
      await screenshot(page, '50-outcome-unknown-plan');
      await expectAccessible(page, '[role="dialog"]');
      await plan(page).getByRole('button', { name: 'Close' }).click();
      await expect(page.getByRole('status').filter({ hasText: 'core' })).toHaveCount(0);
    });

    await test.step('fleet, host and audit say that it is unknown', async () => {
      await open(page, 'Fleet');
      const card = page.getByRole('region', { name: 'Hosts' }).getByRole('article');
      await expect(card.getByText('1 operation with unknown outcome')).toBeVisible();
      await screenshot(page, '51-unknown-fleet');
      await sidebar.getByRole('link', { name: 'nas-01' }).click();
      await expect(main.getByText('1 operation with unknown outcome')).toBeVisible();
      await screenshot(page, '52-unknown-host');
      await expectAccessible(page);
      await main.getByRole('button', { name: 'Show in the audit' }).click();
      const row = page.getByRole('table', { name: 'Audit entries' }).getByRole('row');
      const entry = row.filter({ hasText: 'zfs.snapshot.create' });
      await expect(entry.getByText('Outcome unknown')).toBeVisible();
      await screenshot(page, '53-unknown-audit');
    });

    await test.step('the next contact resolves it by reading, without sending the change again', async () => {
      nas.hold(null);
      await nas.switchOn();
      await sidebar.getByRole('link', { name: 'nas-01' }).click();
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      // No keyring here, so the password was in the core's memory alone and went with it.
      await page.getByRole('button', { name: 'Change credentials…' }).click();
      const form = page.getByRole('dialog', { name: 'Edit nas-01' });
      await form.locator('input[type=password]').fill(nas.password);
      await form.getByRole('button', { name: 'Check the host’s identity' }).click();
      await form.getByRole('button', { name: 'Save and connect' }).click();
      await expect(hostState(page, 'Online')).toBeVisible();
      await expect(main.getByText('with unknown outcome')).toHaveCount(0);
      expect(nas.commands.filter((line) => /zfs snapshot/.test(line))).toHaveLength(1);
    });

    await test.step('the audit shows all rows: started, unknown, resolved', async () => {
      await open(page, 'Audit');
      const table = page.getByRole('table', { name: 'Audit entries' });
      const entry = table.getByRole('row').filter({ hasText: 'zfs.snapshot.create' });
      await expect(entry).toHaveCount(1);
      await expect(entry.getByText('Done', { exact: true })).toBeVisible();
      await entry.click();
      const detail = page.getByRole('dialog');
      await expect(detail.getByRole('heading', { level: 3 })).toHaveText([
        'Started',
        'Finished',
        'Resolved by reading the host',
      ]);
      await expect(detail.getByRole('region').nth(1).getByText('Outcome unknown')).toBeVisible();
      await expect(detail.getByRole('region').nth(2).getByText('Done', { exact: true })).toBeVisible();
      await expect(detail.getByText(/Reading the host shows the effect/)).toBeVisible();
      await screenshot(page, '54-unknown-resolved');
      await expectAccessible(page, '[role="dialog"]');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Verify chain' }).click();
      await expect(page.getByText('The chain is sound')).toBeVisible();
    });
  } finally {
    await nas.switchOff();
  }
});

test('a core that keeps dying is given up, and started again by a button', async ({
  holdfast: { app, page },
}) => {
  test.skip(!onLinux, 'the core is found through /proc');
  test.setTimeout(120_000);
  const status = page.getByRole('status');
  await expect(page.getByRole('button', { name: /Add your first host/ })).toBeVisible();
  // Five restarts within a minute, after 0.5, 1, 2, 4 and 8 s; the sixth end is the last.
  for (let deaths = 1; deaths <= 6; deaths += 1) {
    await expect.poll(() => findCorePid(app), { timeout: 20_000 }).not.toBeNull();
    await killCore(app);
    if (deaths === 5) {
      await expect(status.filter({ hasText: 'is being restarted' })).toBeVisible();
      await screenshot(page, '55-core-restarting');
      await expectAccessible(page);
    }
  }
  const given = status.filter({ hasText: 'The core ended 6 times within a minute' });
  await expect(given).toBeVisible();
  await screenshot(page, '56-core-given-up');
  await expectAccessible(page);
  await given.getByRole('button', { name: 'Start it again' }).click();
  await expect(status.filter({ hasText: 'core' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: /Add your first host/ })).toBeVisible();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByText(/is running\. It ended unexpectedly 6 times/)).toBeVisible();
});
