import { parseSnapshots } from '../src-main/core/storage/zfs/snapshot-reader';
import { snapshotListing } from './snapshot-listing';
import { ms, pairedRatio, type BenchRow } from './types';

const id = 'parse-200k';
const lineCount = 200_000;
const pairs = 11;

/** The baseline: what any parser has to do at least. */
function split(text: string): number {
  let fields = 0;
  for (const line of text.split('\n')) fields += line.split('\t').length;
  return fields;
}

function atLeast(found: number): void {
  if (found < lineCount) throw new Error(`Only ${found} of ${lineCount} were read.`);
}

/** Heap that the parsed snapshots hold, in bytes each; null without --expose-gc. */
function heldBytes(text: string): number | null {
  if (globalThis.gc === undefined) return null;
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const snapshots = parseSnapshots(text);
  globalThis.gc();
  return Math.round((process.memoryUsage().heapUsed - before) / snapshots.length);
}

export const rows: BenchRow[] = [
  {
    id,
    run: async () => {
      const text = snapshotListing(lineCount);
      const ours = (): void => atLeast(parseSnapshots(text).length);
      const baseline = (): void => atLeast(split(text));
      ours();
      baseline();
      const { ratio, measuredMs, baselineMs } = await pairedRatio(pairs, ours, baseline);
      const held = heldBytes(text);
      return {
        id,
        ratio,
        limit: 2,
        baseline: 'split on newline and tab',
        n: pairs,
        note: `${lineCount} lines, ${Math.round(text.length / 1e6)} MB: ${ms(measuredMs)} against ${ms(baselineMs)}${
          held === null ? '' : `; ${held} bytes held per snapshot`
        }`,
      };
    },
  },
];
