import type { BackendKind, SnapshotRow, Volume } from '../../../src-preload/contract/inventory';
import type { ActionId } from '../../../src-preload/contract/operations';
import type { PlanRequest } from '../../stores/plan-store';

/** What the page asks for; the core parses it strictly and plans from fresh state. */
interface SnapshotActions {
  create: ActionId;
  destroy: ActionId;
  rollback: ActionId;
  createInput: (
    volume: Volume,
    name: string,
    size: string | null,
    recursive: boolean,
  ) => PlanRequest['input'];
  destroyInput: (snapshot: SnapshotRow) => PlanRequest['input'];
  rollbackInput: (snapshot: SnapshotRow) => PlanRequest['input'];
}

function splitVolumeGroup(name: string): { volumeGroup: string; rest: string } {
  const slash = name.indexOf('/');
  return { volumeGroup: name.slice(0, slash), rest: name.slice(slash + 1) };
}

const byBackend: Partial<Record<BackendKind, SnapshotActions>> = {
  zfs: {
    create: 'zfs.snapshot.create',
    destroy: 'zfs.snapshot.destroy',
    rollback: 'zfs.snapshot.rollback',
    createInput: (volume, name, _size, recursive) => ({ dataset: volume.name, name, recursive }),
    destroyInput: (snapshot) => ({ snapshot: snapshot.fullName }),
    // The plan lists the newer snapshots that die; without consent to that it would only be a blocker.
    rollbackInput: (snapshot) => ({ snapshot: snapshot.fullName, destroyNewer: true }),
  },
  lvm: {
    create: 'lvm.snapshot.create',
    destroy: 'lvm.snapshot.destroy',
    rollback: 'lvm.snapshot.rollback',
    createInput: (volume, name, size) => {
      const { volumeGroup, rest } = splitVolumeGroup(volume.name);
      return { volumeGroup, logicalVolume: rest, name, size };
    },
    destroyInput: (snapshot) => {
      const { volumeGroup, rest } = splitVolumeGroup(snapshot.fullName);
      return { volumeGroup, name: rest };
    },
    rollbackInput: (snapshot) => {
      const { volumeGroup, rest } = splitVolumeGroup(snapshot.fullName);
      return { volumeGroup, snapshot: rest };
    },
  },
};

export function snapshotActionsOf(backend: BackendKind): SnapshotActions | undefined {
  return byBackend[backend];
}

export function createActionOf(backend: BackendKind): ActionId | undefined {
  return byBackend[backend]?.create;
}

/** Volumes a snapshot can be taken of. */
export function canSnapshot(volume: Volume): boolean {
  return byBackend[volume.backend] !== undefined && volume.kind !== 'other';
}
