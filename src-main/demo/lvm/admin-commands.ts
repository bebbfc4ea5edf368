import { parseOptions } from '../options';
import { failed, succeeded, type CommandResult } from '../result';
import { complain, missingGroup, parsingError, splitVolumePath, type LvmContext } from './command-text';
import type { ThinPoolVolume, VolumeGroup } from './volumes';
import { displaySize, failureText, overcommitWarnings, parseSize } from './commands';

/** What changes groups and volumes beside snapshots; the words are lvm2's (2.03.16). */

function sizeOf(text: string | undefined): number | null {
  return text === undefined ? null : parseSize(text.replace(/^\+/, ''));
}

function groupNotThere(name: string): CommandResult {
  return complain(...missingGroup(name), `Cannot process volume group ${name}`);
}

/** `lvcreate -L SIZE -n NAME VG`, `lvcreate --type thin-pool …` and `lvcreate -V SIZE -T -n NAME VG/POOL`. */
export function runCreateVolume(words: readonly string[], { model, nowMs }: LvmContext): CommandResult {
  const parsed = parseOptions(words, [
    { key: 'yes', names: ['-y', '--yes'] },
    { key: 'thin', names: ['-T', '--thin'] },
    { key: 'size', names: ['-L', '--size'], takesValue: true },
    { key: 'virtual', names: ['-V', '--virtualsize'], takesValue: true },
    { key: 'name', names: ['-n', '--name'], takesValue: true },
    { key: 'type', names: ['--type'], takesValue: true },
    { key: 'metadata', names: ['--poolmetadatasize'], takesValue: true },
  ]);
  if (!parsed.ok) return parsingError('lvcreate', parsed.problem);
  const { flags, values, operands } = parsed.value;
  const name = values.get('name');
  const sizeBytes = sizeOf(values.get('size') ?? values.get('virtual'));
  if (name === undefined || sizeBytes === null || operands.length !== 1) {
    return failed(3, '  The demo host wants a name, a size and one group or pool.\n');
  }
  const { group: groupName, volume: poolName } = splitVolumePath(operands[0] ?? '');
  const group = model.groups.get(groupName);
  if (!['thin-pool', undefined].includes(values.get('type'))) {
    return failed(3, '  The demo host makes linear volumes and thin pools only.\n');
  }
  if (group === undefined) return groupNotThere(groupName);
  if (flags.has('thin')) {
    const pool = poolName === null ? undefined : group.volumes.get(poolName);
    if (pool?.kind !== 'thin-pool') {
      return complain(`Pool ${poolName ?? ''} not found in Volume group ${groupName}.`);
    }
    const outcome = model.createThin(group, pool, name, sizeBytes, nowMs);
    if (!outcome.ok) return failureText(group, name, outcome.failure);
    const { stdout, stderr } = overcommitWarnings(group, pool.name);
    return { ...succeeded(`${stdout}  Logical volume "${name}" created.\n`, 260), stderr };
  }
  const rounded = Math.ceil(sizeBytes / group.extentBytes) * group.extentBytes;
  if (values.get('type') === 'thin-pool') {
    const metadata = sizeOf(values.get('metadata'));
    const outcome = model.createThinPool(group, name, sizeBytes, metadata, nowMs);
    if (!outcome.ok) return failureText(group, name, outcome.failure);
    return succeeded(
      `  Thin pool volume with chunk size 64.00 KiB can address at most <15.88 TiB of data.\n  Logical volume "${name}" created.\n`,
      420,
    );
  }
  const outcome = model.createLinear(group, name, sizeBytes, nowMs);
  if (!outcome.ok) return failureText(group, name, outcome.failure);
  const note =
    rounded === sizeBytes ? '' : `  Rounding up size to full physical extent ${displaySize(rounded)}\n`;
  return succeeded(`${note}  Logical volume "${name}" created.\n`, 240);
}

function noSpace(failure: { neededExtents: number; freeExtents: number }): CommandResult {
  return complain(
    `Insufficient free space: ${failure.neededExtents} extents needed, but only ${failure.freeExtents} available`,
  );
}

function extendMetadata(
  model: LvmContext['model'],
  group: VolumeGroup,
  pool: ThinPoolVolume,
  bytes: number,
): CommandResult {
  const outcome = model.extendMetadata(group, pool, bytes);
  if (!outcome.ok) {
    return outcome.failure.reason === 'no-space'
      ? noSpace(outcome.failure)
      : failureText(group, pool.name, outcome.failure);
  }
  const shown = (size: number): string =>
    `${displaySize(size)} (${Math.round(size / group.extentBytes)} extents)`;
  const path = `${group.name}/${pool.metadataPart}`;
  return succeeded(
    `  Size of logical volume ${path} changed from ${shown(pool.metadataBytes)} to ${shown(outcome.value)}.\n  Logical volume ${path} successfully resized.\n`,
    300,
  );
}

export function runExtend(words: readonly string[], { model }: LvmContext): CommandResult {
  const parsed = parseOptions(words, [
    { key: 'size', names: ['-L', '--size'], takesValue: true },
    { key: 'resize', names: ['-r', '--resizefs'] },
    { key: 'metadata', names: ['--poolmetadatasize'], takesValue: true },
  ]);
  if (!parsed.ok) return parsingError('lvextend', parsed.problem);
  const { flags, values, operands } = parsed.value;
  const bytes = sizeOf(values.get('size'));
  const { group: groupName, volume: volumeName } = splitVolumePath(operands[0] ?? '');
  const group = model.groups.get(groupName);
  if (group === undefined) return groupNotThere(groupName);
  const volume = group.volumes.get(volumeName ?? '');
  if (volume === undefined || volume.kind === 'part') {
    return complain(`Logical volume ${volumeName ?? ''} not found in volume group ${groupName}.`);
  }
  const metadata = sizeOf(values.get('metadata'));
  if (metadata !== null && volume.kind === 'thin-pool') return extendMetadata(model, group, volume, metadata);
  if (bytes === null) return failed(3, '  Invalid argument for --size.\n');
  const path = `${groupName}/${volume.name}`;
  const snapshots = [...group.volumes.values()].some(
    (each) => each.kind === 'cow' && each.origin === volume.name,
  );
  if (snapshots && volume.minor !== null) {
    return complain('Snapshot origin volumes can be resized only while inactive: try lvchange -an.');
  }
  if (
    flags.has('resize') &&
    (volume.kind === 'thin-pool' || !('use' in volume) || volume.use !== 'mounted')
  ) {
    return complain(
      `fsadm: Cannot get FSTYPE of "/dev/mapper/${groupName}-${volume.name}".`,
      'Filesystem check failed.',
    );
  }
  const outcome = model.extend(group, volume, bytes);
  if (!outcome.ok) {
    return outcome.failure.reason === 'no-space'
      ? noSpace(outcome.failure)
      : failureText(group, volume.name, outcome.failure);
  }
  const shown = (size: number): string =>
    `${displaySize(size)} (${Math.round(size / group.extentBytes)} extents)`;
  const rounded = outcome.value - volume.sizeBytes;
  const note =
    rounded === bytes
      ? ''
      : `  Rounding size to boundary between physical extents: ${displaySize(rounded)}.\n`;
  return succeeded(
    `${note}  Size of logical volume ${path} changed from ${shown(volume.sizeBytes)} to ${shown(outcome.value)}.\n  Logical volume ${path} successfully resized.\n`,
    300,
  );
}

export function runRename(words: readonly string[], { model }: LvmContext): CommandResult {
  const parsed = parseOptions(words, []);
  if (!parsed.ok) return parsingError('lvrename', parsed.problem);
  const [groupName = '', from = '', to = ''] = parsed.value.operands;
  const group = model.groups.get(groupName);
  if (group === undefined) return groupNotThere(groupName);
  const volume = group.volumes.get(from);
  if (volume === undefined || volume.kind === 'part') {
    return complain(`Existing logical volume "${groupName}/${from}" not found.`);
  }
  const outcome = model.rename(group, volume, to);
  if (!outcome.ok) return failureText(group, to, outcome.failure);
  return succeeded(`  Renamed "${from}" to "${to}" in volume group "${groupName}"\n`, 180);
}

/** vgcreate and vgextend. */
export function runJoin(
  tool: 'vgcreate' | 'vgextend',
  words: readonly string[],
  { model }: LvmContext,
): CommandResult {
  const parsed = parseOptions(words, []);
  if (!parsed.ok) return parsingError(tool, parsed.problem);
  const [name = '', ...paths] = parsed.value.operands;
  const there = model.groups.has(name);
  if (tool === 'vgcreate' && there) return complain(`A volume group called ${name} already exists.`);
  if (tool === 'vgextend' && !there) return groupNotThere(name);
  const disks = paths.map((path) => ({ asked: path, disk: model.findDisk(path) }));
  const missing = disks.find(({ disk }) => disk === null);
  if (missing !== undefined) {
    return complain(`No device found for ${missing.asked}.`, 'Command requires all devices to be found.');
  }
  const taken = disks.find(({ disk }) => disk?.free === false);
  if (taken !== undefined) {
    return complain(`Can't open ${taken.disk?.path ?? ''} exclusively.  Mounted filesystem?`);
  }
  model.addDisks(
    name,
    disks.flatMap(({ disk }) => (disk === null ? [] : [disk])),
  );
  const made = disks.map(({ asked }) => `  Physical volume "${asked}" successfully created.\n`).join('');
  const verb = tool === 'vgcreate' ? 'created' : 'extended';
  return succeeded(`${made}  Volume group "${name}" successfully ${verb}\n`, 400);
}
