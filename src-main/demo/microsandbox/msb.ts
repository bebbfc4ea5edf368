import { createHash } from 'node:crypto';
import type { SimulatedTool } from '../machine';
import type { OptionSpec } from '../options';
import { failed, succeeded, type CommandResult } from '../result';
import { error, format, json, options, quiet, stamp, usage } from './cli';
import { runSandboxes, startFailure } from './sandboxes';
import type { MsbModel, MsbSandboxState, MsbSnapshotState, MsbVolumeState } from './model';

/** msb 0.7.2, as far as Holdfast and a curious person use it. Its texts are those of the captures. */

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

const moment = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
function sizeText(bytes: number): string {
  return bytes % gibibyte === 0 ? `${bytes / gibibyte} GiB` : `${Math.round(bytes / mebibyte)} MiB`;
}

function badName(name: string): string | null {
  if (name === '') return 'invalid config: volume name must not be empty';
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)
    ? null
    : `invalid config: volume name must start with an alphanumeric character and contain only alphanumeric characters, dots, hyphens, and underscores: ${name}`;
}

/** Mebibytes, or why not. */
function sizeOf(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([Gg])$|^(\d+)([Mm]?)$/.exec(text);
  if (match === null) return null;
  return match[1] !== undefined ? Math.floor(Number(match[1]) * 1024) : Number(match[3]);
}

function createVolume(model: MsbModel, words: readonly string[], nowMs: number): CommandResult {
  const specs: OptionSpec[] = [
    { key: 'name', names: ['-n', '--name'], takesValue: true },
    { key: 'kind', names: ['--kind'], takesValue: true },
    { key: 'size', names: ['--size'], takesValue: true },
    quiet,
  ];
  return options(words, specs, ({ flags, values, operands }) => {
    const kind = values.get('kind') ?? 'dir';
    if (kind !== 'dir' && kind !== 'disk') {
      return usage(`invalid value '${kind}' for '--kind <KIND>'\n  [possible values: dir, disk]`);
    }
    const [positional] = operands;
    const option = values.get('name');
    if (positional !== undefined && option !== undefined && positional !== option) {
      return error(`volume name specified twice with different values: ${positional} and ${option}`);
    }
    const name = positional ?? option;
    if (name === undefined) return error('volume create requires a name');
    const sizeText = values.get('size');
    if (kind === 'disk' && sizeText === undefined) return error('--size is required with --kind disk');
    if (kind === 'dir' && sizeText !== undefined) {
      return error('--size is only supported with --kind disk until directory quotas are enforced');
    }
    const mib = sizeText === undefined ? null : sizeOf(sizeText);
    if (sizeText !== undefined && mib === null) {
      return error('invalid size (expected e.g. 512M, 1G): invalid digit found in string');
    }
    const bad = badName(name);
    if (bad !== null) return error(bad);
    if (name.length > 250) return error('io error: File name too long (os error 36)');
    if (model.heldLocks.has(name)) return { ...error('interrupted'), delayMs: 60_000 };
    if (model.folders.has(name) || model.volumes.some((each) => each.name === name)) {
      return error(`volume already exists: ${name}`);
    }
    if (mib !== null && mib < 68) {
      return error('failed to create disk.raw: image size is too small for ext4 formatting');
    }
    model.addVolume(
      {
        name,
        kind,
        quotaMib: null,
        capacityBytes: mib === null ? null : mib * mebibyte,
        labels: [],
        createdAtMs: nowMs,
      },
      kind === 'dir'
        ? { actualBytes: 4096, apparentBytes: 4096, changedAtMs: nowMs }
        : { actualBytes: 1_085_440, apparentBytes: (mib ?? 0) * mebibyte + 4096, changedAtMs: nowMs },
    );
    return { ...succeeded(flags.has('quiet') ? '' : `${name}\n`), delayMs: kind === 'disk' ? 120 : 15 };
  });
}

function listVolumes(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [format, quiet], ({ flags, values }) => {
    const rows = model.newest(model.volumes);
    if (values.has('format')) {
      return json(
        rows.map(({ name, kind, quotaMib, capacityBytes, createdAtMs }) => ({
          capacity_bytes: capacityBytes,
          created_at: stamp(createdAtMs),
          disk_format: kind === 'disk' ? 'raw' : null,
          disk_fstype: kind === 'disk' ? 'ext4' : null,
          kind,
          name,
          quota_mib: quotaMib,
          used_bytes: 0,
        })),
      );
    }
    if (flags.has('quiet')) return succeeded(rows.map(({ name }) => `${name}\n`).join(''));
    if (rows.length === 0) return { ...succeeded(), stderr: 'No volumes found.\n' };
    const limit = ({ capacityBytes, quotaMib }: MsbVolumeState): string =>
      capacityBytes !== null
        ? sizeText(capacityBytes)
        : quotaMib !== null
          ? sizeText(quotaMib * mebibyte)
          : '-';
    const table = [
      ['NAME', 'KIND', 'SIZE', 'CREATED'],
      ...rows.map((row) => [row.name, row.kind, limit(row), moment(row.createdAtMs)]),
    ];
    const widths = [0, 1, 2].map((at) => Math.max(...table.map((row) => row[at]?.length ?? 0)) + 4);
    return succeeded(
      table.map((row) => `${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('')}\n`).join(''),
    );
  });
}

function inspectVolume(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [], ({ operands: [name = ''] }) => {
    const volume = model.volumes.find((each) => each.name === name);
    if (volume === undefined) return error(`volume not found: ${name}`);
    const { kind, quotaMib, capacityBytes, labels, createdAtMs } = volume;
    const path = `${model.volumesFolder}/${name}${kind === 'disk' ? '/disk.raw' : ''}`;
    const lines: [string, string][] = [
      ['Name', name],
      ['Kind', kind],
      ...(kind === 'disk'
        ? ([
            ['Format', 'raw'],
            ['Filesystem', 'ext4'],
            ['Capacity', sizeText(capacityBytes ?? 0)],
          ] as [string, string][])
        : ([['Quota', quotaMib === null ? 'unlimited' : sizeText(quotaMib * mebibyte)]] as [
            string,
            string,
          ][])),
      ['Path', path],
      ['Created', moment(createdAtMs)],
      ['Labels', labels.map(([key, value]) => `${key}=${value}`).join(', ') || '-'],
    ];
    return succeeded(lines.map(([key, value]) => `${`${key}:`.padEnd(16)}${value}\n`).join(''), 8);
  });
}

const active = new Set<MsbSandboxState['status']>(['Running', 'Draining', 'Paused']);

/** Why it is not removed; null: it was. */
function removeOne(model: MsbModel, name: string): string | null {
  const at = model.volumes.findIndex((volume) => volume.name === name);
  if (at < 0) return `volume not found: ${name}`;
  if (model.heldDisks.has(name)) {
    return `invalid config: volume "${name}" is currently attached by a running sandbox`;
  }
  const user = model.sandboxes.find(
    ({ status, mounts }) => active.has(status) && mounts.some(({ volume }) => volume === name),
  );
  if (user !== undefined) {
    return `invalid config: volume "${name}" is attached to active sandbox "${user.name}"`;
  }
  model.volumes.splice(at, 1);
  model.folders.delete(name);
  return null;
}

function removeVolumes(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [quiet], ({ flags, operands }) => {
    if (operands.length === 0) {
      return failed(
        2,
        "error: the following required arguments were not provided:\n  <NAMES>...\n\nUsage: msb volume remove <NAMES>...\n\nFor more information, try '--help'.\n",
      );
    }
    // It waits for the lock of a name without an end.
    const waits = operands.some((name) => model.heldLocks.has(name));
    if (waits) return { ...failed(1, ''), delayMs: Number.POSITIVE_INFINITY };
    const told = operands.map((name) => ({ name, why: removeOne(model, name) }));
    const stderr = told
      .map(({ name, why }) => (why === null ? `   ✓ Removed      ${name}\n` : `error: ${why}\n`))
      .join('');
    return {
      ...succeeded('', 20),
      exitCode: told.some(({ why }) => why !== null) ? 1 : 0,
      stderr: flags.has('quiet') ? '' : stderr,
    };
  });
}

const recorded = (model: MsbModel): MsbSnapshotState[] =>
  model.snapshots.filter(({ unrecorded }) => unrecorded !== true);

function listSnapshots(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [format], ({ values }) => {
    const rows = model.newest(recorded(model));
    if (!values.has('format')) {
      return rows.length === 0
        ? { ...succeeded(), stderr: 'No snapshots indexed.\n' }
        : succeeded(rows.map(({ group, name }) => `${group}:${name}\n`).join(''));
    }
    return json(
      rows.map(({ group, name, id, digest, image, sizeBytes, createdAtMs, parentId }) => ({
        artifact_path: `${model.home}/snapshots/${group}/${id}`,
        availability: 'ready',
        checkpoint_manifest_digest: null,
        created_at: stamp(createdAtMs),
        digest,
        format: 'raw',
        fstype: 'ext4',
        group,
        image_ref: image,
        locality: 'embedded',
        migration_error_code: null,
        migration_state: 'canonical',
        name,
        parent_digest: parentId,
        reference: `${model.home}/snapshots/${group}/${id}`,
        reference_kind: 'path',
        scope: 'disk',
        size_bytes: sizeBytes,
        snapshot_id: id,
        state_kind: 'file',
      })),
    );
  });
}

function createSnapshot(model: MsbModel, words: readonly string[], nowMs: number): CommandResult {
  const from: OptionSpec = { key: 'from', names: ['--from-sandbox'], takesValue: true };
  const integrity: OptionSpec = { key: 'integrity', names: ['--integrity'] };
  return options(words, [from, integrity, quiet], ({ values, flags, operands: [name = 'snap'] }) => {
    const sandbox = model.sandboxes.find((each) => each.name === values.get('from'));
    if (sandbox === undefined) return error(`sandbox not found: ${values.get('from') ?? ''}`);
    if (!sandbox.oci) {
      return error(
        `invalid config: sandbox '${sandbox.name}' has no OCI image pinned; only OCI-rooted sandboxes can be snapshotted`,
      );
    }
    const hash = createHash('sha256').update(`${sandbox.name} ${name} ${nowMs}`).digest('hex');
    const id = `snap_${hash.slice(0, 32)}`;
    const same = model.snapshots.find((each) => each.group === sandbox.name && each.name === name);
    if (same !== undefined) {
      return error(
        `snapshot already exists: snapshot name '${name}' conflicts between ${same.id} and ${id} in this group`,
      );
    }
    const head = model.heads.get(sandbox.name) ?? null;
    const snapshot: MsbSnapshotState = {
      ...{ group: sandbox.name, name, id, image: sandbox.image, createdAtMs: nowMs },
      digest: `sha256:${hash}`,
      sizeBytes: 256 * mebibyte,
      source: sandbox.name,
      parentId: head,
      integrity: flags.has('integrity') ? createHash('sha256').update(hash).digest('hex') : null,
    };
    model.addSnapshot(snapshot);
    return {
      ...succeeded(`${id}\n${model.pathOf(snapshot)}\n`, 300),
      stderr: `   ✓ Snapshotted  ${sandbox.name}\ngroup ${sandbox.name}: head ${id} (${head === null ? 'Initialized' : 'FastForwarded'})\n`,
    };
  });
}

const referenceOf = ({ group, name }: { group: string; name: string }): string => `${group}:${name}`;

/** By the one operand that most of them take. */
function ofSnapshot(
  model: MsbModel,
  operands: readonly string[],
  work: (snapshot: MsbSnapshotState) => CommandResult,
): CommandResult {
  const [reference = ''] = operands;
  const snapshot = recorded(model).find((each) => referenceOf(each) === reference);
  return snapshot === undefined ? error(`snapshot not found: ${reference}`) : work(snapshot);
}

const integrityWords = (hash: string): string => `msb-file-merkle-blake3-v1 blake3:${hash}`;
const lines = (fields: readonly (readonly [string, string])[]): string =>
  fields.map(([key, value]) => `${`${key}:`.padEnd(16)}${value}\n`).join('');
const goneFile = (model: MsbModel, snapshot: MsbSnapshotState): CommandResult =>
  error(
    `snapshot integrity check failed: missing upper file: ${model.pathOf(snapshot)}/layers/layer.raw: No such file or directory (os error 2)`,
  );

function inspectSnapshot(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [], ({ operands }) =>
    ofSnapshot(model, operands, (snapshot) => {
      if (snapshot.damaged === 'gone') return goneFile(model, snapshot);
      const { id, digest, image, parentId, createdAtMs, sizeBytes, integrity, source } = snapshot;
      const manifest = model.images.find(({ reference }) => reference === image)?.digest ?? digest;
      return succeeded(
        lines([
          ['Snapshot ID', id],
          ['Descriptor Digest', digest],
          ['Reference', model.pathOf(snapshot)],
          ['Image', image],
          ['Image Manifest', manifest],
          ['Scope', 'disk'],
          ['Root Disk', 'managed'],
          ['Parent', parentId ?? '-'],
          ['Created', moment(createdAtMs)],
          ['State', 'file'],
          ['Format', 'raw'],
          ['Filesystem', 'ext4'],
          ['Virtual Size', `${(sizeBytes / mebibyte).toFixed(1)} MiB`],
          ['Layers', '1'],
          ['Head Integrity', integrity === null ? 'not recorded' : integrityWords(integrity)],
          ['Source Sandbox', source],
        ]),
        8,
      );
    }),
  );
}

function verifySnapshot(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [], ({ operands }) =>
    ofSnapshot(model, operands, (snapshot) => {
      const { digest, integrity, damaged } = snapshot;
      if (damaged === 'gone') return goneFile(model, snapshot);
      if (damaged === 'changed' && integrity !== null) {
        const other = createHash('sha256').update('changed').digest('hex');
        return error(
          `snapshot integrity check failed: upper integrity mismatch: descriptor=blake3:${integrity}, file=blake3:${other}`,
        );
      }
      return succeeded(
        lines([
          ['Digest', digest],
          ['Path', model.pathOf(snapshot)],
          ['Verification', integrity === null ? 'not recorded' : `verified (${integrityWords(integrity)})`],
        ]),
        600,
      );
    }),
  );
}

function headOf(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [format], ({ values, operands: [selector = ''] }) => {
    const [group = '', member] = selector.split(':');
    const previous = model.heads.get(group);
    if (previous === undefined) return error('io error: No such file or directory (os error 2)');
    const chosen = recorded(model).find((each) => each.group === group && each.name === member);
    if (member !== undefined && chosen === undefined) return error(`snapshot not found: ${selector}`);
    const head = chosen?.id ?? previous;
    model.heads.set(group, head);
    const changed = head !== previous;
    return values.has('format')
      ? json({ group, previous, head, reason: changed ? 'selected' : 'unchanged', changed })
      : succeeded(
          lines([
            ['Group', group],
            ['Previous head', previous],
            ['Head', head],
            ['Reason', changed ? 'Selected' : 'Unchanged'],
          ]),
        );
  });
}

/** The archive of that path; null: it lies elsewhere. */
function archiveName(model: MsbModel, path: string): string | null {
  const folder = `${model.archivesFolder}/`;
  const name = path.startsWith(folder) ? path.slice(folder.length) : '';
  return name === '' || name.includes('/') ? null : name;
}

function saveSnapshot(model: MsbModel, words: readonly string[], nowMs: number): CommandResult {
  const withImage: OptionSpec = { key: 'image', names: ['--with-image'] };
  return options(words, [withImage], ({ flags, operands }) =>
    ofSnapshot(model, operands, (snapshot) => {
      const path = operands[1] ?? '';
      const name = archiveName(model, path);
      if (name === null) return error('io error: Permission denied (os error 13)');
      model.hasArchives = true;
      // As msb does: over whatever is there.
      model.archives.set(name, {
        sizeBytes: Math.round(snapshot.sizeBytes / 3),
        changedAtMs: nowMs,
        snapshots: [snapshot],
        images: flags.has('image')
          ? model.images.filter(({ reference }) => reference === snapshot.image)
          : [],
      });
      return succeeded(`${path}\n`, 900);
    }),
  );
}

function loadSnapshots(model: MsbModel, words: readonly string[]): CommandResult {
  const groups: OptionSpec = { key: 'group', names: ['--group'], takesValue: true };
  return options(words, [groups], ({ values, operands: [path = ''] }) => {
    const archive = model.archives.get(archiveName(model, path) ?? '');
    if (archive === undefined) return error('io error: No such file or directory (os error 2)');
    const [snapshot] = archive.snapshots;
    if (snapshot === undefined) return error('archive truncated mid-record');
    const group = values.get('group') ?? 'msb-b16fcffd';
    const had = model.heads.get(group);
    const there = model.snapshots.some((each) => each.group === group && each.id === snapshot.id);
    const loaded: MsbSnapshotState = { ...snapshot, group, parentId: null };
    if (!there) model.snapshots.push(loaded);
    if (had === undefined) model.heads.set(group, snapshot.id);
    const reason = had === undefined ? 'Initialized' : 'Unchanged';
    return {
      ...succeeded(`${snapshot.digest}\n${model.pathOf(loaded)}\n`, 900),
      stderr: `group ${group}: head ${model.heads.get(group) ?? ''} (${reason})\n`,
    };
  });
}

function reindex(model: MsbModel): CommandResult {
  for (const snapshot of model.snapshots) delete snapshot.unrecorded;
  return succeeded(`indexed ${model.snapshots.length} snapshot(s) from ${model.home}/snapshots\n`, 60);
}

function loadImage(model: MsbModel, words: readonly string[]): CommandResult {
  const inputs: OptionSpec = { key: 'input', names: ['-i', '--input'], takesValue: true };
  return options(words, [inputs, quiet], ({ values }) => {
    const path = values.get('input') ?? '';
    const archive = model.archives.get(archiveName(model, path) ?? '');
    if (archive === undefined) return error(`cache error at ${path}: No such file or directory (os error 2)`);
    if (archive.images.length === 0) return error('failed to read entire block');
    for (const image of archive.images) {
      const at = model.images.findIndex(({ reference }) => reference === image.reference);
      if (at >= 0) model.images.splice(at, 1);
      model.images.push(image);
    }
    return {
      ...succeeded('', 700),
      stderr: archive.images.map(({ reference }) => `   ✓ Loaded       ${reference}\n`).join(''),
    };
  });
}

function removeSnapshot(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [quiet], ({ operands }) =>
    ofSnapshot(model, operands, (snapshot) => {
      const { id, group } = snapshot;
      const children = recorded(model).filter((each) => each.group === group && each.parentId === id);
      if (children.length > 0) {
        return error(
          `snapshot ${id} has ${children.length} indexed child snapshot(s); pass --force to remove anyway`,
        );
      }
      model.snapshots.splice(model.snapshots.indexOf(snapshot), 1);
      return { ...succeeded('', 40), stderr: `   ✓ Removed      ${referenceOf(snapshot)}\n` };
    }),
  );
}

function restore(model: MsbModel, words: readonly string[], nowMs: number): CommandResult {
  const named: OptionSpec = { key: 'name', names: ['-n', '--name'], takesValue: true };
  return options(words, [named], ({ values, operands: [reference = ''] }) => {
    const snapshot = recorded(model).find((each) => referenceOf(each) === reference);
    if (snapshot === undefined) return error(`snapshot not found: ${reference}`);
    const name = values.get('name') ?? '';
    model.sandboxes.push({
      name,
      image: snapshot.image,
      status: model.virtualised ? 'Running' : 'Stopped',
      createdAtMs: nowMs,
      mounts: [],
      oci: true,
    });
    return model.virtualised ? succeeded(`${name}\n`, 900) : startFailure(name);
  });
}

function listImages(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [format], ({ values }) => {
    if (!values.has('format')) {
      return model.images.length === 0
        ? { ...succeeded(), stderr: 'No images found.\n' }
        : succeeded(model.images.map(({ reference }) => `${reference}\n`).join(''));
    }
    return json(
      model.newest(model.images).map(({ reference, digest, sizeBytes, layers, createdAtMs }) => ({
        architecture: 'amd64',
        created_at: stamp(createdAtMs),
        digest,
        layer_count: layers,
        os: 'linux',
        reference,
        size_bytes: sizeBytes,
      })),
    );
  });
}

function doctor(model: MsbModel): CommandResult {
  const lines = [
    'info Platform: Linux x86_64',
    'info Version: v0.7.2',
    `info MSB_HOME: ${model.home}`,
    '   ✓ msb          /opt/microsandbox/bin/msb',
    '   ✓ libkrunfw    /opt/microsandbox/lib/libkrunfw.so.5.6.1',
    ...(model.virtualised
      ? ['   ✓ CPU virt     found', '   ✓ KVM device   /dev/kvm', '   ✓ KVM access   read/write']
      : ['   ✗ CPU virt     not found', 'error: CPU virtualization is not available']),
  ];
  return { ...failed(model.virtualised ? 0 : 1, `${lines.join('\n')}\n`), delayMs: 20 };
}

function showContext(model: MsbModel, words: readonly string[]): CommandResult {
  return options(words, [format], ({ values }) =>
    values.has('format')
      ? json({ kind: model.backend, source: 'default' })
      : succeeded(`FIELD      VALUE\nBackend    ${model.backend}\nSource     default\n`),
  );
}

/** One call of msb. */
export function runMsb(model: MsbModel, words: readonly string[], nowMs: number): CommandResult {
  const [first = '', ...rest] = words;
  if (first === '--version') return succeeded('msb 0.7.2\n');
  if (first === 'doctor') return doctor(model);
  if (first === 'context' || first === 'ctx') return showContext(model, rest);
  const ofSandboxes = runSandboxes(model, first, rest, nowMs);
  if (ofSandboxes !== null) return ofSandboxes;
  if (first === 'load') return loadImage(model, rest);
  if (first === 'restore') return restore(model, rest, nowMs);
  if (['volumes', 'vols'].includes(first) && (rest[0] ?? '-').startsWith('-'))
    return listVolumes(model, rest);
  const [verb = '', ...operands] = rest;
  const noun = ['volumes', 'vols', 'vol'].includes(first) ? 'volume' : first;
  switch (`${noun} ${verb}`) {
    case 'volume create':
      return createVolume(model, operands, nowMs);
    case 'volume ls':
      return listVolumes(model, operands);
    case 'volume inspect':
      return inspectVolume(model, operands);
    case 'volume rm':
      return removeVolumes(model, operands);
    case 'snapshot ls':
      return listSnapshots(model, operands);
    case 'snapshot create':
      return createSnapshot(model, operands, nowMs);
    case 'snapshot rm':
      return removeSnapshot(model, operands);
    case 'snapshot inspect':
      return inspectSnapshot(model, operands);
    case 'snapshot verify':
      return verifySnapshot(model, operands);
    case 'snapshot head':
      return headOf(model, operands);
    case 'snapshot save':
      return saveSnapshot(model, operands, nowMs);
    case 'snapshot load':
      return loadSnapshots(model, operands);
    case 'snapshot reindex':
      return reindex(model);
    case 'image ls':
      return listImages(model, operands);
    default:
      return failed(
        2,
        `error: unrecognized subcommand '${noun === 'volume' ? verb : first}'\n\nUsage: msb ${noun === 'volume' ? 'volume ' : ''}[OPTIONS] <COMMAND>\n\nFor more information, try '--help'.\n`,
      );
  }
}

export function msbTool(model: MsbModel): SimulatedTool {
  return {
    name: 'msb',
    folder: '/usr/local/bin',
    run: (words, { nowMs }) => runMsb(model, words, nowMs),
  };
}
