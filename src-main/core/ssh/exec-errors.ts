import { AppError } from '../errors/app-error';

const longestDetail = 4000;

/** How the forced command of core/whitelist/gate.ts begins what it says. */
export const gateMark = 'holdfast-gate';

/** Beginning and end of what a tool said: the first line names the fault, the last one often the way out. */
export function trimOutput(text: string): string {
  const clean = text.trim();
  if (clean.length <= longestDetail) return clean;
  return `${clean.slice(0, longestDetail / 2)}\n…\n${clean.slice(-longestDetail / 2)}`;
}

const sudoRefusals = [
  /^sudo: a (?:terminal|password) is required/m,
  /^sudo: no tty present/m,
  /^sudo: sorry, you must have a tty/m,
  /^Sorry, user \S+ (?:is not allowed to execute|may not run sudo)/m,
  /^\S+ is not (?:in the sudoers file|allowed to run sudo)/m,
  /^sudo: interactive authentication is required/m,
];

export interface FailedCommand {
  operation: string;
  hostName: string;
  user: string;
  /** Resolved argument vector without sudo. */
  argv: readonly string[];
  privileged: boolean;
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Answers of sudo and the shell, which then started no tool; null: the tool itself answered. */
export function notStarted(failed: FailedCommand): AppError | null {
  const { argv, exitCode, stdout, stderr, privileged, hostName, user } = failed;
  const [tool = ''] = argv;
  const name = tool.slice(tool.lastIndexOf('/') + 1);
  const detail = trimOutput(stderr);
  if (exitCode === 0) return null;
  if (exitCode === 126 && stderr.startsWith(`${gateMark}: refused`)) {
    return new AppError(
      'refused',
      `The forced command of this key on ${hostName} does not allow ${name} in this form, so it did not run.`,
      { detail, remedy: 'Install the files of the access level you need anew: Host, Least privilege….' },
    );
  }
  // sudo's own refusal is exit code 1 and nothing on stdout; a tool that quotes such a line did run.
  const sudoAnswered = privileged && exitCode === 1 && stdout.trim() === '';
  if (sudoAnswered && sudoRefusals.some((pattern) => pattern.test(stderr))) {
    return new AppError(
      'sudo-refused',
      `sudo on ${hostName} does not let ${user} run ${name} without a password, so it did not run. This line in /etc/sudoers.d allows it.`,
      { detail, remedy: `${user} ALL=(root) NOPASSWD: ${tool}` },
    );
  }
  const sudoMissing = privileged && exitCode === 127 && saysMissing('sudo', stderr);
  const missing =
    sudoMissing ||
    (sudoAnswered && new RegExp(`^sudo: \\S*${escaped(name)}: command not found`, 'm').test(stderr)) ||
    (exitCode === 127 && saysMissing(name, stderr));
  if (missing) return missingTool(sudoMissing ? 'sudo' : name, hostName, detail);
  return null;
}

/**
 * What shells say of a program that is not there: `sh: 1: zfs: not found` (dash), `bash: line 1: zfs: command not
 * found`, `bash: line 1: /usr/sbin/zfs: No such file or directory`, `zsh:1: command not found: zfs`. A tool that
 * itself ends with 127 and says something else did run.
 */
function saysMissing(name: string, stderr: string): boolean {
  const word = `(?:\\S*/)?${escaped(name)}`;
  return new RegExp(
    `(?:^|[\\s:])${word}: (?:command )?(?:not found|No such file)|command not found: ${word}$`,
    'im',
  ).test(stderr);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

export function missingTool(tool: string, hostName: string, detail?: string): AppError {
  return new AppError('command-missing', `${hostName} has no program ${tool}, so nothing ran.`, {
    detail,
    remedy: `Install the package that brings ${tool} on ${hostName}.`,
  });
}

/**
 * A shell reports a command that was killed (by the kernel for want of memory, by a person) as 128 plus the signal's
 * number; sshd then sees a plain exit code. No tool that changes storage uses these codes for itself.
 */
export function diedBySignal(exitCode: number): boolean {
  return exitCode > 128 && exitCode < 160;
}

/** A change that was killed on its way may have been made, in part or as a whole. */
export function killedChange({ hostName, operation, exitCode, stdout, stderr }: FailedCommand): AppError {
  return new AppError(
    'outcome-unknown',
    `The command on ${hostName} was killed by signal ${exitCode - 128} (${operation}). It is not known whether the change was made; Holdfast will read ${hostName} to find out.`,
    { detail: trimOutput(stderr) || trimOutput(stdout) },
  );
}

export function commandFailed(failed: FailedCommand): AppError {
  const said = trimOutput(failed.stderr) || trimOutput(failed.stdout);
  const [firstLine = ''] = said.split('\n');
  const why = firstLine === '' ? '' : `: ${firstLine.slice(0, 300)}`;
  return new AppError(
    'command-failed',
    `${failed.hostName} could not ${failed.operation} (exit code ${failed.exitCode})${why}`,
    { detail: said },
  );
}
