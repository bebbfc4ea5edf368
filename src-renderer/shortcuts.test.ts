import { describe, expect, it } from 'vitest';
import { keyWords, shortcuts } from './shortcuts';

describe('the shortcuts', () => {
  it('each mean one thing', () => {
    const keys = shortcuts.map((shortcut) => shortcut.keys.toLowerCase());
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('lead to every screen that a digit is left for, in the order of the navigation', () => {
    const screens = shortcuts.filter(({ group }) => group === 'Screens');
    expect(screens.map(({ keys }) => keys)).toEqual(screens.map((_each, at) => `mod + ${at + 1}`));
    expect(screens[0]).toMatchObject({ text: 'Fleet', action: { go: '/' } });
    expect(screens.every(({ action }) => typeof action === 'object' && action !== null)).toBe(true);
  });

  it.each([
    ['mod + shift + N', false, ['Ctrl', 'Shift', 'N']],
    ['mod + shift + N', true, ['⌘', '⇧', 'N']],
    ['shift + ?', false, ['?']],
    ['↑ ↓', false, ['↑', '↓']],
  ])('%s reads as it is printed on the keys (macOS: %s)', (keys, isMac, words) => {
    expect(keyWords(keys, isMac)).toEqual(words);
  });
});
