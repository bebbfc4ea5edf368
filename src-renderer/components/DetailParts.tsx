import { Group, Table, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** A named part of a drawer, with what can be done about it at its end. */
export function Section({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section aria-label={title}>
      <Group justify="space-between" mb={6}>
        <Title order={3}>{title}</Title>
        {actions}
      </Group>
      {children}
    </section>
  );
}

/** Labels on the left, what is known on the right, however long. */
export function Facts({ facts }: { facts: readonly (readonly [label: string, value: ReactNode])[] }) {
  return (
    <Table withRowBorders={false} verticalSpacing={3}>
      <Table.Tbody>
        {facts.map(([label, value]) => (
          <Table.Tr key={label}>
            <Table.Td w={160} pl={0} style={{ verticalAlign: 'top' }}>
              <Text size="sm" c="dimmed">
                {label}
              </Text>
            </Table.Td>
            <Table.Td>
              <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
                {value}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
