import type { Database } from 'better-sqlite3';
import type { Response } from '../../../src-preload/contract';
import type { Cluster, NodeHost, RootTask } from '../../../src-preload/contract/clusters';
import type { Host } from '../../../src-preload/contract/hosts';
import type { HostStore } from '../hosts/types';
import type { InventoryService } from '../inventory/service';
import type { ClusterService } from './cluster-service';

/**
 * H14 to H17: what Proxmox VE keeps for root on the node itself. Sources: PVE/LXC/Config.pm (features of containers),
 * PVE/API2/Nodes.pm and PVE/API2/Disks.pm of 9.2.
 */
const tasks: readonly RootTask[] = [
  {
    id: 'keyctl',
    title: 'A container with keyctl, for Docker inside (a golden image)',
    why: 'Features of a container other than nesting may be set by root@pam alone, and a token of root@pam is not root@pam: the API answers 403 “changing feature flags (except nesting) is only allowed for root@pam”.',
    commands: [
      'pct create 900 local:vztmpl/debian-13-standard_13.1-1_amd64.tar.zst --hostname golden --unprivileged 1 --features nesting=1,keyctl=1 --storage local-zfs',
      'pct set 900 --features nesting=1,keyctl=1',
    ],
    byHoldfast:
      'Where this cluster is logged in to as root@pam with its password, Holdfast does it over the API: keyctl in “Create container…”, and “Features…” of one that is there. With any other login make the image once by hand. Clones of it are made over the API with any login, and keep its features.',
  },
  {
    id: 'usb-mount',
    title: 'A USB disk, mounted by UUID in fstab',
    why: 'The API knows disks and storages, but no mounts of its own: there is no call for /etc/fstab or systemd mounts of a node. It can use a directory once it is mounted.',
    commands: [
      'blkid -s UUID -o value /dev/disk/by-id/usb-MODEL-part1',
      "mkdir /mnt/usb && echo 'UUID=THE-UUID /mnt/usb ext4 nosuid,nodev,nofail,x-systemd.device-timeout=10 0 2' >> /etc/fstab",
      'systemctl daemon-reload && mount /mnt/usb',
      'pvesm add dir usb --path /mnt/usb --is_mountpoint yes --content backup',
    ],
    byHoldfast:
      'Of a node that is also a host of the list, “Mount…” in the menu of the disk does this over SSH, all but the last command, and “Unmount…” takes it back. The storage on it is added by that command, or in the web interface.',
  },
  {
    id: 'smart-sensors',
    title: 'SMART in full, self-tests, temperatures',
    why: 'The API reads the verdict and the attributes of a disk (Sys.Audit), but starts no self-test and knows no sensors: there is no call for either.',
    commands: ['smartctl --json=c -x /dev/sda', 'smartctl -t long /dev/sda', 'sensors -j'],
    byHoldfast:
      'Of a node that is also a host of the list, SMART with temperature, wear and self-tests is read over SSH and self-tests are started there. Its sensors are read with lm-sensors and stand in the drawer of the node.',
  },
];

export interface RootTaskOptions {
  db: Database;
  hosts: Pick<HostStore, 'list' | 'get'>;
  inventory: Pick<InventoryService, 'read'>;
  service: Pick<ClusterService, 'known'>;
}

/** Which hosts of the list are nodes of clusters, and what they show that the API does not. */
export function createRootTasks({ db, hosts, inventory, service }: RootTaskOptions) {
  const chosen = db.prepare<[string], { node: string; hostId: string }>(
    'SELECT node, host_id AS hostId FROM node_hosts WHERE cluster_id = ?',
  );
  const put = db.prepare(
    'INSERT INTO node_hosts (cluster_id, node, host_id) VALUES (?, ?, ?) ON CONFLICT (cluster_id, node) DO UPDATE SET host_id = excluded.host_id',
  );
  const drop = db.prepare('DELETE FROM node_hosts WHERE cluster_id = ? AND node = ?');
  const dropAll = db.prepare('DELETE FROM node_hosts WHERE cluster_id = ?');

  const hostOf = (
    node: string,
    links: ReadonlyMap<string, string>,
  ): { host: Host; chosen: boolean } | null => {
    const all = hosts.list();
    const linked = all.find(({ id }) => id === links.get(node));
    if (linked !== undefined) return { host: linked, chosen: true };
    const named = all.find(({ name }) => name.toLowerCase() === node.toLowerCase());
    return named === undefined ? null : { host: named, chosen: false };
  };

  const nodeHost = async (node: string, links: ReadonlyMap<string, string>): Promise<NodeHost> => {
    const found = hostOf(node, links);
    if (found === null) return { node, host: null, disks: null, sensors: null };
    const read = await inventory.read(found.host.id);
    return {
      node,
      host: { hostId: found.host.id, name: found.host.name, chosen: found.chosen },
      disks:
        read?.disks?.map(({ path, model, health, smart }) => ({
          path,
          model,
          health,
          smart: {
            status: smart.status,
            reason: smart.reason,
            temperatureCelsius: smart.temperatureCelsius,
            powerOnHours: smart.powerOnHours,
            wearPercent: smart.wearPercent,
          },
        })) ?? null,
      sensors:
        read?.system?.sensors === undefined
          ? null
          : { takenAtMs: read.takenAtMs, state: read.system.sensors },
    };
  };
  const linksOf = (clusterId: string): ReadonlyMap<string, string> =>
    new Map(chosen.all(clusterId).map(({ node, hostId }) => [node, hostId]));

  return {
    /** Throws AppError `not-found` when the cluster was never read. */
    read: async ({ id }: Cluster): Promise<Response<'clusters:rootTasks'>> => {
      const { nodes } = await service.known(id);
      const links = linksOf(id);
      return { tasks: [...tasks], nodes: await Promise.all(nodes.map(({ name }) => nodeHost(name, links))) };
    },
    ofNode: ({ id }: Cluster, node: string): Promise<NodeHost> => nodeHost(node, linksOf(id)),
    /** Throws AppError `not-found` for a host that is not in the list. */
    link: ({ id }: Cluster, node: string, hostId: string | null): Record<string, never> => {
      if (hostId === null) drop.run(id, node);
      else put.run(id, node, hosts.get(hostId).id);
      return {};
    },
    forget: (clusterId: string): void => void dropAll.run(clusterId),
  };
}
