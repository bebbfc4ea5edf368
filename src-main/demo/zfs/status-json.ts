import { adviceOf, canTrim, scanProgress, trimAt } from './status-text';
import type { Pool, RunningScan, Scan } from './types';
import { poolState, vdevState, type DiskVdev, type Vdev } from './vdevs';

/** `zpool status -j -P -p -t -T u`, as status_callback_json() and its neighbours write it (OpenZFS 2.3.9). */

type Json = { readonly [key: string]: Json | string };

const seconds = (ms: number): string => String(Math.floor(ms / 1000));

/** vdev_aux_t of the notes that devices of the demo carry. */
const auxOf: Readonly<Record<string, string>> = { 'too many errors': 'ERR_EXCEEDED' };

/** How many bytes of a device a trim goes over: the demo counts in percent. */
const toTrimBytes = 314_572_800;

function trimStats(device: DiskVdev, nowMs: number): Json {
  if (!canTrim(device)) return { trim_notsup: '1' };
  const { trim } = device;
  if (trim === undefined) return { trim_state: 'UNTRIMMED', trim_notsup: '0' };
  const { percent, state } = trimAt(trim, nowMs);
  return {
    trim_state: { started: 'ACTIVE', suspended: 'SUSPENDED', completed: 'COMPLETE' }[state],
    trimmed: String(Math.ceil((toTrimBytes * percent) / 100)),
    to_trim: String(toTrimBytes),
    trim_time: seconds(state === 'completed' ? trim.endsAtMs : trim.startedAtMs),
    trim_errors: '0',
    trim_notsup: '0',
  };
}

const typeOf = (group: string): string => group.replace(/-?\d*$/, '').replace(/^raidz\d$/, 'raidz');

const errors = (read: number, write: number, checksum: number): Json => ({
  read_errors: String(read),
  write_errors: String(write),
  checksum_errors: String(checksum),
});

/** As status-text.ts has it: the devices that a resilver writes to. */
interface Place {
  className: string;
  nowMs: number;
  resilvering: boolean;
  inReplacing: boolean;
}

function vdevJson(vdev: Vdev, place: Place): Json {
  const { className, nowMs } = place;
  if (vdev.kind === 'group') {
    return {
      name: vdev.name,
      vdev_type: typeOf(vdev.name),
      class: className,
      state: vdevState(vdev),
      ...errors(0, 0, 0),
      vdevs: named(vdev.children, { ...place, inReplacing: vdev.name.startsWith('replacing-') }),
    };
  }
  const common = { name: vdev.path, vdev_type: 'disk', path: vdev.path, class: className };
  if (className === 'spare') return { ...common, state: vdev.state, ...trimStats(vdev, nowMs) };
  return {
    ...common,
    state: vdev.state,
    ...(vdev.note === undefined ? {} : { aux: auxOf[vdev.note] ?? 'EXTERNAL' }),
    ...errors(vdev.readErrors, vdev.writeErrors, vdev.checksumErrors),
    ...(isWrittenTo(vdev, place) ? { scan_processed: '1048576' } : {}),
    slow_ios: '0',
    ...trimStats(vdev, nowMs),
  };
}

function named(vdevs: readonly Vdev[], place: Place): Json {
  return Object.fromEntries(
    vdevs.map((vdev) => [vdev.kind === 'group' ? vdev.name : vdev.path, vdevJson(vdev, place)]),
  );
}

const isWrittenTo = (device: DiskVdev, { resilvering, inReplacing }: Place): boolean =>
  resilvering && (inReplacing || device.copying === true) && device.state === 'ONLINE';

function scanJson(
  scan: { kind: 'scrub' | 'resilver'; state: string; startedAtMs: number },
  more: Record<string, number> = {},
): Json {
  const counts: Record<string, number> = {
    end_time: 0,
    to_examine: 0,
    examined: 0,
    skipped: 0,
    processed: 0,
    errors: 0,
    bytes_per_scan: 0,
    pass_start: Math.floor(scan.startedAtMs / 1000),
    scrub_pause: 0,
    scrub_spent_paused: 0,
    issued_bytes_per_scan: 0,
    issued: 0,
    ...more,
  };
  return {
    function: scan.kind === 'scrub' ? 'SCRUB' : 'RESILVER',
    state: scan.state,
    start_time: seconds(scan.startedAtMs),
    ...Object.fromEntries(Object.entries(counts).map(([key, value]) => [key, String(value)])),
  };
}

function underWay(scan: RunningScan, nowMs: number): Record<string, number> {
  const { scannedBytes, issuedBytes } = scanProgress(scan, nowMs);
  return {
    to_examine: scan.totalBytes,
    examined: scannedBytes,
    bytes_per_scan: scannedBytes,
    issued_bytes_per_scan: issuedBytes,
    issued: issuedBytes,
    processed: Math.round(issuedBytes * scan.writtenShare),
  };
}

function scanStats(scan: Scan, nowMs: number): Json {
  switch (scan.state) {
    case 'running':
      return scanJson({ ...scan, state: 'SCANNING' }, underWay(scan, nowMs));
    case 'paused':
      return scanJson(
        { ...scan.running, state: 'SCANNING' },
        { ...underWay(scan.running, scan.pausedAtMs), scrub_pause: Math.floor(scan.pausedAtMs / 1000) },
      );
    case 'canceled':
      return scanJson(
        { kind: 'scrub', state: 'CANCELED', startedAtMs: scan.endedAtMs },
        { end_time: Math.floor(scan.endedAtMs / 1000) },
      );
    case 'finished':
      return scanJson(
        { kind: scan.kind, state: 'FINISHED', startedAtMs: scan.endedAtMs - scan.durationSeconds * 1000 },
        { end_time: Math.floor(scan.endedAtMs / 1000), processed: scan.bytes, errors: scan.errors },
      );
  }
}

function poolJson(pool: Pool, nowMs: number): Json {
  const { layout } = pool;
  const state = poolState(layout);
  const advice = adviceOf(pool);
  const resilvering = pool.scan?.state === 'running' && pool.scan.kind === 'resilver';
  const members = (vdevs: readonly Vdev[], className: string): Json =>
    named(vdevs, { className, nowMs, resilvering, inReplacing: false });
  const ofClass = (key: string, vdevs: readonly Vdev[], className: string): Json =>
    vdevs.length === 0 ? {} : { [key]: members(vdevs, className) };
  return {
    name: pool.name,
    state,
    pool_guid: pool.guid,
    txg: String(pool.lastTxg),
    spa_version: '5000',
    zpl_version: '5',
    ...(advice === null ? {} : { status: `${advice.status}\n`, action: `${advice.action}\n` }),
    ...(advice?.see === undefined ? {} : { msgid: advice.see, moreinfo: advice.url }),
    ...(pool.scan === null ? {} : { scan_stats: scanStats(pool.scan, nowMs) }),
    ...(pool.checkpointAtMs === null
      ? {}
      : { checkpoint_stats: { state: 'EXISTS', start_time: seconds(pool.checkpointAtMs), space: '212992' } }),
    vdevs: {
      [pool.name]: {
        name: pool.name,
        vdev_type: 'root',
        guid: pool.guid,
        class: 'normal',
        state,
        ...errors(0, 0, 0),
        vdevs: members(layout.data, 'normal'),
      },
    },
    ...ofClass('logs', layout.logs, 'log'),
    ...ofClass('l2cache', layout.cache, 'l2cache'),
    ...ofClass('spares', layout.spares, 'spare'),
    error_count: '0',
  };
}

export function statusJson(pools: readonly Pool[], nowMs: number): string {
  return `${JSON.stringify({
    output_version: { command: 'zpool status', vers_major: 0, vers_minor: 1 },
    pools: Object.fromEntries(pools.map((pool) => [pool.name, poolJson(pool, nowMs)])),
    time: seconds(nowMs),
  })}\n`;
}
