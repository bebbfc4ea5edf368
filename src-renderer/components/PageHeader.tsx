import { Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

export function PageHeader({
  title,
  children,
  actions,
}: {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <Group justify="space-between" align="flex-end" gap="10px 20px">
      {/* In a narrow window what can be done goes below, before the words are squeezed. */}
      <div style={{ flex: '1 1 240px', minWidth: 0 }}>
        <Title order={1}>{title}</Title>
        {children !== undefined && (
          <Text size="sm" c="dimmed" mt={2} component="div">
            {children}
          </Text>
        )}
      </div>
      {actions !== undefined && (
        <Group gap="xs" wrap="nowrap">
          {actions}
        </Group>
      )}
    </Group>
  );
}
