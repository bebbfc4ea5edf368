import type { CoreHandlers } from '../../../src-preload/contract';
import type { StagedChanges } from '../operations/staged/staged-changes';

type ChangeHandlers = Pick<
  CoreHandlers,
  'changes:list' | 'changes:read' | 'changes:stage' | 'changes:plan' | 'changes:discard' | 'changes:clear'
>;

export function changeHandlers(changes: StagedChanges): ChangeHandlers {
  return {
    'changes:list': async () => ({ changes: changes.list() }),
    'changes:read': async ({ changeId }) => changes.read(changeId),
    'changes:stage': async ({ planId, note }) => ({ change: changes.stage(planId, note) }),
    'changes:plan': ({ changeId }, { signal }) => changes.plan(changeId, signal),
    'changes:discard': async ({ changeId }) => ({ change: changes.discard(changeId) }),
    'changes:clear': async () => ({ cleared: changes.clear() }),
  };
}
