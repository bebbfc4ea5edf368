import type { Snapshot } from '../../../src-preload/contract/inventory';
import {
  retentionPeriods,
  type RetentionPeriod,
  type RetentionRule,
} from '../../../src-preload/contract/prune';

/** Which snapshots of a volume a rule keeps, and why. Pure. */

export type Judged = Pick<
  Snapshot,
  'id' | 'fullName' | 'volumeName' | 'createdAtMs' | 'order' | 'holdCount' | 'cloneNames' | 'state'
>;

export type Verdict =
  /** The rule wants it, by each of these. */
  | { verdict: 'keep'; reasons: string[] }
  | { verdict: 'remove'; reasons: string[] }
  /** The rule does not want it, but it can't go, or must not be judged. */
  | { verdict: 'stay'; reasons: string[] };

const two = (value: number): string => String(value).padStart(2, '0');
const dateOf = (day: Date): string => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;

/** Weeks begin on Monday. */
function mondayOf(day: Date): Date {
  const monday = new Date(day);
  monday.setDate(day.getDate() - ((day.getDay() + 6) % 7));
  return monday;
}

/** The hour, day … a moment falls into, by the clock of this computer. */
const bucketOf: Readonly<Record<RetentionPeriod, (at: Date) => string>> = {
  hourly: (at) => `${dateOf(at)} ${two(at.getHours())}:00`,
  daily: dateOf,
  weekly: (at) => `week of ${dateOf(mondayOf(at))}`,
  monthly: (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}`,
  yearly: (at) => String(at.getFullYear()),
};

function obstacle(snapshot: Judged, nowMs: number): string | null {
  if (snapshot.createdAtMs === null) {
    return snapshot.order === undefined ? 'its age is not known' : 'its age was not read yet';
  }
  if (snapshot.createdAtMs > nowMs) return 'it is dated in the future';
  return null;
}

/** Why the tool would not destroy it; null: nothing holds it. */
export function tied(snapshot: Pick<Judged, 'holdCount' | 'cloneNames' | 'state'>): string | null {
  if (snapshot.holdCount === null || snapshot.cloneNames === null)
    return 'its holds and clones were not read yet';
  if (snapshot.holdCount > 0) return 'it is held';
  if (snapshot.cloneNames.length > 0) return `${snapshot.cloneNames.join(', ')} was cloned from it`;
  if (snapshot.state === 'merging') return 'it is being merged';
  return null;
}

function judgeVolume(snapshots: readonly Judged[], rule: RetentionRule, nowMs: number): [string, Verdict][] {
  const verdicts = new Map<string, Verdict>();
  const dated: { snapshot: Judged; at: Date; reasons: string[] }[] = [];
  for (const snapshot of snapshots) {
    const reason = obstacle(snapshot, nowMs);
    if (reason !== null) verdicts.set(snapshot.id, { verdict: 'stay', reasons: [reason] });
    else dated.push({ snapshot, at: new Date(snapshot.createdAtMs ?? 0), reasons: [] });
  }
  // Newest first; of two with the same second the later name.
  dated.sort(
    (a, b) => b.at.getTime() - a.at.getTime() || (a.snapshot.fullName < b.snapshot.fullName ? 1 : -1),
  );
  dated
    .slice(0, rule.last)
    .forEach(({ reasons }, index) => reasons.push(`one of the last ${rule.last} (${index + 1})`));
  for (const period of retentionPeriods) {
    const seen = new Set<string>();
    for (const { at, reasons } of dated) {
      const bucket = bucketOf[period](at);
      if (seen.has(bucket)) continue;
      // The newest of each period stands for it, back to the last period that is kept.
      if (seen.size >= rule[period]) break;
      seen.add(bucket);
      reasons.push(`${period}: ${bucket}`);
    }
  }
  for (const { snapshot, reasons } of dated) {
    if (reasons.length > 0) {
      verdicts.set(snapshot.id, { verdict: 'keep', reasons });
      continue;
    }
    const reason = tied(snapshot);
    verdicts.set(
      snapshot.id,
      reason === null
        ? { verdict: 'remove', reasons: ['nothing keeps it'] }
        : { verdict: 'stay', reasons: [reason] },
    );
  }
  return [...verdicts];
}

/** Verdicts by id. Each volume is judged by itself. */
export function judge(
  snapshots: readonly Judged[],
  rule: RetentionRule,
  nowMs: number,
): ReadonlyMap<string, Verdict> {
  const byVolume = new Map<string, Judged[]>();
  for (const snapshot of snapshots) {
    // Without its volume a snapshot is compared with nothing but itself.
    const key = snapshot.volumeName ?? `\0${snapshot.id}`;
    const known = byVolume.get(key);
    if (known === undefined) byVolume.set(key, [snapshot]);
    else known.push(snapshot);
  }
  return new Map([...byVolume.values()].flatMap((each) => judgeVolume(each, rule, nowMs)));
}
