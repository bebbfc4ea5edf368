import type { CommandRule } from '../../whitelist/rule';

/** Every shape of a command that Holdfast sends about device-mapper volumes. */
export const deviceMapperRules: readonly CommandRule[] = [];
