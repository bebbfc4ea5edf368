import { useHotkeys, type HotkeyItem } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import { useLocation } from 'wouter';
import { shortcuts, type Shortcut } from '../shortcuts';
import { refreshClusters } from '../stores/clusters-store';
import { openShortcuts } from '../stores/dialog-store';
import { refreshFleet } from '../stores/fleet-store';

/**
 * Listens to the keys of the registry from the first paint on: what a key opens may come later, as soon as its code is
 * there, but no key is lost.
 */
export function Keys() {
  const [, go] = useLocation();
  const listen = (action: NonNullable<Shortcut['action']>) => () => {
    if (action === 'palette') spotlight.toggle();
    else if (action === 'sheet') openShortcuts();
    else if (action === 'refresh') {
      void refreshFleet();
      void refreshClusters();
    } else go(action.go);
  };
  const items = (isPalette: boolean) =>
    shortcuts.flatMap(({ keys, action }): HotkeyItem[] =>
      action !== null && (action === 'palette') === isPalette ? [[keys, listen(action)]] : [],
    );
  useHotkeys(items(false));
  // Also from within a field or on a switch, where the other keys mean something else.
  useHotkeys(items(true), []);
  return null;
}
