import { administers, operates, reads, readsUnprivileged } from '../../whitelist/rule';
import { sample } from '../../whitelist/words';
import {
  addDeviceArgv,
  balanceArgv,
  btrfsProbes,
  cancelReplaceArgv,
  createSnapshotArgv,
  createSubvolumeArgv,
  deleteSubvolumeArgv,
  filesystemProbes,
  mountOfArgv,
  probeDeviceArgv,
  readDeviceArgv,
  readExclusiveArgv,
  removeDeviceArgv,
  resizeMaxArgv,
  scrubArgv,
  setLabelArgv,
  setReadOnlyArgv,
  showSubvolumeArgv,
  startBalanceArgv,
  startReplaceArgv,
  statArgv,
} from './commands';
import { findNewArgv } from './find-new';

const { path, pathOther: other, device, uuid, btrfsLabel: label, btrfsGeneration: generation } = sample;
const deviceId = Number(sample.count);
const percent = Number(sample.percent);
const { zone, ...rootProbes } = btrfsProbes;
const { exclusive, ...mountProbes } = filesystemProbes(uuid, path);

/** Every shape of a btrfs(8) command that Holdfast sends, and what it reads beside it. No mkfs.btrfs. */
export const btrfsRules = [
  ...readsUnprivileged(zone.argv, exclusive.argv),
  ...reads(
    ...Object.values(rootProbes).map(({ argv }) => argv),
    ...Object.values(mountProbes).map(({ argv }) => argv),
    readExclusiveArgv(uuid),
    statArgv(path),
    mountOfArgv(path),
    showSubvolumeArgv(path),
    readDeviceArgv(device),
    probeDeviceArgv(device),
    findNewArgv(path, generation),
  ),
  ...operates(
    // The folder for snapshots, made before the first one.
    createSubvolumeArgv(path),
    createSnapshotArgv(path, other, true),
    createSnapshotArgv(path, other, false),
    scrubArgv('start', path),
    scrubArgv('cancel', path),
    scrubArgv('resume', path),
  ),
  ...administers(
    deleteSubvolumeArgv(path),
    setReadOnlyArgv(path, true),
    setReadOnlyArgv(path, false),
    setLabelArgv(path, label),
    startBalanceArgv(path, null),
    startBalanceArgv(path, { dataPercent: percent, metadataPercent: percent }),
    balanceArgv('pause', path),
    balanceArgv('resume', path),
    balanceArgv('cancel', path),
    addDeviceArgv(device, path),
    removeDeviceArgv(deviceId, path),
    startReplaceArgv(deviceId, device, path, false),
    startReplaceArgv(deviceId, device, path, true),
    cancelReplaceArgv(path),
    resizeMaxArgv(deviceId, path),
  ),
];
