import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';
import { open, plan, readFleet, typeNames } from './plans';

test.describe('pools and their disks', () => {
  test.use({ launch: { demo: true } });

  test('a ZFS pool is created from free disks, and is there with its menu', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(180_000);
    await readFleet(page);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'nas-01' }).click();
    await page.getByRole('button', { name: 'Create pool' }).click();
    const create = page.getByRole('dialog', { name: 'Create pool' });
    // What the host has no tools for stands there all the same, with its package.
    await expect(create.getByRole('radio', { name: 'Create RAID array' })).toBeDisabled();
    await expect(create.getByText(/mdadm/).first()).toBeVisible();
    await create.getByRole('radio', { name: 'Create ZFS pool' }).click();
    await create.getByRole('textbox', { name: 'Name of the pool' }).fill('scratch');
    const disks = create.getByRole('group', { name: /^Disks|^Devices/ });
    await expect(disks.getByRole('checkbox', { disabled: true })).not.toHaveCount(0);
    const free = disks.getByRole('checkbox', { disabled: false });
    await expect(free).toHaveCount(2);
    for (const index of [0, 1]) await free.nth(index).click();
    await screenshot(page, '100-create-zfs-pool');
    await expectAccessible(page, '[role="dialog"]');
    await create.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toContainText('zpool create');
    await expect(plan(page).locator('code').first()).toContainText(
      'scratch mirror /dev/disk/by-id/ata-ST18000NM000J-2TV103_ZR5D11AA /dev/disk/by-id/ata-ST18000NM000J-2TV103_ZR5D11C4',
    );
    await screenshot(page, '101-create-zfs-plan');
    await plan(page)
      .getByRole('textbox', { name: /^Type the name of the target/ })
      .fill('scratch');
    await dialogs.press('Create ZFS pool');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(
      page.getByRole('region', { name: 'Pools' }).getByRole('button', { name: /^Healthy scratch/ }),
    ).toBeVisible();
    await page.getByRole('button', { name: 'Actions for scratch' }).first().click();
    await expect(page.getByRole('menuitem', { name: /^Scrub|^Start scrub/ })).toBeVisible();
    await screenshot(page, '102-zfs-pool-menu');
    await page.keyboard.press('Escape');
    await open(page, 'Audit');
    await expect(page.getByText('Create ZFS pool').first()).toBeVisible();
  });

  test('a USB disk is mounted by its UUID, now and at every start, and unmounted', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(180_000);
    await readFleet(page);
    await open(page, 'Disks');
    await page.getByRole('textbox', { name: 'Search disks' }).fill('WD_Elements');
    const menu = async (item: string) => {
      await page.getByRole('button', { name: 'Actions for /dev/sdc of kvm-03' }).click();
      await page.getByRole('menuitem', { name: item }).click();
    };
    await menu('Mount…');
    const form = page.getByRole('dialog', { name: 'Mount file system' });
    await form.getByRole('textbox', { name: 'Folder' }).fill('/mnt/archive');
    await screenshot(page, '105-mount-form');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    const commands = plan(page).locator('code');
    await expect(commands.filter({ hasText: 'mount -t ext4' })).toContainText(
      /UUID=[0-9a-f-]{36} .*\/mnt\/archive/,
    );
    await expect(commands.filter({ hasText: '/etc/fstab' }).first()).toContainText('nofail');
    await screenshot(page, '106-mount-plan');
    await dialogs.press('Mount file system');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(page.getByText('/mnt/archive').first()).toBeVisible();
    await screenshot(page, '107-mounted');

    await menu('Unmount…');
    await expect(plan(page).getByText(/its line goes out of \/etc\/fstab/)).toBeVisible();
    await screenshot(page, '108-unmount-plan');
    await typeNames(page, '/mnt/archive');
    await dialogs.press('Unmount file system');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(page.getByText('/mnt/archive')).toHaveCount(0);
  });

  test('a missing disk of a btrfs file system is replaced, and the rebuild is followed', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(180_000);
    await readFleet(page);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'media-06' }).click();
    await page.getByRole('button', { name: 'Actions for archive' }).first().click();
    await page.getByRole('menuitem', { name: 'Replace a disk…' }).click();
    const wizard = page.getByRole('dialog', { name: 'Replace a disk of archive' });
    // The missing one is chosen already.
    await expect(wizard.getByRole('radio', { checked: true })).toHaveCount(1);
    await wizard.getByRole('combobox', { name: 'New disk' }).click();
    await page.getByRole('option', { name: /WD-CA9XN41L/ }).click();
    await screenshot(page, '103-replace-btrfs');
    await expectAccessible(page, '[role="dialog"]');
    await wizard.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toContainText('btrfs replace start');
    await screenshot(page, '104-replace-btrfs-plan');
    const typed = plan(page).getByRole('textbox', { name: /^Type the name of the target/ });
    if ((await typed.count()) > 0) await typed.fill('archive');
    await dialogs.press('Replace device of btrfs file system');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(
      plan(page)
        .getByText(/The replacement is under way/)
        .first(),
    ).toBeVisible({ timeout: 30_000 });
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(
      page
        .getByRole('region', { name: 'Pools' })
        .getByText(/^Replace/)
        .first(),
    ).toBeVisible();
    await screenshot(page, '105-replace-btrfs-running');
  });

  test('a disk of an LVM group is emptied onto a new one, and taken out', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(240_000);
    await readFleet(page);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'kvm-03' }).click();
    await page.getByRole('button', { name: 'Actions for vg0' }).first().click();
    await screenshot(page, '110-lvm-group-menu');
    await page.getByRole('menuitem', { name: 'Replace a disk…' }).click();
    const wizard = page.getByRole('dialog', { name: 'Replace a disk of vg0' });
    await wizard.getByRole('radio', { name: /nvme1n1p3/ }).click();
    await expect(wizard.getByText('/dev/nvme1n1p3 is healthy')).toBeVisible();
    await wizard.getByRole('combobox', { name: 'Move to' }).click();
    await page.getByRole('option', { name: /^New disk: vda/ }).click();
    await screenshot(page, '111-lvm-move');
    await expectAccessible(page, '[role="dialog"]');
    await wizard.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code')).toHaveText([
      /vgextend -- vg0 \/dev\/disk\/by-id\/virtio-SAN-LUN-0017$/,
      /pvmove -b -i 5 -- \/dev\/nvme1n1p3 \/dev\/disk\/by-id\/virtio-SAN-LUN-0017$/,
    ]);
    await screenshot(page, '112-lvm-move-plan');
    await plan(page)
      .getByRole('textbox', { name: /^Type the name of the target/ })
      .fill('/dev/nvme1n1p3');
    await dialogs.press('Move data off LVM disk');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(
      plan(page)
        .getByText(/Data moves from \/dev\/nvme1n1p3 to \/dev\/vda/)
        .first(),
    ).toBeVisible({ timeout: 30_000 });
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(
      page
        .getByRole('region', { name: 'Pools' })
        .getByText(/^Data is being moved from \/dev\/nvme1n1p3/)
        .first(),
    ).toBeVisible();
    await screenshot(page, '113-lvm-moving');

    // The host goes on by itself; when it is through, the disk can go.
    const member = page.getByRole('button', { name: 'Actions for /dev/nvme1n1p3' });
    const out = page.getByRole('menuitem', { name: 'Take out of the group…' });
    await expect(async () => {
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Refresh', exact: true }).click();
      await expect(page.getByText(/^Data is being moved from/)).toHaveCount(0, { timeout: 1_000 });
    }).toPass({ timeout: 90_000, intervals: [3_000] });
    await member.first().click();
    await out.click();
    const form = page.getByRole('dialog', { name: 'Take disk out of LVM volume group' });
    await screenshot(page, '114-lvm-take-out');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code')).toHaveText([
      /vgreduce -- vg0 \/dev\/nvme1n1p3$/,
      /pvremove -- \/dev\/nvme1n1p3$/,
    ]);
    await plan(page)
      .getByRole('textbox', { name: /^Type the name of the target/ })
      .fill('/dev/nvme1n1p3');
    await dialogs.press('Take disk out of LVM volume group');
    await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
    await expect(plan(page).getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
    await plan(page).getByRole('button', { name: 'Close' }).click();
    await expect(member).toHaveCount(0);
  });
});
