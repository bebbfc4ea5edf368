import type { Database } from 'better-sqlite3';
import type { CoreHandlers } from '../../../src-preload/contract';
import type { ClusterInventory } from '../../../src-preload/contract/clusters';
import type { HostInventory } from '../../../src-preload/contract/inventory';
import { withoutWaiting } from '../data/without-waiting';
import type { CoreLog } from '../log';
import { StateChanges, type StateMove, type States } from './state-changes';
import { statesOfCluster, statesOfHost } from './states-of';

/** What readings saw change. A change that can't be kept costs no reading. */
export function createHistory(
  db: Database,
  log: CoreLog,
  onMoved: (sourceId: string, moves: readonly StateMove[]) => void = () => undefined,
) {
  const changes = new StateChanges(db);
  const keep = (sourceId: string, atMs: number, states: (before: States) => States): void => {
    try {
      const last = changes.last(sourceId);
      onMoved(
        sourceId,
        withoutWaiting(db, () => changes.note(sourceId, atMs, states(last ?? new Map()), last)),
      );
    } catch (thrown) {
      log.write('error', 'A change of state could not be kept', { hostId: sourceId, error: thrown });
    }
  };
  return {
    sawHost: (hostId: string, inventory: HostInventory) =>
      keep(hostId, inventory.takenAtMs, (before) => statesOfHost(inventory, before)),
    sawCluster: (clusterId: string, inventory: ClusterInventory) =>
      keep(clusterId, inventory.takenAtMs, () => statesOfCluster(inventory)),
    forget: (sourceId: string) => changes.forget(sourceId),
    handlers: {
      'history:states': ({ sourceId, object }) => Promise.resolve({ changes: changes.of(sourceId, object) }),
    } satisfies Pick<CoreHandlers, 'history:states'>,
  };
}
