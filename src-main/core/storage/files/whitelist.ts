import { administersUnprivileged, readsUnprivileged } from '../../whitelist/rule';
import { sample } from '../../whitelist/words';
import { fileBirthArgv, fileStatArgv, restoreFileArgv } from './commands';

/** Every shape of a command about single files. None runs as root. */
export const fileRules = [
  ...readsUnprivileged(fileStatArgv(sample.path), fileBirthArgv(sample.path)),
  ...administersUnprivileged(restoreFileArgv(sample.path, sample.restoredPath)),
];
