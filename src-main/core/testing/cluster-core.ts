import { expect } from 'vitest';
import type { ClusterSubjectRef } from '../../../src-preload/contract/cluster-subjects';
import type { PackedInventory } from '../../../src-preload/contract/clusters';
import type { Offer, OperationResult, Plan } from '../../../src-preload/contract/operations';
import { startDemoClusters, type DemoCluster, type DemoClusters } from '../../demo/proxmox/index';
import { assembleCore } from '../assemble-core';
import { prepareDemoClusters } from '../demo-mode';
import { catalogue } from '../operations/actions/index';
import { startTestCore, type TestCore } from './test-core';

export const atlas = 'demo-atlas';
export const attic = 'demo-attic';

/** The whole core on two clusters behind real TLS servers, whose tasks end at once. */
export interface ClusterCore {
  core: TestCore;
  demo: DemoClusters;
  model(clusterId: string): DemoCluster['model'];
  refresh(clusterId?: string): Promise<PackedInventory>;
  offers(subject: ClusterSubjectRef, clusterId?: string): Promise<Map<string, Offer>>;
  /** Plans and runs what must go well and be found again. */
  done(
    action: string,
    input: Record<string, unknown>,
    clusterId?: string,
  ): Promise<{ plan: Plan; result: OperationResult }>;
  /** What stands in the way of a plan, in one line. */
  blocked(action: string, input: Record<string, unknown>, clusterId?: string): Promise<string>;
  close(): Promise<void>;
}

/** @param latency multiplies how long answers and tasks take */
export async function startClusterCore(latency = 0): Promise<ClusterCore> {
  const demo = await startDemoClusters({ latency });
  const core = await startTestCore({
    demo: true,
    start: (options) =>
      assembleCore(options, {
        catalogue,
        permits: () => false,
        prepare: (stores) => prepareDemoClusters(demo, stores, Date.now()),
      }),
  });
  await core.call('settings:update', { readOnly: false });
  return {
    core,
    demo,
    model: (clusterId) => {
      const found = demo.clusters.find((cluster) => cluster.id === clusterId);
      if (found === undefined) throw new Error(`There is no ${clusterId}.`);
      return found.model;
    },
    refresh: async (clusterId = atlas) => {
      await core.call('clusters:refresh', { clusterId });
      const { inventory } = await core.call('clusters:read', { clusterId });
      if (inventory === null) throw new Error(`Nothing was read of ${clusterId}.`);
      return inventory;
    },
    offers: async (subject, clusterId = atlas) => {
      const { offers } = await core.call('clusters:offers', { clusterId, subject });
      return new Map(offers.map((offer) => [offer.action, offer]));
    },
    done: async (action, input, clusterId = atlas) => {
      const plan = await core.plan(clusterId, action, input);
      const result = await core.run(plan);
      expect([action, plan.blockers, result.outcome, result.message]).toEqual([
        action,
        [],
        'ok',
        expect.any(String),
      ]);
      expect(['confirmed', 'skipped']).toContain(result.verification.status);
      return { plan, result };
    },
    blocked: async (action, input, clusterId = atlas) => {
      const plan = await core.plan(clusterId, action, input);
      return plan.blockers.map(({ text }) => text).join(' ');
    },
    close: async () => {
      await core.close();
      await demo.close();
    },
  };
}

export const wordsOf = (plan: Plan): string => plan.consequences.map(({ text }) => text).join(' ');
