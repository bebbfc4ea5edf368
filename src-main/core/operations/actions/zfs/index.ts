import { bindAction } from '../../bound-action';
import { zfsSnapshotCreate } from './snapshot-create';
import { zfsSnapshotDestroy } from './snapshot-destroy';
import { zfsSnapshotRollback } from './snapshot-rollback';
import type { ActionsOf } from '../actions-of';
import type { zfsActionIds } from '../../../../../src-preload/contract/actions/zfs';

export const zfsActions: ActionsOf<typeof zfsActionIds> = {
  'zfs.snapshot.create': bindAction(zfsSnapshotCreate),
  'zfs.snapshot.destroy': bindAction(zfsSnapshotDestroy),
  'zfs.snapshot.rollback': bindAction(zfsSnapshotRollback),
};
