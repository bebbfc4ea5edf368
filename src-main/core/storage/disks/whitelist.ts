import { administers, operates, reads, readsUnprivileged } from '../../whitelist/rule';
import { sample, words } from '../../whitelist/words';
import {
  abortSelfTestArgv,
  allColumnsProbe,
  diskProbes,
  readSmartArgv,
  signatureProbe,
  smartProbe,
  startSelfTestArgv,
} from './commands';
import * as mounts from './mount-commands';

const { device, mountPoint: place, filesystemUuid: uuid } = sample;
const entries = [false, true].map((readOnly) => ({
  uuid,
  type: words.filesystemType.sample,
  place,
  readOnly,
}));

/** Every shape of a command that Holdfast sends about disks. */
export const diskRules = [
  ...reads(
    ...Object.values(diskProbes).map(({ argv }) => argv),
    allColumnsProbe.argv,
    signatureProbe(device).argv,
    smartProbe(device).argv,
    readSmartArgv(device),
  ),
  ...operates(
    startSelfTestArgv(device, 'short'),
    startSelfTestArgv(device, 'long'),
    abortSelfTestArgv(device),
  ),
  ...readsUnprivileged(
    mounts.readVolumesArgv,
    mounts.readVolumeArgv(device),
    mounts.readMountArgv(place),
    mounts.readFstabArgv,
  ),
  ...reads(mounts.listPlaceArgv(place)),
  ...administers(
    mounts.makePlaceArgv(place),
    mounts.removePlaceArgv(place),
    ...entries.map(mounts.mountArgv),
    mounts.unmountArgv(place),
    ...entries.map(mounts.addLineArgv),
    mounts.removeLineArgv({ uuid, place }),
    mounts.reloadUnitsArgv,
  ),
];
