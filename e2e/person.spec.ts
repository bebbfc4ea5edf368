import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { corePid, launchHoldfast } from './launch';
import { addHost, allowChanges, hostForm, hostState, startNas } from './own-hosts';
import { expectAccessible, screenshot } from './page-tools';
import { open, plan, snapshotNow } from './plans';

test('a host is removed after the native dialog, and its audit stays to be reviewed', async ({
  holdfast: { page },
  dialogs,
}) => {
  test.setTimeout(120_000);
  const nas = await startNas();
  const sidebar = page.getByRole('navigation', { name: 'Main' });
  const remove = async (): Promise<void> => {
    await page.getByRole('button', { name: 'More for nas-01' }).click();
    await page.getByRole('menuitem', { name: 'Remove from Holdfast…' }).click();
  };
  try {
    await addHost(page, dialogs, { ...nas, access: 'Operate' });
    await expect(hostState(page, 'Online')).toBeVisible();
    await allowChanges(page, dialogs);
    await snapshotNow(page, 'nas-01', 'tank/home/emma', 'the-last-one');
    await dialogs.press('Create ZFS snapshot');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
    await plan(page).getByRole('button', { name: 'Close' }).click();
    const asBefore = nas.commands.length;

    await test.step('Cancel keeps it', async () => {
      await sidebar.getByRole('link', { name: 'nas-01' }).click();
      const before = (await dialogs.seen()).length;
      await dialogs.press('Cancel');
      await remove();
      const asked = await dialogs.waitFor(before + 1);
      expect(asked.message).toContain('Remove nas-01 from Holdfast?');
      expect(asked.message).toContain('Host: nas-01 (127.0.0.1)\nEnvironment: Lab');
      expect(asked.detail).toContain('Nothing is changed on the host, and its audit stays.');
      expect(asked.buttons).toEqual(['Remove host', 'Cancel']);
      expect(asked.buttons[asked.defaultId ?? -1]).toBe('Cancel');
      await expect(page.getByRole('heading', { level: 1, name: 'nas-01' })).toBeVisible();
      await expect(sidebar.getByRole('link', { name: 'nas-01' })).toBeVisible();
    });

    await test.step('confirmed, it is gone from everywhere, and the host itself heard nothing', async () => {
      await dialogs.press('Remove host');
      await remove();
      await expect(page.getByRole('button', { name: /Add your first host/ })).toBeVisible();
      await expect(sidebar.getByRole('link', { name: 'nas-01' })).toHaveCount(0);
      await open(page, 'Snapshots');
      await expect(page.getByText('No snapshots known')).toBeVisible();
      const changes = nas.commands
        .slice(asBefore)
        .filter((line) => /zfs (snapshot|destroy|rollback|set|release)/.test(line));
      expect(changes).toEqual([]);
    });

    await test.step('its audit is among those of removed hosts, and verifies', async () => {
      await open(page, 'Audit');
      await page.getByRole('combobox', { name: 'Audit of' }).click();
      await expect(page.getByText('Removed hosts', { exact: true })).toBeVisible();
      await page.getByRole('option', { name: /^nas-01/ }).click();
      const table = page.getByRole('table', { name: 'Audit entries' });
      await expect(table.getByText('tank/home/emma', { exact: true })).toBeVisible();
      await page.getByRole('button', { name: 'Verify chain' }).click();
      await expect(page.getByText('The chain is sound')).toBeVisible();
      await screenshot(page, '70-removed-host-audit');
      await expectAccessible(page);
      await table.getByRole('row').filter({ hasText: 'zfs.snapshot.create' }).click();
      await expect(
        page
          .getByRole('dialog')
          .getByText(/tank\/home\/emma@the-last-one/)
          .first(),
      ).toBeVisible();
      await page.keyboard.press('Escape');
    });
  } finally {
    await nas.switchOff();
  }
});

const scheme = (page: Page) => page.locator('html');

test('the theme is kept over a restart, from the first frame on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-theme-'));
  const userData = join(folder, 'profile');
  try {
    for (const [from, to] of [
      ['light', 'dark'],
      ['dark', 'light'],
    ] as const) {
      const holdfast = await launchHoldfast({ userData });
      try {
        await expect(scheme(holdfast.page)).toHaveAttribute('data-mantine-color-scheme', from);
        await holdfast.page.getByRole('button', { name: `Switch to ${to} theme` }).click();
        await expect(scheme(holdfast.page)).toHaveAttribute('data-mantine-color-scheme', to);
      } finally {
        await holdfast.close();
      }
      const again = await launchHoldfast({ userData });
      try {
        // What the window is filled with before the page has drawn anything: no flash of the other theme.
        const background = await again.app.evaluate(({ BrowserWindow }) =>
          BrowserWindow.getAllWindows()[0]?.getBackgroundColor(),
        );
        expect(background?.toLowerCase()).toBe(to === 'dark' ? '#0e1217' : '#f4f6f8');
        await expect(scheme(again.page)).toHaveAttribute('data-mantine-color-scheme', to);
        await expect(again.page.getByRole('button', { name: `Switch to ${from} theme` })).toBeVisible();
      } finally {
        await again.close();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

test('a theme that is chosen before the settings are there is not lost', async ({
  holdfast: { app, page },
}) => {
  test.skip(process.platform !== 'linux', 'the core is found through /proc');
  const toDark = page.getByRole('button', { name: 'Switch to dark theme' });
  await expect(toDark).toBeVisible();
  const core = corePid(app);
  // It answers nothing from now on, as a core that opens a large database on a slow disk.
  process.kill(core, 'SIGSTOP');
  try {
    await page.reload();
    await expect(toDark).toBeVisible();
    await toDark.click();
  } finally {
    process.kill(core, 'SIGCONT');
  }
  await expect(scheme(page)).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await expect(page.getByRole('button', { name: /Add your first host/ })).toBeVisible();
  await page.reload();
  await expect(scheme(page)).toHaveAttribute('data-mantine-color-scheme', 'dark');
});

/** Presses Tab until `target` has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeAttached();
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${String(target)} is not reached by Tab.`);
}

async function pressOn(page: Page, target: Locator, key: 'Enter' | 'Space' = 'Enter'): Promise<void> {
  await expect(target).toBeEnabled();
  await tabTo(page, target);
  await page.keyboard.press(key);
}

/** Replaces what a focused field holds. */
async function typeInto(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
}

async function palette(page: Page, words: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k');
  const search = page.getByRole('textbox', { name: 'Command palette' });
  await expect(search).toBeFocused();
  await page.keyboard.type(words);
  await page.keyboard.press('Enter');
  await expect(search).toHaveCount(0);
}

test('from the first start to a snapshot that is taken, with the keyboard alone', async ({
  holdfast: { page },
  dialogs,
}) => {
  test.setTimeout(150_000);
  const nas = await startNas();
  try {
    await expect(page.getByRole('button', { name: /Add your first host/ })).toBeVisible();

    await test.step('the first Tab offers to skip the navigation', async () => {
      await page.keyboard.press('Tab');
      const skip = page.getByRole('link', { name: 'Skip to content' });
      await expect(skip).toBeFocused();
      await expect(skip).toBeInViewport();
      await screenshot(page, '71-skip-link');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('main')).toBeFocused();
      await page.keyboard.press('Tab');
      await expect(page.getByRole('button', { name: /Explore the demo fleet/ })).toBeFocused();
    });

    await test.step('the palette opens “Add a host”, which starts in its first field', async () => {
      await page.keyboard.press('ControlOrMeta+k');
      await expect(page.getByRole('textbox', { name: 'Command palette' })).toBeFocused();
      await screenshot(page, '72-palette');
      await page.keyboard.press('Escape');
      await palette(page, 'add a host');
      const form = hostForm(page);
      await expect(form.getByLabel('Name', { exact: true })).toBeFocused();
      await page.keyboard.type('nas-01');
      await typeInto(page, form.getByLabel('Login name'), nas.user);
      await typeInto(page, form.getByLabel('Address'), '127.0.0.1');
      await typeInto(page, form.getByRole('textbox', { name: 'Port' }), String(nas.port));
      await tabTo(page, form.getByRole('radio', { name: 'SSH agent' }));
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await typeInto(page, form.locator('input[type=password]'), nas.password);
      await tabTo(page, form.getByRole('radio', { name: 'View' }));
      await page.keyboard.press('ArrowDown');
      await expect(form.getByRole('radio', { name: 'Operate' })).toBeChecked();
      await pressOn(page, form.getByRole('button', { name: 'Check the host’s identity' }));
      await dialogs.press('Trust this key');
      await pressOn(page, form.getByRole('button', { name: 'The fingerprint matches…' }));
      await pressOn(page, form.getByRole('button', { name: 'Add and connect' }));
      await expect(hostState(page, 'Online')).toBeVisible();
    });

    await test.step('read-only is turned off', async () => {
      await palette(page, 'settings');
      await dialogs.press('Allow changes');
      const readOnly = page.getByRole('switch', { name: 'Read-only mode' });
      await pressOn(page, readOnly, 'Space');
      await expect(readOnly).not.toBeChecked();
    });

    await test.step('a snapshot is taken, to the end', async () => {
      await palette(page, 'snapshot now');
      const dialog = page.getByRole('dialog', { name: 'Snapshot now' });
      await typeInto(page, dialog.getByRole('combobox', { name: 'Volume' }), 'tank/home/emma');
      await expect(page.getByRole('option', { name: 'tank/home/emma', exact: true })).toBeVisible();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await typeInto(page, dialog.getByRole('textbox', { name: 'Name of the snapshot' }), 'by-keyboard');
      await pressOn(page, dialog.getByRole('button', { name: 'Show the plan' }));
      await expect(plan(page).locator('code').first()).toHaveText(
        /zfs snapshot -- tank\/home\/emma@by-keyboard$/,
      );
      await dialogs.press('Create ZFS snapshot');
      await pressOn(page, plan(page).getByRole('button', { name: 'Continue to confirmation' }));
      await expect(plan(page).getByText('Done', { exact: true })).toBeVisible();
      await pressOn(page, plan(page).getByRole('button', { name: 'Close' }));
      await expect(page.getByRole('dialog')).toHaveCount(0);
      expect(nas.commands.filter((line) => /zfs snapshot -- .*@by-keyboard/.test(line))).toHaveLength(1);
    });

    await test.step('its menu is walked through, and says what is not allowed', async () => {
      await palette(page, 'snapshots');
      await typeInto(page, page.getByRole('textbox', { name: 'Search snapshots' }), 'by-keyboard');
      await expect(page.getByText('1 found')).toBeVisible();
      await pressOn(page, page.getByRole('button', { name: 'Actions for tank/home/emma@by-keyboard' }));
      const destroy = page.getByRole('menuitem', { name: 'Destroy…' });
      await expect(destroy).toBeVisible();
      for (let presses = 0; presses < 12; presses += 1) {
        if (await destroy.evaluate((element) => element === document.activeElement)) break;
        await page.keyboard.press('ArrowDown');
      }
      await expect(destroy).toBeFocused();
      await expect(
        page.getByRole('tooltip').filter({ hasText: 'it takes “administer”' }).last(),
      ).toBeVisible();
      await page.keyboard.press('Enter');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('menuitem')).toHaveCount(0);
    });
  } finally {
    await nas.switchOff();
  }
});

test.describe('on the demo fleet', () => {
  test.use({ launch: { demo: true } });

  test('keys lead to screens, and a second window shows the same fleet', async ({
    holdfast: { app, page },
  }) => {
    await expect(page.getByRole('region', { name: 'Hosts' }).getByText('nas-01').first()).toBeVisible();
    await page.getByRole('main').focus();
    await page.keyboard.press('Shift+?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await expect(sheet.getByText('Read all hosts and clusters again')).toBeVisible();
    await screenshot(page, '40-shortcuts');
    await expectAccessible(page, '[role="dialog"]');
    await page.keyboard.press('Escape');
    await expect(sheet).toHaveCount(0);
    await page.keyboard.press('Control+2');
    await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toHaveText('Pools');

    const opened = app.waitForEvent('window');
    await page.keyboard.press('Control+K');
    await page.getByLabel('Command palette').fill('new window');
    await page.keyboard.press('Enter');
    const second = await opened;
    await expect(second.getByRole('main').getByRole('heading', { level: 1 })).toHaveText('Pools');
    const themeOf = (window: typeof page) => window.locator('html').getAttribute('data-mantine-color-scheme');
    const before = await themeOf(page);
    await second.getByRole('button', { name: /^Switch to/ }).click();
    for (const window of [page, second]) await expect.poll(() => themeOf(window)).not.toBe(before);
    await second.close();
    await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toHaveText('Pools');
  });
});
