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

const { zfsPool: pool, zfsDataset: dataset, zfsPart: part } = sample;
const snapshot = `${dataset}@${part}`;

/** Every shape of a zfs(8) and zpool(8) command that Holdfast sends. */
export const zfsRules = [
  ...reads(
    ...Object.values(zfsProbes).map(({ argv }) => argv),
    readPoolArgv(pool),
    readDatasetArgv(dataset),
    readDatasetTreeArgv(dataset),
    readSnapshotArgv(snapshot),
    readSnapshotsOfArgv(dataset),
    readSnapshotNamesArgv(dataset),
    readBookmarksOfArgv(dataset),
    readHoldsArgv(snapshot),
    readWrittenSinceArgv(snapshot),
    readEventsArgv(pool),
    previewDestroySnapshotArgv(snapshot),
  ),
  ...operates(createSnapshotArgv(dataset, part, false), createSnapshotArgv(dataset, part, true)),
  ...administers(destroySnapshotArgv(snapshot), rollbackArgv(snapshot, false), rollbackArgv(snapshot, true)),
];
