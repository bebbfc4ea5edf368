import { parseOptions, type OptionProblem, type OptionSpec, type ParsedOptions } from '../options';
import type { CommandResult } from '../result';
import type { ZfsModel, ZfsVersion } from './model';

/** What zfs(8) and zpool(8) of a demo host have in common: OpenZFS 2.1.11 of Debian 12, or 2.3.9 of Debian 13. */
export interface ZfsContext {
  model: ZfsModel;
  /** Under sudo. Reads work without, changes do not. */
  root: boolean;
  nowMs: number;
}

/** `zfs version` and `zpool version`. */
export const releases: Readonly<Record<ZfsVersion, string>> = {
  '2.1.11': 'zfs-2.1.11-1+deb12u1\nzfs-kmod-2.1.11-1+deb12u1\n',
  '2.3.9': 'zfs-2.3.9-0+deb13u1\nzfs-kmod-2.3.9-0+deb13u1\n',
};

function complaintOf(problem: OptionProblem): string {
  if (problem.kind === 'missing-value') return `missing argument for '${problem.option}' option`;
  return `invalid option '${problem.option.replace(/^--/, '')}'`;
}

/** Reads options or answers with the tool's usage. */
export function withOptions(
  words: readonly string[],
  specs: readonly OptionSpec[],
  usageOf: (complaint: string) => CommandResult,
  run: (options: ParsedOptions) => CommandResult,
): CommandResult {
  const parsed = parseOptions(words, specs);
  return parsed.ok ? run(parsed.value) : usageOf(complaintOf(parsed.problem));
}

export const flag = (letter: string): OptionSpec => ({ key: letter, names: [`-${letter}`] });
export const value = (letter: string): OptionSpec => ({
  key: letter,
  names: [`-${letter}`],
  takesValue: true,
});

export const notSimulated = 'the demo host prints only the machine-readable form (-H -p)';
