import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Fonts are there, nothing loads, no transition is in motion. */
export async function settle(page: Page): Promise<void> {
  await expect(page.locator('[aria-busy="true"], .mantine-Loader-root, .mantine-Skeleton-root')).toHaveCount(
    0,
  );
  await page.evaluate(async () => {
    await document.fonts.ready;
    const finite = document.getAnimations().filter((animation) => {
      const { iterations } = animation.effect?.getTiming() ?? {};
      return iterations !== Infinity;
    });
    // An animation whose element goes away is cancelled, and its promise rejects; it is at rest all the same.
    await Promise.allSettled(finite.map((animation) => animation.finished));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  });
}

/** Where pictures go, or undefined when nobody asked for them (HOLDFAST_SCREENSHOTS=<folder>). */
export const screenshotFolder = process.env['HOLDFAST_SCREENSHOTS'];

/** Saves `<folder>/<name>.png` of the settled window when pictures are asked for. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await settle(page);
  if (!screenshotFolder) return;
  mkdirSync(screenshotFolder, { recursive: true });
  await page.screenshot({
    path: join(screenshotFolder, `${name}.png`),
    animations: 'disabled',
    caret: 'hide',
  });
}

export interface AccessibilityProblem {
  /** The same finding on the same kind of element has the same key; generated ids are left out. */
  key: string;
  /** Rule, element and advice. */
  words: string;
}

/** WCAG 2.1 A and AA violations of the settled window. */
export async function accessibilityProblems(page: Page, within?: string): Promise<AccessibilityProblem[]> {
  await settle(page);
  // Legacy mode, because the other one opens a second page, which Electron has no way to do.
  const builder = new AxeBuilder({ page })
    .setLegacyMode(true)
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']);
  const { violations } = await (within ? builder.include(within) : builder).analyze();
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html, failureSummary }) => ({
      key: `${id} ${html.replace(/\s(id|style|aria-[a-z]+)="[^"]*"/g, '').slice(0, 120)}`,
      words: [`${id}: ${help}`, target.join(' '), html.slice(0, 300), failureSummary ?? ''].join('\n  '),
    })),
  );
}

/** Fails with rule, element and advice for each violation. */
export async function expectAccessible(page: Page, within?: string): Promise<void> {
  const problems = await accessibilityProblems(page, within);
  if (problems.length > 0) {
    throw new Error(`Not accessible:\n${problems.map(({ words }) => words).join('\n')}`);
  }
}
