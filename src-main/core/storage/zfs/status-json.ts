import { z } from 'zod';
import type { TopologyNode } from '../../../../src-preload/contract/inventory';
import { clampPercent } from '../columns';
import { readJson, unexpectedOutput } from '../unexpected';
import {
  count,
  expandStats,
  expansionOf,
  moment,
  momentText,
  removalOf,
  removalStats,
  scansOf,
  scanStats,
} from './scan-json';
import {
  classNode,
  healthOfNode,
  noDataErrors,
  oneLine,
  roleOf,
  worst,
  type DeviceTrim,
  type PoolStatus,
  type StatusReading,
} from './status';

/**
 * The JSON of `zpool status -j -P -p -t -T u` (OpenZFS 2.3, output version 0.1; status_callback_json() in zpool_main.c).
 * It gives what the text gives, of which its own vocabulary differs: `CANT_OPEN` is `UNAVAIL` everywhere else, `aux` stands for
 * a sentence.
 */

const command = 'zpool status -j';

interface Vdev {
  name: string;
  state: string;
  read_errors?: number | undefined;
  write_errors?: number | undefined;
  checksum_errors?: number | undefined;
  aux?: string | undefined;
  was?: string | undefined;
  removing?: number | undefined;
  scan_processed?: number | undefined;
  resilver_deferred?: boolean | number | undefined;
  trim_state?: string | undefined;
  trimmed?: number | undefined;
  to_trim?: number | undefined;
  vdevs?: Record<string, Vdev> | undefined;
}

const vdev: z.ZodType<Vdev> = z.lazy(() =>
  z.looseObject({
    name: z.string().min(1),
    state: z.string().min(1),
    read_errors: count.optional(),
    write_errors: count.optional(),
    checksum_errors: count.optional(),
    aux: z.string().optional(),
    was: z.string().optional(),
    removing: count.optional(),
    scan_processed: count.optional(),
    resilver_deferred: z.union([z.boolean(), count]).optional(),
    trim_state: z.string().optional(),
    trimmed: count.optional(),
    to_trim: count.optional(),
    vdevs: z.record(z.string(), vdev).optional(),
  }),
);
const vdevs = z.record(z.string(), vdev);

const poolSchema = z.looseObject({
  name: z.string().min(1),
  state: z.string().regex(/^[A-Z_]+$/),
  status: z.string().optional(),
  action: z.string().optional(),
  moreinfo: z.string().optional(),
  scan_stats: scanStats.optional(),
  removal_stats: removalStats.optional(),
  raidz_expand_stats: expandStats.optional(),
  checkpoint_stats: z
    .looseObject({ state: z.string(), start_time: moment.optional(), space: count.optional() })
    .optional(),
  vdevs: vdevs.optional(),
  dedup: vdevs.optional(),
  special: vdevs.optional(),
  logs: vdevs.optional(),
  l2cache: vdevs.optional(),
  spares: vdevs.optional(),
  error_count: count.optional(),
});

const reportSchema = z.looseObject({
  output_version: z.looseObject({ command: z.literal('zpool status'), vers_major: z.literal(0) }),
  pools: z.record(z.string(), poolSchema),
  /** Of `-T u`. */
  time: moment,
});

/** Classes in the order and by the names of the text. */
const classes = [
  ['dedup', 'dedup'],
  ['special', 'special'],
  ['logs', 'logs'],
  ['l2cache', 'cache'],
  ['spares', 'spares'],
] as const;

/** vdev_aux_t, in the words of print_status_config(). */
const auxWords: Record<string, string> = {
  OPEN_FAILED: 'cannot open',
  CORRUPT_DATA: 'corrupted data',
  NO_REPLICAS: 'insufficient replicas',
  BAD_GUID_SUM: 'missing device',
  BAD_LABEL: 'invalid label',
  VERSION_NEWER: 'newer version',
  UNSUP_FEAT: 'unsupported feature(s)',
  SPARED: 'currently in use',
  ERR_EXCEEDED: 'too many errors',
  IO_FAILURE: 'experienced I/O failures',
  BAD_LOG: 'bad intent log',
  EXTERNAL: 'external device fault',
  SPLIT_POOL: 'split into new pool',
  ACTIVE: 'currently in use',
  CHILDREN_OFFLINE: 'all children offline',
  ASHIFT_TOO_BIG: 'unsupported minimum blocksize',
};

/** What a scan does to the devices it writes to. */
type Writing = 'resilvering' | 'repairing' | null;

function writingOf(stats: z.infer<typeof scanStats> | undefined): Writing {
  if (stats?.function === undefined || stats.state !== 'SCANNING') return null;
  return stats.function === 'RESILVER' ? 'resilvering' : 'repairing';
}

function troubleOf({ aux, was, removing }: Vdev): string | null {
  if (was !== undefined) return `was ${was}`;
  if (removing === 1) return '(removing)';
  if (aux === undefined || aux === 'NONE') return null;
  return auxWords[aux] ?? aux.toLowerCase().replaceAll('_', ' ');
}

/** As print_status_config() has it behind the counters: of a device alone, and only while a scan goes on. */
function noteOf(of: Vdev, writing: Writing): string | null {
  const isDevice = Object.keys(of.vdevs ?? {}).length === 0;
  const written = writing === null || !isDevice || (of.scan_processed ?? 0) === 0 ? null : `(${writing})`;
  const waits = of.resilver_deferred === undefined ? null : '(awaiting resilver)';
  const words = [troubleOf(of), written ?? (writing === null || !isDevice ? null : waits)].filter(
    (word) => word !== null,
  );
  return words.length === 0 ? null : words.join(' ');
}

const stateOf = (state: string): string => (state === 'CANT_OPEN' ? 'UNAVAIL' : state);

function nodeOf(of: Vdev, inClass: string | null, writing: Writing): TopologyNode {
  const counts = [of.read_errors, of.write_errors, of.checksum_errors] as const;
  const counted = counts.filter((each) => each !== undefined).length;
  if (counted !== 0 && counted !== counts.length) {
    throw unexpectedOutput(command, `${of.name} has damaged error counts`, JSON.stringify(counts));
  }
  const state = stateOf(of.state);
  return {
    name: of.name,
    role: roleOf(of.name, inClass),
    state,
    health: healthOfNode(
      state,
      counts.reduce<number>((sum, each) => sum + (each ?? 0), 0),
    ),
    sizeBytes: null,
    freeBytes: null,
    readErrors: of.read_errors ?? null,
    writeErrors: of.write_errors ?? null,
    checksumErrors: of.checksum_errors ?? null,
    note: noteOf(of, writing),
    ...(of.was === undefined ? {} : { path: of.was }),
    children: Object.values(of.vdevs ?? {}).map((child) => nodeOf(child, inClass, writing)),
  };
}

const trimStates: Record<string, DeviceTrim['state'] | undefined> = {
  ACTIVE: 'running',
  SUSPENDED: 'suspended',
  COMPLETE: 'finished',
};

function trimsOf(of: Vdev): DeviceTrim[] {
  const below = Object.values(of.vdevs ?? {}).flatMap(trimsOf);
  const state = trimStates[of.trim_state ?? ''];
  if (state === undefined) return below;
  const whole = of.to_trim ?? 0;
  const percent =
    state === 'finished'
      ? 100
      : whole === 0
        ? 0
        : clampPercent(Math.floor((100 * (of.trimmed ?? 0)) / whole));
  return [{ device: of.name, state, percent }, ...below];
}

function checkpointText(stats: z.infer<typeof poolSchema>['checkpoint_stats']): string | null {
  if (stats === undefined || stats.state === 'NONE') return null;
  const size = stats.space === undefined ? '' : `, consumes ${stats.space} bytes`;
  return stats.state === 'EXISTS'
    ? `created ${momentText(stats.start_time ?? 0)}${size}`
    : `${stats.state.toLowerCase()}${size}`;
}

function errorsText(errorCount: number | undefined): string | null {
  if (errorCount === undefined) return null;
  return errorCount === 0 ? noDataErrors : `${errorCount} data errors, use '-v' for a list`;
}

function poolOf(pool: z.infer<typeof poolSchema>, nowSeconds: number): PoolStatus {
  const roots = Object.values(pool.vdevs ?? {});
  const [root] = roots;
  if (roots.length > 1) throw unexpectedOutput(command, `pool ${pool.name} has two roots`, pool.name);
  const writing = writingOf(pool.scan_stats);
  const groups = classes.flatMap(([key, name]) => {
    const members = Object.values(pool[key] ?? {});
    if (members.length === 0) return [];
    const group = classNode(name);
    group.children = members.map((member) => nodeOf(member, name, writing));
    group.health = worst(group.children);
    return [group];
  });
  const text = (value: string | undefined) => (value === undefined ? null : oneLine(value.split('\n')));
  return {
    name: pool.name,
    state: stateOf(pool.state),
    status: text(pool.status),
    action: text(pool.action),
    see: text(pool.moreinfo),
    scans: [
      ...(pool.scan_stats === undefined ? [] : scansOf(pool.scan_stats, nowSeconds)),
      ...(pool.removal_stats === undefined ? [] : removalOf(pool.removal_stats, nowSeconds)),
      ...(pool.raidz_expand_stats === undefined ? [] : expansionOf(pool.raidz_expand_stats, nowSeconds)),
    ],
    root: root === undefined ? null : { ...nodeOf({ ...root, vdevs: undefined }, null, null), role: 'root' },
    topology: [...Object.values(root?.vdevs ?? {}).map((child) => nodeOf(child, null, writing)), ...groups],
    errors: errorsText(pool.error_count),
    checkpoint: checkpointText(pool.checkpoint_stats),
    trims: [
      ...(root === undefined ? [] : trimsOf(root)),
      ...classes.flatMap(([key]) => Object.values(pool[key] ?? {}).flatMap(trimsOf)),
    ],
  };
}

/** Throws `unexpected-output`: what is not understood is never a host without pools. */
export function readStatusJson(stdout: string): StatusReading {
  const { pools, time } = readJson(command, stdout, reportSchema);
  return {
    pools: Object.values(pools).map((pool) => poolOf(pool, time)),
    takenAtMs: time * 1000,
  };
}
