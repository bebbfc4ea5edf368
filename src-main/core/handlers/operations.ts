import type { CoreHandlers } from '../../../src-preload/contract';
import type { Settings } from '../../../src-preload/contract/settings';
import { AppError } from '../errors/app-error';
import { saveText } from '../files/save-text';
import type { HostStore } from '../hosts/types';
import type { InventoryService } from '../inventory/service';
import type { Catalogue } from '../operations/bound-action';
import { requestByName } from '../operations/by-name';
import { offersFor } from '../operations/offers';
import type { OperationRoad } from '../operations/road';
import type { StagedChanges } from '../operations/staged/staged-changes';
import type { ShellPort } from '../port/shell-port';

type OperationHandlers = Pick<
  CoreHandlers,
  | 'operations:catalogue'
  | 'operations:offers'
  | 'operations:plan'
  | 'operations:script'
  | 'operations:saveScript'
  | 'operations:run'
  | 'operations:cancel'
>;

const scriptFilter = [{ name: 'Shell script', extensions: ['sh'] }];

export interface OperationHandlerOptions {
  road: OperationRoad;
  changes: Pick<StagedChanges, 'run'>;
  catalogue: Catalogue;
  hosts: Pick<HostStore, 'get'>;
  inventory: Pick<InventoryService, 'read' | 'snapshot'>;
  settings: () => Settings;
  shell: Pick<ShellPort, 'chooseSavePath'>;
  nowMs: () => number;
}

export function operationHandlers(options: OperationHandlerOptions): OperationHandlers {
  const { road, changes, catalogue, hosts, inventory, settings, shell, nowMs } = options;
  return {
    'operations:catalogue': async () => ({ actions: road.catalogue() }),
    'operations:offers': async ({ hostId, subject }) => {
      const known = await inventory.read(hostId);
      if (known === null) {
        throw new AppError('not-found', 'This host was never read, so nothing can be offered.', {
          remedy: 'Connect it first.',
        });
      }
      return {
        offers: offersFor({
          catalogue,
          host: hosts.get(hostId),
          readOnly: settings().readOnly,
          inventory: known,
          subject,
          snapshotOf: (id) => inventory.snapshot(hostId, id),
          nowMs: nowMs(),
        }),
      };
    },
    'operations:plan': async ({ hostId, action, input }, { signal }) => {
      const named = requestByName(action, hostId, input);
      return named === null
        ? road.plan(hostId, action, input, signal)
        : road.plan(named.hostId, named.action, named.input, signal);
    },
    'operations:script': async ({ planId }) => ({ script: road.script(planId).text }),
    'operations:saveScript': async ({ planId }) => {
      const { name, text } = road.script(planId);
      const displayPath = await shell.chooseSavePath(name, scriptFilter);
      if (displayPath === null) return { saved: null };
      await saveText(displayPath, text);
      return { saved: { displayPath } };
    },
    // SECURITY: by way of the staged changes, so that a plan made for one of them cannot run past its claim.
    'operations:run': (request, { signal }) => changes.run(request, signal),
    'operations:cancel': async ({ planId }) => ({ accepted: road.cancel(planId) }),
  };
}
