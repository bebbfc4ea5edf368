import { operates, reads } from '../../whitelist/rule';
import { sample } from '../../whitelist/words';
import {
  abortSelfTestArgv,
  allColumnsProbe,
  diskProbes,
  readSmartArgv,
  signatureProbe,
  smartProbe,
  startSelfTestArgv,
} from './commands';

const { device } = sample;

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
];
