import type { ParsedOptions } from '../options';
import { failed, succeeded, type CommandResult } from '../result';
import { flag, notSimulated, releases, value, withOptions, type ZfsContext } from './command-options';
import { eventsText } from './events-text';
import type { ZfsModel } from './model';
import { poolReaderOf } from './properties';
import { statusText } from './status-text';

/** Answers zpool(8) for what Holdfast sends and no more. */
const poolUsages = {
  list: 'list [-gHLpPv] [-o property[,...]] [-T d|u] [pool] ... \n\t    [interval [count]]',
  events: 'events [-vHf [pool] | -c]',
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
  const style = { fullPaths: options.flags.has('P'), exactNumbers: options.flags.has('p') };
  return {
    exitCode: complaints === '' ? 0 : 1,
    stdout: pools.map((pool) => statusText(pool, nowMs, style)).join('\n'),
    stderr: model.pools.size === 0 && options.operands.length === 0 ? 'no pools available\n' : complaints,
    delayMs: 6,
  };
}

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
  switch (verb) {
    case 'version':
    case '--version':
      return succeeded(releases, 8);
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
        ['P', 'p', 'L', 'v'].map(flag),
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
