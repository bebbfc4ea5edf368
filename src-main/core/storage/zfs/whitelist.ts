import { administers, operates, reads } from '../../whitelist/rule';
import { sample } from '../../whitelist/words';
import {
  createSnapshotArgv,
  destroySnapshotArgv,
  previewDestroySnapshotArgv,
  readBookmarksOfArgv,
  readDatasetArgv,
  readDatasetTreeArgv,
  readEventsArgv,
  readHoldsArgv,
  readPoolArgv,
  readSnapshotArgv,
  readSnapshotNamesArgv,
  readSnapshotsOfArgv,
  readWrittenSinceArgv,
  rollbackArgv,
  zfsProbes,
} from './commands';
import {
  cloneArgv,
  createBookmarkArgv,
  createFilesystemArgv,
  createVolumeArgv,
  destroyBookmarkArgv,
  destroyDatasetArgv,
  holdArgv,
  inheritPropertyArgv,
  previewDestroyDatasetArgv,
  previewDestroyManyArgv,
  promoteArgv,
  readChildrenArgv,
  readPropertiesArgv,
  readSnapshotTreeArgv,
  releaseArgv,
  renameDatasetArgv,
  setPropertyArgv,
  type PropertyValues,
} from './dataset-commands';
import { diffArgv } from './diff';
import {
  ashifts,
  attachDeviceArgv,
  cancelTrimArgv,
  clearErrorsArgv,
  createCheckpointArgv,
  createPoolArgv,
  detachDeviceArgv,
  discardCheckpointArgv,
  exportPoolArgv,
  importPoolArgv,
  offlineDeviceArgv,
  onlineDeviceArgv,
  pauseScrubArgv,
  poolLevels,
  previewCreatePoolArgv,
  readDeviceArgv,
  readImportableArgv,
  readStatusArgv,
  readUsersArgv,
  replaceDeviceArgv,
  startScrubArgv,
  startTrimArgv,
  stopScrubArgv,
  tryDeviceArgv,
} from './pool-commands';
import { safeProperties, type SafeProperty } from './properties';

const {
  zfsPool: pool,
  zfsDataset: dataset,
  zfsPart: part,
  zfsParts: parts,
  zfsValue: value,
  zfsProperties: properties,
  zfsMember: member,
  zfsGuid: guid,
  lvmSize: size,
  device,
  devices,
  path,
} = sample;
const snapshot = `${dataset}@${part}`;
const bookmark = `${dataset}#${part}`;

/** What a new dataset may be given, each or not. */
function choices(...names: readonly SafeProperty[]): PropertyValues[] {
  return names.reduce<[SafeProperty, string][][]>(
    (sets, name) => [...sets, ...sets.map((set): [SafeProperty, string][] => [...set, [name, value]])],
    [[]],
  );
}
const newPools = poolLevels.flatMap((level) =>
  ashifts.map((ashift) => ({ name: pool, level, devices: [devices], ashift })),
);

/** Every shape of a zfs(8) and zpool(8) command that Holdfast sends. */
export const zfsRules = [
  ...reads(
    ...Object.values(zfsProbes).map(({ argv }) => argv),
    readPoolArgv(pool),
    readDatasetArgv(dataset),
    readDatasetTreeArgv(dataset),
    readChildrenArgv(dataset),
    readPropertiesArgv(dataset, [properties]),
    readSnapshotArgv(snapshot),
    readSnapshotsOfArgv(dataset),
    readSnapshotNamesArgv(dataset),
    readSnapshotTreeArgv(dataset),
    readBookmarksOfArgv(dataset),
    readHoldsArgv(snapshot),
    readWrittenSinceArgv(snapshot),
    readEventsArgv(pool),
    readStatusArgv(pool),
    readDeviceArgv(device),
    readDeviceArgv(member),
    readImportableArgv,
    readUsersArgv(path),
    diffArgv(snapshot, null),
    diffArgv(snapshot, snapshot),
    // -n: nothing is made or destroyed.
    tryDeviceArgv(device),
    ...newPools.map((each) => previewCreatePoolArgv(each)),
    previewDestroySnapshotArgv(snapshot),
    previewDestroyDatasetArgv(dataset, false),
    previewDestroyDatasetArgv(dataset, true),
    previewDestroyManyArgv(dataset, [parts]),
  ),
  ...operates(
    createSnapshotArgv(dataset, part, false),
    createSnapshotArgv(dataset, part, true),
    holdArgv(snapshot, part),
    createBookmarkArgv(snapshot, bookmark),
    startScrubArgv(pool),
    pauseScrubArgv(pool),
    stopScrubArgv(pool),
    startTrimArgv(pool),
    cancelTrimArgv(pool),
    clearErrorsArgv(pool, null),
    clearErrorsArgv(pool, member),
    onlineDeviceArgv(pool, member),
  ),
  ...administers(
    ...newPools.map((each) => createPoolArgv(each)),
    importPoolArgv(guid),
    exportPoolArgv(pool),
    createCheckpointArgv(pool),
    discardCheckpointArgv(pool),
    replaceDeviceArgv(pool, member, device),
    attachDeviceArgv(pool, member, device),
    detachDeviceArgv(pool, member),
    offlineDeviceArgv(pool, member),
    destroySnapshotArgv(snapshot),
    rollbackArgv(snapshot, false),
    rollbackArgv(snapshot, true),
    releaseArgv(snapshot, part),
    cloneArgv(snapshot, dataset),
    destroyBookmarkArgv(bookmark),
    ...choices('compression', 'quota', 'recordsize', 'atime').map((set) =>
      createFilesystemArgv(dataset, set),
    ),
    ...[false, true].flatMap((sparse) =>
      choices('compression').map((set) => createVolumeArgv(dataset, size, sparse, set)),
    ),
    ...safeProperties.flatMap((property) => [
      setPropertyArgv(dataset, property, value),
      inheritPropertyArgv(dataset, property),
    ]),
    renameDatasetArgv(dataset, dataset),
    promoteArgv(dataset),
    destroyDatasetArgv(dataset, false),
    destroyDatasetArgv(dataset, true),
  ),
];
