import { administersUnprivileged, operatesUnprivileged, readsUnprivileged } from '../../whitelist/rule';
import { sample } from '../../whitelist/words';
import {
  archivesProbe,
  artifactsProbe,
  createDirectoryArgv,
  createDiskArgv,
  createSnapshotArgv,
  deleteArchiveArgv,
  deleteFolderArgv,
  freeSpaceArgv,
  headProbe,
  listingProbe,
  loadImageArgv,
  loadSnapshotArgv,
  lockProbeArgv,
  makeArchivesFolderArgv,
  makeAsideFolderArgv,
  msbProbes,
  reindexArgv,
  removeSnapshotArgv,
  removeVolumeArgv,
  restoreSnapshotArgv,
  sandboxProbe,
  saveSnapshotArgv,
  selectHeadArgv,
  setAsideArgv,
  snapshotProbe,
  usageProbe,
  verifySnapshotArgv,
  volumeProbe,
} from './commands';
import { withWord } from '../../whitelist/rule';

const { path, msbName: name, msbOther: other, msbSize, msbFolder, msbAside, msbArchive } = sample;
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
    snapshotProbe(reference).argv,
    snapshotProbe(name).argv,
    headProbe(name).argv,
    artifactsProbe(path).argv,
    archivesProbe(path).argv,
  ),
  ...operatesUnprivileged(
    ...[true, false].flatMap((integrity) => [
      createSnapshotArgv(name, other, '--from-sandbox', integrity),
      createSnapshotArgv(name, other, '--from', integrity),
    ]),
    verifySnapshotArgv(reference),
    verifySnapshotArgv(name),
    reindexArgv,
  ),
  ...administersUnprivileged(
    createDirectoryArgv(name),
    withWord(createDiskArgv(name, 1), '--size', msbSize),
    removeVolumeArgv(name),
    removeSnapshotArgv(reference),
    removeSnapshotArgv(name),
    restoreSnapshotArgv(reference, name),
    selectHeadArgv(reference),
    makeArchivesFolderArgv(path),
    ...[true, false].flatMap((withImage) => [
      saveSnapshotArgv(reference, msbArchive, withImage),
      saveSnapshotArgv(name, msbArchive, withImage),
    ]),
    loadSnapshotArgv(msbArchive, name),
    loadSnapshotArgv(msbArchive, null),
    loadImageArgv(msbArchive),
    deleteArchiveArgv(msbArchive),
    makeAsideFolderArgv(path),
    setAsideArgv(msbFolder, msbAside),
    deleteFolderArgv(msbFolder),
  ),
];
