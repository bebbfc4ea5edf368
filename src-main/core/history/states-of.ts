import type { ClusterInventory } from '../../../src-preload/contract/clusters';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import { keyOf, type States } from './state-changes';

/**
 * What a reading of a host found, in the words of the tools. A backend that could not be read says nothing of its pools,
 * whose ids begin with its kind: they keep the state that was seen last.
 */
export function statesOfHost({ pools, backends, sandbox }: HostInventory, before: States): States {
  const unread = [
    ...backends
      .filter(({ error }) => error !== null)
      .map(({ kind }) => keyOf({ kind: 'pool', id: `${kind}:` })),
    ...((sandbox ?? null) === null ? [keyOf({ kind: 'sandbox-volume', id: '' })] : []),
  ];
  const states = new Map<string, string>();
  for (const { id, state } of pools) states.set(keyOf({ kind: 'pool', id }), state);
  for (const { id, state } of sandbox?.volumes ?? [])
    states.set(keyOf({ kind: 'sandbox-volume', id }), state);
  for (const [object, state] of before) {
    if (!states.has(object) && unread.some((key) => object.startsWith(key))) states.set(object, state);
  }
  return states;
}

/** Nodes and guests; a guest of a node that is down is in a state that nobody knows. */
export function statesOfCluster({ nodes, guests }: ClusterInventory): States {
  return new Map([
    ...nodes.map(({ name, status }): [string, string] => [keyOf({ kind: 'node', id: name }), status]),
    ...guests.map(({ vmid, status }): [string, string] => [keyOf({ kind: 'guest', vmid }), status]),
  ]);
}
