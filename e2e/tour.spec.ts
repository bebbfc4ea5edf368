import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { expectAccessible, screenshot } from './page-tools';

/** Pictures are named after what the navigation calls a place: `host-nas-01-dark`. */
const fileName = (words: string): string =>
  words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

async function showTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  const other = theme === 'light' ? 'dark' : 'light';
  const toWanted = page.getByRole('button', { name: `Switch to ${theme} theme` });
  const isWanted = page.getByRole('button', { name: `Switch to ${other} theme` });
  await expect(toWanted.or(isWanted)).toBeVisible();
  if (await toWanted.isVisible()) await toWanted.click();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', theme);
}

const navigation = (page: Page) => page.getByRole('navigation', { name: 'Main' });

/** Every place of the navigation, also those that later work adds: screens first, then the demo's hosts. */
async function places(page: Page): Promise<string[]> {
  const links = navigation(page).getByRole('link');
  // They come with the core's first answer.
  await expect(navigation(page).locator('a[href*="/hosts/"]').first()).toBeVisible();
  const addresses = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
  return addresses.filter((address) => address !== '');
}

async function visit(page: Page, address: string): Promise<string> {
  const link = navigation(page).locator(`a[href="${address}"]`);
  await link.click();
  await expect(link).toHaveAttribute('aria-current', 'page');
  await expect(page.getByRole('main').getByRole('heading').first()).toBeVisible();
  const words = ((await link.textContent()) ?? '').trim();
  return address.includes('/hosts/') ? `host-${fileName(words)}` : fileName(words);
}

test.describe('the first start', () => {
  test('welcomes with two choices', async ({ holdfast: { page } }) => {
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    for (const theme of ['light', 'dark'] as const) {
      await showTheme(page, theme);
      await screenshot(page, `00-welcome-${theme}`);
      await expectAccessible(page);
    }
  });
});

test.describe('the demo fleet', () => {
  test.use({ launch: { demo: true } });

  for (const theme of ['light', 'dark'] as const) {
    test(`shows every screen in ${theme}, each accessible`, async ({ holdfast: { page } }) => {
      test.setTimeout(240_000);
      const addresses = await places(page);
      await showTheme(page, theme);
      const problems: string[] = [];
      for (const [index, address] of addresses.entries()) {
        const name = await visit(page, address);
        await screenshot(page, `${String(index + 1).padStart(2, '0')}-${name}-${theme}`);
        await expectAccessible(page).catch((error: unknown) => problems.push(`${name}: ${String(error)}`));
      }
      expect(problems.join('\n\n')).toBe('');
    });
  }
});
