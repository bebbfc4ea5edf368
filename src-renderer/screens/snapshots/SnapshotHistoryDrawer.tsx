import { Drawer, Group, Text } from '@mantine/core';
import type { SnapshotRow } from '../../../src-preload/contract/inventory';
import { ObjectHistory } from '../history/ObjectHistory';

/** What was done to one snapshot itself, by the audit of its host. A roll back is told with its volume. */
export function SnapshotHistoryDrawer({ row, onClose }: { row: SnapshotRow | null; onClose: () => void }) {
  return (
    <Drawer
      opened={row !== null}
      onClose={onClose}
      position="right"
      size={640}
      title={
        row === null ? (
          ''
        ) : (
          <Group gap="sm">
            <Text fw={600} className="mono" style={{ overflowWrap: 'anywhere' }}>
              {row.fullName}
            </Text>
            <Text size="sm" c="dimmed">
              on {row.hostName}
            </Text>
          </Group>
        )
      }
    >
      {row !== null && (
        <ObjectHistory hostId={row.hostId} object={{ kind: 'named', name: row.fullName }} stateful={null} />
      )}
    </Drawer>
  );
}
