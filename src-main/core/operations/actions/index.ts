import type { ActionId } from '../../../../src-preload/contract/operations';
import { bindAction, catalogueOf, type BoundAction, type Catalogue } from '../bound-action';
import { lvmSnapshotCreate } from './lvm-snapshot-create';
import { lvmSnapshotDestroy } from './lvm-snapshot-destroy';
import { lvmSnapshotRollback } from './lvm-snapshot-rollback';
import { zfsSnapshotCreate } from './zfs-snapshot-create';
import { zfsSnapshotDestroy } from './zfs-snapshot-destroy';
import { zfsSnapshotRollback } from './zfs-snapshot-rollback';

/** Every action, by its id: `tsc` fails when the contract names one that is not here. */
export const actions: Readonly<Record<ActionId, BoundAction>> = {
  'zfs.snapshot.create': bindAction(zfsSnapshotCreate),
  'zfs.snapshot.destroy': bindAction(zfsSnapshotDestroy),
  'zfs.snapshot.rollback': bindAction(zfsSnapshotRollback),
  'lvm.snapshot.create': bindAction(lvmSnapshotCreate),
  'lvm.snapshot.destroy': bindAction(lvmSnapshotDestroy),
  'lvm.snapshot.rollback': bindAction(lvmSnapshotRollback),
};

/** What the operation road takes. */
export const catalogue: Catalogue = catalogueOf(Object.values(actions));
