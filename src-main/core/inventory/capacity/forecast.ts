import type { Forecast } from '../../../../src-preload/contract/capacity';

/** How full something was: bytes, or percent of a hundred. */
export interface CapacityPoint {
  atMs: number;
  used: number;
  size: number;
}

const dayMs = 86_400_000;

/** Less past than this says nothing about the future: one busy weekend would look like a trend. */
const neededMs = 3 * dayMs;
const neededPoints = 6;

/** What lies further back is used only when the last month was read too seldom. */
const recentMs = 30 * dayMs;

/** Part of the size that moves at once, between two points at most so far apart. */
const largeShare = 0.05;
const atOnceMs = 2 * dayMs;

/** Two-sided 90 % of the standard normal distribution. */
const z90 = 1.645;

/**
 * When it will be full if it goes on as it went.
 *
 * The trend is the median of the slopes between all pairs of points (Theil and Sen), which a burst of writes or a
 * night's clean-up does not bend as it bends least squares; its bounds come from Kendall's distribution
 * (Sen 1968), widened because each point of a disk's past is much like the one before (Bayley and Hammersley 1946).
 * Where zero lies within them the past goes up and down and shows no growth. One single jump of 5 % of the size (an
 * import, a big deletion, another pool under the same name) parts the past: only what came after it counts. Several
 * are a habit and belong to the trend.
 *
 * @param points oldest first; the newest is what is free now
 */
export function forecast(points: readonly CapacityPoint[]): Forecast {
  const newest = points.at(-1);
  if (newest === undefined) return tooLittle([], null);
  if (newest.used >= newest.size) return { kind: 'full' };

  const recent = points.filter(({ atMs }) => atMs >= newest.atMs - recentMs);
  const chosen = enough(recent) ? recent : points;
  const { kept, changeAtMs } = afterSingleJump(chosen);
  if (!enough(kept)) return tooLittle(kept, changeAtMs);

  const { median, low, high } = slopes(kept);
  if (median <= 0 || low <= 0) return { kind: 'not-growing' };
  const fullAt = (perMs: number): number =>
    Math.min(Number.MAX_SAFE_INTEGER, Math.round(newest.atMs + (newest.size - newest.used) / perMs));
  return {
    kind: 'growing',
    perDay: median * dayMs,
    fullAtMs: fullAt(median),
    earliestAtMs: fullAt(high),
    latestAtMs: fullAt(low),
  };
}

function spanMs(points: readonly CapacityPoint[]): number {
  return (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0);
}

function enough(points: readonly CapacityPoint[]): boolean {
  return points.length >= neededPoints && spanMs(points) >= neededMs;
}

function tooLittle(points: readonly CapacityPoint[], sinceChangeAtMs: number | null): Forecast {
  return {
    kind: 'too-little-history',
    spanSeconds: spanMs(points) / 1000,
    neededSeconds: neededMs / 1000,
    sinceChangeAtMs,
  };
}

function afterSingleJump(points: readonly CapacityPoint[]): {
  kept: readonly CapacityPoint[];
  changeAtMs: number | null;
} {
  const jumps = points.flatMap((point, index) => {
    const before = points[index - 1];
    if (before === undefined || point.atMs - before.atMs > atOnceMs) return [];
    return Math.abs(point.used - before.used) >= largeShare * point.size ? [index] : [];
  });
  const [only] = jumps;
  if (only === undefined || jumps.length > 1) return { kept: points, changeAtMs: null };
  return { kept: points.slice(only), changeAtMs: points[only]?.atMs ?? null };
}

/** Of all pairs, per millisecond. */
function slopes(points: readonly CapacityPoint[]): { median: number; low: number; high: number } {
  const all: number[] = [];
  points.forEach((later, index) => {
    for (const earlier of points.slice(0, index)) {
      if (later.atMs > earlier.atMs) all.push((later.used - earlier.used) / (later.atMs - earlier.atMs));
    }
  });
  const sorted = Float64Array.from(all).sort();
  const at = (rank: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))] ?? 0;
  const middle = (sorted.length - 1) / 2;
  const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  const count = points.length;
  const kendall = (count * (count - 1) * (2 * count + 5)) / 18;
  const likeness = correlationWithBefore(points, median);
  const spread = z90 * Math.sqrt((kendall * (1 + likeness)) / (1 - likeness));
  return { median, low: at((sorted.length - spread) / 2 - 1), high: at((sorted.length + spread) / 2) };
}

/** How much of what is off the trend at one point is still so at the next, 0 to 0.95. */
function correlationWithBefore(points: readonly CapacityPoint[], perMs: number): number {
  const first = points[0]?.atMs ?? 0;
  const off = points.map(({ atMs, used }) => used - perMs * (atMs - first));
  const mean = off.reduce((sum, value) => sum + value, 0) / off.length;
  let own = 0;
  let shared = 0;
  off.forEach((value, index) => {
    own += (value - mean) ** 2;
    if (index > 0) shared += (value - mean) * ((off[index - 1] ?? mean) - mean);
  });
  // A line to within rounding has nothing off it.
  const size = points.at(-1)?.size ?? 1;
  if (own <= off.length * (size * 1e-9) ** 2) return 0;
  return Math.min(0.95, Math.max(0, shared / own));
}
