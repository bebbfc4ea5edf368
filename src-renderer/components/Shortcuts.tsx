import { Group, Kbd, Modal, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useHotkeys, type HotkeyItem } from '@mantine/hooks';
import { useLocation } from 'wouter';
import { keyWords, shortcuts, type Shortcut } from '../shortcuts';
import { useAppStore } from '../stores/app-store';
import { refreshClusters } from '../stores/clusters-store';
import { closeDialogs, openShortcuts, useDialogStore } from '../stores/dialog-store';
import { refreshFleet } from '../stores/fleet-store';

const groups = ['Anywhere', 'Screens', 'In a table', 'In a form'] as const;

/** Listens to the keys of the registry, outside of fields, and shows them. */
export function Shortcuts() {
  const opened = useDialogStore((state) => state.shortcuts);
  const isMac = useAppStore((state) => state.info?.platform === 'darwin');
  const [, go] = useLocation();
  const listen = (action: NonNullable<Shortcut['action']>) => () => {
    if (action === 'sheet') openShortcuts();
    else if (action === 'refresh') {
      void refreshFleet();
      void refreshClusters();
    } else go(action.go);
  };
  useHotkeys(
    shortcuts.flatMap(({ keys, action }): HotkeyItem[] => (action === null ? [] : [[keys, listen(action)]])),
  );
  return (
    <Modal opened={opened} onClose={closeDialogs} title="Keyboard shortcuts" size={680}>
      <SimpleGrid cols={2} spacing="xl">
        {groups.map((group) => (
          <Stack key={group} gap={6}>
            <Title order={3} fz="sm">
              {group}
            </Title>
            {shortcuts
              .filter((shortcut) => shortcut.group === group)
              .map(({ keys, text }) => (
                <Group key={keys} justify="space-between" wrap="nowrap" gap="md">
                  <Text size="sm">{text}</Text>
                  <Group gap={4} wrap="nowrap">
                    {keyWords(keys, isMac).map((key) => (
                      <Kbd key={key} size="xs">
                        {key}
                      </Kbd>
                    ))}
                  </Group>
                </Group>
              ))}
          </Stack>
        ))}
      </SimpleGrid>
    </Modal>
  );
}
