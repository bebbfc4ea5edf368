import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { closeDialogs } from '../../stores/dialog-store';

interface Props {
  added: readonly { name: string }[];
  refused: readonly { name: string; reason: string }[];
}

/** What became of the hosts that were chosen of a file. */
export function ImportOutcome({ added, refused }: Props) {
  return (
    <Stack gap="md">
      <Text size="sm">
        {added.length === 0
          ? 'No host was added.'
          : `Added: ${added.map(({ name }) => name).join(', ')}. Open each to compare its fingerprint.`}
      </Text>
      {refused.length > 0 && (
        <Alert color="yellow" title="Not added">
          {refused.map(({ name, reason }) => (
            <Text key={name} size="sm">
              {name}: {reason}
            </Text>
          ))}
        </Alert>
      )}
      <Group justify="flex-end">
        <Button onClick={closeDialogs}>Close</Button>
      </Group>
    </Stack>
  );
}
