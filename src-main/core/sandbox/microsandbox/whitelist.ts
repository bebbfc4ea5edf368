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
import {
  createSandboxArgv,
  execArgv,
  killSandboxArgv,
  pauseSandboxArgv,
  removeSandboxArgv,
  resumeSandboxArgv,
  startSandboxArgv,
  stopSandboxArgv,
} from './lifecycle';
import { withWord } from '../../whitelist/rule';

const { msbSandbox: sandbox, msbImage: image, msbWords, seconds } = sample;
const { path, msbName: name, msbOther: other, msbSize, msbFolder, msbAside, msbArchive } = sample;
const reference = `${name}:${other}`;

function createShape(mounts: Parameters<typeof createSandboxArgv>[0]['mounts']): string[] {
  const request = { name: sandbox, image, cpus: 1, memoryMib: 1, rootDiskMib: 1, mounts };
  const sizes = ['--memory', '--root-disk'] as const;
  const argv = withWord(createSandboxArgv(request), '--cpus', sample.count);
  return sizes.reduce((shape, option) => withWord(shape, option, msbSize), argv);
}

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
    startSandboxArgv(sandbox),
    withWord(stopSandboxArgv(sandbox, 1), '--timeout', seconds),
    killSandboxArgv(sandbox),
    pauseSandboxArgv(sandbox),
    resumeSandboxArgv(sandbox),
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
    createShape([]),
    createShape([{ volume: 'hfzmounted', guestPath: '/hfzmounted', readOnly: false, capacityMib: null }]),
    removeSandboxArgv(sandbox),
    withWord(execArgv(sandbox, [msbWords], 1), '--timeout', `${seconds}s`),
    makeAsideFolderArgv(path),
    setAsideArgv(msbFolder, msbAside),
    deleteFolderArgv(msbFolder),
  ),
];
