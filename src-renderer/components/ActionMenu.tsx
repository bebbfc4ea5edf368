import { Menu, type MenuProps } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { useState } from 'react';

/**
 * A menu that Escape closes wherever the focus is. Mantine's stays open while it is on the button of the menu, and a
 * dialog that just closed may bring it back there.
 */
export function ActionMenu(props: Omit<MenuProps, 'opened' | 'onChange'>) {
  const [opened, setOpened] = useState(false);
  // At the window, behind Mantine's own answer, which would open it again.
  useWindowEvent('keydown', (event) => {
    if (event.key === 'Escape') setOpened(false);
  });
  return <Menu {...props} opened={opened} onChange={setOpened} />;
}
