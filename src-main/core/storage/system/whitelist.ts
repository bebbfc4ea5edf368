import { readsUnprivileged } from '../../whitelist/rule';
import { clockArgv, failedUnitsArgv } from './commands';

export const systemRules = readsUnprivileged(clockArgv, failedUnitsArgv, ['sudo', '-V']);
