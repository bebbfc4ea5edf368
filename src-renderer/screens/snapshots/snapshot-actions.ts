import type { BackendKind } from '../../../src-preload/contract/inventory';
import type { ActionInfo } from '../../../src-preload/contract/operations';

/** The action that takes a snapshot of a volume, where the backend has one. */
export function snapshotActionOf(
  actions: ReadonlyMap<string, ActionInfo>,
  backend: BackendKind,
): ActionInfo | undefined {
  return actions.get(`${backend}.snapshot.create`);
}

export function destroyActionOf(
  actions: ReadonlyMap<string, ActionInfo>,
  backend: BackendKind,
): ActionInfo | undefined {
  return actions.get(`${backend}.snapshot.destroy`);
}
