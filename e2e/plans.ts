import type { Page } from '@playwright/test';
import { expect } from './fixtures';

/** A screen by the name that the navigation gives it. */
export const open = (page: Page, screen: string) =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: screen, exact: true }).click();

/** Reads all hosts of the demo fleet, and waits until those that answer are there. */
export async function readFleet(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Refresh all' }).click();
  await expect(page.getByRole('region', { name: 'Hosts' }).getByText('Online', { exact: true })).toHaveCount(
    5,
    { timeout: 60_000 },
  );
}

/** The sandbox volumes of one host of the demo fleet, which is read first. */
export async function openSandboxVolumes(page: Page, host: string): Promise<void> {
  await readFleet(page);
  await open(page, 'Sandbox volumes');
  await page.getByRole('combobox', { name: 'Host' }).click();
  await page.getByRole('option', { name: host }).click();
}

/** Takes a snapshot through the dialog and leaves the finished plan open. */
export async function snapshotNow(page: Page, host: string, volume: string, name: string): Promise<void> {
  await open(page, 'Snapshots');
  await page.getByRole('button', { name: 'Snapshot now' }).click();
  const dialog = page.getByRole('dialog', { name: 'Snapshot now' });
  await dialog.getByRole('combobox', { name: 'Host' }).click();
  await page.getByRole('option', { name: host, exact: true }).click();
  await dialog.getByRole('combobox', { name: 'Volume' }).fill(volume);
  await page.getByRole('option', { name: volume, exact: true }).click();
  await dialog.getByRole('textbox', { name: 'Name of the snapshot' }).fill(name);
  await dialog.getByRole('button', { name: 'Show the plan' }).click();
}

/** The snapshot list, narrowed down to one. */
export async function findSnapshot(page: Page, search: string): Promise<void> {
  await open(page, 'Snapshots');
  await page.getByRole('textbox', { name: 'Search snapshots' }).fill(search);
  await expect(page.getByRole('table', { name: 'Snapshots' })).toHaveAttribute('aria-busy', 'false');
  await expect(page.getByText('1 found')).toBeVisible();
}

/** Opens the plan of an item in a snapshot’s menu. */
export async function planFromMenu(page: Page, fullName: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${fullName}` }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

/** The open plan. */
export const plan = (page: Page) => page.getByRole('dialog').filter({ hasText: 'exactly as sent' });

/** Types the names the plan asks for; the way on stays shut until they match. */
export async function typeNames(page: Page, ...names: string[]): Promise<void> {
  const go = plan(page).getByRole('button', { name: 'Continue to confirmation' });
  const fields = plan(page).getByRole('textbox', { name: /^Type the name of the/ });
  await expect(fields).toHaveCount(names.length);
  for (const [index, name] of names.entries()) {
    await expect(go).toBeDisabled();
    await fields.nth(index).fill(name);
  }
  await expect(go).toBeEnabled();
}
