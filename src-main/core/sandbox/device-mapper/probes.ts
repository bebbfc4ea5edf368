import type { Probe } from '../../storage/backend';
import {
  dmInfoArgv,
  dmStatusArgv,
  dmTablesArgv,
  dmTargetsArgv,
  dmVersionArgv,
  listFilesArgv,
  losetupListArgv,
  readMetasArgv,
  readSettingsArgv,
  readSpaceArgv,
} from './commands';
import { parseSettings, type SandboxSettings } from './meta';
import {
  parseInfo,
  parseLoops,
  parseMetas,
  parseSpace,
  parseStatus,
  parseTables,
  parseTargets,
  parseVersion,
} from './parse';
import { parseFiles } from '../stat-listing';
import { worldOf, type SandboxWorld } from './world';

const megabyte = 1024 * 1024;

function probe(id: string, argv: readonly string[], more: Partial<Probe> = {}): Probe {
  return {
    id: `dm.${id}`,
    argv,
    privileged: true,
    acceptExitCodes: [0],
    timeoutSeconds: 30,
    maxOutputBytes: 16 * megabyte,
    ...more,
  };
}

/** What tells whether a host can have these volumes at all. */
export const supportProbes = {
  version: probe('version', dmVersionArgv, { acceptExitCodes: [0, 1] }),
  targets: probe('targets', dmTargetsArgv, { acceptExitCodes: [0, 1] }),
} as const;

/** Without it nothing may be touched: it says which devices and files are ours. */
export const settingsProbe = probe('settings', readSettingsArgv, {
  privileged: false,
  acceptExitCodes: [0, 1],
});

export const deviceProbes = {
  info: probe('info', dmInfoArgv),
  tables: probe('tables', dmTablesArgv),
  statuses: probe('statuses', dmStatusArgv),
  loops: probe('loops', losetupListArgv),
} as const;

/** What lies in the folder that the settings name. */
export function fileProbes({ root }: SandboxSettings) {
  return {
    files: probe('files', listFilesArgv(root), { acceptExitCodes: [0, 1] }),
    metas: probe('metas', readMetasArgv(root), { acceptExitCodes: [0, 1, 2] }),
    space: probe('space', readSpaceArgv(root), { acceptExitCodes: [0, 1] }),
  } as const;
}

export interface Output {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** `null`: it can. Else why not, in a sentence, and what would lift it. */
export function supportOf(version: Output, targets: Output): { text: string; remedy: string } | null {
  if (parseVersion(version.stdout).driver === null || version.exitCode !== 0) {
    return {
      text: 'The kernel of this host has no device-mapper, so it can have no sandbox volumes of this kind.',
      remedy: 'Load the module dm_mod (modprobe dm_mod), or boot a kernel that has it.',
    };
  }
  if (targets.exitCode !== 0 || !parseTargets(targets.stdout).has('snapshot')) {
    return {
      text: 'The kernel of this host has device-mapper, but not its snapshot target (dm_snapshot).',
      remedy: 'Load it: modprobe dm_snapshot. To have it at every start, name it in /etc/modules-load.d.',
    };
  }
  return null;
}

export function settingsOf({ exitCode, stdout, stderr }: Output): SandboxSettings {
  return parseSettings(exitCode, stdout, stderr);
}

/** The world from everything that was read of it. Throws AppError `unexpected-output`. */
export function worldFrom(
  settings: SandboxSettings,
  outputs: Record<keyof typeof deviceProbes | keyof ReturnType<typeof fileProbes>, Output>,
): SandboxWorld {
  const files = parseFiles(settings.root, outputs.files);
  return worldOf({
    settings,
    devices: parseInfo(outputs.info.stdout),
    tables: parseTables(outputs.tables.stdout),
    statuses: parseStatus(outputs.statuses.stdout),
    loops: parseLoops(outputs.loops.stdout),
    files,
    // Without the folder grep and df have nothing to read, and say so by their exit codes.
    metas: parseMetas(settings.root, outputs.metas.stdout),
    space: outputs.space.exitCode === 0 ? parseSpace(outputs.space.stdout) : null,
  });
}
