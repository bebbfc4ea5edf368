import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';
import { openSandboxVolumes, plan, typeNames } from './plans';

test.describe('sandbox volumes', () => {
  test.use({ launch: { demo: true } });

  test('one is made, seen and removed, and one that a sandbox runs with stays', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(180_000);
    await openSandboxVolumes(page, 'raid-05');
    const table = page.getByRole('table', { name: 'Sandbox volumes' });
    await expect(table.getByText('npm-cache')).toBeVisible();
    // What is wrong stands first.
    await expect(table.getByRole('row').nth(1)).toContainText('old-wheels');
    await expect(table.getByText('data gone')).toBeVisible();
    await expect(table.getByText('not recorded')).toBeVisible();
    await screenshot(page, '160-sandbox-volumes');
    await expectAccessible(page);

    await page.getByRole('button', { name: 'New with microsandbox on raid-05' }).click();
    await page.getByRole('menuitem', { name: 'Disk volume…' }).click();
    const form = page.getByRole('dialog', { name: 'Create sandbox volume (disk)' });
    await form.getByRole('textbox', { name: 'Name' }).fill('model-weights');
    await form.getByRole('textbox', { name: 'Capacity' }).fill('2G');
    await screenshot(page, '161-sandbox-create');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toContainText(
      'msb volume create --kind disk --size 2048M -- model-weights',
    );
    await dialogs.press('Create sandbox volume (disk)');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(table.getByText('model-weights')).toBeVisible({ timeout: 30_000 });

    // One that a running sandbox mounts says why it stays.
    await page.getByRole('button', { name: 'Actions for npm-cache of raid-05' }).click();
    const remove = page.getByRole('menuitem', { name: 'Remove…' });
    await expect(remove).toHaveAttribute('aria-disabled', 'true');
    await remove.hover();
    await expect(
      page.getByText('It is attached to ci-runner-1 (Running): stop that sandbox first.'),
    ).toBeVisible();
    await page.keyboard.press('Escape');
    await table.getByText('npm-cache').click();
    const drawer = page.getByRole('dialog').filter({ hasText: 'npm-cache' });
    await expect(drawer.getByRole('region', { name: 'Used by' })).toContainText('/root/.npm');
    await expect(drawer.getByRole('region', { name: 'Labels' })).toContainText('team=web');
    // msb itself tells no such time: it is that of the newest file.
    await expect(drawer).toContainText(/Last changed\s*5 h ago/);
    await screenshot(page, '162-sandbox-detail');
    await expectAccessible(page, '[role="dialog"]');
    await page.keyboard.press('Escape');

    await table.getByText('model-weights').click();
    const made = page.getByRole('dialog').filter({ hasText: 'model-weights' });
    await made.getByRole('button', { name: 'What happened here?' }).click();
    await expect(made.getByRole('table', { name: 'What happened here' })).toContainText(
      'msb.volume.createDisk model-weights',
    );
    await screenshot(page, '162-sandbox-history');
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Actions for model-weights of raid-05' }).click();
    await page.getByRole('menuitem', { name: 'Remove…' }).click();
    await expect(plan(page).locator('code').first()).toContainText('msb volume rm -- model-weights');
    await screenshot(page, '163-sandbox-remove-plan');
    await typeNames(page, 'model-weights');
    await dialogs.press('Remove sandbox volume');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(table.getByText('model-weights')).toHaveCount(0, { timeout: 30_000 });

    for (const view of ['Sandboxes', 'Snapshots', 'Images']) {
      await page.getByRole('radiogroup', { name: 'What is listed' }).getByText(view, { exact: true }).click();
      await expect(page.getByRole('table', { name: view })).toBeVisible();
    }

    // Archives stand among the snapshots, and what a save left behind with them.
    const list = page.getByRole('radiogroup', { name: 'What is listed' });
    await list.getByText('Snapshots', { exact: true }).click();
    const snapshots = page.getByRole('table', { name: 'Snapshots' });
    await expect(snapshots.getByText('left behind', { exact: true })).toBeVisible();
    await expect(snapshots.getByText('runner-base.msb', { exact: true })).toBeVisible();
    await screenshot(page, '166-sandbox-snapshots');
    await page.getByRole('button', { name: 'Actions for runner-base.msb of raid-05' }).click();
    await page.getByRole('menuitem', { name: 'Load its snapshots…' }).click();
    const load = page.getByRole('dialog', { name: 'Load snapshots from an archive' });
    await expect(load.getByRole('textbox', { name: 'Group' })).toHaveValue('runner-base');
    await screenshot(page, '167-snapshot-load');
    await load.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toContainText(
      'msb snapshot load --group runner-base -- /home/admin/.microsandbox/archives/runner-base.msb',
    );
    await screenshot(page, '168-snapshot-load-plan');
    await dialogs.press('Load snapshots from an archive');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(snapshots.getByText('runner-base:base', { exact: true })).toBeVisible({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Actions for ci-runner-1:before-upgrade of raid-05' }).click();
    await screenshot(page, '169-snapshot-menu');
    await page.getByRole('menuitem', { name: 'Verify…' }).click();
    const verify = page.getByRole('button', { name: 'Show the plan' });
    if (await verify.isVisible().catch(() => false)) await verify.click();
    await dialogs.press('Verify snapshot of a sandbox');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '169-snapshot-verified');
    await plan(page).getByRole('button', { name: 'Close' }).click();

    await list.getByText('Sandboxes').click();
    await page.getByRole('button', { name: 'Switch to dark theme' }).click();
    await screenshot(page, '164-sandboxes-dark');
    await page.getByRole('radiogroup', { name: 'What is listed' }).getByText('Volumes').click();
    await screenshot(page, '165-sandbox-volumes-dark');
    await expectAccessible(page);
  });

  test('a sandbox is made, a command is run in it, and it is paused, resumed, stopped and removed', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(180_000);
    await openSandboxVolumes(page, 'raid-05');
    await page
      .getByRole('radiogroup', { name: 'What is listed' })
      .getByText('Sandboxes', { exact: true })
      .click();
    const table = page.getByRole('table', { name: 'Sandboxes' });
    const row = table.getByRole('row').filter({ hasText: 'ci-runner-2' });
    const choose = async (item: string): Promise<void> => {
      await page.getByRole('button', { name: 'Actions for ci-runner-2 of raid-05' }).click();
      await page.getByRole('menuitem', { name: item, exact: true }).click();
    };
    const confirm = async (title: string): Promise<void> => {
      await dialogs.press(title);
      await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
      await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
    };
    const close = () => plan(page).getByRole('button', { name: 'Close' }).click();

    await page.getByRole('button', { name: 'New with microsandbox on raid-05' }).click();
    await page.getByRole('menuitem', { name: 'Sandbox…' }).click();
    const form = page.getByRole('dialog', { name: 'Create sandbox' });
    await form.getByRole('textbox', { name: 'Name' }).fill('ci-runner-2');
    await form.getByRole('textbox', { name: 'Volumes' }).fill('npm-cache:/root/.npm:ro');
    await screenshot(page, '260-sandbox-form');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toContainText(
      'msb create --pull never --name ci-runner-2 --cpus 1 --memory 512M --root-disk 4096M --mount-named=npm-cache:/root/.npm:ro -- ghcr.io/acme/runner:24.11',
    );
    await screenshot(page, '261-sandbox-plan');
    await confirm('Create sandbox');
    await close();
    await expect(row).toContainText('Running', { timeout: 30_000 });
    await expect(row).toContainText('Mounts: npm-cache:/root/.npm:ro');

    // What comes back is shown when it is asked for.
    await choose('Run a command in it…');
    const command = page.getByRole('dialog', { name: 'Run command in sandbox' });
    await command.getByRole('textbox', { name: 'Command' }).fill('uname\n-a');
    await command.getByRole('button', { name: 'Show the plan' }).click();
    await typeNames(page, 'ci-runner-2', 'raid-05');
    await screenshot(page, '262-sandbox-command-plan');
    await confirm('Run command in sandbox');
    await expect(plan(page).getByLabel('What came back')).toHaveCount(0);
    await plan(page).getByRole('button', { name: 'Show what came back' }).click();
    await expect(plan(page).getByLabel('What came back')).toContainText('Linux ci-runner-2');
    await screenshot(page, '263-sandbox-command-result');
    await expectAccessible(page, '[role="dialog"]');
    await close();

    await choose('Pause');
    await expect(plan(page).locator('code').first()).toContainText('msb pause -- ci-runner-2');
    await typeNames(page, 'ci-runner-2');
    await confirm('Pause sandbox');
    await close();
    await expect(row).toContainText('Paused', { timeout: 30_000 });

    // In this state it says why no command is run.
    await page.getByRole('button', { name: 'Actions for ci-runner-2 of raid-05' }).click();
    const run = page.getByRole('menuitem', { name: 'Run a command in it…' });
    await expect(run).toHaveAttribute('aria-disabled', 'true');
    await run.hover();
    await expect(page.getByText('It is Paused, so nothing can be run in it.')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('menuitem')).toHaveCount(0);

    await choose('Resume');
    await confirm('Resume sandbox');
    await close();
    await expect(row).toContainText('Running', { timeout: 30_000 });

    await choose('Stop…');
    const stop = page.getByRole('dialog', { name: 'Stop sandbox' });
    await stop.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toContainText('msb stop --timeout 60 -- ci-runner-2');
    await typeNames(page, 'ci-runner-2');
    await confirm('Stop sandbox');
    await close();
    await expect(row).toContainText('Stopped', { timeout: 30_000 });

    await choose('Remove…');
    await expect(plan(page)).toContainText('The named volumes that it mounts stay with their data.');
    await typeNames(page, 'ci-runner-2');
    await screenshot(page, '264-sandbox-remove-plan');
    await confirm('Remove sandbox');
    await close();
    await expect(row).toHaveCount(0, { timeout: 30_000 });
  });
});
