import { assembleCore } from './assemble-core';
import type { Core, CoreOptions } from './core';
import { prepareDemo, prepareDemoClusters } from './demo-mode';
import { catalogue } from './operations/actions/index';
import { isWhitelisted } from './whitelist/catalogue';

/**
 * The core of the app, with its static catalogue and, in the demo, the embedded fleet in this very process.
 * @throws AppError when app.sqlite cannot be opened, Error when the demo fleet cannot start
 */
export async function createCore(options: CoreOptions): Promise<Core> {
  if (!options.demo) return assembleCore(options, { catalogue, permits: isWhitelisted });
  // Loaded when asked for: one's own hosts need no simulated ones.
  const { startDemoFleet } = await import('../demo/index');
  const { startDemoClusters } = await import('../demo/proxmox/index');
  const fleet = await startDemoFleet({ nowMs: options.nowMs });
  const clusters = await startDemoClusters({ nowMs: options.nowMs });
  const stop = async (): Promise<void> => {
    await fleet.close();
    await clusters.close();
  };
  try {
    const core = await assembleCore(options, {
      catalogue,
      permits: isWhitelisted,
      prepare: async (stores) => {
        const nowMs = (options.nowMs ?? Date.now)();
        await prepareDemo(fleet, stores, nowMs);
        await prepareDemoClusters(clusters, stores, nowMs);
      },
    });
    return {
      call: (channel, payload, signal) => core.call(channel, payload, signal),
      close: async () => {
        await core.close();
        await stop();
      },
    };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}
