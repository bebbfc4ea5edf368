import { readsUnprivileged } from '../../whitelist/rule';
import { clockArgv, failedUnitsArgv, sensorsArgv } from './commands';

export const systemRules = readsUnprivileged(clockArgv, failedUnitsArgv, sensorsArgv, ['sudo', '-V']);
