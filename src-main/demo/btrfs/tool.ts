import type { SimulatedTool } from '../machine';
import { failed, succeeded, type CommandResult } from '../result';
import { exclusiveOf, noErrors, type BtrfsModel, type Place } from './model';
import {
  balanceText,
  deviceUsageText,
  listText,
  quotasText,
  replaceText,
  scrubText,
  missingWarnings,
  showSubvolumeText,
  showText,
  statsText,
  usageText,
} from './reports';
import { progressOf, type DemoFilesystem, type Work } from './types';

const minute = 60_000;
/** How long the work of the demo takes: long enough to be watched, short enough to be seen to its end. */
export const scrubMs = 45 * minute;
const balanceMs = 4 * minute;
const replaceMs = 6 * minute;
const removeMs = 3 * minute;

interface Call {
  model: BtrfsModel;
  nowMs: number;
  root: boolean;
}

const newWork = (nowMs: number, durationMs: number): Work => ({
  state: 'running',
  startedAtMs: nowMs,
  sinceMs: nowMs,
  doneBefore: 0,
  durationMs,
  endedAtMs: null,
});

function stop(work: Work, state: 'paused' | 'canceled', nowMs: number): void {
  work.doneBefore = progressOf(work, nowMs);
  work.state = state;
  work.endedAtMs = nowMs;
}

/** The words after the command, with `--` before the operands where the caller sends it. */
function operands(words: readonly string[], count: number): string[] | null {
  const rest = words[0] === '--' ? words.slice(1) : [...words];
  return rest.length === count ? rest : null;
}

const throughId = ({ filesystem, mount }: Place): number =>
  filesystem.subvolumes.find(({ path }) => `/${path}` === mount.root)?.id ?? 5;

type Run = (place: Place, call: Call, path: string) => CommandResult;

/** Reads of one mounted file system, by the words before its path. */
const reads: Record<string, Run> = {
  'filesystem usage -b': ({ filesystem }) => succeeded(usageText(filesystem), 14),
  'device usage -b': ({ filesystem }) => succeeded(deviceUsageText(filesystem), 12),
  'device stats': ({ filesystem }) => succeeded(statsText(filesystem), 5),
  'subvolume list -pcguqR': (place) => succeeded(listText(place.filesystem, 'all', throughId(place)), 18),
  'subvolume list -su': (place) => succeeded(listText(place.filesystem, 'snapshots', throughId(place)), 14),
  'subvolume list -ru': (place) => succeeded(listText(place.filesystem, 'read-only', throughId(place)), 14),
  'subvolume show -r 5': ({ filesystem }) => succeeded(showSubvolumeText(filesystem, null), 6),
  'subvolume get-default': ({ filesystem }) => {
    const found = filesystem.subvolumes.find(({ id }) => id === filesystem.defaultId);
    return succeeded(
      found === undefined
        ? 'ID 5 (FS_TREE)\n'
        : `ID ${found.id} gen ${found.generation} top level ${found.parentId} path ${found.path}\n`,
      4,
    );
  },
  'qgroup show --raw -re': ({ filesystem }) =>
    filesystem.quotas
      ? succeeded(quotasText(filesystem), 9)
      : failed(1, "ERROR: can't list qgroups: quotas not enabled\n"),
  'scrub status --raw': ({ filesystem }, { nowMs }) => succeeded(scrubText(filesystem, nowMs), 6),
  'balance status': ({ filesystem }, { nowMs }, path) => ({
    ...succeeded(balanceText(filesystem, path, nowMs), 5),
    exitCode: filesystem.balance === null ? 0 : 1,
  }),
  'replace status -1': ({ filesystem }, { nowMs }) => succeeded(replaceText(filesystem, nowMs), 5),
};

function busy(
  filesystem: DemoFilesystem,
  what: string,
  allowed: readonly string[] = [],
): CommandResult | null {
  const running = exclusiveOf(filesystem);
  return running === 'none' || allowed.includes(running)
    ? null
    : failed(1, `ERROR: unable to start ${what}, another exclusive operation '${running}' in progress\n`);
}

function scrub(verb: string, filesystem: DemoFilesystem, path: string, nowMs: number): CommandResult {
  const running = filesystem.scrub?.state === 'running';
  const says = (word: string): CommandResult =>
    succeeded(`scrub ${word} on ${path}, fsid ${filesystem.uuid} (pid=${1000 + (nowMs % 30000)})\n`, 20);
  if (verb === 'cancel') {
    if (!running || filesystem.scrub === null) {
      return failed(2, `ERROR: scrub cancel failed on ${path}: not running\n`);
    }
    stop(filesystem.scrub, 'canceled', nowMs);
    return succeeded('scrub cancelled\n', 200);
  }
  if (running) {
    return failed(
      1,
      `ERROR: Scrub is already running.\nTo cancel use 'btrfs scrub cancel ${path}'.\nTo see the status use 'btrfs scrub status [-d] ${path}'\n`,
    );
  }
  if (verb === 'start') {
    filesystem.scrub = newWork(nowMs, scrubMs);
    return says('started');
  }
  if (filesystem.scrub === null || filesystem.scrub.state === 'finished') {
    return failed(2, '', `scrub: nothing to resume for ${path}, fsid ${filesystem.uuid}\n`);
  }
  Object.assign(filesystem.scrub, { state: 'running', sinceMs: nowMs, endedAtMs: null });
  return says('resumed');
}

function balance(words: readonly string[], call: Call): CommandResult | null {
  const [verb = '', ...rest] = words;
  if (verb === 'start') {
    const path = rest.at(-1) ?? '';
    const flags = rest.slice(0, -2);
    const filters =
      flags.length === 2 && /^-dusage=\d+$/.test(flags[0] ?? '') && /^-musage=\d+$/.test(flags[1] ?? '');
    const full = flags.length === 1 && flags[0] === '--full-balance';
    const filesystem = call.model.filesystemAt(path);
    if (rest.at(-2) !== '--' || !(filters || full) || filesystem === null) return null;
    const refused = busy(filesystem, 'balance');
    if (refused !== null) return refused;
    const raw = filesystem.chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
    const all = Math.max(4, Math.ceil(raw / 1024 ** 3));
    if (filters && flags[0] === '-dusage=0')
      return succeeded(`Done, had to relocate 0 out of ${all} chunks\n`, 300);
    filesystem.balance = {
      ...newWork(call.nowMs, full ? balanceMs * 10 : balanceMs),
      chunkCount: full ? all : Math.max(4, Math.round(all / 50)),
    };
    // It runs on; btrfs itself would wait for its end.
    return succeeded('', 800);
  }
  const [path = ''] = operands(rest, 1) ?? [];
  const filesystem = call.model.filesystemAt(path);
  if (filesystem === null) return null;
  const current = filesystem.balance;
  switch (verb) {
    case 'pause':
      if (current?.state !== 'running') {
        return failed(2, `ERROR: balance pause on '${path}' failed: Not running\n`);
      }
      stop(current, 'paused', call.nowMs);
      return succeeded('', 900);
    case 'resume':
      if (current?.state !== 'paused') {
        return failed(2, `ERROR: balance resume on '${path}' failed: Not in progress\n`);
      }
      Object.assign(current, { state: 'running', sinceMs: call.nowMs, endedAtMs: null });
      return succeeded('', 500);
    case 'cancel':
      if (current === null) return failed(2, `ERROR: balance cancel on '${path}' failed: Not in progress\n`);
      filesystem.balance = null;
      return succeeded('', 900);
    default:
      return null;
  }
}

const noFile = (path: string): CommandResult =>
  failed(1, `ERROR: cannot access '${path}': No such file or directory\n`);
const folderOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));

/** What stands against something new at a path, in the words of btrfs; null: nothing. */
function cannotMake(path: string, call: Call): CommandResult | null {
  const folder = folderOf(path);
  if (!call.model.isFolder(folder)) return noFile(folder);
  return call.model.placeOf(folder) === null ? failed(1, `ERROR: not a btrfs filesystem: ${folder}\n`) : null;
}

function createSubvolume(path: string, call: Call): CommandResult {
  const { model, nowMs, root } = call;
  if (model.isFolder(path)) return failed(1, `ERROR: target path already exists: ${path}\n`);
  const wrong = cannotMake(path, call);
  if (wrong !== null) return wrong;
  const place = model.placeOf(path);
  if (place === null) return failed(1, `ERROR: not a btrfs filesystem: ${folderOf(path)}\n`);
  const says = `Create subvolume '${path}'\n`;
  if (!root) return failed(1, 'ERROR: cannot create subvolume: Permission denied\n', says);
  if (model.holder(place)?.readOnly === true) {
    return failed(1, 'ERROR: cannot create subvolume: Read-only file system\n', says);
  }
  model.addSubvolume(place.filesystem, place.inner, { createdAtMs: nowMs });
  return succeeded(says, 30);
}

function snapshot(source: string, destination: string, readOnly: boolean, call: Call): CommandResult {
  const { model, nowMs } = call;
  if (!model.isFolder(source)) return failed(1, 'ERROR: Could not statfs: No such file or directory\n');
  const from = model.placeOf(source);
  const origin = from === null ? null : model.subvolumeAt(from);
  if (from === null) return failed(1, `ERROR: not a btrfs filesystem: ${source}\n`);
  if (origin === null && from.inner !== '') {
    return failed(1, 'ERROR: Not a Btrfs subvolume: Invalid argument\n');
  }
  // An existing directory: the snapshot goes inside it.
  const target = model.isFolder(destination)
    ? `${destination}/${source.slice(source.lastIndexOf('/') + 1)}`
    : destination;
  const wrong = cannotMake(target, call);
  if (wrong !== null) return wrong;
  const place = model.placeOf(target);
  if (place === null) return failed(1, `ERROR: not a btrfs filesystem: ${folderOf(target)}\n`);
  const says = `Create a ${readOnly ? 'readonly ' : ''}snapshot of '${source}' in '${target}'\n`;
  if (place.filesystem !== from.filesystem) {
    return failed(1, `ERROR: cannot snapshot '${source}': Invalid cross-device link\n`, says);
  }
  if (model.holder(place)?.readOnly === true) {
    return failed(1, `ERROR: cannot snapshot '${source}': Read-only file system\n`, says);
  }
  model.addSnapshot(place.filesystem, origin, place.inner, { createdAtMs: nowMs, readOnly });
  return succeeded(says, 120);
}

function deleteSubvolume(path: string, { model, root }: Call): CommandResult {
  if (!model.isFolder(path)) return failed(1, 'ERROR: Could not statfs: No such file or directory\n');
  const place = model.placeOf(path);
  const found = place === null ? null : model.subvolumeAt(place);
  if (place === null || place.mount.target === path) {
    return failed(1, `ERROR: not a btrfs filesystem: ${folderOf(path)}\n`);
  }
  if (found === null) return failed(1, 'ERROR: Not a Btrfs subvolume: Invalid argument\n');
  if (place.filesystem.defaultId === found.id) {
    return failed(1, `WARNING: not deleting default subvolume id ${found.id} '${path}'\n`);
  }
  const says = `Delete subvolume (commit): '${path}'\n`;
  if (!root) {
    return failed(
      1,
      "WARNING: cannot read default subvolume id: Operation not permitted\nERROR: Could not destroy subvolume/snapshot: Operation not permitted\nWARNING: deletion failed with EPERM, you don't have permissions or send may be in progress\n",
      says,
    );
  }
  if (place.filesystem.subvolumes.some((other) => other.path.startsWith(`${found.path}/`))) {
    return failed(1, 'ERROR: Could not destroy subvolume/snapshot: Directory not empty\n', says);
  }
  model.removeSubvolume(place.filesystem, found);
  return succeeded(says, 180);
}

/** Files that were written since, as many as the snapshot's own space suggests. */
function findNew(words: readonly string[], { model }: Call): CommandResult | null {
  const [path = '', since = ''] = operands(words, 2) ?? [];
  const place = model.placeOf(path);
  const found = place === null ? null : model.subvolumeAt(place);
  if (place === null || found === null)
    return failed(1, 'ERROR: Could not statfs: No such file or directory\n');
  // What is not frozen is written to all the time.
  const upTo = found.readOnly ? found.generation : place.filesystem.generation;
  const from = Number(since);
  const count = from >= upTo ? 0 : Math.min(40, 3 + ((upTo - from) % 37));
  const lines = Array.from({ length: count }, (_, index) => {
    const generation = Math.min(upTo, from + 1 + index);
    const folder = index % 3 === 0 ? '' : `2026/${String(1 + (generation % 12)).padStart(2, '0')}/`;
    const length = 4096 * (1 + ((generation * 7919) % 900));
    return `inode ${257 + index} file offset 0 len ${length} disk start ${13_893_632 + index * 4_194_304} offset 0 gen ${generation} flags NONE ${folder}IMG_${4000 + ((generation * 31) % 900)}.jpg\n`;
  });
  return succeeded(`${lines.join('')}transid marker was ${upTo}\n`, 120);
}

function subvolume(words: readonly string[], call: Call): CommandResult | null {
  const [verb, ...rest] = words;
  if (verb === 'find-new') return findNew(rest, call);
  if (verb === 'create') {
    const [path] = operands(rest, 1) ?? [];
    return path === undefined ? null : createSubvolume(path, call);
  }
  if (verb === 'delete') {
    const [path] = rest[0] === '--commit-after' ? (operands(rest.slice(1), 1) ?? []) : [];
    return path === undefined ? null : deleteSubvolume(path, call);
  }
  if (verb === 'snapshot') {
    const readOnly = rest[0] === '-r';
    const [source, destination] = operands(readOnly ? rest.slice(1) : rest, 2) ?? [];
    return source === undefined || destination === undefined
      ? null
      : snapshot(source, destination, readOnly, call);
  }
  if (verb === 'show') {
    const [path] = operands(rest, 1) ?? [];
    if (path === undefined) return null;
    if (!call.model.isFolder(path)) {
      return failed(1, `ERROR: cannot find real path for '${path}': No such file or directory\n`);
    }
    const place = call.model.placeOf(path);
    if (place === null) return failed(1, 'ERROR: Not a Btrfs filesystem: Invalid argument\n');
    const found = call.model.subvolumeAt(place);
    return found === null && place.inner !== ''
      ? failed(1, 'ERROR: Not a Btrfs subvolume: Invalid argument\n')
      : succeeded(showSubvolumeText(place.filesystem, found), 6);
  }
  return null;
}

function property(words: readonly string[], { model }: Call): CommandResult | null {
  const [path, name, value] =
    words.slice(0, 4).join(' ') === 'set -t subvol --' && words.length === 7 ? words.slice(4) : [];
  if (path === undefined || name !== 'ro' || (value !== 'true' && value !== 'false')) return null;
  const place = model.placeOf(path);
  const found = place === null ? null : model.subvolumeAt(place);
  if (found === null) return failed(1, 'ERROR: Could not open: No such file or directory\n');
  if (value === 'false' && found.readOnly && found.receivedUuid !== null) {
    return failed(1, 'ERROR: cannot flip ro->rw with received_uuid set, use force if you really want that\n');
  }
  found.readOnly = value === 'true';
  return succeeded('', 8);
}

function holds(path: string, { model }: Call): CommandResult | null {
  const disk = model.diskOf(path);
  if (disk === null) {
    return failed(1, `ERROR: checking status of ${path}: No such file or directory\n`);
  }
  const type = model.ownerOf(disk) === null ? disk.content?.type : 'btrfs';
  return type === undefined
    ? null
    : failed(
        1,
        `ERROR: ${path} appears to contain an existing filesystem (${type})\nERROR: use the -f option to force overwrite of ${path}\n`,
      );
}

function device(words: readonly string[], call: Call): CommandResult | null {
  const [verb, ...rest] = words;
  const [first, path] = operands(rest, 2) ?? [];
  const filesystem = path === undefined ? null : call.model.filesystemAt(path);
  if (first === undefined || filesystem === null) return null;
  if (verb === 'add') {
    const refused = holds(first, call) ?? busy(filesystem, 'device add', ['balance paused']);
    const disk = call.model.diskOf(first);
    if (refused !== null || disk === null) return refused;
    call.model.addDevice(filesystem, disk);
    return succeeded('', 900);
  }
  if (verb !== 'remove') return null;
  const refused = busy(filesystem, 'device remove');
  if (refused !== null) return refused;
  const found = filesystem.devices.find(({ id }) => String(id) === first);
  if (found === undefined)
    return failed(1, `ERROR: error removing devid ${first}: No such file or directory\n`);
  if (filesystem.chunks.some(({ profile }) => profile === 'RAID1') && filesystem.devices.length <= 2) {
    return failed(1, `ERROR: error removing devid ${first}: unable to go below two devices on raid1\n`);
  }
  filesystem.removing = { ...newWork(call.nowMs, removeMs), deviceId: found.id };
  return succeeded('', 900);
}

function replace(words: readonly string[], call: Call): CommandResult | null {
  const [verb, ...rest] = words;
  if (verb === 'cancel') {
    const [path] = operands(rest, 1) ?? [];
    const filesystem = path === undefined ? null : call.model.filesystemAt(path);
    if (filesystem === null) return null;
    if (filesystem.replace?.state !== 'running') {
      return failed(2, '', `INFO: ioctl(DEV_REPLACE_CANCEL)"${path}": not started\n`);
    }
    stop(filesystem.replace, 'canceled', call.nowMs);
    filesystem.devices = filesystem.devices.filter(({ id }) => id !== 0);
    return succeeded('', 400);
  }
  const [source, target, path] = operands(rest[0] === '-r' ? rest.slice(1) : rest, 3) ?? [];
  const filesystem = path === undefined ? null : call.model.filesystemAt(path);
  if (verb !== 'start' || target === undefined || filesystem === null) return null;
  const found = filesystem.devices.find(({ id }) => String(id) === source);
  if (found === undefined)
    return failed(1, `ERROR: '${source}' is not a valid devid for filesystem '${path}'\n`);
  const refused = holds(target, call) ?? busy(filesystem, 'device replace');
  const disk = call.model.diskOf(target);
  if (refused !== null || disk === null) return refused;
  if (disk.sizeBytes < found.sizeBytes) {
    return failed(1, `ERROR: target device smaller than source device (required ${found.sizeBytes} bytes)\n`);
  }
  const made = {
    id: 0,
    path: disk.path,
    sizeBytes: found.sizeBytes,
    missing: false,
    allocated: {},
    errors: { ...noErrors },
  };
  filesystem.devices.unshift(made);
  filesystem.replace = { ...newWork(call.nowMs, replaceMs), sourceId: found.id, target: made };
  return succeeded('', 1500);
}

function filesystemVerb(words: readonly string[], call: Call): CommandResult | null {
  const [verb, ...rest] = words;
  if (verb === 'show' && rest.join(' ') === '--raw') {
    const { model, root } = call;
    if (!root) {
      const denied = model.disks.map(({ path }) => `ERROR: cannot open ${path}: Permission denied\n`);
      return { ...succeeded('', 10), stderr: denied.join('') };
    }
    return succeeded(missingWarnings(model.filesystems) + model.filesystems.map(showText).join(''), 25);
  }
  const [first, second] = operands(rest, 2) ?? [];
  if (first === undefined || second === undefined) return null;
  if (verb === 'label') {
    const filesystem = call.model.filesystemAt(first);
    if (filesystem === null) return null;
    filesystem.label = second;
    return succeeded('', 10);
  }
  if (verb !== 'resize') return null;
  const filesystem = call.model.filesystemAt(second);
  const id = /^(\d+):max$/.exec(first)?.[1];
  if (filesystem === null || id === undefined) return null;
  const found = filesystem.devices.find((each) => String(each.id) === id);
  return found === undefined
    ? failed(1, `ERROR: cannot find devid: ${id}\nERROR: unable to resize '${second}': No such device\n`)
    : succeeded(
        `Resize device id ${id} (${found.path}) from ${(found.sizeBytes / 1024 ** 4).toFixed(2)}TiB to max\n`,
        50,
      );
}

function readOf(words: readonly string[], call: Call): CommandResult | null {
  const path = words.at(-1) ?? '';
  const before = words.slice(0, -1).filter((word) => word !== '--');
  const read = reads[before.join(' ')];
  if (read === undefined || !path.startsWith('/')) return null;
  const place = call.model.placeOf(path);
  if (place === null) return failed(1, `ERROR: not a btrfs filesystem: ${path}\n`);
  if (!call.root && /^(?:subvolume|qgroup|device usage)/.test(before.join(' '))) {
    return failed(1, "ERROR: can't perform the search: Operation not permitted\n");
  }
  return read(place, call, path);
}

/** Answers exactly what Holdfast sends of btrfs(8), and refuses everything else. There is no mkfs.btrfs. */
export function btrfsTool(model: BtrfsModel): SimulatedTool {
  return {
    name: 'btrfs',
    folder: '/usr/bin',
    run: (words, { root, nowMs }) => {
      const call: Call = { model, root, nowMs };
      model.live(nowMs);
      const [group, ...rest] = words;
      const answer = ((): CommandResult | null => {
        if (words.join(' ') === 'version') return succeeded('btrfs-progs v6.2\n', 2);
        const read = readOf(words, call);
        if (read !== null) return read;
        switch (group) {
          case 'filesystem':
            return filesystemVerb(rest, call);
          case 'subvolume':
            return subvolume(rest, call);
          case 'property':
            return property(rest, call);
          case 'device':
            return device(rest, call);
          case 'replace':
            return replace(rest, call);
          case 'balance':
            return balance(rest, call);
          case 'scrub': {
            const [verb = '', ...paths] = rest;
            const [path] = operands(paths, 1) ?? [];
            const filesystem = path === undefined ? null : model.filesystemAt(path);
            return path === undefined || filesystem === null || !['start', 'cancel', 'resume'].includes(verb)
              ? null
              : scrub(verb, filesystem, path, nowMs);
          }
          default:
            return null;
        }
      })();
      return answer ?? failed(1, `btrfs: the demo host does not know "${words.join(' ')}"\n`);
    },
  };
}
