import { bindAction } from '../../bound-action';
import { zfsBookmarkCreate, zfsBookmarkDestroy } from './bookmark';
import { zfsDatasetCreate, zfsVolumeCreate } from './dataset-create';
import { zfsDatasetDestroy } from './dataset-destroy';
import { zfsDatasetPromote } from './dataset-promote';
import { zfsDatasetRename } from './dataset-rename';
import { zfsDeviceAttach } from './device-attach';
import { zfsDeviceReplace } from './device-replace';
import { zfsDeviceDetach, zfsDeviceOffline, zfsDeviceOnline, zfsErrorsClear } from './device-state';
import { zfsCheckpointCreate, zfsCheckpointDiscard } from './pool-checkpoint';
import { zfsPoolCreate } from './pool-create';
import { zfsPoolExport } from './pool-export';
import { zfsPoolImport } from './pool-import';
import { zfsScrubPause, zfsScrubStart, zfsScrubStop } from './pool-scrub';
import { zfsTrimCancel, zfsTrimStart } from './pool-trim';
import { zfsPropertySet } from './property-set';
import { zfsSnapshotClone } from './snapshot-clone';
import { zfsSnapshotCreate } from './snapshot-create';
import { zfsSnapshotDestroy } from './snapshot-destroy';
import { zfsSnapshotHold, zfsSnapshotRelease } from './snapshot-hold';
import { zfsSnapshotRestoreBeside } from './snapshot-restore-beside';
import { zfsSnapshotRollback } from './snapshot-rollback';
import type { ActionsOf } from '../actions-of';
import type { zfsActionIds } from '../../../../../src-preload/contract/actions/zfs';

/** In the order of the menus; what loses nothing stands before what does. */
export const zfsActions: ActionsOf<typeof zfsActionIds> = {
  'zfs.pool.create': bindAction(zfsPoolCreate),
  'zfs.dataset.create': bindAction(zfsDatasetCreate),
  'zfs.volume.create': bindAction(zfsVolumeCreate),
  'zfs.snapshot.create': bindAction(zfsSnapshotCreate),
  'zfs.snapshot.hold': bindAction(zfsSnapshotHold),
  'zfs.snapshot.release': bindAction(zfsSnapshotRelease),
  'zfs.bookmark.create': bindAction(zfsBookmarkCreate),
  'zfs.bookmark.destroy': bindAction(zfsBookmarkDestroy),
  'zfs.snapshot.clone': bindAction(zfsSnapshotClone),
  'zfs.snapshot.restoreBeside': bindAction(zfsSnapshotRestoreBeside),
  'zfs.snapshot.rollback': bindAction(zfsSnapshotRollback),
  'zfs.snapshot.destroy': bindAction(zfsSnapshotDestroy),
  'zfs.property.set': bindAction(zfsPropertySet),
  'zfs.dataset.rename': bindAction(zfsDatasetRename),
  'zfs.dataset.promote': bindAction(zfsDatasetPromote),
  'zfs.dataset.destroy': bindAction(zfsDatasetDestroy),
  'zfs.scrub.start': bindAction(zfsScrubStart),
  'zfs.scrub.pause': bindAction(zfsScrubPause),
  'zfs.scrub.stop': bindAction(zfsScrubStop),
  'zfs.device.replace': bindAction(zfsDeviceReplace),
  'zfs.device.attach': bindAction(zfsDeviceAttach),
  'zfs.device.online': bindAction(zfsDeviceOnline),
  'zfs.device.offline': bindAction(zfsDeviceOffline),
  'zfs.device.detach': bindAction(zfsDeviceDetach),
  'zfs.errors.clear': bindAction(zfsErrorsClear),
  'zfs.trim.start': bindAction(zfsTrimStart),
  'zfs.trim.cancel': bindAction(zfsTrimCancel),
  'zfs.checkpoint.create': bindAction(zfsCheckpointCreate),
  'zfs.checkpoint.discard': bindAction(zfsCheckpointDiscard),
  'zfs.pool.import': bindAction(zfsPoolImport),
  'zfs.pool.export': bindAction(zfsPoolExport),
};
