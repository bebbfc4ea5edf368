import { filesize } from 'filesize';
import { z } from 'zod';
import type { Activity } from '../../../../src-preload/contract/inventory';
import { clampPercent } from '../columns';
import type { PoolScan, ScanResult } from './status';

/**
 * `scan_stats`, `removal_stats` and `raidz_expand_stats` of `zpool status -j -p` (OpenZFS 2.3, output version 0.1): seconds
 * since 1970 and bytes. What the text computes for people, parts done and time left, is computed here as
 * print_scan_scrub_resilver_status() of zpool_main.c does.
 */

const nanoseconds = 1e9;

/** A count as `-p` writes it; guids would not fit a number and are not read. */
export const count = z.union([z.int().nonnegative(), z.string().regex(/^\d{1,20}$/)]).transform(Number);

/** Seconds since 1970 that are a moment: what a Date can hold. */
export const moment = count.refine((seconds) => seconds <= 8_640_000_000_000, 'is no moment');

const rebuild = z.looseObject({
  state: z.string(),
  start_time: moment,
  end_time: moment,
  issued: count,
  to_scan: count,
  pass_skipped: count.default(0),
  pass_issued: count.default(0),
  pass_time: count.default(0),
  errors: count,
});

const rebuilds = { rebuild_stats: z.record(z.string(), rebuild).default({}) };

const scan = z.looseObject({
  function: z.string(),
  state: z.string(),
  start_time: moment,
  end_time: moment,
  to_examine: count,
  skipped: count,
  issued: count,
  processed: count,
  issued_bytes_per_scan: count,
  pass_start: moment,
  scrub_pause: moment,
  scrub_spent_paused: count,
  errors: count,
  err_scrub_state: z.string().optional(),
  err_scrub_start_time: moment.default(0),
  err_scrub_end_time: moment.default(0),
  err_scrub_pause: moment.default(0),
  ...rebuilds,
});

/** Of a pool that was only ever rebuilt (draid) nothing but that is told. */
export const scanStats = z.union([scan, z.looseObject({ function: z.undefined().optional(), ...rebuilds })]);

export const removalStats = z.looseObject({
  name: z.string(),
  state: z.string(),
  removing_vdev: count,
  start_time: moment,
  end_time: moment,
  to_copy: count,
  copied: count,
});

export const expandStats = z.looseObject({
  name: z.string(),
  state: z.string(),
  expanding_vdev: count,
  start_time: moment,
  end_time: moment,
  to_reflow: count,
  reflowed: count,
  waiting_for_resilver: count,
});

const states: Record<string, Activity['state'] | undefined> = {
  SCANNING: 'running',
  ERRORSCRUBBING: 'running',
  ACTIVE: 'running',
  FINISHED: 'finished',
  COMPLETE: 'finished',
  CANCELED: 'canceled',
};

/** `2026-11-29 05:28:38 UTC` */
export function momentText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

interface Job {
  kind: Activity['kind'];
  /** As the sentence begins: `scrub`, `expansion of raidz1-0`. */
  subject: string;
  state: string;
  startSeconds: number;
  endSeconds: number;
  /** Since when it waits; 0: it does not. */
  pausedSeconds?: number;
  waits?: boolean;
  percent: number | null;
  etaSeconds: number | null;
  errorCount?: number;
  /** Of a scrub or resilver that is over: bytes it repaired or copied, and how long it worked. */
  did?: { bytes: number; seconds: number };
}

/** `16:10:11`, `2 days 03:00:00` */
function clock(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const time = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  return days === 0 ? time : `${days} days ${time}`;
}

const verbs: Record<Activity['state'], string> = {
  running: 'in progress since',
  paused: 'paused since',
  finished: 'ended',
  canceled: 'canceled on',
};

const unknown = (subject: string, state: string): PoolScan => ({
  key: 'scan',
  lines: [`${subject}: ${state}`],
  result: 'unknown',
});

function told(job: Job): PoolScan {
  const known = states[job.state];
  if (known === undefined) return unknown(job.subject, job.state);
  const pausedAt = job.pausedSeconds ?? 0;
  const state = known === 'running' && (pausedAt > 0 || job.waits === true) ? 'paused' : known;
  const isUnderWay = state === 'running' || state === 'paused';
  const began = state === 'paused' && pausedAt > 0 ? pausedAt : job.startSeconds;
  const atSeconds = isUnderWay ? began : job.endSeconds;
  const errorCount = state === 'finished' ? (job.errorCount ?? 0) : 0;
  const outcome = state === 'finished' ? ` with ${errorCount} errors` : '';
  const text =
    state === 'finished' && job.did !== undefined
      ? `${job.subject === 'scrub' ? 'scrub repaired' : 'resilvered'} ${filesize(job.did.bytes, { standard: 'iec' })} in ${clock(job.did.seconds)}${outcome} on ${momentText(atSeconds)}`
      : `${job.subject} ${verbs[state]} ${momentText(atSeconds)}${outcome}`;
  const result: ScanResult = {
    activity: {
      kind: job.kind,
      state,
      percent: state === 'finished' ? 100 : isUnderWay ? job.percent : null,
      etaSeconds: state === 'running' ? job.etaSeconds : null,
      text,
    },
    atMs: atSeconds * 1000,
    errorCount,
  };
  return { key: 'scan', lines: [text], result };
}

/** null: of an empty pool nothing can be told. */
const part = (done: number, whole: number): number | null =>
  whole <= 0 ? null : clampPercent((100 * done) / whole);

/** Seconds; null: it does not move, or not yet. */
function left(done: number, whole: number, inThisPass: number, passSeconds: number): number | null {
  if (inThisPass <= 0 || whole <= 0) return null;
  return Math.max(0, Math.round(((whole - done) * Math.max(1, passSeconds)) / inThisPass));
}

function rebuildOf(vdev: string, each: z.infer<typeof rebuild>): PoolScan[] {
  if (each.state === 'NONE') return [];
  const whole = each.to_scan - each.pass_skipped;
  return [
    told({
      kind: 'resilver',
      subject: `resilver (${vdev})`,
      state: each.state,
      startSeconds: each.start_time,
      endSeconds: each.end_time,
      percent: part(each.issued, whole),
      etaSeconds: left(each.issued, whole, each.pass_issued, each.pass_time / nanoseconds),
      errorCount: each.errors,
    }),
  ];
}

/** @param nowSeconds when it was read, by the host's clock */
export function scansOf(stats: z.infer<typeof scanStats>, nowSeconds: number): PoolScan[] {
  const rebuilt = Object.entries(stats.rebuild_stats).flatMap(([vdev, each]) => rebuildOf(vdev, each));
  return stats.function === undefined ? rebuilt : [...scrubsOf(stats, nowSeconds), ...rebuilt];
}

function scrubsOf(stats: z.infer<typeof scan>, nowSeconds: number): PoolScan[] {
  const scans: PoolScan[] = [];
  if (stats.function === 'SCRUB' || stats.function === 'RESILVER') {
    const whole = stats.to_examine - stats.skipped;
    const passSeconds = nowSeconds - stats.pass_start - stats.scrub_spent_paused;
    const kind = stats.function === 'SCRUB' ? 'scrub' : 'resilver';
    scans.push(
      told({
        kind,
        subject: kind,
        state: stats.state,
        startSeconds: stats.start_time,
        endSeconds: stats.end_time,
        pausedSeconds: stats.scrub_pause,
        percent: part(stats.issued, whole),
        etaSeconds: left(stats.issued, whole, stats.issued_bytes_per_scan, passSeconds),
        errorCount: stats.errors,
        did: {
          bytes: stats.processed,
          seconds: Math.max(0, stats.end_time - stats.start_time - stats.scrub_spent_paused),
        },
      }),
    );
  } else if (stats.function !== 'NONE' && stats.function !== 'ERRORSCRUB') {
    scans.push(unknown(stats.function, stats.state));
  }
  if (stats.err_scrub_state !== undefined && stats.err_scrub_state !== 'NONE') {
    scans.push(
      told({
        kind: 'scrub',
        subject: 'error scrub',
        state: stats.err_scrub_state,
        startSeconds: stats.err_scrub_start_time,
        endSeconds: stats.err_scrub_end_time,
        pausedSeconds: stats.err_scrub_pause,
        // Its counts of blocks run past their whole (2.3.9: 949 of 18446744073709550668).
        percent: null,
        etaSeconds: null,
      }),
    );
  }
  return scans;
}

export function removalOf(stats: z.infer<typeof removalStats>, nowSeconds: number): PoolScan[] {
  if (stats.state === 'NONE') return [];
  const passSeconds = nowSeconds - stats.start_time;
  return [
    told({
      kind: 'move',
      subject:
        stats.name === 'indirect' ? `removal of vdev ${stats.removing_vdev}` : `removal of ${stats.name}`,
      state: stats.state,
      startSeconds: stats.start_time,
      endSeconds: stats.end_time,
      percent: part(stats.copied, stats.to_copy),
      etaSeconds: left(stats.copied, stats.to_copy, stats.copied, passSeconds),
    }),
  ];
}

export function expansionOf(stats: z.infer<typeof expandStats>, nowSeconds: number): PoolScan[] {
  if (stats.state === 'NONE') return [];
  const passSeconds = nowSeconds - stats.start_time;
  return [
    told({
      kind: 'reshape',
      subject: `expansion of ${stats.name}-${stats.expanding_vdev}`,
      state: stats.state,
      startSeconds: stats.start_time,
      endSeconds: stats.end_time,
      waits: stats.waiting_for_resilver !== 0,
      percent: part(stats.reflowed, stats.to_reflow),
      etaSeconds: left(stats.reflowed, stats.to_reflow, stats.reflowed, passSeconds),
    }),
  ];
}
