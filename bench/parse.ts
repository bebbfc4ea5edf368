import { performance } from 'node:perf_hooks';
import { parseSnapshots } from '../src-main/core/storage/zfs/snapshot-reader';
import type { BenchRow } from './types';

const lineCount = 200_000;
const pairs = 11;
const limit = 2;

/** Lines of the snapshot probe: 40 snapshots of each dataset, numbers as wide as on a real host. */
function listing(): string {
  const lines: string[] = [];
  for (let index = 0; index < lineCount; index += 1) {
    const dataset = Math.floor(index / 40);
    const name = `tank/backup/customers/c${String(dataset).padStart(5, '0')}@autosnap_2026-11-${String((index % 28) + 1).padStart(2, '0')}_${String(index % 24).padStart(2, '0')}:00:00_hourly`;
    const guid = 1_000_000_000_000_000_000n + BigInt(index) * 7_919n;
    lines.push(
      `${name}\t${guid}\t${1_000_000 + index}\t${1_795_400_000 + index}\t${(index * 4096) % 10_000_000_000}\t${123_456_789_012 + index}\t0\t-`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** The baseline: what any parser has to do at least. Returns the number of fields so that nothing is skipped. */
function split(text: string): number {
  let fields = 0;
  for (const line of text.split('\n')) fields += line.split('\t').length;
  return fields;
}

function timed(work: () => number): number {
  const start = performance.now();
  const result = work();
  const took = performance.now() - start;
  if (result < lineCount) throw new Error(`Only ${result} of ${lineCount} were read.`);
  return took;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Heap that 200,000 parsed snapshots hold, in bytes for each; needs --expose-gc. */
function heldBytes(text: string): number | null {
  if (globalThis.gc === undefined) return null;
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const snapshots = parseSnapshots(text);
  globalThis.gc();
  const held = process.memoryUsage().heapUsed - before;
  return Math.round(held / snapshots.length);
}

export const rows: BenchRow[] = [
  {
    id: 'parse-200k',
    run: () => {
      const text = listing();
      const ours = (): number => parseSnapshots(text).length;
      const baseline = (): number => split(text);
      ours();
      baseline();
      const measured = Array.from({ length: pairs }, (_, index) => {
        // The order alternates: the second of a pair may pay for the garbage of the first.
        const first = index % 2 === 0 ? timed(baseline) : timed(ours);
        const second = index % 2 === 0 ? timed(ours) : timed(baseline);
        const [base, own] = index % 2 === 0 ? [first, second] : [second, first];
        return { base, own };
      });
      const held = heldBytes(text);
      const ratio = median(measured.map(({ base, own }) => own / base));
      return Promise.resolve({
        ratio: Math.round(ratio * 1000) / 1000,
        limit,
        baseline: 'split on newline and tab',
        n: pairs,
        note: `${lineCount} lines, ${Math.round(text.length / 1e6)} MB; ours ${Math.round(median(measured.map(({ own }) => own)))} ms, baseline ${Math.round(median(measured.map(({ base }) => base)))} ms${held === null ? '' : `; ${held} bytes held per snapshot`}`,
      });
    },
  },
];
