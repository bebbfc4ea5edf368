import { Button, Group, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { ActionButton } from '../../components/ActionButton';
import { excuseForAction } from '../../components/excuse';
import { formatBytes, formatCount, plural } from '../../format/bytes-format';
import { useAppStore } from '../../stores/app-store';
import { useFleetStore } from '../../stores/fleet-store';
import { isUnread } from '../../stores/snapshots-store';
import { clearSelection, partsOf, planDestroy, useSelectionStore } from '../../stores/selection-store';
import { destroyActionOf } from './snapshot-actions';

/** What is ticked, and one way on per host: a confirmation is always about one host. */
export function SelectionBar() {
  const rows = useSelectionStore((state) => state.rows);
  const problem = useSelectionStore((state) => state.problem);
  const hosts = useFleetStore((state) => state.hosts);
  const actions = useAppStore((state) => state.actions);
  const readOnly = useAppStore((state) => state.settings?.readOnly ?? true);
  if (rows.size === 0) return null;
  const parts = partsOf(rows.values());
  const unread = [...rows.values()].filter(isUnread).length;
  const usedBytes = [...rows.values()].reduce((sum, row) => sum + (row.usedBytes ?? 0), 0);
  return (
    <div className="panel" role="region" aria-label="Selection" style={{ padding: '8px 14px' }}>
      <Group gap="sm">
        <Text size="sm" fw={600} className="numeric">
          {plural(rows.size, 'snapshot')} selected
        </Text>
        <Text size="sm" c="dimmed" className="numeric">
          {unread === rows.size
            ? 'What they hold is not read yet'
            : `${formatBytes(usedBytes)} held by each alone${unread === 0 ? '' : `, ${formatCount(unread)} not read yet`}; what they share comes on top`}
        </Text>
        <div style={{ flex: 1 }} />
        {problem !== null && (
          <Text size="sm" c="var(--hf-warning)" role="alert">
            {problem}
          </Text>
        )}
        {parts.map((part) => (
          <ActionButton
            key={`${part.hostId} ${part.backend}`}
            size="compact-sm"
            color="red"
            variant="light"
            leftSection={<IconTrash size={14} />}
            excuse={excuseForAction(
              destroyActionOf(actions, part.backend),
              hosts.find(({ host }) => host.id === part.hostId)?.host,
              readOnly,
            )}
            onClick={() => void planDestroy(part)}
          >
            {`Destroy ${part.rows.length} on ${part.hostName}…`}
          </ActionButton>
        ))}
        <Button size="compact-sm" variant="subtle" color="gray" onClick={clearSelection}>
          Clear
        </Button>
      </Group>
    </div>
  );
}
