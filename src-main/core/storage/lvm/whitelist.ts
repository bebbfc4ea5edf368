import { administers, operates, reads } from '../../whitelist/rule';
import { sample } from '../../whitelist/words';
import {
  abortMoveArgv,
  activateVolumeArgv,
  clearLabelArgv,
  createGroupArgv,
  createThinArgv,
  createThinPoolArgv,
  createVolumeArgv,
  deactivateVolumeArgv,
  destroyGroupArgv,
  destroyVolumeArgv,
  extendGroupArgv,
  extendMetadataArgv,
  extendVolumeArgv,
  movePvArgv,
  readDeviceArgv,
  readSignaturesArgv,
  reduceGroupArgv,
  removeMissingArgv,
  renameGroupArgv,
  renameVolumeArgv,
} from './admin-commands';
import {
  createSnapshotArgv,
  lvmProbes,
  mergeSnapshotArgv,
  readGroupArgv,
  readVolumesArgv,
  removeSnapshotArgv,
} from './commands';

const { lvmName: name, lvmOther: other, lvmSize: size, device, deviceOther, devices } = sample;

/** Every shape of an lvm2 command that Holdfast sends. */
export const lvmRules = [
  ...reads(
    ...Object.values(lvmProbes).map(({ argv }) => argv),
    readGroupArgv(name),
    readVolumesArgv(name),
    readDeviceArgv(device),
    readSignaturesArgv(device),
  ),
  ...operates(createSnapshotArgv(name, other, name, size), createSnapshotArgv(name, other, name, null)),
  ...administers(
    removeSnapshotArgv(name, other),
    mergeSnapshotArgv(name, other),
    createGroupArgv(name, [devices]),
    extendGroupArgv(name, [devices]),
    createVolumeArgv(name, other, size),
    createThinArgv(name, other, name, size),
    extendVolumeArgv(name, other, size, false),
    extendVolumeArgv(name, other, size, true),
    renameVolumeArgv(name, name, other),
    destroyVolumeArgv(name, other),
    createThinPoolArgv(name, other, size, null),
    createThinPoolArgv(name, other, size, size),
    extendMetadataArgv(name, other, size),
    activateVolumeArgv(name, other, false),
    activateVolumeArgv(name, other, true),
    deactivateVolumeArgv(name, other),
    movePvArgv(device, null),
    movePvArgv(device, deviceOther),
    abortMoveArgv(device),
    reduceGroupArgv(name, device),
    removeMissingArgv(name),
    clearLabelArgv([devices]),
    destroyGroupArgv(name),
    renameGroupArgv(name, other),
  ),
];
