import { randomUUID } from 'node:crypto';
import type { DemoFleet } from '../demo/index';
import type { DemoClusters } from '../demo/proxmox/index';
import { describeCertificate } from './proxmox/client/certificate';
import type { CoreStores } from './assemble-core';

const monthMs = 30 * 24 * 60 * 60_000;

/**
 * Puts the hosts of a demo fleet that has just started into the demo profile. All but the audit starts afresh: the
 * simulated hosts forget what was done to them, and ports, passwords and host keys are new every time.
 */
export async function prepareDemo(fleet: DemoFleet, stores: CoreStores, nowMs: number): Promise<void> {
  const { hosts, knownKeys, credentials, cache, capacity, settings, policies, changes, automations } = stores;
  for (const { id } of hosts.list()) {
    await credentials.forget(id);
    cache.remove(id);
    capacity.forget(id);
    policies.removeOf(id);
    changes.drop(id);
    automations.drop(id);
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
  if (!settings.fixed().includes('readOnly')) settings.update({ readOnly: false });
}

/** Puts demo clusters that have just started into the demo profile. Their ports, certificates and tokens are new every time. */
export async function prepareDemoClusters(
  demo: DemoClusters,
  stores: CoreStores,
  nowMs: number,
): Promise<void> {
  const { clusters, certificates, credentials, clusterCache, changes, automations } = stores;
  for (const { id } of clusters.list()) {
    await credentials.forget(id);
    clusterCache.remove(id);
    changes.drop(id);
    automations.drop(id);
    clusters.remove(id);
  }
  for (const [
    index,
    { id, name, environment, accessLevel, tokenId, tokenSecret, endpoints },
  ] of demo.clusters.entries()) {
    clusters.add({
      id,
      name,
      endpoints: endpoints.map(({ address, port }) => ({ address, port })),
      login: { kind: 'token', tokenId },
      trust: 'pin',
      environment,
      accessLevel,
      demo: true,
      createdAtMs: nowMs + index,
    });
    for (const { address, port, certificate } of endpoints) {
      certificates.pin(address, port, describeCertificate(certificate));
    }
    await credentials.write(id, tokenSecret);
  }
}
