import { Menu, type MenuProps } from '@mantine/core';
import { useEffect, useState } from 'react';

/**
 * A menu that Escape closes wherever the focus is. Mantine's stays open while it is on the button of the menu, and a
 * dialog that just closed may bring it back there.
 */
export function ActionMenu(props: Omit<MenuProps, 'opened' | 'onChange'>) {
  const [opened, setOpened] = useState(false);
  useEffect(() => {
    if (!opened) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') setOpened(false);
    };
    // Before others: the tooltip of an excuse keeps an Escape that it was dismissed by to itself.
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  }, [opened]);
  return <Menu {...props} opened={opened} onChange={setOpened} />;
}
