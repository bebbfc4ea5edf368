import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import {
  IconAppWindow,
  IconCamera,
  IconDatabase,
  IconDeviceDesktop,
  IconFileImport,
  IconKeyboard,
  IconPlus,
  IconSearch,
  IconServer,
  IconTopologyStar3,
} from '@tabler/icons-react';
import { useLocation } from 'wouter';
import { call } from '../api';
import { places } from '../places';
import {
  openHostDialog,
  openHostListDialog,
  openShortcuts,
  openSnapshotDialog,
} from '../stores/dialog-store';
import { openClusterForm, openGuest, useClustersStore } from '../stores/clusters-store';
import { useFleetStore } from '../stores/fleet-store';
import { useInventoryStore } from '../stores/inventory-store';

/** Ctrl/Cmd+K: every screen, host and known pool, and the two things people start. */
export function Palette() {
  const [location, go] = useLocation();
  const hosts = useFleetStore((state) => state.hosts);
  const byHost = useInventoryStore((state) => state.byHost);
  const clusters = useClustersStore((state) => state.clusters);
  const inventories = useClustersStore((state) => state.inventories);
  const groups: SpotlightActionGroupData[] = [
    {
      group: 'Screens',
      actions: places.map(({ path, label, icon: Icon }) => ({
        id: label.toLowerCase(),
        label,
        leftSection: <Icon size={17} />,
        onClick: () => go(path),
      })),
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
          id: 'host-list',
          label: 'Export or import the host list…',
          leftSection: <IconFileImport size={17} />,
          onClick: () => openHostListDialog(),
        },
        {
          id: 'add-cluster',
          label: 'Add a cluster…',
          leftSection: <IconPlus size={17} />,
          onClick: () => openClusterForm(null),
        },
        {
          id: 'new-window',
          label: 'New window here',
          leftSection: <IconAppWindow size={17} />,
          onClick: () => void call('app:openWindow', { route: location }),
        },
        {
          id: 'shortcuts',
          label: 'Keyboard shortcuts',
          leftSection: <IconKeyboard size={17} />,
          onClick: openShortcuts,
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
      // `Keys` listens, from the first paint on.
      shortcut={null}
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
