import type { HostBlueprint } from './blueprint';

/** A host in a branch office that is switched off: connecting is refused. */
export function createEdge04(): HostBlueprint {
  return {
    id: 'demo-edge',
    name: 'edge-04',
    user: 'admin',
    environment: { label: 'Branch', colour: 'gray', production: false },
    accessLevel: 'view',
    machine: null,
  };
}
