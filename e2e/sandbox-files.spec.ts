import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures';
import { corePid, findCorePid } from './launch';
import { expectAccessible, screenshot } from './page-tools';
import { open, openSandboxVolumes, plan, typeNames } from './plans';

test.describe('the files of a sandbox volume', () => {
  test.use({ launch: { demo: true } });

  test('are looked through, one is uploaded, saved and deleted', async ({
    holdfast: { page, userData },
    dialogs,
  }) => {
    test.setTimeout(180_000);
    await openSandboxVolumes(page, 'raid-05');
    await page.getByRole('table', { name: 'Sandbox volumes' }).getByText('npm-cache').click();
    await page.getByRole('button', { name: 'Browse files' }).click();
    const drawer = page.getByRole('dialog', { name: 'Files of npm-cache on raid-05' });
    const files = drawer.getByRole('table', { name: 'Files of the sandbox volume' });
    await expect(files.getByText('README.md')).toBeVisible();
    await screenshot(page, '170-volume-files');
    await expectAccessible(page, '[role="dialog"]');

    const local = join(userData, 'settings.json.new');
    writeFileSync(local, '{"prefer": "offline"}\n');
    await dialogs.open(local);
    await drawer.getByRole('button', { name: 'Upload…' }).click();
    await expect(plan(page).locator('code').first()).toContainText(
      '/home/admin/.microsandbox/volumes/npm-cache/settings.json.new',
    );
    await expect(plan(page).getByText(/ci-runner-1, Running/)).toBeVisible();
    await screenshot(page, '171-volume-upload-plan');
    const confirm = async (button: string): Promise<void> => {
      await dialogs.press(button);
      await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
      await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
      await plan(page).getByRole('button', { name: 'Close' }).click();
    };
    await confirm('Upload into sandbox volume');
    await expect(files.getByText('settings.json.new')).toBeVisible();

    await files.getByRole('button', { name: 'Actions for settings.json.new' }).click();
    await page.getByRole('menuitem', { name: 'Details' }).click();
    const details = page.getByRole('dialog', { name: 'Details' });
    await expect(details.getByRole('row', { name: /^Created .*\d{4}/ })).toBeVisible();
    await expect(details.getByText('22 B', { exact: true })).toBeVisible();
    await screenshot(page, '170-volume-file-details');
    await expectAccessible(page, '[role="dialog"]');
    await details.getByRole('button', { name: 'Close' }).last().click();

    const saved = join(userData, 'saved');
    await dialogs.saveTo(saved);
    await files.getByRole('button', { name: 'Actions for settings.json.new' }).click();
    await page.getByRole('menuitem', { name: 'Download…' }).click();
    await expect(drawer.getByText(/^Saved /)).toContainText(saved);
    expect(readFileSync(saved, 'utf8')).toBe(readFileSync(local, 'utf8'));

    await files.getByRole('button', { name: 'Actions for settings.json.new' }).click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    await typeNames(page, 'npm-cache:/settings.json.new');
    await screenshot(page, '172-volume-delete-plan');
    await confirm('Delete file in sandbox volume');
    await expect(files.getByText('README.md')).toBeVisible();
    await expect(files.getByText('settings.json.new')).toHaveCount(0);
    await page.keyboard.press('Escape');
    await expect(drawer).toHaveCount(0);

    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Switch to dark theme' }).click();
    // A change of the theme keeps what was chosen: volumes of raid-05 alone.
    await expect(page.getByRole('combobox', { name: 'Host' })).toHaveValue('raid-05');
    await page.getByRole('table', { name: 'Sandbox volumes' }).getByText('datasets').click();
    await page.getByRole('button', { name: 'Browse files' }).click();
    const other = page.getByRole('dialog', { name: 'Files of datasets on raid-05' });
    await expect(other.getByText('größe und maße')).toBeVisible();
    await other.getByText('größe und maße').click();
    await expect(other.getByText(/^über eine Datei/)).toBeVisible();
    await screenshot(page, '173-volume-files-dark');
    await expectAccessible(page, '[role="dialog"]');
  });

  test('that were cut off are named, and what is left of them goes when a person says so', async ({
    holdfast: { app, page, userData },
    dialogs,
  }) => {
    test.skip(process.platform !== 'linux', 'the core is found through /proc');
    test.setTimeout(180_000);
    await openSandboxVolumes(page, 'raid-05');
    await page.getByRole('table', { name: 'Sandbox volumes' }).getByText('docker-data').click();
    await page.getByRole('button', { name: 'Browse files' }).click();
    const drawer = page.getByRole('dialog', { name: 'Files of docker-data on raid-05' });
    const saved = join(userData, 'docker-data.raw');
    await dialogs.saveTo(saved);
    await drawer.getByRole('button', { name: 'Actions for disk.raw' }).click();
    await page.getByRole('menuitem', { name: 'Download…' }).click();
    const parts = (): string[] => readdirSync(userData).filter((name) => name.endsWith('.part'));
    await expect.poll(() => parts().length).toBe(1);
    const pid = corePid(app);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => findCorePid(app)).not.toBe(pid);
    expect(parts()).toHaveLength(1);
    await page.keyboard.press('Escape');
    await open(page, 'Fleet');
    await open(page, 'Sandbox volumes');
    const left = page.getByRole('region', { name: 'Left behind by transfers that were cut off' });
    await expect(left.getByText(join(userData, parts()[0] ?? ''))).toBeVisible({ timeout: 30_000 });
    await expect(left.getByText(/on this computer, from raid-05/)).toBeVisible();
    await screenshot(page, '174-cut-off');
    await expectAccessible(page, '[aria-label="Left behind by transfers that were cut off"]');
    await dialogs.press('Delete the part');
    await left.getByRole('button', { name: /^Delete / }).click();
    await expect(left).toHaveCount(0);
    expect(parts()).toEqual([]);
  });
});
