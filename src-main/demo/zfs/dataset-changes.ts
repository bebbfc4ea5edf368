import type { ParsedOptions } from '../options';
import { failed, succeeded, type CommandResult } from '../result';
import type { ZfsContext } from './command-options';
import { poolNameOf, splitAt, volumeReservation, type ZfsModel } from './model';
import type { Dataset } from './types';

/** Changes of datasets, holds, bookmarks and properties, with the answers of zfs(8) of OpenZFS 2.1.11. */

const missing = (name: string): CommandResult => failed(1, `cannot open '${name}': dataset does not exist\n`);
const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));

const factors: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** `10G` in bytes, `none` as 0; null where it is no size. */
function bytesOf(text: string): number | null {
  if (text === 'none') return 0;
  const [, number, unit = ''] = /^(\d+)([KMGT]?)$/.exec(text) ?? [];
  return number === undefined ? null : Number(number) * (factors[unit] ?? 1);
}

const words: Readonly<Record<string, string>> = {
  compression:
    'on | off | lzjb | gzip | gzip-[1-9] | zle | lz4 | zstd | zstd-[1-19] | zstd-fast | zstd-fast-[1-10,20,30,40,50,60,70,80,90,100,500,1000]',
  atime: 'on | off',
  readonly: 'on | off',
  snapdir: 'hidden | visible',
  sync: 'standard | always | disabled',
};
const known =
  /^(?:on|off|lzjb|gzip(?:-[1-9])?|zle|lz4|zstd(?:-(?:[1-9]|1\d|fast))?|hidden|visible|standard|always|disabled)$/;
const onlyFilesystem = new Set(['atime', 'snapdir', 'quota', 'refquota', 'recordsize']);

/** Sets one property; the tool's complaint, or null when it was set. */
function setOne(model: ZfsModel, dataset: Dataset, property: string, value: string): string | null {
  const says = (text: string): string => `cannot set property for '${dataset.name}': ${text}\n`;
  const volume = dataset.type === 'volume';
  if ((volume && onlyFilesystem.has(property)) || (!volume && property === 'volsize')) {
    return says(`'${property}' does not apply to datasets of this type`);
  }
  const list = words[property];
  if (list !== undefined) {
    if (!known.test(value)) return says(`'${property}' must be one of '${list}'`);
    dataset.own.set(property, value);
    return null;
  }
  const bytes = bytesOf(value);
  if (bytes === null) return says(`bad numeric value '${value}'`);
  const totals = model.totalsOf(dataset);
  switch (property) {
    case 'recordsize':
      if (bytes < 512 || bytes > 1024 ** 2 || (bytes & (bytes - 1)) !== 0) {
        return says("'recordsize' must be power of 2 from 512B to 1M");
      }
      dataset.own.set('recordsize', String(bytes));
      return null;
    case 'quota':
      if (bytes > 0 && bytes < totals.usedBytes)
        return says('size is less than current used or reserved space');
      dataset.quotaBytes = bytes;
      break;
    case 'refquota':
      if (bytes > 0 && bytes < totals.space.referencedBytes) {
        return says('size is less than current used or reserved space');
      }
      dataset.own.set('refquota', String(bytes));
      return null;
    case 'reservation':
      if (bytes > totals.availableBytes + totals.usedBytes)
        return says('size is greater than available space');
      dataset.own.set('reservation', String(bytes));
      return null;
    case 'refreservation':
      if (bytes > totals.availableBytes + totals.usedBytes)
        return says('size is greater than available space');
      dataset.reservedBytes = bytes;
      break;
    case 'volsize': {
      const grown = bytes - (dataset.volumeBytes ?? 0);
      if (dataset.reservedBytes > 0 && grown > totals.availableBytes) {
        return says('size is greater than available space');
      }
      dataset.volumeBytes = bytes;
      if (dataset.reservedBytes > 0) dataset.reservedBytes = volumeReservation(bytes, dataset.blockBytes);
      break;
    }
    default:
      return says(`invalid property '${property}'`);
  }
  model.changed(dataset);
  return null;
}

/** What stands in the way of a new dataset; null: nothing. */
function obstacle(model: ZfsModel, name: string): CommandResult | null {
  const parent = model.dataset(parentOf(name));
  if (model.dataset(name) !== undefined) {
    return failed(1, `cannot create '${name}': dataset already exists\n`);
  }
  if (parent === undefined) {
    return model.pools.has(poolNameOf(name))
      ? failed(1, `cannot create '${name}': parent does not exist\n`)
      : failed(1, `cannot create '${name}': no such pool '${poolNameOf(name)}'\n`);
  }
  return parent.type === 'volume' ? failed(1, `cannot create '${name}': parent is not a filesystem\n`) : null;
}

/** @param assignments values of every -o, as they stood */
export function createDataset(
  { model, root, nowMs }: ZfsContext,
  options: ParsedOptions,
  assignments: readonly string[],
): CommandResult {
  const [name = ''] = options.operands;
  const size = options.values.get('V');
  if (!root) return failed(1, `cannot create '${name}': permission denied\n`);
  const wrong = obstacle(model, name);
  if (wrong !== null) return wrong;
  const parent = model.dataset(parentOf(name));
  const room = parent === undefined ? 0 : model.totalsOf(parent).availableBytes;
  const volumeBytes = size === undefined ? null : bytesOf(size);
  if (size !== undefined && volumeBytes === null) return failed(2, `bad volume size '${size}'\n`);
  const reserved = volumeBytes !== null && !options.flags.has('s');
  if (volumeBytes !== null && reserved && volumeReservation(volumeBytes, 8192) > room) {
    return failed(1, `cannot create '${name}': out of space\n`);
  }
  const dataset = model.addDataset(name, {
    createdAtMs: nowMs,
    type: volumeBytes === null ? 'filesystem' : 'volume',
    ...(volumeBytes === null ? {} : { volumeBytes, reserved }),
    compression: model.inherited(name, 'compression') ?? 'off',
  });
  model.write(name, volumeBytes === null ? 98_304 : 57_344, { atMs: nowMs });
  for (const assignment of assignments) {
    const [property = '', value = ''] = assignment.split('=');
    const complaint = setOne(model, dataset, property, value);
    if (complaint !== null) {
      model.destroyDataset(name, false, nowMs);
      return failed(1, complaint.replace('cannot set property for', 'cannot create'));
    }
  }
  return succeeded('', 80);
}

export function setProperty({ model, root }: ZfsContext, rest: readonly string[]): CommandResult {
  const [assignment = '', name = ''] = rest;
  // Without getopt: any dash in front is an unknown option (2.1.11).
  if (assignment.startsWith('-'))
    return failed(2, `invalid option '${assignment.charAt(1)}'\nusage:\n\tset\n`);
  const dataset = model.dataset(name);
  if (dataset === undefined) return missing(name);
  if (!root) return failed(1, `cannot set property for '${name}': permission denied\n`);
  const [property = '', value = ''] = assignment.split('=');
  const complaint = setOne(model, dataset, property, value);
  return complaint === null ? succeeded('', 60) : failed(1, complaint);
}

export function renameDataset({ model, root, nowMs }: ZfsContext, options: ParsedOptions): CommandResult {
  const [from = '', to = ''] = options.operands;
  const dataset = model.dataset(from);
  if (dataset === undefined) return missing(from);
  if (!root) return failed(1, `cannot rename '${from}': permission denied\n`);
  if (to.startsWith(`${from}/`)) {
    return failed(
      1,
      `cannot rename to '${to}': New dataset name cannot be a descendant of current dataset name\n`,
    );
  }
  if (model.dataset(to) !== undefined) return failed(1, `cannot rename '${from}': dataset already exists\n`);
  if (model.dataset(parentOf(to)) === undefined) {
    return failed(1, `cannot create '${to}': parent does not exist\n`);
  }
  const busy = busyIn(model, from);
  if (busy !== null) return failed(1, `cannot unmount '${busy}': pool or dataset is busy\n`);
  model.rename(from, to, nowMs);
  return succeeded('', 120);
}

/** Mount point in the tree that programs use. */
function busyIn(model: ZfsModel, name: string): string | null {
  const found = model
    .allDatasets()
    .find(
      (each) =>
        (each.name === name || each.name.startsWith(`${name}/`)) && model.usersOf(each.mountpoint).length > 0,
    );
  return found?.mountpoint ?? null;
}

export function destroyDataset({ model, root, nowMs }: ZfsContext, options: ParsedOptions): CommandResult {
  const { flags } = options;
  const [name = ''] = options.operands;
  const dataset = model.dataset(name);
  if (dataset === undefined) return missing(name);
  if (poolNameOf(name) === name) {
    return failed(
      1,
      `cannot destroy '${name}': operation does not apply to pools\n` +
        `use 'zfs destroy -r ${name}' to destroy all datasets in the pool\n` +
        `use 'zpool destroy ${name}' to destroy the pool itself\n`,
    );
  }
  const tree = model.treeOf(name);
  const kind = dataset.type === 'volume' ? 'volume' : 'filesystem';
  const clones = model.clonesOutside(name);
  if (clones.length > 0) {
    return failed(
      1,
      `cannot destroy '${name}': ${kind} has dependent clones\nuse '-R' to destroy the following datasets:\n${clones.join('\n')}\n`,
    );
  }
  if (!flags.has('r') && tree.length > 1) {
    return failed(
      1,
      `cannot destroy '${name}': ${kind} has children\nuse '-r' to destroy the following datasets:\n${tree.slice(0, -1).join('\n')}\n`,
    );
  }
  const told = flags.has('v') && flags.has('p') ? tree.map((each) => `destroy\t${each}\n`).join('') : '';
  if (flags.has('n')) return succeeded(told, 30);
  if (!root) return failed(1, `cannot destroy '${name}': permission denied\n`, told);
  const busy = busyIn(model, name);
  if (busy !== null) return failed(1, `cannot unmount '${busy}': pool or dataset is busy\n`, told);
  const outcome = model.destroyDataset(name, flags.has('r'), nowMs);
  if (!outcome.ok) return failed(1, `cannot destroy snapshot ${outcome.name}: dataset is busy\n`, told);
  return succeeded(told, 200);
}

export function holdSnapshot({ model, root, nowMs }: ZfsContext, options: ParsedOptions): CommandResult {
  const [tag = '', name = ''] = options.operands;
  if (model.dataset(splitAt(name)?.dataset ?? name) === undefined)
    return missing(splitAt(name)?.dataset ?? name);
  if (!root) return failed(1, `cannot hold snapshot '${name}': permission denied\n`);
  const outcome = model.hold(name, tag, nowMs);
  if (outcome.ok) return succeeded('', 40);
  return failed(
    1,
    outcome.failure === 'not-found'
      ? `cannot hold snapshot '${name}': dataset does not exist\n`
      : `cannot hold snapshot '${name}': tag already exists on this dataset\n`,
  );
}

export function releaseSnapshot({ model, root, nowMs }: ZfsContext, options: ParsedOptions): CommandResult {
  const [tag = '', name = ''] = options.operands;
  if (model.dataset(splitAt(name)?.dataset ?? name) === undefined)
    return missing(splitAt(name)?.dataset ?? name);
  if (!root) return failed(1, `cannot release hold from snapshot '${name}': permission denied\n`);
  const outcome = model.release(name, tag, nowMs);
  if (outcome.ok) return succeeded('', 40);
  return failed(
    1,
    outcome.failure === 'not-found'
      ? `cannot release hold from snapshot '${name}': dataset does not exist\n`
      : `cannot release hold from snapshot '${name}': no such tag on this dataset\n`,
  );
}

export function cloneSnapshot({ model, root, nowMs }: ZfsContext, options: ParsedOptions): CommandResult {
  const [snapshot = '', name = ''] = options.operands;
  if (model.snapshot(snapshot) === undefined) return missing(snapshot);
  if (!root) return failed(1, `cannot create '${name}': permission denied\n`);
  const wrong = obstacle(model, name);
  if (wrong !== null) return wrong;
  model.clone(snapshot, name, nowMs);
  return succeeded('', 90);
}

export function promoteClone({ model, root, nowMs }: ZfsContext, rest: readonly string[]): CommandResult {
  const [name = ''] = rest;
  if (name.startsWith('-'))
    return failed(2, `invalid option '${name.charAt(1)}'\nusage:\n\tpromote <clone-filesystem>\n`);
  const dataset = model.dataset(name);
  if (dataset === undefined) return missing(name);
  if (dataset.origin === null) return failed(1, `cannot promote '${name}': not a cloned filesystem\n`);
  if (!root) return failed(1, `cannot promote '${name}': permission denied\n`);
  const outcome = model.promote(name, nowMs);
  if (outcome.ok) return succeeded('', 120);
  const names =
    typeof outcome.failure === 'object' && 'names' in outcome.failure ? outcome.failure.names : [];
  return failed(
    1,
    `cannot promote '${name}': conflicting snapshot '${names[0] ?? ''}' from parent '${names[1] ?? ''}'\n`,
  );
}

export function createBookmark({ model, root }: ZfsContext, options: ParsedOptions): CommandResult {
  const [snapshot = '', bookmark = ''] = options.operands;
  if (model.snapshot(snapshot) === undefined) {
    return failed(
      2,
      `cannot open '${snapshot}': dataset does not exist\nusage:\n\tbookmark <snapshot|bookmark> <newbookmark>\n`,
    );
  }
  if (!root) return failed(1, `cannot create bookmark '${bookmark}': permission denied\n`);
  const outcome = model.bookmark(snapshot, bookmark.slice(bookmark.indexOf('#') + 1));
  return outcome.ok
    ? succeeded('', 40)
    : failed(1, `cannot create bookmark '${bookmark}': bookmark exists\n`);
}

export function destroyBookmark({ model, root }: ZfsContext, bookmark: string): CommandResult {
  const [dataset = '', part = ''] = bookmark.split('#');
  const there = model.dataset(dataset)?.bookmarks.some((mark) => mark.part === part) === true;
  if (!there) return failed(1, `bookmark '${bookmark}' does not exist.\n`);
  if (!root) return failed(1, `cannot destroy '${bookmark}': permission denied\n`);
  model.destroyBookmark(dataset, part);
  return succeeded('', 30);
}
