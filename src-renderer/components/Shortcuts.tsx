import { Group, Kbd, Modal, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { keyWords, shortcuts } from '../shortcuts';
import { useAppStore } from '../stores/app-store';
import { closeDialogs, useDialogStore } from '../stores/dialog-store';

const groups = ['Anywhere', 'Screens', 'In a table', 'In a form'] as const;

/** The sheet of shortcuts; `Keys` listens to them. */
export function Shortcuts() {
  const opened = useDialogStore((state) => state.shortcuts);
  const isMac = useAppStore((state) => state.info?.platform === 'darwin');
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
