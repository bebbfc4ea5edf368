import { bindAction } from '../../bound-action';
import type { ActionsOf } from '../actions-of';
import type { microsandboxActionIds } from '../../../../../src-preload/contract/actions/microsandbox';
import { deleteArchive, loadImage, loadSnapshot, saveSnapshot } from './archives';
import { deleteOrphan, setOrphanAside } from './orphan';
import { reindexSnapshots, selectHead, verifySnapshot } from './snapshot-care';
import { createSandbox } from './sandbox-create';
import { execInSandbox } from './sandbox-exec';
import { pauseSandbox, resumeSandbox, startSandbox, stopSandbox } from './sandbox-power';
import { removeSandbox } from './sandbox-remove';
import { createSnapshot, removeSnapshot, restoreSnapshot } from './snapshots';
import { createDirectory, createDisk } from './volume-create';
import { removeVolume } from './volume-remove';

export const microsandboxActions: ActionsOf<typeof microsandboxActionIds> = {
  'msb.volume.createDirectory': bindAction(createDirectory),
  'msb.volume.createDisk': bindAction(createDisk),
  'msb.volume.remove': bindAction(removeVolume),
  'msb.orphan.setAside': bindAction(setOrphanAside),
  'msb.orphan.delete': bindAction(deleteOrphan),
  'msb.snapshot.create': bindAction(createSnapshot),
  'msb.snapshot.remove': bindAction(removeSnapshot),
  'msb.snapshot.restore': bindAction(restoreSnapshot),
  'msb.snapshot.verify': bindAction(verifySnapshot),
  'msb.snapshot.save': bindAction(saveSnapshot),
  'msb.snapshot.load': bindAction(loadSnapshot),
  'msb.snapshot.head': bindAction(selectHead),
  'msb.snapshot.reindex': bindAction(reindexSnapshots),
  'msb.image.load': bindAction(loadImage),
  'msb.archive.delete': bindAction(deleteArchive),
  'msb.sandbox.create': bindAction(createSandbox),
  'msb.sandbox.start': bindAction(startSandbox),
  'msb.sandbox.stop': bindAction(stopSandbox),
  'msb.sandbox.pause': bindAction(pauseSandbox),
  'msb.sandbox.resume': bindAction(resumeSandbox),
  'msb.sandbox.exec': bindAction(execInSandbox),
  'msb.sandbox.remove': bindAction(removeSandbox),
};
