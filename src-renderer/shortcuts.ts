import { places } from './places';

/** What a key does beyond what every control of a page does. */
export interface Shortcut {
  /** As @mantine/hooks reads it: `mod` is Ctrl, on macOS Command. */
  keys: string;
  text: string;
  group: 'Anywhere' | 'Screens' | 'In a table' | 'In a form';
  /** null: what has the focus or the menu listens by itself. */
  action: 'palette' | 'sheet' | 'refresh' | { go: string } | null;
}

/** The first nine screens have a digit each. */
const screens = places.slice(0, 9).map(({ path, label }, at): Shortcut => ({
  keys: `mod + ${at + 1}`,
  text: label,
  group: 'Screens',
  action: { go: path },
}));

/** The one registry: the sheet shows it, the page listens by it. */
export const shortcuts: readonly Shortcut[] = [
  { keys: 'mod + K', text: 'Go to a host, guest, pool or screen', group: 'Anywhere', action: 'palette' },
  { keys: 'shift + ?', text: 'Show this sheet', group: 'Anywhere', action: 'sheet' },
  { keys: 'mod + R', text: 'Read all hosts and clusters again', group: 'Anywhere', action: 'refresh' },
  { keys: 'mod + shift + N', text: 'New window', group: 'Anywhere', action: null },
  ...screens,
  { keys: '↑ ↓', text: 'Next or previous row', group: 'In a table', action: null },
  { keys: 'PageUp PageDown', text: 'Twelve rows on', group: 'In a table', action: null },
  { keys: 'Enter', text: 'Open the row', group: 'In a table', action: null },
  { keys: 'Space', text: 'Choose the row, on its box', group: 'In a table', action: null },
  { keys: 'Escape', text: 'Close a dialog, drawer or menu', group: 'In a form', action: null },
];

/** `mod + shift + N` in the words of the keyboard. */
export function keyWords(keys: string, isMac: boolean): string[] {
  const mod = isMac ? '⌘' : 'Ctrl';
  return keys
    .split(/ \+ | /)
    .map((key) => (key === 'mod' ? mod : key === 'shift' ? (isMac ? '⇧' : 'Shift') : key))
    .filter((key, _at, all) => !(key === (isMac ? '⇧' : 'Shift') && all.includes('?')));
}
