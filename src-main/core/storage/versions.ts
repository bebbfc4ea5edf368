import type { BackendKind, HostInventory } from '../../../src-preload/contract/inventory';

/** Of the tools of a backend, `2.3.9`; null: the host was never read, or they do not tell. */
export function versionOf(known: HostInventory | null, backend: BackendKind): string | null {
  return known?.backends.find(({ kind }) => kind === backend)?.version ?? null;
}
