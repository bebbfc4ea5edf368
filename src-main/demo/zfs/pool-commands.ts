import type { ParsedOptions } from '../options';
import { failed, succeeded, type CommandResult } from '../result';
import { flag, notSimulated, releases, value, withOptions, type ZfsContext } from './command-options';
import { eventsText } from './events-text';
import type { ZfsModel } from './model';
import { poolReaderOf } from './properties';
import {
  poolAttach,
  poolCheckpoint,
  poolClear,
  poolCreate,
  poolDetach,
  poolExport,
  poolImport,
  poolOffline,
  poolOnline,
  poolReplace,
  poolScrub,
  poolTrim,
} from './pool-changes';
import { statusJson } from './status-json';
import { ctime, statusText } from './status-text';

/** Answers zpool(8) for what Holdfast sends and no more. */
const poolUsages = {
  list: 'list [-gHLpPv] [-o property[,...]] [-T d|u] [pool] ... \n\t    [interval [count]]',
  events: 'events [-vHf [pool] | -c]',
  get: 'get [-Hp] [-o "all" | field[,...]] <"all" | property[,...]> <pool> ...',
  status: 'status [-c [script1,script2,...]] [-igLpPstvxD]  [-T d|u] [pool] ... \n\t    [interval [count]]',
} as const;

function poolUsage(verb: keyof typeof poolUsages, complaint: string): CommandResult {
  return failed(2, `${complaint}\nusage:\n\t${poolUsages[verb]}\n`);
}

/** The pools named, or all; complaints for those that do not exist. */
function choosePools(model: ZfsModel, names: readonly string[]) {
  const sorted = [...model.pools.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  if (names.length === 0) return { pools: sorted, complaints: '' };
  return {
    pools: sorted.filter((pool) => names.includes(pool.name)),
    complaints: names
      .filter((name) => !model.pools.has(name))
      .map((name) => `cannot open '${name}': no such pool\n`)
      .join(''),
  };
}

const defaultPoolColumns =
  'name,size,allocated,free,checkpoint,expandsize,fragmentation,capacity,dedupratio,health,altroot';

function poolList({ model }: ZfsContext, options: ParsedOptions): CommandResult {
  if (!options.flags.has('H') || !options.flags.has('p')) return poolUsage('list', notSimulated);
  const names = (options.values.get('o') ?? defaultPoolColumns).split(',');
  const readers = names.map(poolReaderOf);
  const unknown = names[readers.indexOf(null)];
  if (unknown !== undefined) {
    return poolUsage('list', `bad property list: invalid property '${unknown}'`);
  }
  const { pools, complaints } = choosePools(model, options.operands);
  return {
    exitCode: complaints === '' ? 0 : 1,
    stdout: pools
      .map((pool) => `${readers.map((read) => String(read?.(model, pool))).join('\t')}\n`)
      .join(''),
    stderr: complaints,
    delayMs: 4,
  };
}

function poolStatus({ model, nowMs }: ZfsContext, options: ParsedOptions): CommandResult {
  const { pools, complaints } = choosePools(model, options.operands);
  const style = {
    fullPaths: options.flags.has('P'),
    exactNumbers: options.flags.has('p'),
    trims: options.flags.has('t'),
  };
  if (options.flags.has('j')) {
    return {
      exitCode: complaints === '' ? 0 : 1,
      stdout: statusJson(pools, nowMs),
      stderr: complaints,
      delayMs: 6,
    };
  }
  // -T d: date(1) in the C locale.
  const time = options.values.get('T') === 'd' ? `${ctime(nowMs).replace(/ (\d{4})$/, ' UTC $1')}\n` : '';
  return {
    exitCode: complaints === '' ? 0 : 1,
    stdout: time + pools.map((pool) => statusText(pool, nowMs, style)).join('\n'),
    stderr: model.pools.size === 0 && options.operands.length === 0 ? 'no pools available\n' : complaints,
    delayMs: 6,
  };
}

function poolGet({ model }: ZfsContext, options: ParsedOptions): CommandResult {
  if (!options.flags.has('H') || !options.flags.has('p')) return poolUsage('get', notSimulated);
  const [properties = '', ...names] = options.operands;
  if (options.values.get('o') !== 'name,property,value') {
    return poolUsage('get', 'the demo host prints name, property and value');
  }
  const { pools, complaints } = choosePools(model, names);
  const readers = properties.split(',').map((name) => [name, poolReaderOf(name)] as const);
  const unknown = readers.find(([, read]) => read === null);
  if (unknown !== undefined) return poolUsage('get', `bad property list: invalid property '${unknown[0]}'`);
  const lines = pools.flatMap((pool) =>
    readers.map(([name, read]) => `${pool.name}\t${name}\t${read?.(model, pool) ?? '-'}\n`),
  );
  return { exitCode: complaints === '' ? 0 : 1, stdout: lines.join(''), stderr: complaints, delayMs: 3 };
}

/** Commands that change pools: their options, and what they do. */
const changes: Readonly<
  Record<
    string,
    {
      flags: readonly string[];
      values?: readonly string[];
      run: (context: ZfsContext, options: ParsedOptions) => CommandResult;
    }
  >
> = {
  create: { flags: ['n'], values: ['o'], run: poolCreate },
  scrub: { flags: ['p', 's'], run: poolScrub },
  trim: { flags: ['c'], run: poolTrim },
  checkpoint: { flags: ['d'], run: poolCheckpoint },
  clear: { flags: [], run: poolClear },
  replace: { flags: [], run: poolReplace },
  attach: { flags: [], run: poolAttach },
  detach: { flags: [], run: poolDetach },
  online: { flags: [], run: poolOnline },
  offline: { flags: [], run: poolOffline },
  export: { flags: [], run: poolExport },
  import: { flags: [], run: poolImport },
};

function poolEvents({ model, root }: ZfsContext, options: ParsedOptions): CommandResult {
  if (!options.flags.has('v')) return poolUsage('events', 'the demo host prints events in full only (-v)');
  const { pools, complaints } = choosePools(model, options.operands);
  if (complaints !== '') return failed(1, complaints);
  if (!root) return failed(1, 'cannot get event: permission denied\n');
  return succeeded(eventsText(pools), 12);
}

export function runZpool(words: readonly string[], context: ZfsContext): CommandResult {
  context.model.settle(context.nowMs);
  const [verb = '', ...rest] = words;
  const change = Object.hasOwn(changes, verb) ? changes[verb] : undefined;
  if (change !== undefined) {
    return withOptions(
      rest,
      [...change.flags.map(flag), ...(change.values ?? []).map(value)],
      (complaint) => failed(2, `${complaint}\nusage:\n\t${verb}\n`),
      (options) => change.run(context, options),
    );
  }
  switch (verb) {
    case 'get':
      return withOptions(
        rest,
        [...['H', 'p'].map(flag), value('o')],
        (complaint) => poolUsage('get', complaint),
        (options) => poolGet(context, options),
      );
    case 'version':
    case '--version':
      return succeeded(releases[context.model.version], 8);
    case 'list':
      return withOptions(
        rest,
        [...['H', 'p'].map(flag), value('o')],
        (complaint) => poolUsage('list', complaint),
        (options) => poolList(context, options),
      );
    case 'events':
      return withOptions(
        rest,
        [flag('v')],
        (complaint) => poolUsage('events', complaint),
        (options) => poolEvents(context, options),
      );
    case 'status':
      return withOptions(
        rest,
        [...(context.model.version === '2.1.11' ? [] : ['j']), 'P', 'p', 'L', 'v', 't']
          .map(flag)
          .concat(value('T')),
        (complaint) => poolUsage('status', complaint),
        (options) => poolStatus(context, options),
      );
    default:
      return failed(
        2,
        verb === ''
          ? 'missing command\nusage: zpool command args ...\n'
          : `unrecognized command '${verb}'\nusage: zpool command args ...\n`,
      );
  }
}
