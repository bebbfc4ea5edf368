import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordDialogs } from './dialogs';
import { expect, test } from './fixtures';
import { launchHoldfast } from './launch';
import { addHost, allowChanges, fillHostForm, hostForm, hostState, startNas } from './own-hosts';
import { expectAccessible, screenshot } from './page-tools';
import { open } from './plans';

test('a policy of the computer caps what may be done on a host, and says so wherever it matters', async () => {
  test.setTimeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-machine-policy-'));
  const path = join(folder, 'policy.json');
  writeFileSync(path, JSON.stringify({ version: 1, rules: [{ address: '127.*', most: 'view' }] }));
  const nas = await startNas();
  try {
    const { app, page, close } = await launchHoldfast({
      userData: join(folder, 'profile'),
      env: { HOLDFAST_POLICY: path },
    });
    try {
      const dialogs = await recordDialogs(app);
      // At the level that a new host has in the form.
      await addHost(page, dialogs, nas);
      await expect(hostState(page, 'Online')).toBeVisible();
      await expect(
        page.getByText('Access: View, the most that the policy of this computer allows'),
      ).toBeVisible();
      await screenshot(page, '71-capped-host');
      await expectAccessible(page);

      await page.getByRole('button', { name: 'More for nas-01' }).click();
      await page.getByRole('menuitem', { name: 'Edit host…' }).click();
      const form = page.getByRole('dialog').filter({ hasText: 'What may this laptop do there?' });
      await expect(form.getByRole('radio', { name: 'Operate' })).toBeDisabled();
      await expect(form.getByRole('radio', { name: 'Administer' })).toBeDisabled();
      await form.getByRole('radio', { name: 'Administer' }).scrollIntoViewIfNeeded();
      await screenshot(page, '72-capped-form');
      await page.keyboard.press('Escape');

      await allowChanges(page, dialogs);
      const section = page.getByRole('region', { name: 'Policy of this computer' });
      await expect(section.getByText(path)).toBeVisible();
      await expect(section.getByText('at most View')).toBeVisible();
      await screenshot(page, '73-policy-in-settings');
      await expectAccessible(page);

      await open(page, 'Pools');
      await page.getByRole('button', { name: 'Actions for tank', exact: true }).click();
      await page.getByRole('menuitem', { name: 'Export…' }).hover();
      await expect(
        page
          .getByText('The policy of this computer allows at most “view” on nas-01; it takes “administer”.')
          .first(),
      ).toBeVisible();
      await screenshot(page, '74-capped-menu');
      await page.keyboard.press('Escape');

      await test.step('a second record of the same machine may do no more', async () => {
        await open(page, 'Fleet');
        const before = (await dialogs.seen()).length;
        await page.getByRole('button', { name: 'Add host' }).click();
        await fillHostForm(page, { ...nas, name: 'nas-again', access: 'Administer' });
        await hostForm(page).getByRole('button', { name: 'Check the host’s identity' }).click();
        await expect(hostForm(page).getByText('The host key is pinned')).toBeVisible();
        await hostForm(page).getByRole('button', { name: 'Add and connect' }).click();
        await expect(
          hostForm(page).getByText('The policy of this computer allows at most “view” on nas-again.', {
            exact: false,
          }),
        ).toBeVisible();
        await screenshot(page, '75-capped-add');
        expect(await dialogs.seen()).toHaveLength(before);
      });
      expect(nas.commands.filter((line) => /zfs (?:snapshot|destroy|rollback|set)/.test(line))).toEqual([]);
    } finally {
      await close();
    }
  } finally {
    await nas.switchOff();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
