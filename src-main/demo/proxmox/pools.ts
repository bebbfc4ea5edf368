import { demand, mayAll } from './access';
import { died } from './errors';
import { flag, list, optionalText, text, type Call, type Handlers } from './call';
import { guestResource } from './guests';
import { isOn, storageResource } from './resources';
import type { Cluster, Pool } from './types';

function poolNamed(cluster: Cluster, id: string): Pool {
  const pool = cluster.pools.get(id);
  if (pool === undefined) throw died(`pool '${id}' does not exist`);
  return pool;
}

const rowOf = (pool: Pool) => ({
  poolid: pool.id,
  ...(pool.comment === '' ? {} : { comment: pool.comment }),
});

function membersOf(cluster: Cluster, pool: Pool) {
  const guests = [...pool.vms].flatMap((vmid) => cluster.guests.get(vmid) ?? []);
  const nodes = [...cluster.nodes.values()];
  const storages = [...pool.storages].flatMap((id) => cluster.storages.get(id) ?? []);
  return [
    ...guests.map((guest) => guestResource(cluster, guest, new Map())),
    ...storages.flatMap((storage) => {
      const node = nodes.find((candidate) => isOn(storage, candidate.name));
      return node === undefined ? [] : [storageResource(cluster, storage, node)];
    }),
  ];
}

function listPools(call: Call) {
  const { cluster, who } = call;
  const wanted = optionalText(call, 'poolid');
  if (wanted !== undefined) {
    demand(cluster.access, who, `/pool/${wanted}`, 'Pool.Audit');
    const pool = poolNamed(cluster, wanted);
    return [{ ...rowOf(pool), members: membersOf(cluster, pool) }];
  }
  return [...cluster.pools.values()]
    .filter((pool) => mayAll(cluster.access, who, `/pool/${pool.id}`, ['Pool.Audit']))
    .map(rowOf);
}

function addPool(call: Call): null {
  const id = text(call, 'poolid');
  if (call.cluster.pools.has(id)) throw died(`create pool failed: pool '${id}' already exists`);
  call.cluster.pools.set(id, {
    id,
    comment: optionalText(call, 'comment') ?? '',
    vms: new Set(),
    storages: new Set(),
  });
  return null;
}

function addGuest(cluster: Cluster, pool: Pool, vmid: number, mayMove: boolean): void {
  if (!cluster.guests.has(vmid)) throw died(`update pools failed: VM ${vmid} does not exist`);
  const owner = [...cluster.pools.values()].find((candidate) => candidate.vms.has(vmid));
  if (owner === pool) throw died(`update pools failed: VM ${vmid} is already a pool member`);
  if (owner !== undefined && !mayMove) {
    throw died(
      `update pools failed: VM ${vmid} belongs already to pool '${owner.id}' and 'allow-move' is not set`,
    );
  }
  owner?.vms.delete(vmid);
  pool.vms.add(vmid);
}

function changePool(call: Call): null {
  const { cluster } = call;
  const pool = poolNamed(cluster, text(call, 'poolid'));
  const comment = optionalText(call, 'comment');
  if (comment !== undefined) pool.comment = comment;
  const remove = flag(call, 'delete');
  for (const vmid of list(call, 'vms').map(Number)) {
    demand(cluster.access, call.who, `/vms/${vmid}`, 'Permissions.Modify');
    if (!remove) addGuest(cluster, pool, vmid, flag(call, 'allow-move'));
    else if (!pool.vms.delete(vmid)) throw died(`update pools failed: VM ${vmid} is not a pool member`);
  }
  for (const storage of list(call, 'storage')) {
    if (remove) pool.storages.delete(storage);
    else pool.storages.add(storage);
  }
  return null;
}

function deletePool(call: Call): null {
  const pool = poolNamed(call.cluster, text(call, 'poolid'));
  if (pool.vms.size > 0 || pool.storages.size > 0)
    throw died(`delete pool failed: pool '${pool.id}' is not empty`);
  call.cluster.pools.delete(pool.id);
  return null;
}

export const poolHandlers: Handlers = {
  'GET /pools': listPools,
  'POST /pools': addPool,
  'PUT /pools': changePool,
  'DELETE /pools': deletePool,
  'GET /pools/{poolid}': (call) => {
    const pool = poolNamed(call.cluster, text(call, 'poolid'));
    return {
      ...(pool.comment === '' ? {} : { comment: pool.comment }),
      members: membersOf(call.cluster, pool),
    };
  },
  'PUT /pools/{poolid}': changePool,
  'DELETE /pools/{poolid}': deletePool,
};
