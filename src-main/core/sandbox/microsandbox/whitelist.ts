import { administersUnprivileged, operatesUnprivileged, readsUnprivileged } from '../../whitelist/rule';
import { sample } from '../../whitelist/words';
import {
  createDirectoryArgv,
  createDiskArgv,
  createSnapshotArgv,
  deleteFolderArgv,
  freeSpaceArgv,
  listingProbe,
  lockProbeArgv,
  makeAsideFolderArgv,
  msbProbes,
  removeSnapshotArgv,
  removeVolumeArgv,
  restoreSnapshotArgv,
  sandboxProbe,
  setAsideArgv,
  usageProbe,
  verifySnapshotArgv,
  volumeProbe,
} from './commands';
import { withWord } from '../../whitelist/rule';

const { path, msbName: name, msbOther: other, msbSize, msbFolder, msbAside } = sample;
const reference = `${name}:${other}`;

/** Every shape of a command that Holdfast sends about microsandbox. None runs as root. */
export const microsandboxRules = [
  ...readsUnprivileged(
    ...Object.values(msbProbes).map(({ argv }) => argv),
    volumeProbe(name).argv,
    sandboxProbe(name).argv,
    listingProbe(path).argv,
    usageProbe(path, false).argv,
    usageProbe(path, true).argv,
    lockProbeArgv(path),
    freeSpaceArgv(path),
    verifySnapshotArgv(reference),
    verifySnapshotArgv(name),
  ),
  ...operatesUnprivileged(
    createSnapshotArgv(name, other, '--from-sandbox'),
    createSnapshotArgv(name, other, '--from'),
  ),
  ...administersUnprivileged(
    createDirectoryArgv(name),
    withWord(createDiskArgv(name, 1), '--size', msbSize),
    removeVolumeArgv(name),
    removeSnapshotArgv(reference),
    removeSnapshotArgv(name),
    restoreSnapshotArgv(reference, name),
    makeAsideFolderArgv(path),
    setAsideArgv(msbFolder, msbAside),
    deleteFolderArgv(msbFolder),
  ),
];
