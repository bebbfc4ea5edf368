import { randomUUID } from 'node:crypto';
import type { DemoFleet } from '../demo/index';
import type { CoreStores } from './assemble-core';

const monthMs = 30 * 24 * 60 * 60_000;

/**
 * Puts the hosts of a demo fleet that has just started into the demo profile. All but the audit starts afresh: the
 * simulated hosts forget what was done to them, and ports, passwords and host keys are new every time.
 */
export async function prepareDemo(fleet: DemoFleet, stores: CoreStores, nowMs: number): Promise<void> {
  const { hosts, knownKeys, credentials, cache, capacity, settings, policies } = stores;
  for (const { id } of hosts.list()) {
    await credentials.forget(id);
    cache.remove(id);
    capacity.forget(id);
    policies.removeOf(id);
    hosts.remove(id);
  }
  for (const [index, demo] of fleet.hosts.entries()) {
    const { id, name, address, port, user, environment, accessLevel } = demo;
    // The list is ordered by age; the fleet's own order is the one that explains itself.
    const createdAtMs = nowMs + index;
    const settingsOfHost = { name, address, port, user, environment, accessLevel, sudo: true };
    hosts.add({ id, ...settingsOfHost, auth: { kind: 'password' }, demo: true, createdAtMs });
    knownKeys.pin(address, port, demo.hostKey, demo.publicKeyBase64);
    await credentials.write(id, demo.password);
    // A past that nobody read: the model's own, so that there are trends to look at.
    for (const { atMs, pools } of demo.pastCapacity ?? []) capacity.record(id, atMs, pools);
    for (const [place, policy] of (demo.policies ?? []).entries()) {
      // As if it had been made a month ago, so that moments have come and gone.
      const madeAtMs = createdAtMs - monthMs + place;
      policies.add({ ...policy, hostId: id, id: randomUUID(), createdAtMs: madeAtMs, updatedAtMs: madeAtMs });
    }
  }
  // Nothing real can be changed here, and a demo that first has to be unlocked shows nothing.
  settings.update({ readOnly: false });
}
