import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import {
  IconCalendarTime,
  IconCamera,
  IconDatabase,
  IconDeviceDesktop,
  IconDisc,
  IconHistory,
  IconLayoutDashboard,
  IconPlus,
  IconSearch,
  IconServer,
  IconSettings,
  IconTopologyStar3,
} from '@tabler/icons-react';
import { useLocation } from 'wouter';
import { openHostDialog } from '../stores/dialog-store';
import { openSnapshotDialog } from '../stores/dialog-store';
import { openClusterForm, openGuest, useClustersStore } from '../stores/clusters-store';
import { useFleetStore } from '../stores/fleet-store';
import { useInventoryStore } from '../stores/inventory-store';

/** Ctrl/Cmd+K: every screen, host and known pool, and the two things people start. */
export function Palette() {
  const [, go] = useLocation();
  const hosts = useFleetStore((state) => state.hosts);
  const byHost = useInventoryStore((state) => state.byHost);
  const clusters = useClustersStore((state) => state.clusters);
  const inventories = useClustersStore((state) => state.inventories);
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
          id: 'guests',
          label: 'Guests',
          leftSection: <IconDeviceDesktop size={17} />,
          onClick: () => go('/guests'),
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
        {
          id: 'add-cluster',
          label: 'Add a cluster…',
          leftSection: <IconPlus size={17} />,
          onClick: () => openClusterForm(null),
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
      group: 'Clusters',
      actions: clusters.map(({ cluster }) => ({
        id: `cluster-${cluster.id}`,
        label: cluster.name,
        description: `Proxmox VE · ${cluster.environment.label}`,
        leftSection: <IconTopologyStar3 size={17} />,
        onClick: () => go(`/clusters/${cluster.id}`),
      })),
    },
    {
      group: 'Guests',
      actions: clusters.flatMap(({ cluster }) =>
        (inventories[cluster.id]?.guests ?? []).map((guest) => ({
          id: `guest-${cluster.id}-${guest.vmid}`,
          label: `${guest.vmid} ${guest.name ?? ''}`.trim(),
          description: `${cluster.name} · ${guest.node}`,
          leftSection: <IconDeviceDesktop size={17} />,
          onClick: () => openGuest(cluster.id, guest),
        })),
      ),
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
      limit={60}
      maxHeight={440}
      nothingFound="Nothing by that name"
      searchProps={{
        leftSection: <IconSearch size={17} />,
        placeholder: 'Go to a host, guest, pool or screen',
        'aria-label': 'Command palette',
      }}
    />
  );
}
