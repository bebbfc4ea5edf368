import { locateScript } from '../core/ssh/locate';
import { parseCommandLine } from './command-line';
import { fileTools } from './file-tools';
import { lvmTools, runLvm, type LvmTool } from './lvm/commands';
import type { LvmModel } from './lvm/model';
import { failed, succeeded, type CommandResult } from './result';
import { snapshotFiles } from './snapshot-files';
import { runZfs } from './zfs/commands';
import { runZpool } from './zfs/pool-commands';
import { systemTools, type FailedUnit } from './system-tools';
import type { VirtualFiles } from './virtual-files';
import type { ZfsModel } from './zfs/model';

/** One more tool of a simulated host, over whatever model its maker closed over. */
export interface SimulatedTool {
  name: string;
  folder: '/usr/sbin' | '/usr/bin' | '/usr/local/bin';
  /** Of several of one name, which of them answers. Left out: whatever no other one takes. */
  takes?(words: readonly string[]): boolean;
  run(words: readonly string[], context: { root: boolean; nowMs: number; stdin: string }): CommandResult;
}

/** A Linux host as one login of it sees it: which tools there are, and what sudo lets through. */
export interface MachineOptions {
  user: string;
  zfs?: ZfsModel;
  lvm?: LvmModel;
  tools?: readonly SimulatedTool[];
  /** What SFTP shows. Left out: the snapshots of ZFS, if there is any. */
  files?: VirtualFiles;
  /** What systemd lists as failed. */
  failedUnits?: readonly FailedUnit[];
  /** Whether sudoers names this tool with these arguments. Left out: every simulated tool. */
  sudoAllows?: (tool: string, words: readonly string[]) => boolean;
  /** Life on the host between two commands; called before each. */
  live?: (nowMs: number) => void;
  nowMs: () => number;
}

export interface Machine {
  readonly user: string;
  /** What SFTP shows; null: no file transfer. */
  readonly files: VirtualFiles | null;
  /** Answers one command line as `sh -c` under this login. Never throws for anything a client sends. */
  run(commandLine: string, stdin?: string): CommandResult;
  /** True for a command that does nothing before its input has ended. */
  readsInput?(commandLine: string): boolean;
}

const sbin = '/usr/sbin';
const sudoPath = '/usr/bin/sudo';
/** What a non-login shell of Debian looks through: the sbin folders are not among them. */
const userPath = ['/usr/local/bin', '/usr/bin', '/bin'];
/** sudo(8) -V as another user than root (1.9.13p3). */
const sudoVersion =
  'Sudo version 1.9.13p3\nSudoers policy plugin version 1.9.13p3\nSudoers file grammar version 50\nSudoers I/O plugin version 1.9.13p3\nSudoers audit plugin version 1.9.13p3\n';
const passwordNeeded = 'sudo: a password is required\n';

function isLvmTool(name: string): name is LvmTool {
  return lvmTools.some((tool) => tool === name);
}

export function createMachine(options: MachineOptions): Machine {
  const { zfs, lvm } = options;
  const tools = new Map<string, string>([['sudo', sudoPath]]);
  for (const tool of zfs === undefined ? [] : ['zfs', 'zpool']) tools.set(tool, `${sbin}/${tool}`);
  for (const tool of lvm === undefined ? [] : lvmTools) tools.set(tool, `${sbin}/${tool}`);
  const simulated: readonly SimulatedTool[] = [
    ...systemTools(options.failedUnits ?? []),
    ...(zfs === undefined ? [] : fileTools(zfs)),
    ...(options.tools ?? []),
  ];
  const simulatedFor = (name: string, words: readonly string[]): SimulatedTool | undefined => {
    const own = simulated.filter((tool) => tool.name === name);
    return (
      own.find((tool) => tool.takes?.(words) === true) ?? own.findLast(({ takes }) => takes === undefined)
    );
  };
  for (const { name, folder } of simulated) tools.set(name, `${folder}/${name}`);

  const toolOf = (command: string, searchPath: readonly string[]): string | null => {
    const name = command.slice(command.lastIndexOf('/') + 1);
    const path = tools.get(name);
    if (path === undefined) return null;
    const reachable = command.includes('/')
      ? command === path
      : searchPath.some((folder) => path === `${folder}/${name}`);
    return reachable ? name : null;
  };

  const runTool = (tool: string, words: readonly string[], root: boolean, stdin: string): CommandResult => {
    const nowMs = options.nowMs();
    options.live?.(nowMs);
    if (zfs !== undefined && tool === 'zfs') return runZfs(words, { model: zfs, root, nowMs });
    if (zfs !== undefined && tool === 'zpool') return runZpool(words, { model: zfs, root, nowMs });
    if (lvm !== undefined && isLvmTool(tool)) return runLvm(tool, words, { model: lvm, root, nowMs });
    return (
      simulatedFor(tool, words)?.run(words, { root, nowMs, stdin }) ??
      failed(127, `sh: 1: ${tool}: not found\n`)
    );
  };

  const runSudo = (words: readonly string[], stdin: string): CommandResult => {
    const rest = [...words];
    let patient = true;
    let asks = false;
    while (rest[0]?.startsWith('-') === true) {
      const option = rest.shift();
      if (option === '--') break;
      if (option === '-V') return succeeded(sudoVersion);
      if (option === '-l') {
        asks = true;
        continue;
      }
      if (option !== '-n') return failed(1, `sudo: invalid option -- '${option?.slice(1)}'\n`);
      patient = false;
    }
    const [command, ...operands] = rest;
    if (command === undefined) return failed(1, 'usage: sudo -h | -K | -k | -V\n');
    if (patient) {
      return failed(
        1,
        `sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\n${passwordNeeded}`,
      );
    }
    const tool = toolOf(command, [sbin, ...userPath]);
    if (asks) {
      const allowed = tool !== null && tool !== 'sudo' && options.sudoAllows?.(tool, operands) !== false;
      return allowed ? succeeded(`${[command, ...operands].join(' ')}\n`) : failed(1, '');
    }
    if (tool === 'sudo') return failed(1, passwordNeeded);
    // What is not in sudoers is refused before it is looked for, but for plain names that exist nowhere.
    if (tool === null) {
      return command.includes('/') && !command.startsWith(`${sbin}/`)
        ? failed(1, passwordNeeded)
        : failed(1, `sudo: ${command}: command not found\n`);
    }
    if (options.sudoAllows?.(tool, operands) === false) return failed(1, passwordNeeded);
    return runTool(tool, operands, true, stdin);
  };

  const runShell = (words: readonly string[]): CommandResult => {
    const [flag, script, marker = '', ...names] = words;
    // The one script that Holdfast sends, and no other.
    if (flag !== '-c' || script !== locateScript) return failed(126, 'sh: 1: sh: Permission denied\n');
    const paths = names.flatMap((name) => tools.get(name) ?? []);
    return succeeded([marker, ...paths, ''].join('\n'), 2);
  };

  return {
    user: options.user,
    files: options.files ?? (zfs === undefined ? null : snapshotFiles(zfs)),
    // Of the tools here only tee(1) reads any.
    readsInput: (commandLine) => /(?:^|[ /])tee /.test(commandLine),
    run: (commandLine, stdin = '') => {
      const parsed = parseCommandLine(commandLine);
      if (!parsed.ok) return failed(2, `sh: 1: ${parsed.complaint}\n`);
      const [command, ...words] = parsed.words;
      if (command === undefined) return succeeded();
      if (command === 'sudo' || command === sudoPath) return runSudo(words, stdin);
      if (command === 'sh') return runShell(words);
      const tool = toolOf(command, userPath);
      if (tool === null) return failed(127, `sh: 1: ${command}: not found\n`);
      return runTool(tool, words, false, stdin);
    },
  };
}
