import { parseOptions, type OptionSpec } from '../options';
import { failed, succeeded, type CommandResult } from '../result';
import {
  complain,
  missingGroup,
  nonRootComplaint,
  nonRootWarning,
  parsingError,
  splitVolumePath,
  type LvmContext,
} from './command-text';
import { runCreateVolume, runExtend, runJoin, runRename } from './admin-commands';
import {
  runActivation,
  runMove,
  runReduce,
  runRemoveGroup,
  runRemoveLabel,
  runRenameGroup,
} from './disk-commands';
import { largestCowBytes, type LvmFailure, type LvmModel } from './model';
import { runReport } from './report-commands';
import { freeExtents, thinsIn, type LogicalVolume, type VolumeGroup } from './volumes';

/** Answers lvm2 for what Holdfast sends and no more. */
export const lvmTools = [
  'lvm',
  'vgs',
  'lvs',
  'pvs',
  'lvcreate',
  'lvremove',
  'lvconvert',
  'lvextend',
  'lvrename',
  'vgcreate',
  'vgextend',
  'vgreduce',
  'vgremove',
  'vgrename',
  'pvmove',
  'pvremove',
  'lvchange',
] as const;
export type LvmTool = (typeof lvmTools)[number];

/** lvcreate looks for the kernel's targets first, and says so (seen with 2.03.16). */
const nonRootCreate = [
  nonRootWarning.trimEnd(),
  '  /dev/mapper/control: open failed: Permission denied',
  '  Failure to communicate with kernel device-mapper driver.',
  '  Incompatible libdevmapper 1.02.185 (2022-05-18) and kernel driver (unknown version).',
  '  snapshot: Required device-mapper target(s) not detected in your kernel.',
  "  Run `lvcreate --help' for more information.",
  '',
].join('\n');
const versionText =
  '  LVM version:     2.03.16(2) (2022-05-18)\n' +
  '  Library version: 1.02.185 (2022-05-18)\n' +
  '  Driver version:  4.47.0\n' +
  '  Configuration:   ./configure --build=x86_64-linux-gnu --prefix=/usr --with-thin=internal --enable-udev_sync\n';

const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `12.00 MiB`, `<1.49 GiB` where rounding made it more: lvm2's own sizes in sentences. */
export function displaySize(bytes: number): string {
  let index = 0;
  while (bytes / 1024 ** index >= 1024 && index < binaryUnits.length - 1) index += 1;
  const exact = bytes / 1024 ** index;
  const text = exact.toFixed(2);
  const sign = Number(text) > exact ? '<' : '';
  return `${sign}${text} ${binaryUnits[index]}`;
}

/** Bytes of `512M`, `1g`, `100` (mebibytes); null where lvm2 would not read it. */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([bskmgtpBSKMGTP]?)$/.exec(text);
  if (match === null) return null;
  const unit = (match[2] ?? '').toLowerCase() || 'm';
  const factor = unit === 'b' ? 1 : unit === 's' ? 512 : 1024 ** ('kmgtp'.indexOf(unit) + 1);
  return Math.ceil(Number(match[1]) * factor);
}

/** What lvm2 says when thin volumes could outgrow their pool: partly on stdout, partly on stderr. */
export function overcommitWarnings(
  group: VolumeGroup,
  pool: string | null,
): { stdout: string; stderr: string } {
  const pools = [...group.volumes.values()].filter((volume) => volume.kind === 'thin-pool');
  const concerned = pool === null ? pools : pools.filter((volume) => volume.name === pool);
  const sum = concerned.reduce(
    (total, { name }) => total + thinsIn(group, name).reduce((bytes, thin) => bytes + thin.sizeBytes, 0),
    0,
  );
  const room = concerned.reduce((total, volume) => total + volume.sizeBytes, 0);
  if (concerned.length === 0 || sum <= room) return { stdout: '', stderr: '' };
  const groupBytes = group.disks.reduce((bytes, disk) => bytes + disk.extentCount, 0) * group.extentBytes;
  const freeBytes = freeExtents(group) * group.extentBytes;
  const which = pool === null ? 'thin pools' : `thin pool ${group.name}/${pool}`;
  const beyond =
    sum > groupBytes
      ? ` and the size of whole volume group (${displaySize(groupBytes)})`
      : freeBytes === 0
        ? ' and no free space in volume group'
        : room + freeBytes < sum
          ? ` and the amount of free space in volume group (${displaySize(freeBytes)})`
          : ` (${displaySize(room)})`;
  return {
    stdout:
      '  WARNING: You have not turned on protection against thin pools running out of space.\n' +
      '  WARNING: Set activation/thin_pool_autoextend_threshold below 100 to trigger automatic extension of thin pools before they get full.\n',
    stderr: `  WARNING: Sum of all thin volume sizes (${displaySize(sum)}) exceeds the size of ${which}${beyond}.\n`,
  };
}

export function failureText(group: VolumeGroup, name: string, failure: LvmFailure): CommandResult {
  const path = `${group.name}/${name}`;
  switch (failure.reason) {
    case 'exists':
      return complain(`Logical Volume "${name}" already exists in volume group "${group.name}"`);
    case 'no-space':
      return complain(
        `Volume group "${group.name}" has insufficient free space (${failure.freeExtents} extents): ${failure.neededExtents} required.`,
      );
    case 'in-use':
      return complain(
        `Logical volume ${group.name}/${failure.name} ${failure.use === 'mounted' ? 'contains a filesystem in use' : 'in use'}.`,
      );
    case 'pool-full':
      return complain(
        `WARNING: Thin pool ${group.name}/${failure.pool} is out of data space.`,
        `Cannot create new thin volume, free space in thin pool ${group.name}/${failure.pool} reached threshold.`,
      );
    case 'origin-merging':
      return complain('Snapshots of an origin that has a merging snapshot are not supported.');
    case 'merge-running':
      return complain(
        `Cannot merge snapshot ${path} into the origin ${group.name}/${failure.origin} with merging snapshot ${group.name}/${failure.merging}.`,
      );
    case 'merging-already':
      return complain(
        `Command on LV ${path} is invalid on LV with properties: lv_is_merging_${failure.thin ? 'thin_snapshot' : 'cow'} .`,
        `Command not permitted on LV ${path}.`,
      );
    case 'thin-merging-cannot-go':
      return complain(`Unable to remove ${path}, volume is merged to ${group.name}/${failure.origin}.`);
    case 'merging-cannot-go':
      return complain(`Can't remove merging snapshot logical volume ${path}.`);
    case 'invalid-snapshot':
      return complain(`Unable to merge invalidated snapshot LV ${path}.`);
    case 'not-mergeable':
      return complain(`${path} cannot be merged because --trackchanges was not used.`);
    case 'pool-has-volumes':
      return complain(`Logical volume ${path} in use.`);
    case 'move-running':
      return complain(`Can't remove locked logical volume ${path}.`);
    case 'nothing-to-move':
      return complain(`No data to move for ${group.name}.`);
  }
}

function volumeOperand(
  model: LvmModel,
  operands: readonly string[],
):
  | { ok: true; group: VolumeGroup; volume: LogicalVolume }
  | { ok: false; result: CommandResult; groupName: string; volumeName: string } {
  const { group: groupName, volume: volumeName } = splitVolumePath(operands[0] ?? '');
  const refuse = (result: CommandResult) => ({
    ok: false as const,
    result,
    groupName,
    volumeName: volumeName ?? '',
  });
  if (operands.length !== 1 || volumeName === null) {
    return refuse(failed(3, '  The demo host takes one volume as vg/lv.\n'));
  }
  const group = model.groups.get(groupName);
  if (group === undefined) return refuse(complain(...missingGroup(groupName)));
  const volume = group.volumes.get(volumeName);
  if (volume === undefined) {
    return refuse(complain(`Failed to find logical volume "${groupName}/${volumeName}"`));
  }
  return { ok: true, group, volume };
}

const createOptions: readonly OptionSpec[] = [
  { key: 'snapshot', names: ['-s', '--snapshot'] },
  { key: 'name', names: ['-n', '--name'], takesValue: true },
  { key: 'size', names: ['-L', '--size'], takesValue: true },
];

function runCreate(words: readonly string[], { model, nowMs }: LvmContext): CommandResult {
  const parsed = parseOptions(words, createOptions);
  if (!parsed.ok) return parsingError('lvcreate', parsed.problem);
  const { flags, values, operands } = parsed.value;
  const name = values.get('name');
  if (!flags.has('snapshot') || name === undefined) {
    return failed(3, '  The demo host creates named snapshots only (-s -n).\n');
  }
  if (!/^(?!-)(?!\.{1,2}$)[A-Za-z0-9+_.-]{1,127}$/.test(name)) {
    return failed(
      3,
      `  Name contains invalid character, valid set includes: [a-zA-Z0-9.-_+].\n  Logical volume name "${name}" is invalid.\n  Run \`lvcreate --help' for more information.\n`,
    );
  }
  if (/^(?:snapshot|pvmove)/.test(name)) {
    return failed(
      3,
      `  Names starting "${name.startsWith('pvmove') ? 'pvmove' : 'snapshot'}" are reserved. Please choose a different LV name.\n  Run \`lvcreate --help' for more information.\n`,
    );
  }
  const size = values.get('size');
  const sizeBytes = size === undefined ? null : parseSize(size);
  if (size !== undefined && (sizeBytes === null || sizeBytes === 0)) {
    return failed(
      3,
      '  Invalid argument for --size: ' + size + '\n  Error during parsing of command line.\n',
    );
  }
  const found = volumeOperand(model, operands);
  if (!found.ok) {
    const known = model.groups.has(found.groupName);
    return known && found.volumeName !== ''
      ? complain(`Snapshot origin LV ${found.volumeName} not found in Volume group ${found.groupName}.`)
      : found.result;
  }
  const { group, volume: origin } = found;
  if (origin.kind === 'thin' && sizeBytes === null) {
    const outcome = model.createThinSnapshot(group, origin, name, nowMs);
    if (!outcome.ok) return failureText(group, name, outcome.failure);
    const warnings = overcommitWarnings(group, origin.pool);
    return {
      ...succeeded(`${warnings.stdout}  Logical volume "${name}" created.\n`, 250),
      stderr: warnings.stderr,
    };
  }
  if (origin.kind === 'thin') return complain('The demo host keeps no thick snapshots of thin volumes.');
  if (sizeBytes === null) return complain('Please specify either size or extents with snapshots.');
  if (group.volumes.has(name)) return failureText(group, name, { reason: 'exists' });
  if (origin.kind === 'cow') return complain('Snapshots of snapshots are not supported.');
  if (origin.kind !== 'linear' && origin.kind !== 'raid1') {
    const what = origin.kind === 'thin-pool' ? 'thin pool' : 'internal';
    return complain(`Snapshots of ${what} type volumes are not supported.`);
  }
  const lines: string[] = [];
  const rounded = Math.ceil(sizeBytes / group.extentBytes) * group.extentBytes;
  if (rounded !== sizeBytes) {
    lines.push(`  Rounding up size to full physical extent ${displaySize(rounded)}\n`);
  }
  const largest = Math.ceil(largestCowBytes(origin.sizeBytes) / group.extentBytes) * group.extentBytes;
  if (rounded > largest) {
    lines.push(
      `  Reducing COW size ${displaySize(rounded)} down to maximum usable size ${displaySize(largest)}.\n`,
    );
  }
  const outcome = model.createThickSnapshot(group, origin, name, rounded, nowMs);
  if (!outcome.ok) return { ...failureText(group, name, outcome.failure), stdout: lines.join('') };
  const warnings = overcommitWarnings(group, null);
  return {
    ...succeeded(`${lines.join('')}${warnings.stdout}  Logical volume "${name}" created.\n`, 320),
    stderr: warnings.stderr,
  };
}

function runRemove(words: readonly string[], { model }: LvmContext): CommandResult {
  const parsed = parseOptions(words, [{ key: 'yes', names: ['-y', '--yes'] }]);
  if (!parsed.ok) return parsingError('lvremove', parsed.problem);
  const found = volumeOperand(model, parsed.value.operands);
  if (!found.ok) return found.result;
  const { group, volume } = found;
  const path = `${group.name}/${volume.name}`;
  if (!parsed.value.flags.has('yes') && volume.minor !== null) {
    return failed(
      5,
      `Do you really want to remove active logical volume ${path}? [y/n]: [n]\n  Logical volume ${path} not removed.\n`,
    );
  }
  const outcome = model.remove(group, volume);
  if (!outcome.ok) return failureText(group, volume.name, outcome.failure);
  return succeeded(
    outcome.value.map((name) => `  Logical volume "${name}" successfully removed.\n`).join(''),
    280,
  );
}

function runConvert(words: readonly string[], { model, nowMs }: LvmContext): CommandResult {
  const parsed = parseOptions(words, [{ key: 'merge', names: ['--merge'] }]);
  if (!parsed.ok) return parsingError('lvconvert', parsed.problem);
  if (!parsed.value.flags.has('merge')) return failed(3, '  The demo host knows lvconvert --merge only.\n');
  const found = volumeOperand(model, parsed.value.operands);
  if (!found.ok) return found.result;
  const { group, volume } = found;
  const path = `${group.name}/${volume.name}`;
  const outcome = model.merge(group, volume, nowMs);
  if (!outcome.ok) return failureText(group, volume.name, outcome.failure);
  const merge = outcome.value;
  const origin = `${group.name}/${merge.origin}`;
  switch (merge.kind) {
    case 'deferred-thick':
      return succeeded(
        `  Delaying merge since ${merge.because} is open.\n  Merging of snapshot ${path} will occur on next activation of ${origin}.\n`,
        200,
      );
    case 'started':
      return {
        ...succeeded(`  ${origin}: Merged: 100.00%\n`, merge.durationMs),
        progress: [{ afterMs: 120, stdout: `  Merging of volume ${path} started.\n` }],
      };
    case 'deferred-thin':
      return {
        ...succeeded(
          `  Delaying merge since ${merge.because === 'origin' ? 'origin volume' : 'snapshot'} is open.\n` +
            `  Merging of thin snapshot ${path} will occur on next activation of ${origin}.\n`,
          220,
        ),
        stderr: `  Logical volume ${group.name}/${merge.blocking} ${merge.use === 'mounted' ? 'contains a filesystem in use' : 'in use'}.\n`,
      };
    case 'replaced':
      return succeeded(`  Volume ${path} replaced origin ${origin}.\n`, 260);
  }
}

export function runLvm(tool: LvmTool, words: readonly string[], context: LvmContext): CommandResult {
  context.model.settle(context.nowMs);
  if (words[0] === '--version' || (tool === 'lvm' && words[0] === 'version')) {
    return { ...succeeded(versionText, 15), stderr: context.root ? '' : nonRootWarning };
  }
  switch (tool) {
    case 'lvm':
      return failed(3, `  No such command '${words[0] ?? ''}'.  Try 'help'.\n`);
    case 'vgs':
    case 'lvs':
    case 'pvs':
      return runReport(tool, words, context);
    case 'lvcreate':
    case 'lvremove':
    case 'lvconvert':
    case 'lvextend':
    case 'lvrename':
    case 'vgcreate':
    case 'vgextend':
    case 'vgreduce':
    case 'vgremove':
    case 'vgrename':
    case 'pvmove':
    case 'pvremove':
    case 'lvchange': {
      if (!context.root) return tool === 'lvcreate' ? failed(3, nonRootCreate) : failed(5, nonRootComplaint);
      const run = {
        lvcreate: (given: readonly string[], on: LvmContext) =>
          given.includes('-s') ? runCreate(given, on) : runCreateVolume(given, on),
        lvremove: runRemove,
        lvconvert: runConvert,
        lvextend: runExtend,
        lvrename: runRename,
        vgcreate: (given: readonly string[], on: LvmContext) => runJoin('vgcreate', given, on),
        vgextend: (given: readonly string[], on: LvmContext) => runJoin('vgextend', given, on),
        vgreduce: runReduce,
        vgremove: runRemoveGroup,
        vgrename: runRenameGroup,
        pvmove: runMove,
        pvremove: runRemoveLabel,
        lvchange: runActivation,
      }[tool];
      return run(words, context);
    }
  }
}
