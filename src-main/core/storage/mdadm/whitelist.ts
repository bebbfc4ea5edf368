import { administers, operates, reads, withWord } from '../../whitelist/rule';
import { sample } from '../../whitelist/words';
import {
  addMemberArgv,
  arrayLevels,
  assembleArrayArgv,
  bitmapArgv,
  createArrayArgv,
  detailScanArgv,
  examineMembersArgv,
  examineProbe,
  examineScanArgv,
  failMemberArgv,
  growDevicesArgv,
  growSizeArgv,
  mdadmProbes,
  readArrayArgv,
  readBlockArgv,
  readPhysicalVolumeArgv,
  readSignatureArgv,
  readSyncArgv,
  removeMemberArgv,
  replaceMemberArgv,
  stopArrayArgv,
  syncActionArgv,
} from './commands';

const { array, arrayNode, arrayUuid: uuid, count, device, deviceOther, devices, devicesOther } = sample;

function created(level: (typeof arrayLevels)[number]): string[][] {
  const bitmaps = level === '0' ? ([null] as const) : (['internal', 'none'] as const);
  return bitmaps.flatMap((bitmap) =>
    [[], [devicesOther]].flatMap((spares) =>
      [false, true].map((run) =>
        withWord(
          withWord(
            createArrayArgv({ path: array, level, devices: [devices], spares, bitmap, run }),
            '--raid-devices',
            count,
          ),
          '--spare-devices',
          count,
        ),
      ),
    ),
  );
}

/** Every shape of an mdadm(8) command that Holdfast sends, and what it reads beside it. */
export const mdadmRules = [
  ...reads(
    ...Object.values(mdadmProbes).map(({ argv }) => argv),
    examineProbe([devices]).argv,
    readArrayArgv(`/dev/${arrayNode}`),
    readSyncArgv(arrayNode),
    readBlockArgv(device),
    readSignatureArgv(device),
    examineScanArgv(),
    detailScanArgv(),
    examineMembersArgv([devices]),
    readPhysicalVolumeArgv(array),
  ),
  ...operates(syncActionArgv(array, 'check'), syncActionArgv(array, 'idle')),
  ...administers(
    // It writes: what differs is overwritten.
    syncActionArgv(array, 'repair'),
    ...arrayLevels.flatMap(created),
    stopArrayArgv(array),
    ...[false, true].flatMap((run) => [
      assembleArrayArgv(array, uuid, run),
      assembleArrayArgv(array, uuid, run, [devices]),
    ]),
    bitmapArgv(array, 'internal'),
    bitmapArgv(array, 'none'),
    withWord(growDevicesArgv(array, 2, []), '--raid-devices', count),
    withWord(growDevicesArgv(array, 2, [devices]), '--raid-devices', count),
    growSizeArgv(array),
    addMemberArgv(array, device),
    addMemberArgv(array, device, true),
    failMemberArgv(array, device),
    removeMemberArgv(array, device),
    removeMemberArgv(array, null),
    replaceMemberArgv(array, device, deviceOther),
  ),
];
