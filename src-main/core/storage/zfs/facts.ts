import type { Fact, TopologyNode } from '../../../../src-preload/contract/inventory';
import { defineTable, text } from '../columns';
import type { PoolStatus, ScanResult } from './status';

/** Properties of pools that a person wants to see and that no other probe tells. */
export const poolProperties = ['ashift', 'autotrim', 'autoexpand', 'failmode', 'comment'] as const;

export const poolPropertyTable = defineTable({
  pool: text('name'),
  property: text('property'),
  /** Last: a comment may hold anything. */
  value: text('value'),
});

/** `zpool get -Hp -o name,property,value …` by pool. */
export function parsePoolProperties(stdout: string): Map<string, Map<string, string>> {
  const pools = new Map<string, Map<string, string>>();
  for (const { pool, property, value } of poolPropertyTable.parse('zpool get', stdout)) {
    const known = pools.get(pool) ?? new Map<string, string>();
    pools.set(pool, known.set(property, value));
  }
  return pools;
}

const day = 86_400_000;

export function ageInDays(atMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - atMs) / day));
}

function ago(days: number): string {
  return days === 0 ? 'today' : days === 1 ? 'yesterday' : `${days} days ago`;
}

/** `mirror`, `2 × mirror`, `raidz2`, `disk`, `mirror, raidz1`: the vdevs that hold data, alike ones counted. */
export function poolLevel(topology: readonly TopologyNode[]): string | null {
  const counts = new Map<string, number>();
  for (const node of topology) {
    // Logs, cache and spares stand as one node without a state.
    if (node.state === '' || node.role === 'indirect') continue;
    // A top-level disk under replacement is still a disk.
    const role = node.role === 'replacing' || node.role === 'spare' ? 'disk' : node.role;
    counts.set(role, (counts.get(role) ?? 0) + 1);
  }
  if (counts.size === 0) return null;
  return [...counts].map(([role, count]) => (count === 1 ? role : `${count} × ${role}`)).join(', ');
}

/** `12` as people know it; 0 means that ZFS chose for each vdev. */
function ashiftText(value: string): string {
  const bits = Number(value);
  return bits === 0 ? 'chosen by ZFS for each device' : `${value} (${2 ** bits} bytes)`;
}

export interface FactSource {
  properties: ReadonlyMap<string, string> | undefined;
  status: PoolStatus | undefined;
  scans: readonly ScanResult[];
  /** Wall clock of the host; null: not read. */
  takenAtMs: number | null;
  dedupRatio: string;
}

/** The last scrub that the pool remembers; a resilver overwrites it. */
export function lastScrub(scans: readonly ScanResult[]): ScanResult | undefined {
  return scans.find(({ activity }) => activity.kind === 'scrub' && activity.state === 'finished');
}

export function poolFacts({ properties, status, scans, takenAtMs, dedupRatio }: FactSource): Fact[] {
  const facts: Fact[] = [];
  const value = (name: string): string | null => {
    const found = properties?.get(name);
    return found === undefined || found === '-' || found === '' ? null : found;
  };
  const ashift = value('ashift');
  if (ashift !== null && /^\d{1,2}$/.test(ashift)) {
    facts.push({ label: 'Sector size (ashift)', text: ashiftText(ashift) });
  }
  const autotrim = value('autotrim');
  if (autotrim !== null) facts.push({ label: 'Automatic trim', text: autotrim });
  const autoexpand = value('autoexpand');
  if (autoexpand === 'on') facts.push({ label: 'Grows with its devices', text: 'on' });
  const failmode = value('failmode');
  if (failmode !== null && failmode !== 'wait') facts.push({ label: 'On failure', text: failmode });
  if (dedupRatio !== '1.00' && dedupRatio !== '-')
    facts.push({ label: 'Deduplication', text: `${dedupRatio}x` });
  const scrub = lastScrub(scans);
  if (scrub !== undefined) {
    const { atMs, activity } = scrub;
    const age = atMs === null || takenAtMs === null ? '' : `${ago(ageInDays(atMs, takenAtMs))}: `;
    facts.push({ label: 'Last scrub', text: `${age}${activity.text}` });
  }
  const trims = status?.trims ?? [];
  if (trims.length > 0) {
    const done = trims.filter(({ state }) => state === 'finished').length;
    facts.push({ label: 'Trim', text: `${done} of ${trims.length} devices trimmed to the end` });
  }
  if (status?.checkpoint !== null && status?.checkpoint !== undefined) {
    facts.push({ label: 'Checkpoint', text: status.checkpoint });
  }
  const comment = value('comment');
  if (comment !== null) facts.push({ label: 'Comment', text: comment });
  return facts;
}
