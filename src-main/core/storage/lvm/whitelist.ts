import { administers, operates, reads } from '../../whitelist/rule';
import { sample } from '../../whitelist/words';
import {
  createGroupArgv,
  createThinArgv,
  createVolumeArgv,
  destroyVolumeArgv,
  extendGroupArgv,
  extendVolumeArgv,
  readDeviceArgv,
  readSignaturesArgv,
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

const { lvmName: name, lvmOther: other, lvmSize: size, device, devices } = sample;

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
  ),
];
