import type { Pool, Scan } from './types';
import { disksOf, poolState, vdevState, type DiskVdev, type Trim, type Vdev } from './vdevs';

/** The text of `zpool status`, as print_status_config and its neighbours write it (OpenZFS 2.1.11). */

const units = ['', 'K', 'M', 'G', 'T', 'P', 'E'] as const;

/** At most five characters: `zfs_nicenum`. */
export function niceNumber(value: number): string {
  let index = 0;
  for (let rest = value; rest >= 1024 && index < units.length - 1; rest = Math.floor(rest / 1024)) index += 1;
  const unit = units[index] ?? '';
  const scaled = value / 1024 ** index;
  if (Number.isInteger(scaled)) return `${scaled}${unit}`;
  for (const digits of [2, 1]) {
    const text = `${scaled.toFixed(digits)}${unit}`;
    if (text.length <= 5) return text;
  }
  return `${scaled.toFixed(0)}${unit}`;
}

/** `zfs_nicebytes`: as above, but plain bytes carry a B. */
export function niceBytes(value: number): string {
  return value < 1024 ? `${value}B` : niceNumber(value);
}

/** ctime(3) without its newline, in UTC. */
export function ctime(ms: number): string {
  const [weekday, day, month, year, time] = new Date(ms).toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}

function clock(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const days = Math.floor(seconds / 86400);
  const time = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
    .map(two)
    .join(':');
  return days > 0 ? `${days} days ${time}` : time;
}

/** Bytes read and dealt with by a running scan at `nowMs`. */
export function scanProgress(scan: Extract<Scan, { state: 'running' }>, nowMs: number) {
  const elapsedSeconds = Math.max(1, (nowMs - scan.startedAtMs) / 1000);
  const scannedBytes = Math.min(scan.totalBytes, scan.scanRate * elapsedSeconds);
  const issuedBytes = Math.min(scan.totalBytes, scan.issueRate * elapsedSeconds);
  return {
    scannedBytes: Math.round(scannedBytes),
    issuedBytes: Math.round(issuedBytes),
    scanRate: Math.round(scannedBytes / elapsedSeconds),
    issueRate: Math.round(issuedBytes / elapsedSeconds),
    percent: (issuedBytes / scan.totalBytes) * 100,
    secondsLeft: Math.floor((scan.totalBytes - issuedBytes) / scan.issueRate),
  };
}

function scanLines(scan: Scan, nowMs: number): string[] {
  if (scan.state === 'canceled') return [`  scan: scrub canceled on ${ctime(scan.endedAtMs)}`];
  if (scan.state === 'paused') {
    const at = scanProgress(scan.running, scan.pausedAtMs);
    return [
      `  scan: scrub paused since ${ctime(scan.pausedAtMs)}`,
      `\tscrub started on ${ctime(scan.running.startedAtMs)}`,
      `\t${niceBytes(at.scannedBytes)} scanned, ${niceBytes(at.issuedBytes)} issued, ${niceBytes(scan.running.totalBytes)} total`,
      `\t0B repaired, ${at.percent.toFixed(2)}% done`,
    ];
  }
  if (scan.state === 'finished') {
    const verb = scan.kind === 'scrub' ? 'scrub repaired' : 'resilvered';
    const length = clock(scan.durationSeconds);
    return [
      `  scan: ${verb} ${niceBytes(scan.bytes)} in ${length} with ${scan.errors} errors on ${ctime(scan.endedAtMs)}`,
    ];
  }
  const at = scanProgress(scan, nowMs);
  const written = niceBytes(Math.round(at.issuedBytes * scan.writtenShare));
  // Slower than 10 MB/s the tool does not dare to estimate.
  const left =
    at.issueRate >= 10 * 1024 * 1024 ? `${clock(at.secondsLeft)} to go` : 'no estimated completion time';
  return [
    `  scan: ${scan.kind} in progress since ${ctime(scan.startedAtMs)}`,
    `\t${niceBytes(at.scannedBytes)} scanned at ${niceBytes(at.scanRate)}/s, ` +
      `${niceBytes(at.issuedBytes)} issued at ${niceBytes(at.issueRate)}/s, ${niceBytes(scan.totalBytes)} total`,
    `\t${written} ${scan.kind === 'scrub' ? 'repaired' : 'resilvered'}, ${at.percent.toFixed(2)}% done, ${left}`,
  ];
}

const inDegradedState =
  'Sufficient replicas exist for the pool to continue functioning in a\n\tdegraded state.';

interface Advice {
  status: string;
  action: string;
  see?: string;
  url?: string;
}

/** In the order in which check_status looks for trouble. */
export function adviceOf(pool: Pool): Advice | null {
  const disks = disksOf(pool.layout.data);
  const some = (state: DiskVdev['state']) => disks.some((disk) => disk.state === state);
  if (pool.scan?.state === 'running' && pool.scan.kind === 'resilver') {
    return {
      status:
        'One or more devices is currently being resilvered.  The pool will\n\tcontinue to function, possibly in a degraded state.',
      action: 'Wait for the resilver to complete.',
    };
  }
  if (some('FAULTED')) {
    return {
      status: `One or more devices are faulted in response to persistent errors.\n\t${inDegradedState}`,
      action: "Replace the faulted device, or use 'zpool clear' to mark the device\n\trepaired.",
    };
  }
  if (some('OFFLINE')) {
    return {
      status: `One or more devices has been taken offline by the administrator.\n\t${inDegradedState}`,
      action: "Online the device using 'zpool online' or replace the device with\n\t'zpool replace'.",
    };
  }
  if (some('REMOVED')) {
    return {
      status: `One or more devices has been removed by the administrator.\n\t${inDegradedState}`,
      // The missing quote is the tool's own.
      action: "Online the device using zpool online' or replace the device with\n\t'zpool replace'.",
    };
  }
  if (disks.some((disk) => disk.readErrors + disk.writeErrors + disk.checksumErrors > 0)) {
    return {
      status:
        'One or more devices has experienced an unrecoverable error.  An\n\tattempt was made to correct the error.  Applications are unaffected.',
      action:
        "Determine if the device needs to be replaced, and clear the errors\n\tusing 'zpool clear' or replace the device with 'zpool replace'.",
      see: 'ZFS-8000-9P',
      url: 'https://openzfs.github.io/openzfs-docs/msg/ZFS-8000-9P',
    };
  }
  return null;
}

function adviceLines(pool: Pool): string[] {
  const advice = adviceOf(pool);
  if (advice === null) return [];
  const see = advice.url === undefined ? [] : [`   see: ${advice.url}`];
  return [`status: ${advice.status}`, `action: ${advice.action}`, ...see];
}

interface StatusOptions {
  /** -P */
  fullPaths: boolean;
  /** -p */
  exactNumbers: boolean;
  /** -t */
  trims: boolean;
}

/** Percent that a device has trimmed, and whether it is through, waits or goes on. */
export function trimAt({ startedAtMs, endsAtMs, suspendedAtMs }: Trim, nowMs: number) {
  const at = suspendedAtMs ?? nowMs;
  const percent = Math.min(100, Math.floor(((at - startedAtMs) / (endsAtMs - startedAtMs)) * 100));
  if (suspendedAtMs === undefined && nowMs >= endsAtMs) return { percent: 100, state: 'completed' as const };
  return { percent, state: suspendedAtMs === undefined ? ('started' as const) : ('suspended' as const) };
}

/** Hard disks cannot. */
export function canTrim({ name }: DiskVdev): boolean {
  return name.startsWith('nvme-') || /^vd[a-z]$|^sda$/.test(name);
}

/** print_status_trim: SSDs tell how far they are. */
function trimText(device: DiskVdev, nowMs: number): string {
  if (!canTrim(device)) return '  (trim unsupported)';
  const { trim } = device;
  if (trim === undefined) return '  (untrimmed)';
  const { percent, state } = trimAt(trim, nowMs);
  if (state === 'completed') return `  (100% trimmed, completed at ${ctime(trim.endsAtMs)})`;
  const waits = state === 'suspended' ? 'suspended, ' : '';
  return `  (${percent}% trimmed, ${waits}started at ${ctime(trim.startedAtMs)})`;
}

function configLines(pool: Pool, nowMs: number, options: StatusOptions): string[] {
  const { layout } = pool;
  const nameOf = (vdev: Vdev) =>
    vdev.kind === 'group' ? vdev.name : options.fullPaths ? vdev.path : vdev.name;
  const widthOf = (vdev: Vdev, depth: number): number =>
    Math.max(
      nameOf(vdev).length + depth,
      ...(vdev.kind === 'group' ? vdev.children : []).map((child) => widthOf(child, depth + 2)),
    );
  const everything = [...layout.data, ...layout.logs, ...layout.cache, ...layout.spares];
  const width = Math.max(10, pool.name.length, ...everything.map((vdev) => widthOf(vdev, 2)));
  const number = (value: number) =>
    ` ${(options.exactNumbers ? String(value) : niceNumber(value)).padStart(5)}`;
  const counters = (disk: DiskVdev) =>
    number(disk.readErrors) + number(disk.writeErrors) + number(disk.checksumErrors);
  const zeros = number(0).repeat(3);
  const resilvering = pool.scan?.state === 'running' && pool.scan.kind === 'resilver';
  const line = (name: string, depth: number, state: string, rest: string) =>
    `\t${' '.repeat(depth)}${name.padEnd(width - depth)}  ${state.padEnd(8)}${rest}`;
  const draw = (vdev: Vdev, depth: number, inReplacing: boolean): string[] => {
    if (vdev.kind === 'group') {
      const replacing = vdev.name.startsWith('replacing-');
      return [
        line(vdev.name, depth, vdevState(vdev), zeros),
        ...vdev.children.flatMap((child) => draw(child, depth + 2, replacing)),
      ];
    }
    const busy = resilvering && (inReplacing || vdev.copying === true) && vdev.state === 'ONLINE';
    const copying = busy ? '  (resilvering)' : '';
    const note = vdev.note === undefined ? '' : `  ${vdev.note}`;
    const trim = options.trims ? trimText(vdev, nowMs) : '';
    return [line(nameOf(vdev), depth, vdev.state, counters(vdev) + note + copying + trim)];
  };
  const lines = [
    `\t${'NAME'.padEnd(width)}  ${'STATE'.padEnd(8)} ${' READ'} ${'WRITE'} ${'CKSUM'}`,
    line(pool.name, 0, poolState(layout), zeros),
    ...layout.data.flatMap((vdev) => draw(vdev, 2, false)),
  ];
  // `logs` alone is followed by a tab (print_class_vdevs).
  if (layout.logs.length > 0) lines.push('\tlogs\t', ...layout.logs.flatMap((vdev) => draw(vdev, 2, false)));
  if (layout.cache.length > 0) lines.push('\tcache', ...layout.cache.flatMap((vdev) => draw(vdev, 2, false)));
  if (layout.spares.length > 0) {
    lines.push(
      '\tspares',
      ...layout.spares.map((spare) =>
        line(nameOf(spare), 2, spare.state, options.trims ? trimText(spare, nowMs) : ''),
      ),
    );
  }
  return lines;
}

export function statusText(pool: Pool, nowMs: number, options: StatusOptions): string {
  return [
    `  pool: ${pool.name}`,
    ` state: ${poolState(pool.layout)}`,
    ...adviceLines(pool),
    ...(pool.scan === null ? [] : scanLines(pool.scan, nowMs)),
    ...(pool.checkpointAtMs === null
      ? []
      : [`checkpoint: created ${ctime(pool.checkpointAtMs)}, consumes 208K`]),
    'config:',
    '',
    ...configLines(pool, nowMs, options),
    '',
    'errors: No known data errors',
    '',
  ].join('\n');
}
