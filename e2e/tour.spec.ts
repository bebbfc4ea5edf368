import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { accessibilityProblems, screenshot } from './page-tools';

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

/** Every host has answered, or is known not to. Counted, because a page that is being drawn anew has no words at all. */
async function readFleet(page: Page, hostCount: number): Promise<void> {
  await page.getByRole('button', { name: 'Refresh all' }).click();
  const decided = page.getByRole('region', { name: 'Hosts' }).getByText(/^(Online|Offline)$/);
  await expect(decided).toHaveCount(hostCount, { timeout: 60_000 });
}

async function visit(page: Page, address: string): Promise<string> {
  const link = navigation(page).locator(`a[href="${address}"]`);
  await link.click();
  await expect(link).toHaveAttribute('aria-current', 'page');
  await expect(page.getByRole('main').getByRole('heading').first()).toBeVisible();
  const words = ((await link.textContent()) ?? '').trim();
  if (address.includes('/clusters/')) return `cluster-${fileName(words)}`;
  return address.includes('/hosts/') ? `host-${fileName(words)}` : fileName(words);
}

/** `npm run demo` without a display only wants the pictures. */
const lookOnly = process.env['HOLDFAST_TOUR'] === '1';

/** What axe finds on this screen, once per finding over the whole walk. */
async function collectProblems(page: Page, place: string, problems: Map<string, string>): Promise<void> {
  if (lookOnly) return;
  for (const problem of await accessibilityProblems(page)) {
    if (!problems.has(problem.key)) problems.set(problem.key, `${place}: ${problem.words}`);
  }
}

test.describe('the first start', () => {
  test('welcomes with its choices', async ({ holdfast: { page } }) => {
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const problems = new Map<string, string>();
    for (const theme of ['light', 'dark'] as const) {
      await showTheme(page, theme);
      await screenshot(page, `00-welcome-${theme}`);
      await collectProblems(page, `welcome, ${theme}`, problems);
    }
    expect([...problems.values()].join('\n')).toBe('');
  });
});

test.describe('the demo fleet', () => {
  test.use({ launch: { demo: true } });

  for (const theme of ['light', 'dark'] as const) {
    test(`shows every screen in ${theme}, each accessible`, async ({ holdfast: { page } }) => {
      test.setTimeout(240_000);
      const addresses = await places(page);
      await showTheme(page, theme);
      await readFleet(page, addresses.filter((address) => address.includes('/hosts/')).length);
      const problems = new Map<string, string>();
      for (const [index, address] of addresses.entries()) {
        const name = await visit(page, address);
        await screenshot(page, `${String(index + 1).padStart(2, '0')}-${name}-${theme}`);
        await collectProblems(page, name, problems);
      }
      await expect(page.getByRole('status').filter({ hasText: 'core' })).toHaveCount(0);
      expect([...problems.values()].join('\n')).toBe('');
    });
  }

  test('fits its smallest window, without scrolling a screen sideways', async ({
    holdfast: { app, page },
  }) => {
    test.skip(lookOnly, 'it takes no pictures');
    test.setTimeout(120_000);
    await app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      const [width = 0, height = 0] = window?.getMinimumSize() ?? [];
      window?.setSize(width, height);
    });
    await expect.poll(() => page.evaluate(() => window.innerWidth)).toBeLessThanOrEqual(960);
    const addresses = await places(page);
    await readFleet(page, addresses.filter((address) => address.includes('/hosts/')).length);
    for (const address of addresses) {
      const name = await visit(page, address);
      const wider = await page
        .getByRole('main')
        .evaluate((main) => Math.max(0, main.scrollWidth - main.clientWidth));
      expect.soft(wider, `${name} is wider than its window by`).toBe(0);
    }
  });
});
