import type {
  ClusterInventory,
  ClusterNode,
  ClusterStorage,
  Guest,
} from '../../../src-preload/contract/clusters';
import type { ClusterSubjectRef } from '../../../src-preload/contract/cluster-subjects';
import type { FirewallScope } from '../../../src-preload/contract/datacenter';
import { AppError } from '../errors/app-error';
import type { ClusterSubject } from '../operations/action';
import type { FirewallPlace } from '../proxmox/reads/firewall';

function missing(what: string): AppError {
  return new AppError('not-found', `${what} is not in the last known state of the cluster.`, {
    remedy: 'Refresh the cluster.',
  });
}

/** Each throws AppError `not-found`. */
export function guestIn({ guests }: ClusterInventory, vmid: number): Guest {
  const guest = guests.find((each) => each.vmid === vmid);
  if (guest === undefined) throw missing(`Guest ${vmid}`);
  return guest;
}

export function nodeIn({ nodes }: ClusterInventory, name: string): ClusterNode {
  const node = nodes.find((each) => each.name === name);
  if (node === undefined) throw missing(`Node ${name}`);
  return node;
}

export function storageIn({ storages }: ClusterInventory, node: string, name: string): ClusterStorage {
  const storage = storages.find((each) => each.node === node && each.name === name);
  if (storage === undefined) throw missing(`Storage ${name} on ${node}`);
  return storage;
}

/** Whose firewall, with where a guest is now. */
export function placeIn(inventory: ClusterInventory, scope: FirewallScope): FirewallPlace {
  switch (scope.level) {
    case 'cluster':
      return scope;
    case 'node':
      return { level: 'node', node: nodeIn(inventory, scope.node).name };
    case 'guest': {
      const { type, node, vmid } = guestIn(inventory, scope.vmid);
      return { level: 'guest', type, node, vmid };
    }
  }
}

/** An object that the page names, as last read. Throws AppError `not-found`. */
export function subjectIn(inventory: ClusterInventory, ref: ClusterSubjectRef): ClusterSubject {
  switch (ref.kind) {
    case 'guest':
      return { kind: 'guest', guest: guestIn(inventory, ref.vmid) };
    case 'guest-snapshot':
      return { kind: 'guest-snapshot', guest: guestIn(inventory, ref.vmid), snapshot: ref.snapshot };
    case 'node':
      return { kind: 'node', node: nodeIn(inventory, ref.node) };
    case 'storage':
      return { kind: 'storage', storage: storageIn(inventory, ref.node, ref.storage) };
    case 'storage-volume':
      return {
        kind: 'storage-volume',
        storage: storageIn(inventory, ref.node, ref.storage),
        volume: ref.volume,
      };
    case 'firewall':
      return { kind: 'firewall', place: placeIn(inventory, ref.scope), options: ref.options };
    case 'firewall-rule':
      return {
        kind: 'firewall-rule',
        place: placeIn(inventory, ref.scope),
        rule: ref.rule,
        count: ref.count,
      };
    default:
      return ref;
  }
}
