import { bindAction } from '../../bound-action';
import { lvmGroupCreate, lvmGroupExtend } from './group-create';
import { lvmSnapshotCreate } from './snapshot-create';
import { lvmSnapshotDestroy } from './snapshot-destroy';
import { lvmSnapshotRollback } from './snapshot-rollback';
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
};
