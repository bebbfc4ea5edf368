import { bindAction } from '../../bound-action';
import { btrfsBalanceCancel, btrfsBalancePause, btrfsBalanceResume, btrfsBalanceStart } from './balance';
import { btrfsSnapshotDestroy, btrfsSubvolumeDestroy } from './destroy';
import {
  btrfsDeviceAdd,
  btrfsDeviceRemove,
  btrfsDeviceReplace,
  btrfsDeviceResize,
  btrfsReplaceCancel,
} from './devices';
import { btrfsLabelSet } from './label-set';
import { btrfsScrubCancel, btrfsScrubResume, btrfsScrubStart } from './scrub';
import { btrfsSnapshotCreate } from './snapshot-create';
import { btrfsSubvolumeCreate } from './subvolume-create';
import { btrfsSubvolumeWriteAccess } from './write-access';
import type { ActionsOf } from '../actions-of';
import type { btrfsActionIds } from '../../../../../src-preload/contract/actions/btrfs';

/** SECURITY: no action here, and no step of one, makes a file system: there is no `mkfs.btrfs`. */
export const btrfsActions: ActionsOf<typeof btrfsActionIds> = {
  'btrfs.subvolume.create': bindAction(btrfsSubvolumeCreate),
  'btrfs.snapshot.create': bindAction(btrfsSnapshotCreate),
  'btrfs.subvolume.write-access': bindAction(btrfsSubvolumeWriteAccess),
  'btrfs.snapshot.destroy': bindAction(btrfsSnapshotDestroy),
  'btrfs.subvolume.destroy': bindAction(btrfsSubvolumeDestroy),
  'btrfs.scrub.start': bindAction(btrfsScrubStart),
  'btrfs.scrub.cancel': bindAction(btrfsScrubCancel),
  'btrfs.scrub.resume': bindAction(btrfsScrubResume),
  'btrfs.balance.start': bindAction(btrfsBalanceStart),
  'btrfs.balance.pause': bindAction(btrfsBalancePause),
  'btrfs.balance.resume': bindAction(btrfsBalanceResume),
  'btrfs.balance.cancel': bindAction(btrfsBalanceCancel),
  'btrfs.device.add': bindAction(btrfsDeviceAdd),
  'btrfs.device.remove': bindAction(btrfsDeviceRemove),
  'btrfs.device.replace': bindAction(btrfsDeviceReplace),
  'btrfs.replace.cancel': bindAction(btrfsReplaceCancel),
  'btrfs.device.resize': bindAction(btrfsDeviceResize),
  'btrfs.label.set': bindAction(btrfsLabelSet),
};
