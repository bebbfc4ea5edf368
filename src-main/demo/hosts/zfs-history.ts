import type { Random } from '../random';
import type { ZfsModel } from '../zfs/model';
import type { DatasetOptions } from '../zfs/types';
import { pastMoments } from '../past-capacity';
import { writtenSince } from '../zfs/space';
import { day, hour, minute, second } from './blueprint';

/** How many automatic snapshots of each kind sanoid keeps of a dataset. */
export interface Retention {
  hourly: number;
  daily: number;
  monthly: number;
}

export const standard: Retention = { hourly: 48, daily: 60, monthly: 12 };
export const slow: Retention = { hourly: 0, daily: 31, monthly: 12 };
export const guests: Retention = { hourly: 24, daily: 14, monthly: 3 };

export interface DatasetPlan extends Omit<DatasetOptions, 'createdAtMs'> {
  name: string;
  /** Live bytes it should come to have. */
  bytes?: number;
  /** Bytes written on an average day. */
  dailyBytes?: number;
  /** Part of what is written that replaces older data instead of adding to it. */
  replaced?: number;
  keep?: Retention;
  ageDays?: number;
  /** Taken by hand: name and age. */
  manual?: readonly { part: string; ageDays: number }[];
}

interface Taken {
  atMs: number;
  part: string;
}

const two = (value: number) => String(value).padStart(2, '0');

/** `2026-11-23_02:00:01`, as sanoid writes it. */
function stamp(atMs: number): string {
  const time = new Date(atMs);
  const date = [time.getUTCFullYear(), two(time.getUTCMonth() + 1), two(time.getUTCDate())].join('-');
  const clock = [time.getUTCHours(), time.getUTCMinutes(), time.getUTCSeconds()].map(two).join(':');
  return `${date}_${clock}`;
}

function automatic(nowMs: number, keep: Retention, delayMs: number): Taken[] {
  const taken: Taken[] = [];
  const add = (atMs: number, kind: string) => {
    if (atMs <= nowMs) taken.push({ atMs, part: `autosnap_${stamp(atMs)}_${kind}` });
  };
  const thisHour = Math.floor(nowMs / hour) * hour;
  const today = Math.floor(nowMs / day) * day;
  const now = new Date(nowMs);
  for (let age = 0; age < keep.hourly; age += 1) add(thisHour - age * hour + delayMs, 'hourly');
  for (let age = 0; age < keep.daily; age += 1) add(today - age * day + delayMs, 'daily');
  for (let age = 0; age < keep.monthly; age += 1) {
    add(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - age, 1) + delayMs, 'monthly');
  }
  return taken;
}

const block = 4096;
const blocks = (bytes: number) => Math.max(0, Math.round(bytes / block)) * block;

/**
 * Lives through the past of all datasets in the order in which it happened: writes, and snapshots where
 * sanoid and people took them. Snapshot sizes then come out of the model, not out of a table.
 */
export function liveThrough(
  model: ZfsModel,
  plans: readonly DatasetPlan[],
  { nowMs, random, past }: { nowMs: number; random: Random; past: { take: (atMs: number) => void } },
): void {
  const events: { atMs: number; run: () => void }[] = pastMoments(nowMs).map((atMs) => ({
    atMs,
    run: () => past.take(atMs),
  }));
  for (const plan of plans) {
    const {
      name,
      bytes = 0,
      dailyBytes = 0,
      replaced = 0.9,
      keep,
      manual = [],
      ageDays = 700,
      ...rest
    } = plan;
    const createdAtMs = nowMs - ageDays * day;
    // The same run of sanoid reaches one dataset after the other.
    const delayMs = random.between(1, 14) * second;
    const taken = [
      ...(keep === undefined ? [] : automatic(nowMs, keep, delayMs)),
      ...manual.map(({ part, ageDays: age }) => ({ part, atMs: nowMs - age * day + delayMs })),
    ]
      .filter(({ atMs }) => atMs > createdAtMs + minute)
      .sort((left, right) => left.atMs - right.atMs);
    model.addDataset(name, { ...rest, createdAtMs });
    // However much is written on a day, it comes to have its size only now.
    const dailyGrowth = Math.min(dailyBytes * (1 - replaced), (bytes * 0.6) / ageDays);
    events.push({
      atMs: createdAtMs + minute,
      run: () =>
        model.write(name, blocks(bytes - dailyGrowth * ageDays), {
          atMs: createdAtMs + minute,
          trusted: true,
        }),
    });
    let lastMs = createdAtMs + minute;
    const write = (atMs: number) => {
      const days = Math.max(0, atMs - lastMs) / day;
      lastMs = atMs;
      const busy = 0.4 + 1.2 * random.next();
      const growth = dailyGrowth * days * busy;
      const replacing = (dailyBytes - dailyGrowth) * days * busy;
      if (growth + replacing < block) return;
      // Over a long time the same few blocks are replaced again and again; only the last version counts.
      const dataset = model.dataset(name);
      const live = dataset === undefined ? 0 : writtenSince(dataset.segments, 0);
      const overwritten = Math.min(replacing, live * 0.08);
      const old = blocks(overwritten * random.next());
      model.write(name, 0, {
        atMs,
        overwrittenBytes: blocks(overwritten - old),
        overwrite: 'newest',
        trusted: true,
      });
      model.write(name, blocks(growth + overwritten), {
        atMs,
        overwrittenBytes: old,
        overwrite: 'oldest',
        trusted: true,
      });
    };
    for (const { atMs, part } of taken) {
      events.push({
        atMs,
        run: () => {
          write(atMs - second);
          // Two kinds fall on the same second at midnight.
          const outcome = model.createSnapshots([name], part, atMs);
          if (!outcome.ok) throw new Error(`The past of ${name} has no room for ${part}.`);
        },
      });
    }
    events.push({ atMs: nowMs, run: () => write(nowMs) });
  }
  for (const event of events.sort((left, right) => left.atMs - right.atMs)) event.run();
  for (const pool of model.pools.values()) {
    const root = model.dataset(pool.name);
    if (root !== undefined && model.totalsOf(root).usedBytes > model.usableBytes(pool)) {
      throw new Error(`The past of ${pool.name} does not fit in it.`);
    }
  }
}

/** Fills the pool with data that nothing snapshots, to this share of its raw size. */
export function fillTo(model: ZfsModel, pool: string, dataset: string, share: number, atMs: number): void {
  const found = model.pools.get(pool);
  if (found === undefined) throw new Error(`No pool ${pool}.`);
  const missing = found.sizeBytes * share - model.allocatedBytes(found);
  if (missing < 0) throw new Error(`${pool} is fuller than ${share * 100} % already.`);
  model.write(dataset, blocks((missing / 512) * found.deflate), { atMs });
}

/** Datasets that are written to while the demo runs, in bytes per second. */
export function keepWriting(
  model: ZfsModel,
  rates: Readonly<Record<string, number>>,
  startMs: number,
): (nowMs: number) => void {
  let lastMs = startMs;
  return (nowMs) => {
    const seconds = Math.floor((nowMs - lastMs) / second);
    if (seconds < 1) return;
    lastMs += seconds * second;
    for (const [name, rate] of Object.entries(rates)) {
      const bytes = blocks(rate * seconds);
      model.write(name, bytes, { atMs: nowMs, overwrittenBytes: blocks(bytes * 0.7), overwrite: 'oldest' });
    }
  };
}
