import { Button, Group, Loader, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { ErrorNotice } from './ErrorNotice';
import type { Read } from './use-read';

/** What was read, or that it is being read, or why it could not be: an empty list is never shown for an error. */
export function ReadView<T>({
  read,
  label,
  children,
}: {
  read: Read<T>;
  /** `Reading the jobs` */
  label: string;
  children: (found: T) => ReactNode;
}) {
  switch (read.status) {
    case 'loading':
      return <Loader size="sm" aria-label={label} />;
    case 'failed':
      return <ErrorNotice error={read.error} />;
    case 'ready':
      return children(read.found);
  }
}

/** One line above what was read: what it is, and what can be done with it. */
export function ReadBar({
  children,
  onAgain,
  actions,
}: {
  children: ReactNode;
  onAgain: () => void;
  actions?: ReactNode;
}) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm" c="dimmed" component="div" style={{ minWidth: 0 }}>
        {children}
      </Text>
      <Group gap="xs" wrap="nowrap">
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<IconRefresh size={13} aria-hidden />}
          onClick={onAgain}
        >
          Read again
        </Button>
        {actions}
      </Group>
    </Group>
  );
}
