import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';
import { open, plan, typeNames } from './plans';

/** The demo's larger cluster, once it has been read. */
async function openAtlas(page: Page): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('link', { name: /^atlas/ })
    .click({ timeout: 60_000 });
  await expect(page.getByRole('region', { name: 'Nodes' })).toBeVisible({ timeout: 60_000 });
}

const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true }).click();

async function act(page: Page, button: string, item: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

/** Confirms the open plan and waits until it is verified. */
async function confirm(
  page: Page,
  press: (label: string) => void | Promise<void>,
  label: string,
  words: string,
): Promise<void> {
  await press(label);
  await plan(page).getByRole('button', { name: 'Continue to confirmation' }).click();
  await expect(plan(page).getByText(words).first()).toBeVisible({ timeout: 90_000 });
  await plan(page).getByRole('button', { name: 'Close' }).click();
  await expect(plan(page)).toHaveCount(0);
}

test.describe('a Proxmox VE cluster, whole', () => {
  test.use({ launch: { demo: true } });

  test('backup jobs are made and run, backups restored and pruned', async ({
    holdfast: { page },
    dialogs,
  }, testInfo) => {
    test.setTimeout(300_000);
    const press = (label: string) => dialogs.press(label);
    await openAtlas(page);
    await tab(page, 'Backups');
    const jobs = page.getByRole('table', { name: 'Backup jobs' });
    await expect(jobs.getByText('nightly')).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText(/^No job takes \d+ guests: .*windows-build/)).toBeVisible();
    await screenshot(page, '150-backups');
    await expectAccessible(page);

    await act(page, 'Create a backup job', 'Create backup job…');
    const form = page.getByRole('dialog', { name: 'Create backup job' });
    await form.getByRole('textbox', { name: 'When' }).fill('mon..fri 21:00');
    await form.getByRole('combobox', { name: 'To storage' }).click();
    await page.getByRole('option', { name: 'nas-backup' }).click();
    await form.getByRole('textbox', { name: 'Keep' }).fill('keep-last=3');
    await form.getByRole('textbox', { name: 'Name' }).fill('evening');
    await form.getByRole('checkbox', { name: '131 windows-build' }).check();
    await screenshot(page, '151-job-form');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toHaveText(
      'POST /cluster/backup schedule=mon..fri 21:00 storage=nas-backup mode=snapshot compress=zstd enabled=1 all=1 exclude=131 prune-backups=keep-last=3 comment=evening',
    );
    await screenshot(page, '152-job-plan');
    await confirm(page, press, 'Create backup job', 'The backup job is there as');
    await expect(jobs.getByText('evening')).toBeVisible({ timeout: 30_000 });

    await act(page, 'Actions for job evening', 'Delete…');
    await typeNames(page, 'evening', 'atlas');
    await confirm(page, press, 'Delete backup job', 'The backup job is gone.');
    await expect(jobs.getByText('evening')).toHaveCount(0, { timeout: 30_000 });

    // A backup of the web server comes back as another guest.
    const backups = page.getByRole('table', { name: 'Backups', exact: true });
    const row = backups.getByRole('row').filter({ hasText: /^110/ }).first();
    await row.getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name: 'Restore…' }).click();
    const restore = page.getByRole('dialog', { name: 'Restore guest' });
    await expect(restore.getByRole('textbox', { name: 'As guest' })).toHaveValue('102');
    await screenshot(page, '153-restore-form');
    await restore.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).getByText(/becomes what guest 110 was on/)).toBeVisible();
    await screenshot(page, '154-restore-plan');
    await confirm(page, press, 'Restore guest', 'Guest 102 is there.');

    // The storage says what its rules would delete, by name and size.
    await tab(page, 'Storage');
    await page.getByRole('button', { name: 'nas-backup on atlas-1' }).click();
    const drawer = page.getByRole('dialog').filter({ hasText: 'nas-backup' });
    await expect(drawer.getByText('debian-13.1.0-amd64-netinst.iso')).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '155-storage');
    await expectAccessible(page, '[role="dialog"]');
    await drawer.getByRole('textbox', { name: 'Search volumes' }).fill('virtio');
    await expect(drawer.getByRole('row')).toHaveCount(2);
    // An image is a way to a new guest.
    await act(page, 'Actions for nas-backup:iso/virtio-win-0.1.285.iso', 'Create virtual machine from it…');
    const create = page.getByRole('dialog', { name: 'Create virtual machine' });
    await expect(create.getByRole('textbox', { name: 'ISO image' })).toHaveValue(
      'nas-backup:iso/virtio-win-0.1.285.iso',
    );
    await create.getByRole('button', { name: 'Cancel' }).click();
    // A file of this laptop goes there, chosen in the native dialog.
    const image = join(testInfo.outputDir, 'tiny.iso');
    mkdirSync(testInfo.outputDir, { recursive: true });
    writeFileSync(image, 'not much of an image');
    await drawer.getByRole('textbox', { name: 'Search volumes' }).fill('');
    await dialogs.open(image);
    await drawer.getByRole('button', { name: 'Upload…' }).click();
    const upload = page.getByRole('dialog', { name: 'Upload to storage' });
    await expect(upload.getByRole('combobox', { name: /^tiny\.iso/ })).toHaveValue('An ISO image');
    await screenshot(page, '157-upload-form');
    await upload.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toContainText(
      'upload content=iso checksum-algorithm=sha256',
    );
    await screenshot(page, '158-upload-plan');
    await confirm(page, press, 'Upload to storage', 'nas-backup:iso/tiny.iso is there.');
    await expect(drawer.getByText('tiny.iso')).toBeVisible({ timeout: 30_000 });
    await act(page, 'Actions for nas-backup', 'Prune backups…');
    const prune = page.getByRole('dialog', { name: 'Prune backups' });
    await prune.getByRole('textbox', { name: 'Keep the last' }).fill('1');
    await prune.getByRole('textbox', { name: 'Keep daily' }).fill('0');
    await prune.getByRole('textbox', { name: 'Keep weekly' }).fill('0');
    await prune.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).getByText(/Nothing would be deleted/)).toBeVisible();
    await screenshot(page, '156-prune-nothing');
    await plan(page).getByRole('button', { name: 'Cancel' }).click();
  });

  test('what deletes a volume is staged first, where the settings say so', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(180_000);
    const volume = 'nas-backup:iso/virtio-win-0.1.285.iso';
    const setting = page.getByRole('switch', { name: 'Stage deletions and restores first' });
    const pressSetting = () =>
      page.locator('.mantine-Switch-root', { has: setting }).locator('.mantine-Switch-track').click();
    await open(page, 'Settings');
    await pressSetting();
    await expect(setting).toBeChecked();
    await screenshot(page, '159-stage-first-setting');
    await expectAccessible(page);

    await openAtlas(page);
    await tab(page, 'Storage');
    await page.getByRole('button', { name: 'nas-backup on atlas-1' }).click();
    const storage = page.getByRole('dialog').filter({ hasText: 'debian-13.1.0-amd64-netinst.iso' });
    await act(page, `Actions for ${volume}`, 'Delete…');
    await expect(plan(page).getByText(/^The settings say that this is staged first/)).toBeVisible();
    await expect(plan(page).getByRole('button', { name: 'Continue to confirmation' })).toHaveCount(0);
    await screenshot(page, '159-stage-first-plan');
    await expectAccessible(page, '[role="dialog"]');
    await plan(page).getByRole('button', { name: 'Stage for later…' }).click();
    await plan(page).getByRole('button', { name: 'Stage this change' }).click();
    await plan(page).getByRole('button', { name: 'Show the changes' }).click();
    await expect(storage).toHaveCount(0);
    await page.getByRole('table', { name: 'Changes' }).getByText(volume).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Plan and apply…' }).click();
    await typeNames(page, volume, 'atlas');
    await confirm(page, (label) => dialogs.press(label), 'Delete volume', 'is gone');
    await page.keyboard.press('Escape');

    await open(page, 'Settings');
    await dialogs.press('Run them at once');
    await pressSetting();
    await expect(setting).not.toBeChecked();
    expect((await dialogs.seen()).at(-1)?.message).toContain('have to be staged first now');
  });

  test('a node tells of itself, and its services are restarted', async ({ holdfast: { page }, dialogs }) => {
    test.setTimeout(240_000);
    const press = (label: string) => dialogs.press(label);
    await openAtlas(page);
    await page.getByRole('button', { name: 'Open node atlas-2' }).click();
    const drawer = page.getByRole('dialog').filter({ hasText: 'node of atlas' });
    await expect(drawer.getByText('pve-manager/9.2.11', { exact: false })).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '160-node');
    await expectAccessible(page, '[role="dialog"]');
    await tab(page, 'Charts');
    await expect(drawer.getByRole('img', { name: /^Processors\. Busy: now/ })).toBeVisible({
      timeout: 30_000,
    });
    await screenshot(page, '161-node-charts');
    await drawer.getByText('Year', { exact: true }).click();
    await expect(drawer.getByRole('img', { name: /^Memory\. Used: now/ })).toBeVisible();
    await screenshot(page, '162-node-charts-year');
    await tab(page, 'Disks');
    await drawer.getByRole('button', { name: 'SMART of /dev/sda' }).click();
    await expect(drawer.getByText('Reallocated_Sector_Ct (failing)')).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '163-node-disks');
    for (const [name, text] of [
      ['Network', 'vmbr0'],
      ['Updates', 'qemu-server'],
      ['Certificates', 'pve-ssl.pem'],
      ['Log', 'VM quit/powerdown failed'],
      ['Firewall', 'No rules.'],
      ['Guests', 'db-primary'],
    ] as const) {
      await drawer.getByRole('tab', { name, exact: true }).click();
      await expect(drawer.getByText(text).first()).toBeVisible({ timeout: 30_000 });
      await screenshot(page, `164-node-${name.toLowerCase()}`);
      await expectAccessible(page, '[role="dialog"]');
    }
    await tab(page, 'Services');
    await expect(drawer.getByText('Proxmox VE scheduler')).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '165-node-services');
    await act(page, 'Actions for pveproxy', 'Restart…');
    await expect(plan(page).getByText(/Nobody can reach the web interface/)).toBeVisible();
    await confirm(page, press, 'Restart service of node', 'pveproxy runs.');
    // A shutdown names every guest that stops, and asks for both names.
    await act(page, 'Actions for atlas-2', 'Shut down…');
    await expect(plan(page).getByText('120 db-primary')).toBeVisible();
    await expect(plan(page).getByText(/the cluster loses its quorum/)).toBeVisible();
    await typeNames(page, 'atlas-2', 'atlas');
    await screenshot(page, '166-node-shutdown');
    await plan(page).getByRole('button', { name: 'Cancel' }).click();
  });

  test('the fleet is shown for a wall, with what its bars measure, and left by Escape', async ({
    holdfast: { page },
  }) => {
    test.setTimeout(120_000);
    await openAtlas(page);
    await open(page, 'Fleet');
    await page.getByRole('button', { name: 'Show on the wall' }).click();
    const wall = page.getByRole('main', { name: 'Fleet on the wall' });
    const tile = wall.getByRole('article', { name: 'atlas' });
    await expect(tile.getByText(/2 of 3 nodes/)).toBeVisible({ timeout: 60_000 });
    await expect(tile.getByText('Memory', { exact: true })).toBeVisible();
    await expect(
      wall.getByRole('article', { name: 'kvm-03' }).getByText('Pools', { exact: true }),
    ).toBeVisible({
      timeout: 60_000,
    });
    await screenshot(page, '158-wall');
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await expect(wall).toHaveCount(0);
  });

  test('the files of a backup on a Proxmox Backup Server are looked through, and one is saved', async ({
    holdfast: { page },
    dialogs,
  }, testInfo) => {
    test.setTimeout(240_000);
    await openAtlas(page);
    await page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: /^attic/ })
      .click();
    await tab(page, 'Backups');
    // A backup server that does not answer: what it holds is not known, and so not said to be missing.
    await expect(
      page.getByText('offsite: It is not available now. What it holds is not counted.'),
    ).toBeVisible({
      timeout: 60_000,
    });
    await page
      .getByRole('button', { name: /^Files of vault:backup\/vm\/100\// })
      .first()
      .scrollIntoViewIfNeeded();
    await screenshot(page, '155-backups-unread');
    await page
      .getByRole('button', { name: /^Files of vault:backup\/vm\/100\// })
      .first()
      .click();
    const drawer = page.getByRole('dialog', { name: 'Files of guest 100' });
    const files = drawer.getByRole('table', { name: 'Files of the backup' });
    for (const name of ['drive-scsi0.img.fidx', 'part', '8', 'supervisor', 'homeassistant']) {
      await files.getByText(name, { exact: true }).click();
    }
    await expect(files.getByText('configuration.yaml')).toBeVisible();
    await screenshot(page, '156-backup-files');
    await expectAccessible(page, '[role="dialog"]');
    const target = testInfo.outputPath('configuration.yaml');
    await dialogs.saveTo(target);
    await files.getByRole('button', { name: 'Download configuration.yaml' }).click();
    await expect(drawer.getByText(/^Saved 54 B as /)).toBeVisible({ timeout: 30_000 });
    expect(readFileSync(target, 'utf8')).toContain('default_config:');
    await screenshot(page, '157-backup-file-saved');
    await drawer.getByRole('button', { name: 'Backup', exact: true }).click();
    await expect(files.getByText('drive-scsi0.img.fidx')).toBeVisible();
  });

  test('the sensors of a node are read over SSH from the host that it is', async ({ holdfast: { page } }) => {
    test.setTimeout(240_000);
    await openAtlas(page);
    await page.getByRole('button', { name: 'Open node atlas-1' }).click();
    const drawer = page.getByRole('dialog').filter({ hasText: 'node of atlas' });
    await drawer.getByRole('tab', { name: 'Sensors', exact: true }).click();
    await expect(drawer.getByText('Choose which host atlas-1 is.', { exact: false })).toBeVisible();
    await expect(
      drawer.getByText('The API of Proxmox VE has no call for sensors', { exact: false }),
    ).toBeVisible();
    await screenshot(page, '167-node-sensors-none');
    const choose = async (name: RegExp) => {
      await drawer.getByRole('combobox', { name: 'Host of node atlas-1' }).click();
      await page.getByRole('option', { name }).click();
    };
    await choose(/^nas-01/);
    await drawer.getByRole('button', { name: 'Read nas-01 over SSH' }).click();
    await expect(drawer.getByText('lm-sensors is not installed on nas-01', { exact: false })).toBeVisible({
      timeout: 30_000,
    });
    await choose(/^kvm-03/);
    await drawer.getByRole('button', { name: 'Read kvm-03 over SSH' }).click();
    const temperatures = drawer.getByRole('table', { name: 'Temperatures' });
    await expect(temperatures.getByText('Package id 0')).toBeVisible({ timeout: 30_000 });
    await expect(
      drawer.getByRole('table', { name: 'Fans' }).getByRole('cell', { name: '0 rpm', exact: true }),
    ).toBeVisible();
    await expect(drawer.getByText('There, but without a value: nct6775-isa-0290 PECI.')).toBeVisible();
    await screenshot(page, '168-node-sensors');
    await expectAccessible(page, '[role="dialog"]');
    await drawer.getByRole('link', { name: 'Open kvm-03' }).click();
    await expect(drawer).toHaveCount(0);
    const own = page.getByRole('region', { name: 'Sensors' });
    await expect(own.getByText('CPU fan')).toBeVisible({ timeout: 30_000 });
    await own.scrollIntoViewIfNeeded();
    await screenshot(page, '169-host-sensors');
    await expectAccessible(page);
  });

  test('high availability, replication, pools, options, Ceph and the log are told', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(240_000);
    const press = (label: string) => dialogs.press(label);
    await openAtlas(page);
    await tab(page, 'HA');
    await expect(page.getByRole('table', { name: 'Managed guests' }).getByText('ct:201')).toBeVisible({
      timeout: 30_000,
    });
    await screenshot(page, '170-ha');
    await expectAccessible(page);
    await act(page, 'Add to high availability', 'Manage a guest…');
    const form = page.getByRole('dialog', { name: 'Manage guest by high availability' });
    await form.getByRole('combobox', { name: 'Guest' }).fill('web-1');
    await page.getByRole('option', { name: '110 web-1' }).click();
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toContainText('POST /cluster/ha/resources sid=vm:110');
    await screenshot(page, '171-ha-plan');
    await confirm(page, press, 'Manage guest by high availability', 'vm:110 is managed');
    await expect(page.getByRole('table', { name: 'Managed guests' }).getByText('vm:110')).toBeVisible({
      timeout: 30_000,
    });
    for (const [name, text] of [
      ['Replication', 'command ssh root@atlas-3 failed'],
      ['Ceph', 'Needs attention'],
      ['Pools and options', 'what customers see'],
      ['Log', 'node left the cluster'],
    ] as const) {
      await tab(page, name);
      await expect(page.getByText(text).first()).toBeVisible({ timeout: 30_000 });
      await screenshot(page, `172-${name.toLowerCase().replaceAll(' ', '-')}`);
      await expectAccessible(page);
    }
  });

  test('networks and firewalls are changed, and seen to be', async ({ holdfast: { page }, dialogs }) => {
    test.setTimeout(240_000);
    const press = (label: string) => dialogs.press(label);
    await openAtlas(page);
    await tab(page, 'Network');
    await expect(page.getByText('1 change waits to be applied.')).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '180-network');
    await expectAccessible(page);
    await act(page, 'Change the network', 'Apply…');
    await expect(plan(page).getByText(/^VNet dmz: new/)).toBeVisible();
    await typeNames(page, 'SDN', 'atlas');
    await screenshot(page, '181-network-apply');
    await confirm(page, press, 'Apply the network', 'Nothing waits to be applied any more.');
    await expect(page.getByText('1 change waits to be applied.')).toHaveCount(0, { timeout: 30_000 });

    await tab(page, 'Firewall');
    const rules = page.getByRole('table', { name: 'Firewall rules' });
    await expect(rules.getByText('until the old printer is gone')).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '182-firewall');
    await expectAccessible(page);
    await act(page, 'Change the firewall', 'Create rule…');
    const form = page.getByRole('dialog', { name: 'Create firewall rule' });
    await form.getByRole('textbox', { name: 'Protocol' }).fill('tcp');
    await form.getByRole('textbox', { name: 'To port' }).fill('443');
    await form.getByRole('textbox', { name: 'Comment' }).fill('https');
    await screenshot(page, '183-firewall-form');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).getByText(/The first rule will be: in ACCEPT tcp port 443/)).toBeVisible();
    await confirm(page, press, 'Create firewall rule', 'The rule is the first one now.');
    await expect(rules.getByText('https')).toBeVisible({ timeout: 30_000 });
    await act(page, 'Actions for rule 1', 'Switch off…');
    await confirm(page, press, 'Switch firewall rule', 'The rule is off.');
  });

  test('guests are made, their disks grow, and their charts are drawn', async ({
    holdfast: { page },
    dialogs,
  }) => {
    test.setTimeout(240_000);
    const press = (label: string) => dialogs.press(label);
    await openAtlas(page);
    await tab(page, 'Guests');
    await act(page, 'Create a guest', 'Create virtual machine…');
    const form = page.getByRole('dialog', { name: 'Create virtual machine' });
    await form.getByRole('textbox', { name: 'Name', exact: true }).fill('web-3');
    await form
      .getByRole('textbox', { name: 'ISO image' })
      .fill('nas-backup:iso/debian-13.1.0-amd64-netinst.iso');
    await screenshot(page, '190-create-machine');
    await expectAccessible(page, '[role="dialog"]');
    await form.getByRole('button', { name: 'Show the plan' }).click();
    await expect(plan(page).locator('code').first()).toContainText(
      'POST /nodes/atlas-1/qemu vmid=102 name=web-3',
    );
    await screenshot(page, '191-create-machine-plan');
    await confirm(page, press, 'Create virtual machine', 'Guest 102 is there.');
    const row = page.getByRole('table', { name: 'Guests' }).getByRole('row').filter({ hasText: 'web-3' });
    await expect(row).toBeVisible({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Actions for web-3' }).click();
    await page.getByRole('menuitem', { name: 'Grow a disk…' }).click();
    await page
      .getByRole('dialog', { name: 'Grow disk of guest' })
      .getByRole('button', { name: 'Show the plan' })
      .click();
    await expect(plan(page).getByText('scsi0 grows from 32 GiB to 42 GiB.')).toBeVisible();
    await confirm(page, press, 'Grow disk of guest', 'scsi0 has 42 GiB now.');
    await page
      .getByRole('table', { name: 'Guests' })
      .getByRole('row')
      .filter({ hasText: 'web-1' })
      .press('Enter');
    const drawer = page.getByRole('dialog').filter({ hasText: 'web-1' });
    await drawer.getByRole('tab', { name: 'Inside' }).click();
    await expect(drawer.getByText('Debian GNU/Linux 13 (trixie), kernel')).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '191-guest-inside');
    await expectAccessible(page, '[role="dialog"]');
    await drawer.getByRole('tab', { name: 'Charts' }).click();
    await expect(drawer.getByRole('img', { name: /^Processors\. Busy: now/ })).toBeVisible({
      timeout: 30_000,
    });
    await screenshot(page, '192-guest-charts');
    await drawer.getByRole('tab', { name: 'Firewall' }).click();
    await expect(drawer.getByText('tcp port 80,443')).toBeVisible({ timeout: 30_000 });
    await screenshot(page, '193-guest-firewall');
  });

  test('the tasks of all clusters stand together, with what became of them', async ({
    holdfast: { page },
  }) => {
    test.setTimeout(120_000);
    await openAtlas(page);
    await open(page, 'Fleet');
    await expect(page.getByText('Storage of clusters')).toBeVisible();
    await screenshot(page, '194-fleet');
    await open(page, 'Tasks');
    const table = page.getByRole('table', { name: 'Tasks' });
    await expect(table.getByText('Update package lists')).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole('region', { name: 'Statistics' })).toContainText('2 failed');
    await expect(page.getByRole('region', { name: 'Statistics' })).toContainText('attic: 0 tasks');
    await screenshot(page, '195-tasks');
    await expectAccessible(page);
    await page.getByText('Failed', { exact: true }).first().click();
    await expect(table.getByRole('row')).toHaveCount(3);
    await table.getByRole('button', { name: 'Backup' }).click();
    await expect(page.getByLabel('Log of the task')).toContainText('Backup of VM 140 failed');
  });
});
