import { parseOptions } from '../options';
import { failed, succeeded, type CommandResult } from '../result';
import { complain, missingGroup, parsingError, splitVolumePath, type LvmContext } from './command-text';
import { failureText } from './commands';
import { freeExtents, moveIn, visibleVolumes, type PhysicalVolume, type VolumeGroup } from './volumes';

/** What changes groups by their disks, and the activation of volumes; the words are lvm2's (2.03.16). */

/** A member by any path of its disk. */
function memberOf(
  model: LvmContext['model'],
  path: string,
): { group: VolumeGroup; disk: PhysicalVolume } | null {
  const name = model.findDisk(path)?.path ?? path;
  for (const group of model.groups.values()) {
    const disk = group.disks.find((each) => each.name === name);
    if (disk !== undefined) return { group, disk };
  }
  return null;
}

/** `pvmove -b -i 5 -- FROM [TO]` and `pvmove --abort -- FROM`. */
export function runMove(words: readonly string[], { model, nowMs }: LvmContext): CommandResult {
  const parsed = parseOptions(words, [
    { key: 'background', names: ['-b', '--background'] },
    { key: 'interval', names: ['-i', '--interval'], takesValue: true },
    { key: 'abort', names: ['--abort'] },
  ]);
  if (!parsed.ok) return parsingError('pvmove', parsed.problem);
  const { flags, operands } = parsed.value;
  const [from = '', to] = operands;
  const source = memberOf(model, from);
  if (source === null) return complain(`Failed to find physical volume "${from}".`);
  if (flags.has('abort')) {
    const stopped = model.abortMove(source.group);
    return stopped === null
      ? complain(`${from}: No pvmove in progress - already finished or aborted.`)
      : succeeded('', 300);
  }
  if (!flags.has('background')) return failed(3, '  The demo host moves in the background only (-b).\n');
  const target = to === undefined ? null : memberOf(model, to);
  if (to !== undefined && (target === null || target.group !== source.group)) {
    return complain(`Physical Volume "${to}" not found in Volume Group "${source.group.name}".`);
  }
  const outcome = model.startMove(source.group, source.disk.name, target?.disk.name ?? null, nowMs);
  if (outcome.ok) return succeeded('', 400);
  switch (outcome.failure.reason) {
    case 'no-space':
      return complain(
        `Insufficient free space: ${outcome.failure.neededExtents} extents needed, but only ${outcome.failure.freeExtents} available`,
        `Unable to allocate mirror extents for ${source.group.name}/pvmove0.`,
        'Failed to convert pvmove LV to mirrored.',
      );
    case 'move-running':
      return complain(`Detected pvmove in progress for ${outcome.failure.from}.`);
    default:
      return failureText(source.group, 'pvmove0', outcome.failure);
  }
}

export function runReduce(words: readonly string[], { model }: LvmContext): CommandResult {
  const parsed = parseOptions(words, [{ key: 'missing', names: ['--removemissing'] }]);
  if (!parsed.ok) return parsingError('vgreduce', parsed.problem);
  const [name = '', path = ''] = parsed.value.operands;
  const group = model.groups.get(name);
  if (group === undefined) return complain(...missingGroup(name));
  if (parsed.value.flags.has('missing')) {
    return succeeded(`  Volume group "${name}" is already consistent.\n`, 150);
  }
  const member = memberOf(model, path);
  if (member === null || member.group !== group) return complain(`Failed to find physical volume "${path}".`);
  const { disk } = member;
  if (freeExtents(group, disk.name) < disk.extentCount) {
    return complain(`Physical volume "${disk.name}" still in use`);
  }
  if (group.disks.length === 1) {
    return complain(`Can't remove final physical volume "${disk.name}" from volume group "${name}"`);
  }
  model.reduce(group, disk);
  return succeeded(`  Removed "${disk.name}" from volume group "${name}"\n`, 250);
}

export function runRemoveLabel(words: readonly string[], { model }: LvmContext): CommandResult {
  const parsed = parseOptions(words, []);
  if (!parsed.ok) return parsingError('pvremove', parsed.problem);
  const lines: string[] = [];
  const complaints: string[] = [];
  for (const path of parsed.value.operands) {
    const member = memberOf(model, path);
    const name = model.findDisk(path)?.path ?? path;
    if (member !== null) {
      complaints.push(
        `PV ${name} is used by VG ${member.group.name} so please use vgreduce first.`,
        '(If you are certain you need pvremove, then confirm by using --force twice.)',
        `${name}: physical volume label not removed.`,
      );
    } else if (model.orphans.some((orphan) => orphan.name === name)) {
      model.orphans = model.orphans.filter((orphan) => orphan.name !== name);
      lines.push(`  Labels on physical volume "${path}" successfully wiped.\n`);
    } else complaints.push(`No PV found on device ${path}.`);
  }
  return complaints.length > 0 ? complain(...complaints) : succeeded(lines.join(''), 250);
}

export function runRemoveGroup(words: readonly string[], { model }: LvmContext): CommandResult {
  const parsed = parseOptions(words, []);
  if (!parsed.ok) return parsingError('vgremove', parsed.problem);
  const [name = ''] = parsed.value.operands;
  const group = model.groups.get(name);
  if (group === undefined) return complain(...missingGroup(name));
  const count = visibleVolumes(group).length;
  if (count > 0) {
    return failed(
      5,
      `Do you really want to remove volume group "${name}" containing ${count} logical volumes? [y/n]: [n]\n  Volume group "${name}" not removed\n`,
    );
  }
  model.removeGroup(group);
  return succeeded(`  Volume group "${name}" successfully removed\n`, 300);
}

export function runRenameGroup(words: readonly string[], { model }: LvmContext): CommandResult {
  const parsed = parseOptions(words, []);
  if (!parsed.ok) return parsingError('vgrename', parsed.problem);
  const [from = '', to = ''] = parsed.value.operands;
  const group = model.groups.get(from);
  if (group === undefined) return complain(...missingGroup(from));
  if (model.groups.has(to)) return complain(`New VG name "${to}" already exists`);
  if (moveIn(group) !== null)
    return failed(5, '  The demo host renames no group while data of it is moved.\n');
  model.renameGroup(group, to);
  return succeeded(`  Volume group "${from}" successfully renamed to "${to}"\n`, 300);
}

/** `lvchange -ay [-K] -- VG/LV` and `lvchange -an -- VG/LV`. */
export function runActivation(words: readonly string[], { model, nowMs }: LvmContext): CommandResult {
  const parsed = parseOptions(words, [
    { key: 'activate', names: ['-a', '--activate'], takesValue: true },
    { key: 'skip', names: ['-K'] },
  ]);
  if (!parsed.ok) return parsingError('lvchange', parsed.problem);
  const { flags, values, operands } = parsed.value;
  const { group: groupName, volume: volumeName } = splitVolumePath(operands[0] ?? '');
  const group = model.groups.get(groupName);
  if (group === undefined) return complain(...missingGroup(groupName));
  const volume = group.volumes.get(volumeName ?? '');
  if (volume === undefined || volume.kind === 'part') {
    return complain(`Failed to find logical volume "${groupName}/${volumeName ?? ''}"`);
  }
  if (volume.kind === 'cow') {
    return complain(`Operation not permitted on LV ${groupName}/${volume.name}.`);
  }
  if (values.get('activate') === 'y') {
    // Without -K a volume with the flag is passed over in silence (seen with 2.03.16).
    if (volume.kind === 'thin' && volume.skipActivation && !flags.has('skip')) return succeeded('', 120);
    model.activate(group, volume, nowMs);
    return succeeded('', 220);
  }
  const outcome = model.deactivate(group, volume);
  return outcome.ok ? succeeded('', 220) : failureText(group, volume.name, outcome.failure);
}
