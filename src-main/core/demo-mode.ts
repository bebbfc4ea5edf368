import type { DemoFleet } from '../demo/index';
import type { CoreStores } from './assemble-core';

/**
 * Puts the hosts of a demo fleet that has just started into the demo profile. All but the audit starts afresh: the
 * simulated hosts forget what was done to them, and ports, passwords and host keys are new every time.
 */
export async function prepareDemo(fleet: DemoFleet, stores: CoreStores, nowMs: number): Promise<void> {
  const { hosts, knownKeys, credentials, cache, capacity, settings } = stores;
  for (const { id } of hosts.list()) {
    await credentials.forget(id);
    cache.remove(id);
    capacity.forget(id);
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
  }
  // Nothing real can be changed here, and a demo that first has to be unlocked shows nothing.
  settings.update({ readOnly: false });
}
