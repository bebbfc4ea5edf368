import type { Activity, TopologyNode } from '../../../../src-preload/contract/inventory';
import { clampPercent } from '../columns';
import { unexpectedOutput } from '../unexpected';

/**
 * The text of `zpool status -P -p` (OpenZFS 2.1 to 2.4; print_status_config() in zpool_main.c), and what both forms are
 * read into. From 2.3 on an inventory asks for JSON: `status-json.ts`.
 */

const command = 'zpool status';

export interface PoolStatus {
  name: string;
  state: string;
  /** What the tool says is wrong, in one line; null: it has nothing to say. */
  status: string | null;
  action: string | null;
  see: string | null;
  scans: PoolScan[];
  /** Errors of the pool itself, as its own row shows them. */
  root: TopologyNode | null;
  /** Top-level vdevs, then `logs`, `special`, `cache`, `spares` … each as one node. */
  topology: TopologyNode[];
  /** `No known data errors` or what it says instead. */
  errors: string | null;
  /** `created Mon Nov 23 08:51:37 2026, consumes 204K`; null: there is no checkpoint. */
  checkpoint: string | null;
  /** What `-t` tells of each device that trims or has trimmed. */
  trims: DeviceTrim[];
}

/** One long-running job that the pool remembers: the last scrub or resilver, a removal, an expansion. */
export interface PoolScan {
  /** Section of the text: `scan`, `scrub` (of known errors), `remove`, `expand`. */
  key: string;
  /** What it says, without the key. */
  lines: string[];
  /** What that means, where it was told in figures; left out: `parseScan` reads it from the lines. */
  result?: ScanResult | 'unknown';
}

/** Of every pool, at one moment. */
export interface StatusReading {
  pools: PoolStatus[];
  /** By the host's clock; see `statusTakenAtMs`. null: it was not asked for. */
  takenAtMs: number | null;
}

/** Trimming of one device, as `zpool status -t` prints it behind the error counts. */
export interface DeviceTrim {
  device: string;
  state: 'running' | 'suspended' | 'finished';
  percent: number;
}

const vdevStates = [
  'ONLINE',
  'DEGRADED',
  'FAULTED',
  'OFFLINE',
  'UNAVAIL',
  'REMOVED',
  'AVAIL',
  'INUSE',
  'SPLIT',
  'UNKNOWN',
  'SUSPENDED',
] as const;
const classes = ['logs', 'cache', 'spares', 'special', 'dedup'] as const;

export const noDataErrors = 'No known data errors';

const suffixes: Record<string, number> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
  P: 1024 ** 5,
  E: 1024 ** 6,
};

/** An error count: `820`, or `1.23K` from a zpool without `-p`. null: not a count. */
export function parseErrorCount(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)([KMGTPE]?)$/.exec(text);
  const factor = suffixes[parts?.[2] ?? ''];
  if (parts === null || factor === undefined) return null;
  return Math.round(Number(parts[1]) * factor);
}

export function roleOf(name: string, inClass: string | null): string {
  if (/^draid[123]-\d+-\d+$/.test(name)) return 'spare';
  const vdev = /^(mirror|raidz[123]?|draid[123]?|replacing|spare|indirect)(?::[0-9a-z:]+)?-\d+$/.exec(name);
  if (vdev?.[1] !== undefined) return vdev[1];
  if (inClass === 'spares') return 'spare';
  if (inClass === 'cache') return 'cache';
  if (inClass === 'logs') return 'log';
  return 'disk';
}

function healthOfState(state: string): TopologyNode['health'] {
  switch (state) {
    case 'ONLINE':
    case 'AVAIL':
      return 'ok';
    case 'INUSE':
    case 'DEGRADED':
    case 'OFFLINE':
      return 'warning';
    case 'FAULTED':
    case 'UNAVAIL':
    case 'REMOVED':
    case 'SUSPENDED':
      return 'critical';
    default:
      return 'unknown';
  }
}

/** ONLINE with errors is not well. */
export function healthOfNode(state: string, errorCount: number): TopologyNode['health'] {
  const health = healthOfState(state);
  return health === 'ok' && errorCount > 0 ? 'warning' : health;
}

interface Row {
  depth: number;
  node: TopologyNode;
  trim: DeviceTrim | null;
}

/**
 * `(47% trimmed, started at …)`, `(88% trimmed, suspended, started at …)`, `(100% trimmed, completed at …)`; the
 * rest says that there is nothing to tell. print_status_trim() in zpool_main.c, 0.8 to 2.4.
 */
const trimNote = / *\((?:(\d+)% trimmed, (started|suspended|completed)[^)]*|untrimmed|trim unsupported)\)$/;
const trimStates = { started: 'running', suspended: 'suspended', completed: 'finished' } as const;

function trimOf(device: string, match: RegExpExecArray | null): DeviceTrim | null {
  const word = match?.[2];
  if (word !== 'started' && word !== 'suspended' && word !== 'completed') return null;
  return { device, state: trimStates[word], percent: clampPercent(Number(match?.[1])) };
}

/**
 * Cuts a config row at the column where the header has STATE: names may contain spaces (a pool's may).
 * printf pads in bytes, so a path with other characters than ASCII shifts the row; then the words decide.
 */
function cutRow(line: string, stateColumn: number): { name: string; rest: string } {
  const rest = line.slice(stateColumn);
  const word = /^[A-Z]+/.exec(rest)?.[0];
  if (line[stateColumn - 1] === ' ' && vdevStates.some((state) => state === word)) {
    return { name: line.slice(0, stateColumn).trimEnd(), rest };
  }
  const words = new RegExp(`^(.*?\\S) +((?:${vdevStates.join('|')})(?: .*)?)$`).exec(line);
  if (words?.[1] === undefined || words[2] === undefined) {
    throw unexpectedOutput(command, 'a line of the config has no state', line);
  }
  return { name: words[1], rest: words[2] };
}

function parseRow(line: string, stateColumn: number, inClass: string | null): Row {
  const { name: indented, rest: whole } = cutRow(line, stateColumn);
  const name = indented.trimStart();
  const trimmed = trimNote.exec(whole);
  const rest = trimmed === null ? whole : whole.slice(0, trimmed.index);
  const [state = '', ...words] = rest.trim().split(/ +/);
  const [read, write, checksum] = words.slice(0, 3).map(parseErrorCount);
  const counted = read !== undefined && read !== null;
  if (counted && (write === undefined || write === null || checksum === undefined || checksum === null)) {
    throw unexpectedOutput(command, 'a line of the config has damaged error counts', line);
  }
  const note = (counted ? words.slice(3) : words).join(' ');
  const errors = (read ?? 0) + (write ?? 0) + (checksum ?? 0);
  // A missing device goes by its guid; commands take its old path as well.
  const was = /(?:^| )was (\/\S+)$/.exec(note)?.[1];
  return {
    depth: indented.length - name.length,
    trim: trimOf(name, trimmed),
    node: {
      name,
      role: roleOf(name, inClass),
      state,
      health: healthOfNode(state, errors),
      sizeBytes: null,
      freeBytes: null,
      readErrors: read ?? null,
      writeErrors: write ?? null,
      checksumErrors: checksum ?? null,
      note: note === '' ? null : note,
      ...(was === undefined ? {} : { path: was }),
      children: [],
    },
  };
}

const severity = ['ok', 'unknown', 'warning', 'critical'] as const;

export function worst(nodes: readonly TopologyNode[]): TopologyNode['health'] {
  return nodes.reduce<TopologyNode['health']>(
    (health, node) => (severity.indexOf(node.health) > severity.indexOf(health) ? node.health : health),
    'ok',
  );
}

export function classNode(name: string): TopologyNode {
  return {
    name,
    role: name,
    state: '',
    health: 'ok',
    sizeBytes: null,
    freeBytes: null,
    readErrors: null,
    writeErrors: null,
    checksumErrors: null,
    note: null,
    children: [],
  };
}

/** The rows between `config:` and the next blank line. Every row starts with a tab, then two spaces a level. */
function parseConfig(lines: readonly string[]): Pick<PoolStatus, 'root' | 'topology' | 'trims'> {
  const [header, ...rows] = lines;
  if (header === undefined) return { root: null, topology: [], trims: [] };
  const stateColumn = header.slice(1).indexOf('STATE');
  if (!header.startsWith('\tNAME ') || stateColumn === -1) {
    throw unexpectedOutput(command, 'the config has no header', header);
  }
  let root: TopologyNode | null = null;
  const topology: TopologyNode[] = [];
  const trims: DeviceTrim[] = [];
  let inClass: TopologyNode | null = null;
  /** Open nodes by depth; a row belongs to the last one that is less deep. */
  let open: Row[] = [];
  for (const line of rows) {
    const text = line.slice(1);
    const className = classes.find((name) => text.trimEnd() === name);
    if (className !== undefined) {
      inClass = classNode(className);
      topology.push(inClass);
      open = [];
      continue;
    }
    const row = parseRow(text, stateColumn, inClass?.name ?? null);
    if (row.trim !== null) trims.push(row.trim);
    if (row.depth === 0) {
      if (root !== null) throw unexpectedOutput(command, 'the config has two roots', line);
      root = row.node;
      root.role = 'root';
      continue;
    }
    if (root === null || row.depth % 2 !== 0) {
      throw unexpectedOutput(command, 'a line of the config stands at an unknown depth', line);
    }
    open = open.filter(({ depth }) => depth < row.depth);
    const parent = open.at(-1)?.node ?? inClass;
    if (row.depth !== (open.at(-1)?.depth ?? 0) + 2) {
      throw unexpectedOutput(command, 'a line of the config is deeper than its parent allows', line);
    }
    (parent?.children ?? topology).push(row.node);
    open.push(row);
  }
  if (root === null) throw unexpectedOutput(command, 'the config names no pool', header);
  for (const node of topology) {
    if (node.state === '') node.health = worst(node.children);
  }
  return { root, topology, trims };
}

const keyPattern = /^ {0,10}([a-z][a-z ]{0,24}): ?(.*)$/;
/** Wrapped sentences as one; null: there are none. */
export const oneLine = (lines: readonly string[]): string | null =>
  lines.length === 0
    ? null
    : lines
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .join(' ')
        .replace(/ {2,}/g, ' ');

interface Section {
  key: string;
  lines: string[];
}

/** Sections of one pool: a key, and the lines under it. Continuations start with a tab (or many spaces). */
function parsePool(sections: readonly Section[]): PoolStatus {
  const find = (key: string): string[] => sections.find((section) => section.key === key)?.lines ?? [];
  const name = find('pool')[0]?.trim();
  const state = oneLine(find('state'));
  if (name === undefined || name === '') throw unexpectedOutput(command, 'a pool has no name', '');
  if (state === null || !/^[A-Z]+$/.test(state)) {
    throw unexpectedOutput(command, `pool ${name} has no state`, state ?? '');
  }
  for (const key of ['state', 'config']) {
    if (sections.filter((section) => section.key === key).length !== 1) {
      throw unexpectedOutput(command, `pool ${name} has no "${key}:" or more than one`, '');
    }
  }
  const [configText = '', ...configLines] = find('config');
  const rows = configLines.filter((line) => line.trim() !== '');
  // "The configuration cannot be determined." stands on the key's own line, and nothing below it.
  const told = configText.trim() !== '';
  if (told === rows.length > 0) {
    throw unexpectedOutput(command, `the config of pool ${name} is not where it should be`, configText);
  }
  const config = told ? { root: null, topology: [], trims: [] } : parseConfig(rows);
  return {
    name,
    state,
    status: oneLine(find('status')),
    action: oneLine(find('action')),
    see: oneLine(find('see')),
    scans: sections
      .filter(({ key }) => key === 'scan' || key === 'scrub' || key === 'remove' || key === 'expand')
      .map(({ key, lines }) => ({
        key,
        lines: lines.map((line) => line.trim()).filter((line) => line !== ''),
      })),
    ...config,
    errors: oneLine(find('errors')),
    checkpoint: oneLine(find('checkpoint')),
  };
}

/** First line of `-T d`: date(1) in the C locale. */
const timePattern = /^[A-Z][a-z]{2} ([A-Z][a-z]{2} [ \d]\d) (\d\d:\d\d:\d\d) \S+ (\d{4})(?:\n|$)/;

/**
 * The moment of a `zpool status -T d`, as the host's clock on the wall has it, in milliseconds as if that were UTC.
 * null: it was not asked for. Only differences to other times of the same output mean something.
 */
export function statusTakenAtMs(stdout: string): number | null {
  const parts = timePattern.exec(stdout);
  return parts === null ? null : wallTimeMs(`${parts[1] ?? ''} ${parts[2] ?? ''} ${parts[3] ?? ''}`);
}

/** `Nov 23 08:51:33 2026`, the wall clock of the host, in milliseconds as if it were UTC. null: not a time. */
function wallTimeMs(text: string): number | null {
  const [month = '', day = '', clock = '', year = ''] = text.trim().split(/ +/);
  const ms = Date.parse(`${day} ${month} ${year} ${clock} GMT`);
  return Number.isNaN(ms) ? null : ms;
}

export function parsePoolStatus(stdout: string): PoolStatus[] {
  const text = stdout.replace(timePattern, '').trimEnd();
  // Up to 2.1 "no pools available" goes to stdout or stderr, depending on the terminal.
  if (text === '' || text === 'no pools available') return [];
  const pools: Section[][] = [];
  let section: Section | null = null;
  for (const line of text.split('\n')) {
    const continues = line === '' || line.startsWith('\t') || line.startsWith('        ');
    const [, key, value = ''] = keyPattern.exec(line) ?? [];
    if (key !== undefined && !line.startsWith('\t')) {
      section = { key, lines: [value] };
      if (key === 'pool') pools.push([section]);
      else {
        const pool = pools.at(-1);
        if (pool === undefined) throw unexpectedOutput(command, 'it does not start with a pool', line);
        pool.push(section);
      }
    } else if (continues && (section !== null || line === '')) {
      section?.lines.push(line);
    } else if (section?.key === 'status' || section?.key === 'action') {
      // Some of their sentences are wrapped without the tab (compatibility, FAULTED_DEV_NR).
      section.lines.push(line);
    } else {
      throw unexpectedOutput(command, 'there is a line that belongs to nothing', line);
    }
  }
  return pools.map(parsePool);
}

function parseEta(text: string): number | null {
  const clock = /(?:(\d+) days? )?(\d+):(\d\d):(\d\d) to go/.exec(text);
  if (clock !== null) {
    const [days = 0, hours = 0, minutes = 0, seconds = 0] = clock.slice(1).map((part) => Number(part ?? 0));
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
  }
  const short = /(\d+)h(\d+)m to go/.exec(text);
  return short === null ? null : Number(short[1]) * 3600 + Number(short[2]) * 60;
}

/** `nan` and `inf` (an empty pool) give null. */
function parseDone(text: string): number | null {
  const done = /(\d+(?:\.\d+)?)% done/.exec(text)?.[1];
  return done === undefined ? null : clampPercent(Number(done));
}

export interface ScanResult {
  activity: Activity;
  /** When it ended or was begun, on the host's wall clock; see `statusTakenAtMs`. */
  atMs: number | null;
  /** Errors that a finished scrub or resilver counted. */
  errorCount: number;
}

/**
 * What a `scan:`, `remove:` or `expand:` section says. null: nothing was ever asked for.
 * `'unknown'`: words this parser does not know; the caller says so instead of guessing.
 *
 * | first words                              | kind     | state    |
 * | scrub in progress / paused / canceled    | scrub    | running / paused / canceled |
 * | scrub repaired, scrubbed … error blocks  | scrub    | finished |
 * | resilver [(vdev)] in progress / canceled | resilver | running / canceled |
 * | resilvered                               | resilver | finished |
 * | Evacuation of … in progress              | move     | running  |
 * | Removal of vdev … / … canceled           | move     | finished / canceled |
 * | expansion of … in progress, expanded     | reshape  | running, finished |
 */
export function parseScan(lines: readonly string[]): ScanResult | null | 'unknown' {
  const [first = ''] = lines;
  const text = lines.join(', ');
  if (first === '' || first === 'none requested') return null;
  const of = (kind: Activity['kind'], state: Activity['state']): ScanResult => ({
    activity: {
      kind,
      state,
      percent: state === 'finished' ? 100 : parseDone(text),
      etaSeconds: state === 'running' ? parseEta(text) : null,
      text,
    },
    atMs: wallTimeMs(
      / (?:since|on) [A-Z][a-z]{2} ([A-Z][a-z]{2} +\d+ [\d:]{8} \d{4})/.exec(first)?.[1] ?? '',
    ),
    errorCount: state === 'finished' ? Number(/with (\d+) errors/.exec(first)?.[1] ?? 0) : 0,
  });
  if (/^(?:error )?scrub in progress since /.test(first)) return of('scrub', 'running');
  if (/^(?:error )?scrub paused since /.test(first)) return of('scrub', 'paused');
  if (/^(?:error )?scrub canceled on /.test(first)) return of('scrub', 'canceled');
  if (/^scrub repaired /.test(first) || /^scrubbed \d+ error blocks /.test(first))
    return of('scrub', 'finished');
  if (/^resilver (?:\(.*\) )?in progress since /.test(first)) return of('resilver', 'running');
  if (/^resilver (?:\(.*\) )?canceled on /.test(first)) return of('resilver', 'canceled');
  if (/^resilvered /.test(first)) return of('resilver', 'finished');
  if (/^Evacuation of .* in progress since /.test(first)) return of('move', 'running');
  if (/^Removal of .* canceled on /.test(first)) return of('move', 'canceled');
  if (/^Removal of vdev \d+ copied /.test(first)) return of('move', 'finished');
  if (/^expansion of .* in progress since /.test(first)) {
    return of('reshape', /paused for resilver/.test(text) ? 'paused' : 'running');
  }
  if (/^expanded /.test(first)) return of('reshape', 'finished');
  return 'unknown';
}

/** What the jobs of a pool are, and which of them this version does not know. */
export function jobsOf(scans: readonly PoolScan[]): { results: ScanResult[]; unknown: PoolScan[] } {
  const results: ScanResult[] = [];
  const unknown: PoolScan[] = [];
  for (const scan of scans) {
    const result = scan.result ?? parseScan(scan.lines);
    if (result === 'unknown') unknown.push(scan);
    else if (result !== null) results.push(result);
  }
  return { results, unknown };
}
