import type { CoreHandlers } from '../../../src-preload/contract';
import type { OperationRoad } from '../operations/road';

type OperationHandlers = Pick<
  CoreHandlers,
  'operations:catalogue' | 'operations:plan' | 'operations:run' | 'operations:cancel'
>;

export function operationHandlers(road: OperationRoad): OperationHandlers {
  return {
    'operations:catalogue': async () => ({ actions: road.catalogue() }),
    'operations:plan': ({ hostId, action, input }, { signal }) => road.plan(hostId, action, input, signal),
    'operations:run': (request, { signal }) => road.run(request, signal),
    'operations:cancel': async ({ planId }) => ({ accepted: road.cancel(planId) }),
  };
}
