import type { OptionProblem } from '../options';
import { failed, type CommandResult } from '../result';
import type { LvmModel } from './model';

/** What all commands of lvm2 have in common: 2.03.16 of Debian 12. */
export interface LvmContext {
  model: LvmModel;
  /** Under sudo. lvm2 does nothing for anyone else. */
  root: boolean;
  nowMs: number;
}

export const nonRootWarning = '  WARNING: Running as a non-root user. Functionality may be unavailable.\n';
export const nonRootComplaint = `${nonRootWarning}  /run/lock/lvm/P_global:aux: open failed: Permission denied\n`;

export function parsingError(tool: string, problem: OptionProblem): CommandResult {
  const text =
    problem.kind === 'unknown-long'
      ? `unrecognized option '${problem.option}'`
      : problem.kind === 'unknown-short'
        ? `invalid option -- '${problem.option}'`
        : `option requires an argument -- '${problem.option.replace(/^-+/, '')}'`;
  return failed(3, `${tool}: ${text}\n  Error during parsing of command line.\n`);
}

export function complain(...lines: string[]): CommandResult {
  return failed(5, lines.map((line) => `  ${line}\n`).join(''));
}

/** `/dev/vg0/data` and `vg0/data` alike. */
export function splitVolumePath(operand: string): { group: string; volume: string | null } {
  const [group = '', volume] = operand.replace(/^\/dev\//, '').split('/');
  return { group, volume: volume ?? null };
}

export function missingGroup(name: string): string[] {
  return [`Volume group "${name}" not found`, `Cannot process volume group ${name}`];
}
