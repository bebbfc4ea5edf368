import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import {
  IconCalendarTime,
  IconCamera,
  IconDatabase,
  IconDisc,
  IconHistory,
  IconLayoutDashboard,
  IconPlus,
  IconSearch,
  IconServer,
  IconSettings,
} from '@tabler/icons-react';
import { useLocation } from 'wouter';
import { openHostDialog } from '../stores/dialog-store';
import { openSnapshotDialog } from '../stores/dialog-store';
import { useFleetStore } from '../stores/fleet-store';
import { useInventoryStore } from '../stores/inventory-store';

/** Ctrl/Cmd+K: every screen, host and known pool, and the two things people start. */
export function Palette() {
  const [, go] = useLocation();
  const hosts = useFleetStore((state) => state.hosts);
  const byHost = useInventoryStore((state) => state.byHost);
  const groups: SpotlightActionGroupData[] = [
    {
      group: 'Screens',
      actions: [
        {
          id: 'fleet',
          label: 'Fleet',
          leftSection: <IconLayoutDashboard size={17} />,
          onClick: () => go('/'),
        },
        { id: 'pools', label: 'Pools', leftSection: <IconDatabase size={17} />, onClick: () => go('/pools') },
        { id: 'disks', label: 'Disks', leftSection: <IconDisc size={17} />, onClick: () => go('/disks') },
        {
          id: 'snapshots',
          label: 'Snapshots',
          leftSection: <IconCamera size={17} />,
          onClick: () => go('/snapshots'),
        },
        {
          id: 'policies',
          label: 'Policies',
          leftSection: <IconCalendarTime size={17} />,
          onClick: () => go('/policies'),
        },
        { id: 'audit', label: 'Audit', leftSection: <IconHistory size={17} />, onClick: () => go('/audit') },
        {
          id: 'settings',
          label: 'Settings',
          leftSection: <IconSettings size={17} />,
          onClick: () => go('/settings'),
        },
      ],
    },
    {
      group: 'Actions',
      actions: [
        {
          id: 'snapshot-now',
          label: 'Snapshot now…',
          leftSection: <IconCamera size={17} />,
          onClick: () => openSnapshotDialog({}),
        },
        {
          id: 'add-host',
          label: 'Add a host…',
          leftSection: <IconPlus size={17} />,
          onClick: () => openHostDialog(null),
        },
      ],
    },
    {
      group: 'Hosts',
      actions: hosts.map(({ host }) => ({
        id: `host-${host.id}`,
        label: host.name,
        description: `${host.user}@${host.address} · ${host.environment.label}`,
        leftSection: <IconServer size={17} />,
        onClick: () => go(`/hosts/${host.id}`),
      })),
    },
    {
      group: 'Pools',
      actions: hosts.flatMap(({ host }) =>
        (byHost[host.id]?.inventory?.pools ?? []).map((pool) => ({
          id: `pool-${host.id}-${pool.id}`,
          label: pool.name,
          description: host.name,
          leftSection: <IconDatabase size={17} />,
          onClick: () => go(`/hosts/${host.id}`),
        })),
      ),
    },
  ];
  return (
    <Spotlight
      actions={groups.filter((group) => group.actions.length > 0)}
      shortcut={['mod + K']}
      // Also from within a field or on a switch, where Mantine would let the keys pass.
      tagsToIgnore={[]}
      highlightQuery
      scrollable
      maxHeight={440}
      nothingFound="Nothing by that name"
      searchProps={{
        leftSection: <IconSearch size={17} />,
        placeholder: 'Go to a host, pool or screen',
        'aria-label': 'Command palette',
      }}
    />
  );
}
