import { Button, Group, Menu, Text } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import type { Cluster } from '../../../src-preload/contract/clusters';
import type { ActionId } from '../../../src-preload/contract/operations';
import { ActionMenu } from '../../components/ActionMenu';
import { plural } from '../../format/bytes-format';
import { clearTicked, planForGuests, useClustersStore } from '../../stores/clusters-store';
import type { GuestRow } from './guest-rows';

const actions: readonly { action: ActionId; label: string; destroys?: true }[] = [
  { action: 'pve.guest.start', label: 'Start' },
  { action: 'pve.guest.shutdown', label: 'Shut down…' },
  { action: 'pve.guest.reboot', label: 'Reboot' },
  { action: 'pve.snapshot.create', label: 'Snapshot…' },
  { action: 'pve.backup.create', label: 'Back up…' },
  { action: 'pve.guest.migrate', label: 'Migrate…' },
  { action: 'pve.guest.stop', label: 'Stop (cut the power)…', destroys: true },
  { action: 'pve.guest.delete', label: 'Delete…', destroys: true },
];

/** What is ticked, and one menu per cluster: a confirmation is always about one of them. */
export function GuestSelectionBar({ rows }: { rows: readonly GuestRow[] }) {
  const ticked = useClustersStore((state) => state.ticked);
  const problem = useClustersStore((state) => state.bulkProblem);
  const chosen = rows.filter(({ key }) => ticked.has(key));
  if (chosen.length === 0) return null;
  const parts = new Map<string, { cluster: Cluster; vmids: number[] }>();
  for (const { cluster, guest } of chosen) {
    const part = parts.get(cluster.id) ?? { cluster, vmids: [] };
    part.vmids.push(guest.vmid);
    parts.set(cluster.id, part);
  }
  return (
    <div className="panel" role="region" aria-label="Selection" style={{ padding: '8px 14px' }}>
      <Group gap="sm">
        <Text size="sm" fw={600} className="numeric">
          {plural(chosen.length, 'guest')} selected
        </Text>
        <div style={{ flex: 1 }} />
        {problem !== null && (
          <Text size="sm" c="var(--hf-warning)" role="alert">
            {problem}
          </Text>
        )}
        {[...parts.values()].map(({ cluster, vmids }) => (
          <ActionMenu key={cluster.id} position="bottom-end" withinPortal shadow="md">
            <Menu.Target>
              <Button
                size="compact-sm"
                variant="light"
                rightSection={<IconChevronDown size={14} aria-hidden />}
              >
                {plural(vmids.length, 'guest')} on {cluster.name}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {actions.map(({ action, label, destroys }) => (
                <Menu.Item
                  key={action}
                  color={destroys === true ? 'var(--hf-critical)' : undefined}
                  onClick={() => void planForGuests(cluster.id, vmids, action)}
                >
                  {label}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </ActionMenu>
        ))}
        <Button size="compact-sm" variant="subtle" color="gray" onClick={clearTicked}>
          Clear
        </Button>
      </Group>
    </div>
  );
}
