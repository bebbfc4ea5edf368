import { deviceMapperRules } from '../sandbox/device-mapper/whitelist';
import { microsandboxRules } from '../sandbox/microsandbox/whitelist';
import { btrfsRules } from '../storage/btrfs/whitelist';
import { diskRules } from '../storage/disks/whitelist';
import { fileRules } from '../storage/files/whitelist';
import { lvmRules } from '../storage/lvm/whitelist';
import { mdadmRules } from '../storage/mdadm/whitelist';
import { systemRules } from '../storage/system/whitelist';
import { zfsRules } from '../storage/zfs/whitelist';
import { matcher, type CommandRule } from './rule';

/** All that Holdfast ever sends to a host, as shapes of commands. */
export const commandRules: readonly CommandRule[] = [
  ...systemRules,
  ...diskRules,
  ...lvmRules,
  ...mdadmRules,
  ...zfsRules,
  ...btrfsRules,
  ...fileRules,
  ...microsandboxRules,
  ...deviceMapperRules,
];

const hasRule = matcher(commandRules);
const question = ['sudo', '-n', '-l', '--'] as const;

/** Asks sudo(8) whether it would run a command for this login without a password; it runs nothing. */
export function sudoQuestion(argv: readonly string[]): string[] {
  return [...question, ...argv];
}

/** SECURITY: the last word before a command leaves the laptop. What has no rule is not sent. */
export function isWhitelisted(argv: readonly string[]): boolean {
  return hasRule(argv) || (argv.length > question.length && question.every((word, at) => argv[at] === word));
}
