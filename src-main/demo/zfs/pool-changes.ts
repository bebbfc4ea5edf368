import type { ParsedOptions } from '../options';
import { failed, succeeded, type CommandResult } from '../result';
import type { ZfsContext } from './command-options';
import { trimAt } from './status-text';
import type { Pool, RunningScan } from './types';
import {
  collapse,
  diskOfPath,
  disksOf,
  exchange,
  group,
  groupOf,
  isCalled,
  poolState,
  vdevState,
  wholeDisk,
  type DiskVdev,
  type Vdev,
} from './vdevs';

/** Changes of pools and their devices, with the answers of zpool(8) of OpenZFS 2.1.11. */

const mebibyte = 1024 ** 2;
/** Copying that a person starts in the demo ends while they watch, however much there is to copy. */
const longestCopySeconds = 240;
const trimSeconds = 90;

function poolOf({ model }: ZfsContext, options: ParsedOptions): Pool | CommandResult {
  const [name = ''] = options.operands;
  return model.pools.get(name) ?? failed(1, `cannot open '${name}': no such pool\n`);
}

const isResult = (value: Pool | CommandResult): value is CommandResult => 'exitCode' in value;

const denied = (what: string): CommandResult => failed(1, `${what}: permission denied\n`);

function devicesOf({ layout }: Pool): DiskVdev[] {
  return disksOf([...layout.data, ...layout.logs, ...layout.cache, ...layout.spares]);
}

function deviceOf(pool: Pool, name: string): DiskVdev | undefined {
  return devicesOf(pool).find((device) => isCalled(device, name));
}

function put(pool: Pool, old: DiskVdev, fresh: Vdev | null): void {
  const { layout } = pool;
  layout.data = collapse(exchange(layout.data, old, fresh));
  layout.logs = collapse(exchange(layout.logs, old, fresh));
}

function startScan(context: ZfsContext, pool: Pool, kind: RunningScan['kind'], seconds: number): void {
  const totalBytes = Math.max(context.model.allocatedBytes(pool), 64 * 1024);
  const rate = totalBytes / seconds;
  pool.scan = {
    state: 'running',
    kind,
    startedAtMs: context.nowMs,
    totalBytes,
    scanRate: rate * 1.3,
    issueRate: rate,
    writtenShare: kind === 'scrub' ? 0 : 0.5,
  };
}

function startResilver(context: ZfsContext, pool: Pool): void {
  const seconds = context.model.allocatedBytes(pool) / (200 * mebibyte);
  startScan(context, pool, 'resilver', Math.min(longestCopySeconds, Math.max(2, seconds)));
}

/** Disks that some pool of this host holds: nobody else may open them. */
function inUse({ model }: ZfsContext, path: string): boolean {
  return [...model.pools.values()].some((pool) =>
    devicesOf(pool).some((device) => wholeDisk(device.path) === wholeDisk(path) || device.path === path),
  );
}

/** What zpool says against these disks; '' when it would take them all (check_disk, zpool_in_use). */
function complaintsOf(context: ZfsContext, paths: readonly string[]): string {
  const { model } = context;
  const hard: string[] = [];
  const soft: string[] = [];
  for (const path of paths) {
    const known = model.blockDevice(path);
    const exported = model
      .importable()
      .find((pool) => devicesOf(pool).some((device) => wholeDisk(device.path) === path));
    if (known === null) return `cannot resolve path '${path}'\n`;
    if (inUse(context, path)) hard.push(`${path} is in use and contains a unknown filesystem.\n`);
    else if (known.mounted)
      hard.push(`${path} is in use and contains a ${known.content ?? 'unknown'} filesystem.\n`);
    else if (exported !== undefined) soft.push(`${path}-part1 is part of exported pool '${exported.name}'\n`);
    else if (known.content !== null) soft.push(`${path} contains a filesystem of type '${known.content}'\n`);
  }
  const heading = "invalid vdev specification\nuse '-f' to override the following errors:\n";
  return `${soft.length > 0 ? heading + soft.join('') : ''}${hard.join('')}`;
}

const least: Readonly<Record<string, number>> = { mirror: 2, raidz: 2, raidz1: 2, raidz2: 3, raidz3: 4 };
const parity: Readonly<Record<string, number>> = { raidz: 1, raidz1: 1, raidz2: 2, raidz3: 3 };

export function poolCreate(context: ZfsContext, options: ParsedOptions): CommandResult {
  const { model, root, nowMs } = context;
  const [name = '', level = '', ...rest] = options.operands;
  const dryRun = options.flags.has('n');
  const single = !Object.hasOwn(least, level);
  const paths = single ? [level, ...rest].filter((path) => path !== '') : rest;
  if (name === '' || paths.length === 0) return failed(2, 'missing vdev specification\n');
  const wanted = least[level] ?? 1;
  if (paths.length < wanted) {
    return failed(1, `invalid vdev specification: ${level} requires at least ${wanted} devices\n`);
  }
  if (!root) return denied(`cannot create '${name}'`);
  const complaints = complaintsOf(context, paths);
  if (complaints !== '') return failed(1, complaints);
  if (/^(?:mirror|raidz|draid|spare)|^log$/.test(name)) {
    return failed(1, `cannot create '${name}': name is reserved\npool name may have been omitted\n`);
  }
  const devices = paths.map((path) => diskOfPath(path));
  if (dryRun) {
    const indent = single ? '  ' : '    ';
    const drawn = devices.map((device) => `\t${indent}${device.name}\n`).join('');
    return succeeded(
      `would create '${name}' with the following layout:\n\n\t${name}\n${single ? '' : `\t  ${level}\n`}${drawn}`,
      30,
    );
  }
  if (model.pools.has(name)) {
    return failed(
      1,
      `mountpoint '/${name}' exists and is not empty\nuse '-m' option to provide a different default\n`,
    );
  }
  const smallest = Math.min(...paths.map((path) => model.blockDevice(path)?.sizeBytes ?? 0));
  const member = Math.floor((smallest - 16 * mebibyte) / (512 * 1024)) * 512 * 1024;
  const lost = parity[level] ?? 0;
  const vdevName = level === 'mirror' ? 'mirror-0' : `${level === 'raidz' ? 'raidz1' : level}-0`;
  model.addPool({
    name,
    sizeBytes: level === 'mirror' || single ? member : member * devices.length,
    deflate: Math.floor((512 * (devices.length - lost)) / devices.length),
    ...(options.values.get('o') === undefined
      ? {}
      : { ashift: Number(/^ashift=(\d+)$/.exec(options.values.get('o') ?? '')?.[1] ?? 12) }),
    createdAtMs: nowMs,
    layout: {
      data: single ? devices : [group(vdevName, ...devices)],
      logs: [],
      cache: [],
      spares: [],
    },
  });
  model.addDataset(name, { createdAtMs: nowMs, compression: 'off' });
  model.write(name, 96 * 1024, { atMs: nowMs });
  return succeeded('', 900);
}

export function poolScrub(context: ZfsContext, options: ParsedOptions): CommandResult {
  const pool = poolOf(context, options);
  if (isResult(pool)) return pool;
  const { name, scan } = pool;
  const { nowMs } = context;
  if (!context.root) return denied(`cannot scrub ${name}`);
  if (options.flags.has('p')) {
    if (scan?.state === 'paused')
      return failed(1, `cannot pause scrubbing ${name}: scrub is paused; use 'zpool scrub' to resume\n`);
    if (scan?.state !== 'running' || scan.kind !== 'scrub') {
      return failed(1, `cannot pause scrubbing ${name}: there is no active scrub\n`);
    }
    pool.scan = { state: 'paused', kind: 'scrub', pausedAtMs: nowMs, running: scan };
    return succeeded('', 20);
  }
  if (options.flags.has('s')) {
    const active = scan?.state === 'paused' || (scan?.state === 'running' && scan.kind === 'scrub');
    if (!active) return failed(1, `cannot cancel scrubbing ${name}: there is no active scrub\n`);
    pool.scan = { state: 'canceled', kind: 'scrub', endedAtMs: nowMs };
    return succeeded('', 20);
  }
  if (scan?.state === 'running') {
    return failed(
      1,
      `cannot scrub ${name}: currently ${scan.kind === 'scrub' ? "scrubbing; use 'zpool scrub -s' to cancel current scrub" : 'resilvering'}\n`,
    );
  }
  if (scan?.state === 'paused') {
    const done = scan.pausedAtMs - scan.running.startedAtMs;
    pool.scan = { ...scan.running, startedAtMs: nowMs - done };
    return succeeded('', 20);
  }
  startScan(context, pool, 'scrub', Math.max(2, context.model.allocatedBytes(pool) / (1150 * mebibyte)));
  return succeeded('', 60);
}

const canTrim = ({ name }: DiskVdev): boolean => name.startsWith('nvme-') || /^vd[a-z]$|^sda$/.test(name);

export function poolTrim(context: ZfsContext, options: ParsedOptions): CommandResult {
  const pool = poolOf(context, options);
  if (isResult(pool)) return pool;
  const { nowMs } = context;
  if (!context.root) return denied(`cannot trim '${pool.name}'`);
  const devices = disksOf([...pool.layout.data, ...pool.layout.logs]).filter(canTrim);
  if (devices.length === 0) return failed(255, 'cannot trim: no devices in pool support trim operations\n');
  const busy = ({ trim }: DiskVdev): boolean =>
    trim !== undefined && trimAt(trim, nowMs).state !== 'completed';
  const wanted = options.flags.has('c');
  const wrong = devices.filter((device) => busy(device) !== wanted);
  if (wrong.length > 0) {
    const words = wanted ? 'there is no active trim' : 'currently trimming';
    return failed(255, wrong.map(({ path }) => `cannot trim '${path}': ${words}\n`).join(''));
  }
  for (const device of devices) {
    if (wanted) delete device.trim;
    else device.trim = { startedAtMs: nowMs, endsAtMs: nowMs + trimSeconds * 1000 };
  }
  return succeeded('', 40);
}

export function poolCheckpoint(context: ZfsContext, options: ParsedOptions): CommandResult {
  const pool = poolOf(context, options);
  if (isResult(pool)) return pool;
  const { name } = pool;
  if (!context.root) return denied(`cannot checkpoint '${name}'`);
  if (options.flags.has('d')) {
    if (pool.checkpointAtMs === null) {
      return failed(1, `cannot discard checkpoint in '${name}': checkpoint does not exist\n`);
    }
    pool.checkpointAtMs = null;
    return succeeded('', 60);
  }
  if (pool.checkpointAtMs !== null) return failed(1, `cannot checkpoint '${name}': checkpoint exists\n`);
  pool.checkpointAtMs = context.nowMs;
  return succeeded('', 60);
}

export function poolClear(context: ZfsContext, options: ParsedOptions): CommandResult {
  const pool = poolOf(context, options);
  if (isResult(pool)) return pool;
  const [, name] = options.operands;
  if (!context.root) return denied(`cannot clear errors for ${pool.name}`);
  const named = name === undefined ? undefined : deviceOf(pool, name);
  if (name !== undefined && named === undefined) {
    return failed(1, `cannot clear errors for ${name}: no such device in pool\n`);
  }
  const replacing = new Set(
    devicesOf(pool).filter((device) => groupOf(pool.layout.data, device)?.name.startsWith('replacing-')),
  );
  for (const device of named === undefined ? devicesOf(pool) : [named]) {
    Object.assign(device, { readErrors: 0, writeErrors: 0, checksumErrors: 0 });
    // What is being replaced failed for good: it comes up and falls out again.
    if (device.state === 'FAULTED' && !replacing.has(device)) {
      device.state = 'ONLINE';
      delete device.note;
    }
  }
  return succeeded('', 40);
}

function newDevice(context: ZfsContext, pool: Pool, path: string): DiskVdev | CommandResult {
  const spare = pool.layout.spares.find((device) => isCalled(device, path) && device.state === 'AVAIL');
  if (spare !== undefined) return diskOfPath(wholeDisk(spare.path));
  const complaints = complaintsOf(context, [path]);
  return complaints === '' ? diskOfPath(path) : failed(1, complaints);
}

function tooSmall(context: ZfsContext, old: DiskVdev, fresh: DiskVdev): boolean {
  const size = (device: DiskVdev) => context.model.blockDevice(wholeDisk(device.path))?.sizeBytes ?? null;
  const [was, is] = [size(old), size(fresh)];
  return was !== null && is !== null && is < was;
}

export function poolReplace(context: ZfsContext, options: ParsedOptions): CommandResult {
  const pool = poolOf(context, options);
  if (isResult(pool)) return pool;
  const [, oldName = '', newName = oldName] = options.operands;
  if (!context.root) return denied(`cannot replace ${oldName} with ${newName}`);
  const fresh = newDevice(context, pool, newName);
  if ('exitCode' in fresh) return fresh;
  const old = deviceOf(pool, oldName);
  const why = (text: string) => failed(1, `cannot replace ${oldName} with ${newName}: ${text}\n`);
  if (old === undefined) return why('no such device in pool');
  if (pool.checkpointAtMs !== null) return why('checkpoint exists');
  if (tooSmall(context, old, fresh)) return why('device is too small');
  if (groupOf(pool.layout.data, old)?.name.startsWith('replacing-') === true) {
    return why('cannot replace a replacing device');
  }
  const place = Math.max(0, groupOf(pool.layout.data, old)?.children.indexOf(old) ?? 0);
  put(pool, old, group(`replacing-${place}`, old, { ...fresh, copying: true }));
  pool.layout.spares = pool.layout.spares.filter((device) => !isCalled(device, newName));
  startResilver(context, pool);
  return succeeded('', 700);
}

export function poolAttach(context: ZfsContext, options: ParsedOptions): CommandResult {
  const pool = poolOf(context, options);
  if (isResult(pool)) return pool;
  const [, besideName = '', newName = ''] = options.operands;
  if (!context.root) return denied(`cannot attach ${newName} to ${besideName}`);
  const fresh = newDevice(context, pool, newName);
  if ('exitCode' in fresh) return fresh;
  const beside = deviceOf(pool, besideName);
  const why = (text: string) => failed(255, `cannot attach ${newName} to ${besideName}: ${text}\n`);
  if (beside === undefined) return why('no such device in pool');
  if (pool.checkpointAtMs !== null) return why('checkpoint exists');
  const all = [...pool.layout.data, ...pool.layout.logs];
  const parent = groupOf(all, beside);
  if (parent !== null && !parent.name.startsWith('mirror-')) {
    return why('can only attach to mirrors and top-level disks');
  }
  if (tooSmall(context, beside, fresh)) return why('device is too small');
  const copy = { ...fresh, copying: true };
  if (parent !== null) parent.children = [...parent.children, copy];
  else put(pool, beside, group(`mirror-${all.indexOf(beside)}`, beside, copy));
  startResilver(context, pool);
  return succeeded('', 700);
}

/** Whether the group still has what it needs without this device. */
function spareable(pool: Pool, device: DiskVdev): boolean {
  const parent = groupOf([...pool.layout.data, ...pool.layout.logs], device);
  if (parent === null) return false;
  const others = parent.children.filter((child) => child !== device);
  const good = others.filter((child) => vdevState(child) === 'ONLINE');
  const raid = /^raidz(\d)/.exec(parent.name)?.[1];
  return raid === undefined ? good.length > 0 : others.length - good.length < Number(raid);
}

export function poolDetach(context: ZfsContext, options: ParsedOptions): CommandResult {
  const pool = poolOf(context, options);
  if (isResult(pool)) return pool;
  const [, name = ''] = options.operands;
  const device = deviceOf(pool, name);
  if (!context.root) return denied(`cannot detach ${name}`);
  const why = (text: string) => failed(255, `cannot detach ${name}: ${text}\n`);
  if (device === undefined) return why('no such device in pool');
  const parent = groupOf([...pool.layout.data, ...pool.layout.logs], device);
  if (parent === null || !/^(?:mirror|replacing|spare)-/.test(parent.name)) {
    return why('only applicable to mirror and replacing vdevs');
  }
  if (!spareable(pool, device)) return why('no valid replicas');
  put(pool, device, null);
  return succeeded('', 120);
}

export function poolOffline(context: ZfsContext, options: ParsedOptions): CommandResult {
  const pool = poolOf(context, options);
  if (isResult(pool)) return pool;
  const [, name = ''] = options.operands;
  const device = deviceOf(pool, name);
  if (!context.root) return denied(`cannot offline ${name}`);
  if (device === undefined) return failed(1, `cannot offline ${name}: no such device in pool\n`);
  if (!spareable(pool, device)) return failed(1, `cannot offline ${name}: no valid replicas\n`);
  device.state = 'OFFLINE';
  return succeeded('', 150);
}

export function poolOnline(context: ZfsContext, options: ParsedOptions): CommandResult {
  const pool = poolOf(context, options);
  if (isResult(pool)) return pool;
  const [, name = ''] = options.operands;
  const device = deviceOf(pool, name);
  if (!context.root) return denied(`cannot online ${name}`);
  if (device === undefined) return failed(1, `cannot online ${name}: no such device in pool\n`);
  if (device.state === 'FAULTED') {
    return {
      ...succeeded(
        `warning: device '${name}' onlined, but remains in faulted state\nuse 'zpool clear' to restore a faulted device\n`,
        150,
      ),
    };
  }
  device.state = 'ONLINE';
  startScan(context, pool, 'resilver', 2);
  return succeeded('', 250);
}

export function poolExport(context: ZfsContext, options: ParsedOptions): CommandResult {
  const pool = poolOf(context, options);
  if (isResult(pool)) return pool;
  if (!context.root) return denied(`cannot export '${pool.name}'`);
  const busy = context.model
    .allDatasets()
    .find(
      ({ name, mountpoint }) =>
        name.split('/')[0] === pool.name && context.model.usersOf(mountpoint).length > 0,
    );
  if (busy !== undefined) {
    return failed(1, `cannot unmount '${busy.mountpoint ?? ''}': pool or dataset is busy\n`);
  }
  context.model.exportPool(pool.name);
  return succeeded('', 800);
}

/** The tree of `zpool import`: as in status, names short, without counters. */
function importText(pool: Pool): string {
  const { layout } = pool;
  const rows: [depth: number, name: string, state: string][] = [[0, pool.name, poolState(layout)]];
  const draw = (vdev: Vdev, depth: number): void => {
    rows.push([depth, vdev.name, vdevState(vdev)]);
    if (vdev.kind === 'group') for (const child of vdev.children) draw(child, depth + 2);
  };
  for (const vdev of layout.data) draw(vdev, 2);
  const width = Math.max(10, ...rows.map(([depth, name]) => depth + name.length));
  const lines = rows.map(
    ([depth, name, state]) => `\t${' '.repeat(depth)}${name.padEnd(width - depth)}  ${state}`,
  );
  return [
    `   pool: ${pool.name}`,
    `     id: ${pool.guid}`,
    `  state: ${poolState(layout)}`,
    ' action: The pool can be imported using its name or numeric identifier.',
    ' config:',
    '',
    ...lines,
    '',
  ].join('\n');
}

export function poolImport(context: ZfsContext, options: ParsedOptions): CommandResult {
  const { model, root } = context;
  const [wanted] = options.operands;
  const all = model.importable();
  if (!root) return denied('cannot discover pools');
  if (wanted === undefined) {
    return all.length === 0
      ? { ...succeeded('', 300), stderr: 'no pools available to import\n' }
      : succeeded(all.map(importText).join('\n'), 300);
  }
  const found = all.find(({ name, guid }) => name === wanted || guid === wanted);
  if (found === undefined) {
    return model.pools.has(wanted)
      ? failed(
          1,
          `cannot import '${wanted}': a pool with that name already exists\nuse the form 'zpool import <pool | id> <newpool>' to give it a new name\n`,
        )
      : failed(1, `cannot import '${wanted}': no such pool available\n`);
  }
  if (model.pools.has(found.name)) {
    return failed(1, `cannot import '${found.name}': a pool with that name already exists\n`);
  }
  model.importPool(found.guid);
  return succeeded('', 900);
}
