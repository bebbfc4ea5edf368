import type { ForeseenDay, ForeseenSnapshot } from '../../../src-preload/contract/policies';
import type { Snapshot } from '../../../src-preload/contract/inventory';
import { tied } from '../retention/retention';

/** What would exist when, if a policy were taken and pruned at each of its moments. Pure. */

export type Present = Pick<
  Snapshot,
  'name' | 'fullName' | 'volumeName' | 'createdAtMs' | 'holdCount' | 'cloneNames' | 'state'
>;

export interface ForeseeInput {
  /** Volumes the policy is about, as last read. */
  volumeNames: readonly string[];
  /** Snapshots that its pruning judges; those of other volumes are passed over. */
  present: readonly Present[];
  nowMs: number;
  /** Moments at which all volumes get one, rising. */
  momentsMs: readonly number[];
  /** How many stay of each volume. */
  last: number;
  /** Ends of the days, rising; the last one is the end of all. */
  dayEndsMs: readonly number[];
  /** Of which day, by its place, what is there then is listed. */
  shownDay: number;
}

export interface Foreseen {
  days: ForeseenDay[];
  shown: ForeseenSnapshot[];
}

/** One snapshot of one volume: there already, or taken at a moment to come. */
interface Held {
  snapshot: Present | null;
  atMs: number;
}

interface VolumeState {
  name: string;
  /** Oldest first; those the rule counts. */
  counted: Held[];
  /** Where `counted` begins: what is before it went. */
  from: number;
  /** Beyond the rule and still there: held, cloned, undated. */
  staying: { held: Held; reason: string }[];
}

const byAge = (a: Held, b: Held): number =>
  a.atMs - b.atMs || ((a.snapshot?.fullName ?? '') < (b.snapshot?.fullName ?? '') ? -1 : 1);

function startOf(name: string, present: readonly Present[], nowMs: number): VolumeState {
  const counted: Held[] = [];
  const staying: VolumeState['staying'] = [];
  for (const snapshot of present) {
    if (snapshot.createdAtMs === null) {
      staying.push({ held: { snapshot, atMs: 0 }, reason: 'its age is not known' });
    } else if (snapshot.createdAtMs > nowMs) {
      staying.push({ held: { snapshot, atMs: snapshot.createdAtMs }, reason: 'it is dated in the future' });
    } else {
      counted.push({ snapshot, atMs: snapshot.createdAtMs });
    }
  }
  return { name, counted: counted.sort(byAge), from: 0, staying };
}

/** Takes one and lets go of what is beyond the rule, as `judge` would. Returns how many went. */
function step(volume: VolumeState, atMs: number, last: number): number {
  volume.counted.push({ snapshot: null, atMs });
  let gone = 0;
  while (volume.counted.length - volume.from > last) {
    const held = volume.counted[volume.from];
    if (held === undefined) break;
    volume.from += 1;
    const reason = held.snapshot === null ? null : tied(held.snapshot);
    if (reason === null) gone += 1;
    else volume.staying.push({ held, reason });
  }
  return gone;
}

function listed(volume: VolumeState): ForeseenSnapshot[] {
  const row = ({ snapshot, atMs }: Held, reason: string | null): ForeseenSnapshot => ({
    volumeName: volume.name,
    name: snapshot?.name ?? null,
    createdAtMs: snapshot === null ? atMs : snapshot.createdAtMs,
    reason,
  });
  return [
    ...volume.counted
      .slice(volume.from)
      .reverse()
      .map((held) => row(held, null)),
    ...volume.staying.map(({ held, reason }) => row(held, reason)),
  ];
}

export function foresee(input: ForeseeInput): Foreseen {
  const { volumeNames, present, nowMs, momentsMs, last, dayEndsMs, shownDay } = input;
  const byVolume = new Map<string, Present[]>(volumeNames.map((name) => [name, []]));
  for (const snapshot of present) {
    if (snapshot.volumeName !== null) byVolume.get(snapshot.volumeName)?.push(snapshot);
  }
  const volumes = [...byVolume].map(([name, own]) => startOf(name, own, nowMs));
  const days: ForeseenDay[] = [];
  let shown: ForeseenSnapshot[] = [];
  let next = 0;
  for (const [index, endMs] of dayEndsMs.entries()) {
    let taken = 0;
    let removed = 0;
    for (let atMs = momentsMs[next]; atMs !== undefined && atMs < endMs; atMs = momentsMs[next]) {
      for (const volume of volumes) removed += step(volume, atMs, last);
      taken += volumes.length;
      next += 1;
    }
    const there = volumes.reduce(
      (sum, { counted, from, staying }) => sum + counted.length - from + staying.length,
      0,
    );
    const stay = volumes.reduce((sum, { staying }) => sum + staying.length, 0);
    days.push({ endMs, taken, removed, there, stay });
    if (index === shownDay) shown = volumes.flatMap(listed);
  }
  return { days, shown };
}

/** Ends of this day and of the following ones, by the clock of this computer: days of 23 and 25 hours among them. */
export function dayEnds(nowMs: number, days: number): number[] {
  const today = new Date(nowMs);
  return Array.from({ length: days }, (_, index) =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() + index + 1).getTime(),
  );
}
