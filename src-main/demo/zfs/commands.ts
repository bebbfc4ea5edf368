import type { OptionSpec, ParsedOptions } from '../options';
import { flag, notSimulated, releases, value, withOptions, type ZfsContext } from './command-options';
import { failed, succeeded, type CommandResult } from '../result';
import {
  cloneSnapshot,
  createBookmark,
  createDataset,
  destroyBookmark,
  destroyDataset,
  holdSnapshot,
  promoteClone,
  releaseSnapshot,
  renameDataset,
  setProperty,
} from './dataset-changes';
import { splitAt, type ZfsModel } from './model';
import { diffText } from './diff-text';
import { freedTogether } from './space';
import type { Dataset, Outcome } from './types';
import { allPropertiesOf, readerOf, sourceOf, type ReadProperty, type Target } from './properties';
import { ctime, niceBytes } from './status-text';

/** Answers zfs(8) for what Holdfast sends and no more. */
const manualHint =
  '\nFor the property list, run: zfs set|get\n\nFor the delegated permission list, run: zfs allow|unallow\n';

const usages = {
  list: 'list [-Hp] [-r|-d max] [-o property[,...]] [-s property]...\n\t    [-S property]... [-t type[,...]] [filesystem|volume|snapshot] ...',
  get: 'get [-rHp] [-d max] [-o "all" | field[,...]]\n\t    [-t type[,...]] [-s source[,...]]\n\t    <"all" | property[,...]> [filesystem|volume|snapshot|bookmark] ...',
  snapshot: 'snapshot [-r] [-o property=value] ... <filesystem|volume>@<snap> ...',
  destroy:
    'destroy [-fnpRrv] <filesystem|volume>\n\tdestroy [-dnpRrv] <filesystem|volume>@<snap>[%<snap>][,...]\n\tdestroy <filesystem|volume>#<bookmark>',
  rollback: 'rollback [-rRf] <snapshot>',
  holds: 'holds [-rH] <snapshot> ...',
  create:
    'create [-Pnpuv] [-o property=value] ... <filesystem>\n\tcreate [-Pnpsv] [-b blocksize] [-o property=value] ... -V <size> <volume>',
  rename: 'rename [-f] <filesystem|volume|snapshot> <filesystem|volume|snapshot>',
  hold: 'hold [-r] <tag> <snapshot> ...',
  release: 'release [-r] <tag> <snapshot> ...',
  clone: 'clone [-p] [-o property=value] ... <snapshot> <filesystem|volume>',
  diff: 'diff [-FHt] <snapshot> [snapshot|filesystem]',
  bookmark: 'bookmark <snapshot|bookmark> <newbookmark>',
} as const;

function usage(verb: keyof typeof usages, complaint: string): CommandResult {
  return failed(2, `${complaint}\nusage:\n\t${usages[verb]}\n${manualHint}`);
}

/** First character that may not stand in a name (zfs_namecheck.c). */
function invalidCharacter(name: string): string | null {
  return /[^A-Za-z0-9_.: /@#-]/.exec(name)?.[0] ?? null;
}

type TypeName = 'filesystem' | 'volume' | 'snapshot' | 'bookmark';
const typeNames: Readonly<Record<string, readonly TypeName[]>> = {
  filesystem: ['filesystem'],
  fs: ['filesystem'],
  volume: ['volume'],
  vol: ['volume'],
  snapshot: ['snapshot'],
  snap: ['snapshot'],
  bookmark: ['bookmark'],
  all: ['filesystem', 'volume', 'snapshot', 'bookmark'],
};

function datasetTarget(dataset: Dataset): Target {
  return { kind: 'dataset', name: dataset.name, dataset };
}

function snapshotTargets(dataset: Dataset): Target[] {
  return dataset.snapshots.map((snapshot, index) => ({
    kind: 'snapshot',
    name: `${dataset.name}@${snapshot.part}`,
    dataset,
    snapshot,
    index,
  }));
}

function bookmarkTargets(dataset: Dataset): Target[] {
  return dataset.bookmarks.map((bookmark) => ({
    kind: 'bookmark',
    name: `${dataset.name}#${bookmark.part}`,
    dataset,
    bookmark,
  }));
}

/** A snapshot or dataset by its name; a sentence of the tool where there is none. */
function open(model: ZfsModel, name: string): Target | string {
  const wrong = invalidCharacter(name);
  if (wrong !== null) return `cannot open '${name}': invalid character ${wrong} in name`;
  if (splitAt(name) !== null) {
    const found = model.snapshot(name);
    if (found !== undefined) return { kind: 'snapshot', name, ...found };
  } else {
    const dataset = model.dataset(name);
    if (dataset !== undefined) return datasetTarget(dataset);
  }
  return `cannot open '${name}': dataset does not exist`;
}

/** @param depth how many levels below the dataset; snapshots are on its first */
function collect(
  model: ZfsModel,
  dataset: Dataset,
  types: ReadonlySet<TypeName>,
  depth: number,
  into: Target[],
): void {
  if (types.has(dataset.type)) into.push(datasetTarget(dataset));
  if (depth <= 0) return;
  if (types.has('snapshot')) into.push(...snapshotTargets(dataset));
  if (types.has('bookmark')) into.push(...bookmarkTargets(dataset));
  for (const child of model.childrenOf(dataset.name)) collect(model, child, types, depth - 1, into);
}

function readTypes(text: string | undefined): ReadonlySet<TypeName> | { unknown: string } {
  const types = new Set<TypeName>();
  for (const word of (text ?? 'filesystem,volume').split(',')) {
    const named = Object.hasOwn(typeNames, word) ? typeNames[word] : undefined;
    if (named === undefined) return { unknown: word };
    for (const type of named) types.add(type);
  }
  return types;
}

function readColumns(list: string): ReadProperty[] | { unknown: string } {
  const readers: ReadProperty[] = [];
  for (const name of list.split(',')) {
    const reader = readerOf(name);
    if (reader === null) return { unknown: name };
    readers.push(reader);
  }
  return readers;
}

function list({ model }: ZfsContext, options: ParsedOptions): CommandResult {
  const { flags, values, operands } = options;
  if (!flags.has('H') || !flags.has('p')) return usage('list', notSimulated);
  const columns = readColumns(values.get('o') ?? 'name,used,available,referenced,mountpoint');
  if ('unknown' in columns) return usage('list', `bad property list: invalid property '${columns.unknown}'`);
  const types = readTypes(values.get('t'));
  if ('unknown' in types) return usage('list', `invalid type '${types.unknown}'`);
  const limit = values.get('d');
  if (limit !== undefined && !/^\d+$/.test(limit)) return usage('list', `${limit} is not a number`);
  // `zfs list -t snapshot tank/data` means the snapshots of tank/data.
  const listsParts = types.size === 1 && (types.has('snapshot') || types.has('bookmark'));
  const implied = listsParts && operands.length > 0 && !flags.has('r') && limit === undefined;
  const recursive = flags.has('r') || limit !== undefined || implied;
  const depth = limit === undefined ? (implied ? 1 : Number.POSITIVE_INFINITY) : Number(limit);

  const targets: Target[] = [];
  const complaints: string[] = [];
  for (const operand of operands) {
    const target = open(model, operand);
    if (typeof target === 'string') {
      complaints.push(target);
    } else if (target.kind === 'dataset' && recursive) {
      collect(model, target.dataset, types, depth, targets);
    } else {
      const type = target.kind === 'dataset' ? target.dataset.type : target.kind;
      // Without -t a snapshot may be named as well.
      if (types.has(type) || (type === 'snapshot' && !values.has('t'))) targets.push(target);
      else complaints.push(`cannot open '${operand}': operation not applicable to datasets of this type`);
    }
  }
  if (operands.length === 0) {
    for (const dataset of model.allDatasets()) {
      if (!dataset.name.includes('/')) collect(model, dataset, types, depth, targets);
    }
  }
  const sorted = sortTargets(model, targets, values);
  if (sorted === null) return usage('list', `invalid property '${values.get('s') ?? values.get('S') ?? ''}'`);
  const lines = sorted.map((target) => columns.map((read) => read(model, target)).join('\t'));
  return {
    exitCode: complaints.length > 0 ? 1 : 0,
    stdout: lines.map((line) => `${line}\n`).join(''),
    stderr: complaints.map((line) => `${line}\n`).join(''),
    delayMs: 3 + lines.length / 500,
  };
}

/** Default order: by dataset name, each followed by its snapshots as they were taken. */
function sortTargets(
  model: ZfsModel,
  targets: Target[],
  values: ReadonlyMap<string, string>,
): Target[] | null {
  const property = values.get('s') ?? values.get('S');
  if (property === undefined) {
    return targets.sort((left, right) =>
      left.dataset.name === right.dataset.name ? 0 : left.dataset.name < right.dataset.name ? -1 : 1,
    );
  }
  const read = readerOf(property);
  if (read === null) return null;
  const sign = values.has('s') ? 1 : -1;
  return targets
    .map((target) => ({ target, key: read(model, target) }))
    .sort((left, right) => {
      const numeric = /^\d+$/.test(left.key) && /^\d+$/.test(right.key);
      const order = numeric
        ? Number(left.key) - Number(right.key)
        : left.key < right.key
          ? -1
          : left.key > right.key
            ? 1
            : 0;
      return order * sign;
    })
    .map(({ target }) => target);
}

const getFields = ['name', 'property', 'value', 'source'] as const;

function get({ model }: ZfsContext, options: ParsedOptions): CommandResult {
  const { flags, values, operands } = options;
  if (!flags.has('H') || !flags.has('p')) return usage('get', notSimulated);
  const [properties, ...names] = operands;
  if (properties === undefined) return usage('get', 'missing property argument');
  if (names.length === 0) return usage('get', 'the demo host wants a dataset');
  const fields = (values.get('o') ?? getFields.join(',')).split(',');
  const unknownField = fields.find((field) => !getFields.some((known) => known === field));
  if (unknownField !== undefined) return usage('get', `invalid column name '${unknownField}'`);
  const lines: string[] = [];
  const complaints: string[] = [];
  for (const name of names) {
    const target = open(model, name);
    if (typeof target === 'string') {
      complaints.push(`${target}\n`);
      continue;
    }
    for (const property of properties === 'all' ? allPropertiesOf(target) : properties.split(',')) {
      const read = readerOf(property);
      if (read === null) return usage('get', `bad property list: invalid property '${property}'`);
      const row: Record<string, string> = {
        name,
        property,
        value: read(model, target),
        source: sourceOf(model, property, target),
      };
      lines.push(`${fields.map((field) => row[field]).join('\t')}\n`);
    }
  }
  return {
    exitCode: complaints.length > 0 ? 1 : 0,
    stdout: lines.join(''),
    stderr: complaints.join(''),
    delayMs: 3,
  };
}

function snapshot({ model, root, nowMs }: ZfsContext, options: ParsedOptions): CommandResult {
  const [operand, ...more] = options.operands;
  if (operand === undefined) return usage('snapshot', 'missing snapshot argument');
  if (more.length > 0) return usage('snapshot', 'the demo host takes one snapshot at a time');
  const wrong = invalidCharacter(operand);
  const parts = splitAt(operand);
  if (parts === null) return usage('snapshot', `cannot open '${operand}': not a snapshot name`);
  if (wrong !== null) {
    return failed(1, `cannot create snapshot '${operand}': invalid character ${wrong} in name\n`);
  }
  if (/^$|[@/#]/.test(parts.part)) {
    return failed(
      1,
      `cannot create snapshot '${operand}': ${parts.part === '' ? "empty component or misplaced '@' or '#' delimiter" : "multiple '@' and/or '#' delimiters"} in name\n`,
    );
  }
  if (operand.length > 255) return failed(1, `cannot create snapshot '${operand}': name is too long\n`);
  const dataset = model.dataset(parts.dataset);
  // A missing dataset is a usage error: exit 2 (seen with 2.1.11).
  if (dataset === undefined)
    return usage('snapshot', `cannot open '${parts.dataset}': dataset does not exist`);
  if (!root) return failed(1, 'cannot create snapshots : permission denied\n');
  const tree: Target[] = [];
  const everything = new Set<TypeName>(['filesystem', 'volume']);
  collect(model, dataset, everything, options.flags.has('r') ? Number.POSITIVE_INFINITY : 0, tree);
  const outcome = model.createSnapshots(
    tree.map((target) => target.name),
    parts.part,
    nowMs,
  );
  if (outcome.ok) return succeeded('', 40);
  const { failure } = outcome;
  const exist = typeof failure === 'object' && failure.reason === 'exists';
  const lines = (exist ? failure.names : [outcome.name]).map(
    (name) => `cannot create snapshot '${name}': ${exist ? 'dataset already exists' : 'out of space'}\n`,
  );
  if (tree.length > 1) lines.push('no snapshots were created\n');
  return failed(1, lines.join(''));
}

/** `tank/data@a,b`: what several snapshots of one dataset free together. Only with -n. */
function previewMany({ model }: ZfsContext, dataset: string, parts: readonly string[]): CommandResult {
  const found = model.dataset(dataset);
  if (found === undefined) return failed(1, `cannot open '${dataset}': dataset does not exist\n`);
  const names = parts.map((part) => `${dataset}@${part}`);
  const known = names.filter((name) => model.snapshot(name) !== undefined);
  if (known.length === 0) {
    return failed(1, 'could not find any snapshots to destroy; check snapshot names.\n');
  }
  const clones = known.flatMap((name) => model.clonesOf(name));
  const lines = known.map((name) => `destroy\t${name}\n`).join('');
  if (clones.length > 0) {
    return failed(
      1,
      `cannot destroy '${known[0] ?? ''}': snapshot has dependent clones\n` +
        `use '-R' to destroy the following datasets:\n${clones.join('\n')}\n`,
      lines,
    );
  }
  const bytes = freedTogether(
    found.segments,
    found.snapshots.map(({ createTxg }) => createTxg),
    new Set(known.flatMap((name) => model.snapshot(name)?.index ?? [])),
  );
  return succeeded(`${lines}reclaim\t${bytes}\n`, 8);
}

function destroy(context: ZfsContext, options: ParsedOptions): CommandResult {
  const { model, root, nowMs } = context;
  const [name, ...more] = options.operands;
  if (name === undefined) return usage('destroy', 'missing dataset argument');
  if (more.length > 0) return usage('destroy', 'too many arguments');
  const parts = splitAt(name);
  if (parts === null && name.includes('#')) return destroyBookmark(context, name);
  if (parts === null) return destroyDataset(context, options);
  if (options.flags.has('r')) return usage('destroy', "invalid option 'r'");
  if (parts.part.includes(',')) {
    return options.flags.has('n')
      ? previewMany(context, parts.dataset, parts.part.split(','))
      : failed(1, 'the demo host destroys one snapshot at a time\n');
  }
  if (model.dataset(parts.dataset) === undefined) {
    return failed(1, `cannot open '${parts.dataset}': dataset does not exist\n`);
  }
  const found = model.snapshot(name);
  if (found === undefined) {
    return failed(1, 'could not find any snapshots to destroy; check snapshot names.\n');
  }
  const clones = model.clonesOf(name);
  const { flags } = options;
  if (clones.length > 0) {
    return failed(
      1,
      `cannot destroy '${name}': snapshot has dependent clones\n` +
        `use '-R' to destroy the following datasets:\n${clones.join('\n')}\n`,
      // What would be destroyed is printed before the clones are met.
      flags.has('v') && flags.has('p') ? `destroy\t${name}\n` : '',
    );
  }
  const dry = flags.has('n');
  const bytes = model.space(found.dataset).snapshots[found.index]?.usedBytes ?? 0;
  const will = dry ? 'would' : 'will';
  const text = flags.has('p')
    ? `destroy\t${name}\nreclaim\t${bytes}\n`
    : `${will} destroy ${name}\n${will} reclaim ${niceBytes(bytes)}\n`;
  const stdout = flags.has('v') ? text : '';
  if (dry) return succeeded(stdout, 4);
  if (!root) return failed(1, 'cannot destroy snapshots: permission denied\n', stdout);
  const outcome = model.destroySnapshot(name, nowMs);
  // Clones were answered above; what is left is a hold.
  if (!outcome.ok) return failed(1, `cannot destroy snapshot ${name}: dataset is busy\n`, stdout);
  return succeeded(stdout, 60);
}

function rollbackFailure(name: string, outcome: Extract<Outcome, { ok: false }>): CommandResult {
  const { failure } = outcome;
  if (failure === 'out-of-space') {
    return failed(1, `cannot rollback '${name.slice(0, name.indexOf('@'))}': out of space\n`);
  }
  if (failure === 'not-found') return failed(1, `cannot open '${name}': dataset does not exist\n`);
  if (failure.reason === 'exists') return failed(1, `cannot rollback '${name}': dataset already exists\n`);
  if (failure.reason === 'held' || failure.reason === 'conflict') {
    return failed(1, `cannot destroy '${outcome.name}': dataset is busy\n`);
  }
  const [complaint, hint] =
    failure.reason === 'newer'
      ? [
          'more recent snapshots or bookmarks exist',
          "use '-r' to force deletion of the following snapshots and bookmarks:",
        ]
      : [
          'clones of previous snapshots exist',
          "use '-R' to force deletion of the following clones and dependents:",
        ];
  return failed(1, `cannot rollback to '${name}': ${complaint}\n${hint}\n${failure.names.join('\n')}\n`);
}

function rollback({ model, root, nowMs }: ZfsContext, options: ParsedOptions): CommandResult {
  const [name, ...more] = options.operands;
  if (name === undefined) return usage('rollback', 'missing dataset argument');
  if (more.length > 0) return usage('rollback', 'too many arguments');
  const target = open(model, name);
  if (typeof target === 'string') return failed(1, `${target}\n`);
  if (target.kind !== 'snapshot') {
    return failed(1, `cannot open '${name}': operation not applicable to datasets of this type\n`);
  }
  if (!root) return failed(1, `cannot rollback '${target.dataset.name}': permission denied\n`);
  const outcome = model.rollBack(name, options.flags.has('r'), nowMs);
  return outcome.ok ? succeeded('', 90) : rollbackFailure(name, outcome);
}

function holds({ model }: ZfsContext, options: ParsedOptions): CommandResult {
  if (!options.flags.has('H')) return usage('holds', notSimulated);
  if (options.operands.length === 0) return usage('holds', 'missing snapshot argument');
  const lines: string[] = [];
  for (const name of options.operands) {
    const target = open(model, name);
    if (typeof target === 'string') return failed(1, `${target}\n`, lines.join(''));
    if (target.kind !== 'snapshot') return failed(1, `'${name}' is not a snapshot\n`, lines.join(''));
    for (const [tag, atMs] of [...target.snapshot.holds].sort(([left], [right]) => (left < right ? -1 : 1))) {
      // Without seconds, unlike ctime(3).
      lines.push(`${name}\t${tag}\t${ctime(atMs).replace(/:\d\d (\d{4})$/, ' $1')}\n`);
    }
  }
  return succeeded(lines.join(''), 4);
}

export function runZfs(words: readonly string[], context: ZfsContext): CommandResult {
  context.model.settle(context.nowMs);
  const [verb = '', ...rest] = words;
  const run = (
    name: keyof typeof usages,
    specs: readonly OptionSpec[],
    command: (context: ZfsContext, options: ParsedOptions) => CommandResult,
  ) =>
    withOptions(
      rest,
      specs,
      (complaint) => usage(name, complaint),
      (options) => command(context, options),
    );
  switch (verb) {
    case 'version':
    case '--version':
      return succeeded(releases[context.model.version], 8);
    case 'list':
      return run('list', [...['H', 'p', 'r'].map(flag), ...['o', 't', 'd', 's', 'S'].map(value)], list);
    case 'get':
      return run('get', [...['H', 'p'].map(flag), value('o')], get);
    case 'snapshot':
    case 'snap':
      return run('snapshot', [flag('r')], snapshot);
    case 'destroy':
      return run('destroy', ['n', 'v', 'p', 'r'].map(flag), destroy);
    case 'create': {
      const assignments = rest.filter((_, index) => rest[index - 1] === '-o');
      return run('create', [flag('s'), value('V'), value('o')], (inner, options) =>
        createDataset(inner, options, assignments),
      );
    }
    case 'set':
      return setProperty(context, rest);
    case 'promote':
      return promoteClone(context, rest);
    case 'rename':
      return run('rename', [], renameDataset);
    case 'hold':
      return run('hold', [], holdSnapshot);
    case 'release':
      return run('release', [], releaseSnapshot);
    case 'clone':
      return run('clone', [], cloneSnapshot);
    case 'bookmark':
      return run('bookmark', [], createBookmark);
    case 'rollback':
      return run('rollback', [flag('r')], rollback);
    case 'diff':
      return run('diff', [flag('F'), flag('H'), flag('t')], ({ model, nowMs, root }, { flags, operands }) => {
        if (!root) return failed(1, `Cannot diff ${operands[0] ?? ''}: permission denied\n`);
        return ['F', 'H', 't'].every((letter) => flags.has(letter))
          ? diffText(model, operands, nowMs)
          : failed(2, `${notSimulated}\n`);
      });
    case 'holds':
      return run('holds', [flag('H')], holds);
    default:
      return failed(
        2,
        verb === ''
          ? 'missing command\nusage: zfs command args ...\n'
          : `unrecognized command '${verb}'\nusage: zfs command args ...\n`,
      );
  }
}
