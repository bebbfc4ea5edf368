import { describe, expect, it } from 'vitest';
import { createReloadBudget } from './reload-budget';

describe('createReloadBudget', () => {
  it('allows three reloads within a minute, and more after it', () => {
    let now = 0;
    const mayReload = createReloadBudget(() => now);
    expect([mayReload(), mayReload(), mayReload(), mayReload()]).toEqual([true, true, true, false]);
    now = 61_000;
    expect(mayReload()).toBe(true);
  });
});
