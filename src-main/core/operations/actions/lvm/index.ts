import { bindAction } from '../../bound-action';
import { lvmSnapshotCreate } from './snapshot-create';
import { lvmSnapshotDestroy } from './snapshot-destroy';
import { lvmSnapshotRollback } from './snapshot-rollback';
import type { ActionsOf } from '../actions-of';
import type { lvmActionIds } from '../../../../../src-preload/contract/actions/lvm';

export const lvmActions: ActionsOf<typeof lvmActionIds> = {
  'lvm.snapshot.create': bindAction(lvmSnapshotCreate),
  'lvm.snapshot.destroy': bindAction(lvmSnapshotDestroy),
  'lvm.snapshot.rollback': bindAction(lvmSnapshotRollback),
};
