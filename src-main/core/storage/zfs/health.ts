import type { HostProblem } from '../../../../src-preload/contract/hosts';
import type { Activity, TopologyNode } from '../../../../src-preload/contract/inventory';
import { ageInDays, lastScrub } from './facts';
import { jobsOf, noDataErrors, type DeviceTrim, type PoolStatus, type ScanResult } from './status';

/** From this fill on ZFS gets slower and fragments (Q-list X26), in percent. */
export const fullWarningPercent = 80;
export const fullCriticalPercent = 95;

/** A scrub a month, and some days for the day it falls on (Debian's cron job: the second Sunday). */
const scrubDueDays = 35;

/** Messages of `status:` on an ONLINE pool that ask for nothing: an upgrade, a property. */
const benignStatus = [
  /^Some supported (?:and requested )?features are not enabled/,
  /^The pool is formatted using a legacy on-disk format/,
  /^This pool has a compatibility list specified/,
  /^One or more features are enabled on the pool despite not being requested/,
  /^One or more devices are configured to use a non-native block size/,
  /^One or more devices is currently being resilvered/,
];

function leaves(nodes: readonly TopologyNode[]): TopologyNode[] {
  return nodes.flatMap((node) =>
    node.children.length === 0 && node.state !== '' ? [node] : leaves(node.children),
  );
}

/** Devices that may fail before data is lost, by kind of vdev; null: it holds no redundancy of its own. */
function parityOf(node: TopologyNode): number | null {
  switch (node.role) {
    case 'mirror':
      return node.children.length - 1;
    case 'raidz':
    case 'raidz1':
    case 'draid':
    case 'draid1':
      return 1;
    case 'raidz2':
    case 'draid2':
      return 2;
    case 'raidz3':
    case 'draid3':
      return 3;
    default:
      return null;
  }
}

/**
 * Whether a child still carries its share of the redundancy.
 * Under `replacing-N` and `spare-N` one finished device is enough; while a resilver runs none is finished.
 */
function carries(child: TopologyNode, resilvering: boolean): boolean {
  if (child.role !== 'replacing' && child.role !== 'spare') return child.state === 'ONLINE';
  if (child.children.length === 0) return child.state === 'ONLINE';
  if (child.state === 'ONLINE') return true;
  return !resilvering && child.children.some((device) => device.state === 'ONLINE');
}

/** True when one more failing device would lose data. */
function exposed(nodes: readonly TopologyNode[], resilvering: boolean): boolean {
  return nodes.some((node) => {
    if (node.role === 'spares' || node.role === 'cache') return false;
    if (node.state === '') return exposed(node.children, resilvering);
    const parity = parityOf(node);
    if (parity === null) return node.state !== 'ONLINE';
    const missing = node.children.filter((child) => !carries(child, resilvering)).length;
    return missing > 0 && missing >= parity;
  });
}

function describeErrors(node: TopologyNode): string {
  const parts = [
    [node.readErrors, 'read'],
    [node.writeErrors, 'write'],
    [node.checksumErrors, 'checksum'],
  ] as const;
  return parts
    .filter(([number]) => number !== null && number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(', ');
}

/** Trimming of a pool: what its devices tell together. null: none trims now. */
function trimActivity(trims: readonly DeviceTrim[]): Activity | null {
  const running = trims.filter(({ state }) => state === 'running');
  const suspended = trims.filter(({ state }) => state === 'suspended');
  const [slowest] = [...running, ...suspended].sort((a, b) => a.percent - b.percent);
  if (slowest === undefined) return null;
  const busy = running.length > 0;
  return {
    kind: 'trim',
    state: busy ? 'running' : 'paused',
    percent: slowest.percent,
    etaSeconds: null,
    text: `trim of ${trims.length} devices ${busy ? 'in progress' : 'suspended'}, the slowest is ${slowest.percent}% done`,
  };
}

/** When a pool was read and made, both as the host's wall clock has it; null: not known. */
export interface PoolClock {
  takenAtMs: number | null;
  createdAtMs: number | null;
}

/**
 * | last scan                 | says                                                        |
 * | scrub under way           | nothing                                                     |
 * | scrub, 35 days ago or more| missed                                                      |
 * | resilver                  | missed when even that is so long ago: it overwrote the scrub |
 * | none, pool older than that| never scrubbed                                              |
 */
function missedScrub(name: string, scans: readonly ScanResult[], clock: PoolClock): string | null {
  const { takenAtMs, createdAtMs } = clock;
  if (takenAtMs === null) return null;
  const scan = scans.find(({ activity }) => activity.kind === 'scrub' || activity.kind === 'resilver');
  if (scan === undefined) {
    if (createdAtMs === null) return null;
    const days = ageInDays(createdAtMs, takenAtMs);
    return days < scrubDueDays ? null : `Pool ${name} is ${days} days old and was never scrubbed.`;
  }
  const { activity, atMs } = lastScrub(scans) ?? scan;
  if (activity.state === 'running' || activity.state === 'paused' || atMs === null) return null;
  const days = ageInDays(atMs, takenAtMs);
  if (days < scrubDueDays) return null;
  return activity.kind === 'scrub'
    ? `The last scrub of pool ${name} ${activity.state === 'canceled' ? 'was cancelled' : 'ended'} ${days} days ago.`
    : `Pool ${name} was not scrubbed since its resilver ${days} days ago.`;
}

export interface PoolHealth {
  health: TopologyNode['health'];
  problems: HostProblem[];
  activity: Activity | null;
}

const activityOrder: readonly Activity['state'][] = ['running', 'paused', 'finished', 'canceled'];

/**
 * Problems of a pool, each with what to do. Health is the worst of them, `unknown` when the pool's state is.
 *
 * | state                | severity                                                     |
 * | DEGRADED             | warning; critical when one more failing device loses data    |
 * | FAULTED, UNAVAIL, SUSPENDED, REMOVED | critical                                      |
 * | ONLINE with errors   | warning (a pool with checksum errors stays ONLINE)           |
 */
export function judgePool(
  pool: { name: string; state: string; capacityPercent: number | null },
  status: PoolStatus | undefined,
  clock: PoolClock = { takenAtMs: null, createdAtMs: null },
  jobs = jobsOf(status?.scans ?? []),
): PoolHealth {
  const poolId = `zfs:${pool.name}`;
  const problems: HostProblem[] = [];
  const add = (severity: HostProblem['severity'], text: string, advice: string): void => {
    problems.push({ severity, text, advice, poolId });
  };

  const { results, unknown } = jobs;
  const resilvering = results.some(
    ({ activity }) => activity.kind === 'resilver' && activity.state === 'running',
  );
  const devices = leaves(status?.topology ?? []);
  const bad = devices.filter(
    ({ health, state }) => health !== 'ok' && state !== 'ONLINE' && state !== 'INUSE',
  );
  const counting = devices.filter((node) => describeErrors(node) !== '');
  const names = bad.map(({ name, state, note }) => `${name} is ${state}${note === null ? '' : ` (${note})`}`);
  const because = names.length === 0 ? '' : ` ${names.join('; ')}.`;
  const says = status?.status ? ` ${status.status}` : '';

  switch (pool.state) {
    case 'ONLINE':
      break;
    case 'DEGRADED': {
      const noneLeft = exposed(status?.topology ?? [], resilvering);
      add(
        noneLeft ? 'critical' : 'warning',
        `Pool ${pool.name} is DEGRADED.${because}${noneLeft ? ' One more failing device loses data.' : ''}${says}`,
        status?.action ?? 'Bring the missing device back or replace it.',
      );
      break;
    }
    case 'SUSPENDED':
      add(
        'critical',
        // `zfs list` leaves out the datasets of a suspended pool and exits 0 (2.1.11).
        `Pool ${pool.name} is SUSPENDED: every read and write on it waits, and its datasets cannot be listed.${because}${says}`,
        status?.action ?? `Bring the devices back, then run "zpool clear ${pool.name}".`,
      );
      break;
    case 'FAULTED':
    case 'UNAVAIL':
    case 'REMOVED':
      add(
        'critical',
        `Pool ${pool.name} is ${pool.state}: its data cannot be reached.${because}${says}`,
        status?.action ?? 'Bring the missing devices back.',
      );
      break;
    default:
      break;
  }

  if (counting.length > 0) {
    const counts = counting.map((node) => `${node.name}: ${describeErrors(node)}`).join('; ');
    add(
      'warning',
      `Devices of pool ${pool.name} made errors. ${counts}.`,
      status?.action ??
        `Check cables and SMART values, replace the device if it goes on, then run "zpool clear ${pool.name}".`,
    );
  } else if (
    pool.state === 'ONLINE' &&
    status?.status !== null &&
    status?.status !== undefined &&
    !benignStatus.some((pattern) => pattern.test(status.status ?? ''))
  ) {
    add('warning', `Pool ${pool.name}: ${status.status}`, status.action ?? 'See "zpool status".');
  }

  if (status?.errors !== null && status?.errors !== undefined && status.errors !== noDataErrors) {
    add(
      'critical',
      `Pool ${pool.name} has damaged files: ${status.errors}.`,
      `Run "zpool status -v ${pool.name}" for their names and restore them from a backup.`,
    );
  }
  for (const { activity, errorCount } of results) {
    if (errorCount > 0) {
      add(
        'warning',
        `The last ${activity.kind} of pool ${pool.name} ended with ${errorCount} errors: ${activity.text}.`,
        `Run "zpool status -v ${pool.name}" for what it found.`,
      );
    }
  }
  const missed = missedScrub(pool.name, results, clock);
  if (missed !== null) {
    add(
      'warning',
      missed,
      'Start a scrub, and let the host do it every month: only a scrub finds damage in data that nobody reads.',
    );
  }
  for (const { lines } of unknown) {
    add(
      'warning',
      `Pool ${pool.name}: this version of Holdfast does not know the scan message "${lines[0] ?? ''}".`,
      `Read "zpool status ${pool.name}" on the host.`,
    );
  }
  if (pool.capacityPercent !== null && pool.capacityPercent > fullWarningPercent) {
    add(
      pool.capacityPercent > fullCriticalPercent ? 'critical' : 'warning',
      `Pool ${pool.name} is ${pool.capacityPercent} % full.`,
      'Destroy snapshots or data, or add devices: above 80 % ZFS gets slower and fragments.',
    );
  }
  if (status === undefined) {
    add(
      'warning',
      `"zpool list" names pool ${pool.name}, "zpool status" does not.`,
      'It was imported or exported while it was read. Refresh.',
    );
  }

  const known = ['ONLINE', 'DEGRADED', 'SUSPENDED', 'FAULTED', 'UNAVAIL', 'REMOVED'].includes(pool.state);
  const health = problems.some(({ severity }) => severity === 'critical')
    ? 'critical'
    : problems.length > 0
      ? 'warning'
      : known
        ? 'ok'
        : 'unknown';
  const trim = trimActivity(status?.trims ?? []);
  const activity =
    [...results.map((result) => result.activity), ...(trim === null ? [] : [trim])].sort(
      (a, b) => activityOrder.indexOf(a.state) - activityOrder.indexOf(b.state),
    )[0] ?? null;
  return { health, problems, activity };
}
