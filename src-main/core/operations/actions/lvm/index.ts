import { bindAction } from '../../bound-action';
import { lvmGroupDestroy, lvmGroupReduce, lvmGroupRemoveMissing, lvmGroupRename } from './group-change';
import { lvmGroupCreate, lvmGroupExtend } from './group-create';
import { lvmPvMove, lvmPvMoveAbort } from './pv-move';
import { lvmSnapshotCreate } from './snapshot-create';
import { lvmSnapshotDestroy } from './snapshot-destroy';
import { lvmSnapshotRollback } from './snapshot-rollback';
import { lvmThinPoolCreate, lvmThinPoolExtendMetadata } from './thin-pool';
import { lvmVolumeActivate, lvmVolumeDeactivate } from './volume-activation';
import { lvmVolumeExtend, lvmVolumeRename } from './volume-change';
import { lvmThinCreate, lvmVolumeCreate } from './volume-create';
import { lvmVolumeDestroy } from './volume-destroy';
import type { ActionsOf } from '../actions-of';
import type { lvmActionIds } from '../../../../../src-preload/contract/actions/lvm';

export const lvmActions: ActionsOf<typeof lvmActionIds> = {
  'lvm.snapshot.create': bindAction(lvmSnapshotCreate),
  'lvm.snapshot.destroy': bindAction(lvmSnapshotDestroy),
  'lvm.snapshot.rollback': bindAction(lvmSnapshotRollback),
  'lvm.group.create': bindAction(lvmGroupCreate),
  'lvm.group.extend': bindAction(lvmGroupExtend),
  'lvm.volume.create': bindAction(lvmVolumeCreate),
  'lvm.volume.extend': bindAction(lvmVolumeExtend),
  'lvm.volume.rename': bindAction(lvmVolumeRename),
  'lvm.volume.destroy': bindAction(lvmVolumeDestroy),
  'lvm.thin.create': bindAction(lvmThinCreate),
  'lvm.thinpool.create': bindAction(lvmThinPoolCreate),
  'lvm.thinpool.extendMetadata': bindAction(lvmThinPoolExtendMetadata),
  'lvm.volume.activate': bindAction(lvmVolumeActivate),
  'lvm.volume.deactivate': bindAction(lvmVolumeDeactivate),
  'lvm.pv.move': bindAction(lvmPvMove),
  'lvm.pv.moveAbort': bindAction(lvmPvMoveAbort),
  'lvm.group.reduce': bindAction(lvmGroupReduce),
  'lvm.group.removeMissing': bindAction(lvmGroupRemoveMissing),
  'lvm.group.rename': bindAction(lvmGroupRename),
  'lvm.group.destroy': bindAction(lvmGroupDestroy),
};
