/** One measured ratio. `null` limit: reported, not judged. */
export interface BenchResult {
  id: string;
  ratio: number;
  limit: number | null;
  /** What the ratio is against, measured in the same run. */
  baseline: string;
  /** Paired runs; the ratio is their median. */
  n: number;
  note: string;
}

export interface BenchRow {
  id: string;
  /** Ids of its results where they differ from its own: they share what is expensive to prepare. */
  gives?: readonly string[];
  run(): Promise<BenchResult | BenchResult[]>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Milliseconds that the work took. */
export async function timed(work: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Median over `n` paired runs of measured time against baseline time, in changing order. */
export async function pairedRatio(
  n: number,
  measured: () => unknown,
  baseline: () => unknown,
): Promise<{ ratio: number; measuredMs: number; baselineMs: number }> {
  const ratios: number[] = [];
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = 0; run < n; run += 1) {
    const first = run % 2 === 0;
    const a = first ? await timed(measured) : 0;
    const b = await timed(baseline);
    const mine = first ? a : await timed(measured);
    ours.push(mine);
    theirs.push(b);
    ratios.push(mine / b);
  }
  return { ratio: median(ratios), measuredMs: median(ours), baselineMs: median(theirs) };
}

export const ms = (value: number): string =>
  value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value)} ms`;
