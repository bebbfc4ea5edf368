import { mayAll, mayAny, type Identity } from './access';
import { optionalText, type Call } from './call';
import { guestResource } from './guests';
import type { ClusterNode, Cluster, Guest } from './types';
import type { Storage } from './storage-types';
import { nodeUsageAt, storageUsedBytes } from './usage';

export const isOn = (storage: Storage, node: string) => storage.nodes?.includes(node) ?? true;

export function poolsByGuest(cluster: Cluster): Map<number, string> {
  return new Map(
    [...cluster.pools.values()].flatMap((pool) => [...pool.vms].map((vmid) => [vmid, pool.id] as const)),
  );
}

/** Numbers of a node, for whoever may see them. */
export function nodeNumbers(cluster: Cluster, node: ClusterNode, guests?: Guest[]) {
  const still = { maxcpu: node.cores, maxmem: node.memoryBytes, maxdisk: node.rootBytes };
  if (!node.online) return still;
  const usage = nodeUsageAt(cluster, node, cluster.nowMs(), guests);
  return {
    ...still,
    cpu: usage.cpu,
    mem: usage.memoryBytes,
    disk: node.rootUsedBytes,
    uptime: Math.floor((cluster.nowMs() - node.bootedAtMs) / 1000),
  };
}

export const levelOf = (node: ClusterNode) => (node.subscribed ? 'c' : '');
export const nodeStatus = (node: ClusterNode) => (node.online ? 'online' : 'offline');

function nodeResources(cluster: Cluster, who: Identity) {
  const guests = new Map<string, Guest[]>();
  for (const guest of cluster.guests.values()) {
    const there = guests.get(guest.node) ?? [];
    there.push(guest);
    guests.set(guest.node, there);
  }
  return [...cluster.nodes.values()].map((node) => ({
    id: `node/${node.name}`,
    type: 'node',
    node: node.name,
    status: nodeStatus(node),
    level: levelOf(node),
    'cgroup-mode': 2,
    ...(mayAll(cluster.access, who, `/nodes/${node.name}`, ['Sys.Audit'])
      ? nodeNumbers(cluster, node, guests.get(node.name) ?? [])
      : {}),
  }));
}

function guestResources(cluster: Cluster, who: Identity) {
  const pools = poolsByGuest(cluster);
  return [...cluster.guests.values()]
    .filter((guest) => mayAll(cluster.access, who, `/vms/${guest.vmid}`, ['VM.Audit']))
    .map((guest) => guestResource(cluster, guest, pools));
}

export function storageResource(cluster: Cluster, storage: Storage, node: ClusterNode) {
  return {
    id: `storage/${node.name}/${storage.id}`,
    type: 'storage',
    node: node.name,
    storage: storage.id,
    plugintype: storage.type,
    content: storage.content.join(','),
    shared: storage.shared ? 1 : 0,
    ...(node.online && storage.enabled && storage.reachable !== false
      ? {
          status: 'available',
          disk: storageUsedBytes(cluster, storage, node.name),
          maxdisk: storage.totalBytes,
        }
      : { status: 'unknown' }),
  };
}

export function visibleStorages(cluster: Cluster, who: Identity): Storage[] {
  return [...cluster.storages.values()].filter((storage) =>
    mayAny(cluster.access, who, `/storage/${storage.id}`, ['Datastore.Audit', 'Datastore.AllocateSpace']),
  );
}

function storageResources(cluster: Cluster, who: Identity) {
  return visibleStorages(cluster, who).flatMap((storage) =>
    [...cluster.nodes.values()]
      .filter((node) => isOn(storage, node.name))
      .map((node) => storageResource(cluster, storage, node)),
  );
}

function poolResources(cluster: Cluster, who: Identity) {
  return [...cluster.pools.values()]
    .filter((pool) => mayAll(cluster.access, who, `/pool/${pool.id}`, ['Pool.Audit']))
    .map((pool) => ({ id: `/pool/${pool.id}`, type: 'pool', pool: pool.id }));
}

/** Called `sdn` until release 9. */
function networkResources(cluster: Cluster, who: Identity) {
  const zones = ['localnetwork', ...cluster.sdn.running.zones.keys()];
  return [...cluster.nodes.values()].flatMap((node) =>
    zones
      .filter((zone) => mayAll(cluster.access, who, `/sdn/zones/${zone}`, ['SDN.Audit']))
      .map((zone) =>
        cluster.release.major >= 9
          ? {
              id: `network/${node.name}/zone/${zone}`,
              type: 'network',
              node: node.name,
              network: zone,
              'network-type': 'zone',
              status: node.online ? 'ok' : 'unknown',
            }
          : { id: `sdn/${node.name}/${zone}`, type: 'sdn', node: node.name, sdn: zone, status: 'ok' },
      ),
  );
}

export function allResources(call: Call): unknown[] {
  const { cluster, who } = call;
  const type = optionalText(call, 'type');
  const wants = (name: string) => type === undefined || type === name;
  return [
    ...(wants('vm') ? guestResources(cluster, who) : []),
    ...(wants('node') ? nodeResources(cluster, who) : []),
    ...(wants('storage') ? storageResources(cluster, who) : []),
    ...(type === undefined ? poolResources(cluster, who) : []),
    ...(wants('sdn') ? networkResources(cluster, who) : []),
  ];
}
